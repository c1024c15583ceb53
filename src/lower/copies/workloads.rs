//! One revision's copy of the workloads: namespaces, the user's objects, and grants.

use crate::kube::manifest::Manifest;
use crate::lower::context::{Context, Rev, Role};
use crate::lower::copies::routes;
use crate::plan::Workload;
use crate::step::NamespaceManifest;
use crate::step::{Action, Gate};
use crate::step::{Applier, Draft, Step, kind};
use serde_json::json;

/// The label that enrols a namespace in the ambient mesh.
const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";

pub(in crate::lower) fn namespace(context: &Context, rev: &Rev) -> Step {
    let names = context.namespaces(rev);
    let ambient = rev.role == Role::Canary;
    let mut step = Step::of(
        rev.kind(&kind::STABLE_NAMESPACE, &kind::CANARY_NAMESPACE),
        Applier::Kubectl,
    );
    step.says(json!({ "namespaces": names.join(", "), "ambient": ambient }));
    step.actions = vec![
        Action::FindNamespaces {
            namespaces: names.clone(),
        },
        Action::Apply {
            files: namespaces(&names, ambient).into(),
        },
    ];
    if !ambient {
        // If the step runs again after 190, it would remove the label that 190 set.
        step.requires = names
            .iter()
            .map(|namespace| Gate::NotEnrolled {
                namespace: namespace.clone(),
            })
            .collect();
    }
    step.gates = enrolled(&names, ambient);
    step
}

/// The namespaces of one revision's workloads as objects.
pub(in crate::lower) fn namespaces(names: &[String], ambient: bool) -> Vec<Draft> {
    names
        .iter()
        .map(|name| {
            Draft::Namespace(NamespaceManifest {
                name: name.clone(),
                ambient,
            })
        })
        .collect()
}

/// The gates that wait until namespaces are part of the mesh, or are not.
pub(in crate::lower) fn enrolled(names: &[String], ambient: bool) -> Vec<Gate> {
    let value = if ambient { "ambient" } else { "" };
    names
        .iter()
        .map(|name| Gate::labelled("namespace", (None, name), DATAPLANE_MODE, value))
        .collect()
}

/// The gates that check that every pod of these namespaces is part of the mesh. Up to 1.20, a pod that
/// istio-cni could not enrol runs outside the mesh.
pub(in crate::lower) fn captured(names: &[String]) -> Vec<Gate> {
    names
        .iter()
        .map(|namespace| Gate::Enrolled {
            namespace: namespace.clone(),
        })
        .collect()
}

pub(in crate::lower) fn workloads(context: &Context, rev: &Rev) -> Step {
    let names: Vec<&str> = context
        .plan
        .workload
        .iter()
        .map(|w| w.name.get_ref().as_str())
        .collect();
    let mut step = Step::of(
        rev.kind(&kind::STABLE_WORKLOADS, &kind::CANARY_WORKLOADS),
        Applier::Kubectl,
    );
    step.says(json!({
        "revision": rev.prose(),
        "workloads": names.join(", "),
        "namespaces": context.namespaces(rev).join(", "),
    }));
    let mut files: Vec<Draft> = placed(context, rev)
        .map(|(_, _, value)| Draft::Given(value))
        .collect();
    files.extend(
        routes::grants(context, rev)
            .into_iter()
            .map(Draft::ReferenceGrant),
    );
    step.actions = vec![Action::Apply {
        files: files.into(),
    }];
    step.gates = placed(context, rev)
        .filter_map(|(_, manifest, value)| rollout(manifest, &value))
        .collect();
    if rev.role == Role::Canary {
        step.gates.extend(captured(&context.namespaces(rev)));
    }
    step.rollback.requires = vec![Gate::Unrouted {
        namespaces: context.namespaces(rev),
    }];
    step
}

/// The user's objects, with the namespace and the nodes of a revision.
pub(in crate::lower) fn placed<'a>(
    context: &'a Context,
    rev: &'a Rev,
) -> impl Iterator<Item = (&'a Workload, &'a Manifest, serde_json::Value)> {
    context
        .plan
        .workload
        .iter()
        .zip(context.manifests)
        .flat_map(move |(workload, manifests)| {
            let namespace = format!("{}-{}", workload.namespace.get_ref(), rev.name);
            manifests.iter().map(move |manifest| {
                (
                    workload,
                    manifest,
                    manifest.placed(workload.namespace.get_ref(), &namespace, &rev.pool),
                )
            })
        })
}

/// The gate for a workload that kubectl can wait for. It cannot wait for some update strategies of a
/// DaemonSet.
pub(in crate::lower) fn rollout(manifest: &Manifest, value: &serde_json::Value) -> Option<Gate> {
    let kind = match (manifest.identity.group(), manifest.identity.kind.as_str()) {
        ("apps", "Deployment") => "deployment",
        ("apps", "StatefulSet") => "statefulset",
        ("apps", "DaemonSet") => "daemonset",
        _ => return None,
    };
    let strategy = value
        .pointer("/spec/updateStrategy/type")
        .and_then(|t| t.as_str());
    let namespace = value.pointer("/metadata/namespace")?.as_str()?.to_owned();
    let name = manifest.identity.name.clone();
    if strategy != Some("OnDelete") {
        return Some(Gate::Rollout {
            kind: kind.to_owned(),
            namespace,
            name,
        });
    }
    // `kubectl rollout status` does not support such a rollout.
    Some(if kind == "daemonset" {
        Gate::OnDelete { namespace, name }
    } else {
        Gate::ReplicasReady { namespace, name }
    })
}
