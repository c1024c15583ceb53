//! One revision's part of the mesh: istio-cni, control plane, ztunnel.

use serde_json::{Value, json};

use crate::lower::context::{Context, Rev, Role};
use crate::lower::installer::ztunnel;
use crate::plan::{Component, ZtunnelForm, merge_under, split};
use crate::step::IstioOperator;
use crate::step::Restart;
use crate::step::{Action, Gate};
use crate::step::{Applier, Draft, Step, kind};

pub(in crate::lower) fn cni(context: &Context, rev: &Rev) -> Step {
    let namespace = context.istio_namespace();
    let daemon_set = format!("DaemonSet {namespace}/istio-cni-node");
    let mut step = match rev.role {
        Role::Stable => Step::of(&kind::ISTIO_CNI, Applier::Istioctl),
        Role::Canary => Step::of(&kind::ISTIO_CNI_UPGRADE, Applier::Istioctl),
    };
    match rev.role {
        Role::Stable => {
            step.rollback.requires = [rev, &context.canary]
                .into_iter()
                .flat_map(|rev| not_enrolled(context, rev))
                .collect();
        }
        Role::Canary => {
            step.restarts = vec![cni_restarts(context, daemon_set)];
            step.rollback.requires = vec![no_ztunnel(context, rev)];
            step.rollback.gates =
                installed("daemonset", namespace, "istio-cni-node", &context.stable);
            step.rollback.gates.extend(context.probes(false));
        }
    }
    let exclude = context.plan.istio.cni.exclude_namespaces.as_ref();
    let exclude: Vec<&str> = exclude.map_or_else(
        || vec!["kube-system"],
        |names| names.iter().map(|n| n.get_ref().as_str()).collect(),
    );
    let mut cni = json!({"ambient": {"enabled": true}});
    if rev.facts.cni.privileged {
        cni["privileged"] = json!(true);
    }
    cni["excludeNamespaces"] = json!(exclude);
    if rev.role == Role::Stable {
        let both = [rev, &context.canary];
        step.requires.push(Gate::OnlyMesh {
            revisions: both.map(|rev| rev.name.clone()).to_vec(),
            versions: both.map(|rev| rev.version.clone()).to_vec(),
        });
    }
    step.actions.push(Action::Install {
        file: Draft::IstioCni(operator(
            context,
            rev,
            "istio-cni",
            &json!({ "cni": cni }),
            Some(Component::Cni),
        ))
        .into(),
        istioctl: context.istioctl(rev),
        sees: Vec::new(),
    });
    step.gates = installed("daemonset", namespace, "istio-cni-node", rev);
    if rev.role == Role::Canary {
        step.gates.extend(context.probes(false));
    }
    step
}

/// Returns the effect of the replacement of stable's istio-cni by the canary's.
fn cni_restarts(context: &Context, daemon_set: String) -> Restart {
    let mut touches = if context.stable.facts.cni.cleans_up {
        format!(
            "istio-cni {} removes the redirection on its node when it stops: until the new pod is ready, the pods \
                of that node are outside the mesh, connections through it are reset, and no pod starts on the \
                node",
            context.stable.version
        )
    } else {
        "no pod starts on a node while its istio-cni restarts; running pods keep their redirection"
            .to_owned()
    };
    let (old, new) = (&context.stable.facts.cni, &context.canary.facts.cni);
    if new.reconciles && !old.reconciles {
        touches.push_str("; it rewrites the redirection rules of running pods when it starts");
    }
    if new.captures_dns && !old.captures_dns {
        touches.push_str(
            "; pods of both revisions that start from now on send DNS requests to ztunnel",
        );
    }
    Restart {
        object: daemon_set,
        touches,
    }
}

pub(in crate::lower) fn control_plane(context: &Context, rev: &Rev) -> Step {
    let namespace = context.istio_namespace();
    let (kind, other) = match rev.role {
        Role::Stable => (&kind::STABLE_CONTROL_PLANE, &context.canary),
        Role::Canary => (&kind::CANARY_CONTROL_PLANE, &context.stable),
    };
    let mut step = Step::of(kind, Applier::Istioctl);
    step.says(json!({ "revision": rev.prose(), "default_tag": true, "existing": false }));
    let trusted = [&context.stable, &context.canary]
        .map(|rev| format!("{namespace}/{}", rev.ztunnel_account()));
    step.actions = vec![Action::Install {
        file: Draft::Istiod(IstioOperator {
            revision: Some(rev.name.clone()),
            ..operator(
                context,
                rev,
                &rev.istiod(),
                &json!({"pilot": {"env": {"CA_TRUSTED_NODE_ACCOUNTS": trusted.join(",")}}}),
                Some(Component::Istiod),
            )
        })
        .into(),
        istioctl: context.istioctl(rev),
        sees: Vec::new(),
    }];
    step.gates = installed("deployment", namespace, &rev.istiod(), rev);
    if rev.role == Role::Stable {
        step.gates.push(context.default_tag(rev));
    }
    step.rollback.requires = vec![no_ztunnel(context, rev)];
    if rev.role == Role::Canary {
        step.rollback.requires.push(context.default_tag(other));
    }
    step
}

pub(in crate::lower) fn ztunnel_step(context: &Context, rev: &Rev) -> Step {
    let namespace = context.istio_namespace();
    let name = rev.ztunnel();
    let by_operator = context.plan.istio.ztunnel == Some(ZtunnelForm::IstioOperator);
    let mut step = Step::of(
        rev.kind(&kind::STABLE_ZTUNNEL, &kind::CANARY_ZTUNNEL),
        if by_operator {
            Applier::Istioctl
        } else {
            Applier::Kubectl
        },
    );
    step.says(json!({ "revision": rev.prose(), "command": rev.facts.ztunnel_config }));
    let known = [&context.stable, &context.canary];
    step.requires = vec![Gate::OnlyZtunnels {
        known: known
            .iter()
            .map(|rev| format!("{namespace}/{}", rev.ztunnel()))
            .collect(),
    }];
    if by_operator {
        step.actions.push(Action::Install {
            file: Draft::ZtunnelOperator(ztunnel::operator(context, rev)).into(),
            istioctl: context.istioctl(rev),
            sees: Vec::new(),
        });
        step.gates = installed("daemonset", namespace, &name, rev);
    } else {
        let object = Box::new(ztunnel::object(context, rev));
        step.actions.push(Action::Apply {
            files: vec![
                Draft::ZtunnelAccount(object.clone()),
                Draft::ZtunnelDaemonSet(object),
            ]
            .into(),
        });
        step.gates = vec![
            Gate::Applied,
            Gate::Rollout {
                kind: "daemonset".to_owned(),
                namespace: namespace.to_owned(),
                name: name.clone(),
            },
        ];
    }
    step.gates.push(Gate::PoolCovered {
        namespace: namespace.to_owned(),
        name,
        selector: rev.selector(),
    });
    step.rollback.requires = not_enrolled(context, rev);
    step.rollback.gates = vec![no_ztunnel(context, rev)];
    if rev.role == Role::Canary {
        // istio-cni of the stable version does not support a newer ztunnel.
        step.stays = vec![format!(
            "istio-cni {}, while a canary ztunnel runs; the rollback of 220 restores the previous version afterwards",
            rev.version
        )];
    }
    step
}

/// The gates that wait until none of a revision's namespaces is part of the mesh.
pub(in crate::lower) fn not_enrolled(context: &Context, rev: &Rev) -> Vec<Gate> {
    let names = context.namespaces(rev).into_iter();
    names
        .map(|namespace| Gate::NotEnrolled { namespace })
        .collect()
}

/// The gate that waits until no ztunnel of a revision is left.
pub(in crate::lower) fn no_ztunnel(context: &Context, rev: &Rev) -> Gate {
    Gate::NoPods {
        namespace: context.istio_namespace().to_owned(),
        selector: Some(rev.ztunnel_pods()),
    }
}

/// An IstioOperator of a version: the values of the plan, merged over the user's values for a component.
pub(in crate::lower) fn operator(
    context: &Context,
    rev: &Rev,
    name: &str,
    own: &Value,
    component: Option<Component>,
) -> IstioOperator {
    let namespace = context.istio_namespace();
    let mut values = json!({"global": {"istioNamespace": namespace}});
    merge_under(&mut values, own);
    let mut unvalidated = json!({});
    if let Some(file) = component.and_then(|component| context.values.of(component)) {
        let (known, unseen) = split(&file.values);
        merge_under(&mut values, &known);
        unvalidated = unseen;
    }
    if let Value::Object(values) = &mut values {
        for key in DECIDED {
            values.remove(key);
        }
    }
    IstioOperator {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        hub: context.hub(rev),
        tag: rev.version.clone(),
        revision: None,
        values,
        unvalidated,
        k8s: None,
    }
}

/// Values that an IstioOperator sets in its own fields; the checks ensure that the user's values agree with
/// them.
const DECIDED: [&str; 5] = [
    "profile",
    "revision",
    "revisionTags",
    "defaultRevision",
    "ownerName",
];

/// The gates that wait until a workload from istioctl is rolled out and has the right version, because
/// istioctl installs its own version without a warning.
pub(in crate::lower) fn installed(kind: &str, namespace: &str, name: &str, rev: &Rev) -> Vec<Gate> {
    let (kind, namespace, name) = (kind.to_owned(), namespace.to_owned(), name.to_owned());
    vec![
        Gate::Image {
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
            version: rev.version.clone(),
        },
        Gate::Rollout {
            kind,
            namespace,
            name,
        },
    ]
}
