//! 100 to 150 and 200 to 250: one revision from its nodes to its workloads. Stable and canary differ in little more than
//! their names.

use super::context::{Context, POOL, Rev, Role};
use super::routes;
use super::{Applier, Object, Phase, Step, back, step};
use crate::manifest::Manifest;
use crate::plan::Workload;
use crate::step::Restart;
use crate::step::action::{Action, Gate};
use crate::step::object::{IstioOperator, Namespace, Ztunnel};

/// The label that takes a namespace into the ambient mesh.
const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";

pub(super) fn stable(context: &Context, steps: &mut Vec<Step<Object>>) {
    let stable = &context.stable;
    steps.push(nodes(stable));
    steps.push(cni(context, stable));
    steps.push(control_plane(context, stable));
    steps.push(ztunnel(context, stable));
    steps.push(namespace(context, stable));
    steps.push(workloads(context, stable));
}

pub(super) fn canary(context: &Context, steps: &mut Vec<Step<Object>>) {
    let canary = &context.canary;
    steps.push(nodes(canary));
    steps.push(control_plane(context, canary));
    steps.push(cni(context, canary));
    steps.push(ztunnel(context, canary));
    steps.push(namespace(context, canary));
    steps.push(workloads(context, canary));
}

/// A step of one revision: its hundreds digit is the revision's, its name says which.
fn of(rev: &Rev, offset: u16, name: &str, applier: Applier, title: String) -> Step<Object> {
    let (base, phase) = match rev.role {
        Role::Stable => (100, Phase::Stable),
        Role::Canary => (200, Phase::Canary),
    };
    step(
        base + offset,
        &format!("{}-{name}", rev.word),
        phase,
        applier,
        title,
    )
}

fn nodes(rev: &Rev) -> Step<Object> {
    let mut step = of(
        rev,
        0,
        "nodes",
        Applier::Kubectl,
        match &rev.nodes {
            Some(nodes) => format!("{} to the {} pool", nodes.join(", "), rev.word),
            None => format!("the {} pool, {}", rev.word, rev.selector()),
        },
    );
    step.why = format!(
        "Ambient has one ztunnel a node, so what can be moved on its own is a node. ztunnel {} and the workloads beside it will run \
         on these nodes and nowhere else.",
        rev.version
    );
    step.watch = "Nodes that an autoscaler makes later need the label from their node pool's settings; without it neither ztunnel nor \
                  workloads start there."
        .to_owned();
    if let Some(nodes) = &rev.nodes {
        step.actions = vec![Action::LabelNodes {
            nodes: nodes.clone(),
            key: POOL.to_owned(),
            value: rev.word.to_owned(),
        }];
        step.gates = vec![Gate::NodesLabelled {
            nodes: nodes.clone(),
            key: POOL.to_owned(),
            value: rev.word.to_owned(),
        }];
        step.back = back(
            "Take the label off again.",
            [format!("kubectl label node {} {POOL}-", nodes.join(" "))],
        );
    } else {
        step.actions = vec![Action::RequirePool {
            selector: rev.selector(),
        }];
        step.gates = vec![Gate::Pool {
            selector: rev.selector(),
        }];
        step.back = back("The step changes nothing; it only looks.", []);
    }
    step
}

fn cni(context: &Context, rev: &Rev) -> Step<Object> {
    let namespace = context.istio_namespace();
    let daemon_set = format!("DaemonSet {namespace}/istio-cni-node");
    let mut step = match rev.role {
        Role::Stable => step(
            110,
            "istio-cni",
            Phase::Stable,
            Applier::Istioctl,
            format!("istio-cni {}", rev.version),
        ),
        Role::Canary => step(
            220,
            "istio-cni-upgrade",
            Phase::Canary,
            Applier::Istioctl,
            format!("istio-cni to {}", rev.version),
        ),
    };
    match rev.role {
        Role::Stable => {
            step.why = "istio-cni sets up redirection of pods to their node's ztunnel. It is one per cluster, without a revision, and \
                        serves both."
                .to_owned();
            step.watch = format!("{daemon_set} is ready on every node.");
            step.back = back(
                "Nothing is enrolled yet, so istio-cni touches no pod. It may stay.",
                [],
            );
            step.stays = vec!["istio-cni".to_owned()];
        }
        Role::Canary => {
            step.why = format!(
                "istio-cni {} works with control planes of its own version and the next minor, so it follows the newer control plane \
                 and comes before the newer ztunnel. It is the same installation as in 110, at the new version.",
                rev.version
            );
            step.watch = format!(
                "{daemon_set} is ready on every node, and enrolled stable pods still answer. Pods cannot start on a node while its \
                 istio-cni restarts."
            );
            step.restarts = vec![Restart {
                object: daemon_set,
                touches: "no pod starts on a node while its istio-cni restarts; running pods keep their redirection".to_owned(),
            }];
            step.reversible = false;
            step.stays = vec![
                "istio-cni at the canary version, which serves the stable ztunnel too".to_owned(),
            ];
            step.back = back(
                "istio-cni stays at the new version: the older one does not serve a newer ztunnel, and the newer one serves both.",
                [],
            );
        }
    }
    let exclude = context.plan.istio.cni.exclude_namespaces.as_ref();
    step.actions = vec![Action::Install {
        file: Object::IstioCni(IstioOperator {
            name: "istio-cni".to_owned(),
            exclude_namespaces: exclude.map_or_else(
                || vec!["kube-system".to_owned()],
                |names| names.iter().map(|n| n.get_ref().clone()).collect(),
            ),
            ..operator(context, rev)
        }),
        istioctl: context.istioctl(rev),
    }];
    step.gates = vec![Gate::Rollout {
        kind: "daemonset".to_owned(),
        namespace: namespace.to_owned(),
        name: "istio-cni-node".to_owned(),
    }];
    if rev.role == Role::Canary {
        step.gates.extend(context.probes(false));
    }
    step
}

fn control_plane(context: &Context, rev: &Rev) -> Step<Object> {
    let namespace = context.istio_namespace();
    let (number, other) = match rev.role {
        Role::Stable => (20, &context.canary),
        Role::Canary => (10, &context.stable),
    };
    let mut step = of(
        rev,
        number,
        "control-plane",
        Applier::Istioctl,
        format!("istiod {}, revision {}", rev.version, rev.name),
    );
    step.why = format!(
        "ztunnel of revision {} takes its configuration and certificates from {} and no other. Both istiods trust the ServiceAccounts \
         of both ztunnels and share one root certificate, so the two halves of the mesh can talk.",
        rev.name,
        rev.istiod()
    );
    match rev.role {
        Role::Stable => {
            step.watch = format!(
                "Deployment {namespace}/{} is ready. As this is the first revision in the cluster, istioctl also makes the tag \
                 `default` and points it here.",
                rev.istiod()
            );
        }
        Role::Canary => {
            step.watch = format!(
                "Deployment {namespace}/{} is ready, and {} still is. No Gateway changes hands: the tag `default` stays with {}.",
                rev.istiod(),
                other.istiod(),
                other.name
            );
        }
    }
    step.actions = vec![Action::Install {
        file: Object::Istiod(IstioOperator {
            name: rev.istiod(),
            revision: Some(rev.name.clone()),
            trusted: [&context.stable, &context.canary]
                .map(|rev| format!("{namespace}/{}", rev.ztunnel()))
                .to_vec(),
            ..operator(context, rev)
        }),
        istioctl: context.istioctl(rev),
    }];
    step.gates = vec![Gate::Rollout {
        kind: "deployment".to_owned(),
        namespace: namespace.to_owned(),
        name: rev.istiod(),
    }];
    if rev.role == Role::Stable {
        step.gates.push(Gate::Tag {
            tag: "default".to_owned(),
            revision: rev.name.clone(),
        });
    }
    step.back = back(
        match rev.role {
            Role::Stable => {
                "Nothing uses this control plane yet. It may stay; never run `istioctl uninstall --purge`."
            }
            Role::Canary => {
                "Nothing uses this control plane yet, so it may stay idle. Never run `istioctl uninstall`: it takes objects along that \
                 both revisions share."
            }
        },
        [],
    );
    step
}

fn ztunnel(context: &Context, rev: &Rev) -> Step<Object> {
    let namespace = context.istio_namespace();
    let name = rev.ztunnel();
    let mut step = of(
        rev,
        30,
        "ztunnel",
        Applier::Kubectl,
        format!("ztunnel {} on the {} pool", rev.version, rev.word),
    );
    step.why = format!(
        "A DaemonSet and ServiceAccount of its own for each revision, with a selector of its own and pinned to the {} pool, so that \
         each node has exactly one ztunnel and removing one revision takes nothing from the other.",
        rev.word
    );
    step.watch = format!(
        "As many ready pods of {name} as the pool has nodes; a rollout of no pods at all also counts as complete."
    );
    let object = Box::new(Ztunnel {
        name: name.clone(),
        namespace: namespace.to_owned(),
        revision: rev.name.clone(),
        hub: rev.facts.hub.to_owned(),
        tag: rev.version.clone(),
        address: format!(
            "{}{}.{namespace}.svc:15012",
            rev.facts.ztunnel.address_scheme,
            rev.istiod()
        ),
        pool: rev.pool.clone(),
        facts: rev.facts.ztunnel,
    });
    let known = match rev.role {
        Role::Stable => vec![rev],
        Role::Canary => vec![&context.stable, rev],
    };
    step.actions = vec![
        Action::RequireZtunnels {
            known: known
                .iter()
                .map(|rev| format!("{namespace}/{}", rev.ztunnel()))
                .collect(),
        },
        Action::Apply {
            files: vec![
                Object::ZtunnelAccount(object.clone()),
                Object::ZtunnelDaemonSet(object),
            ],
        },
    ];
    step.gates = vec![
        Gate::Rollout {
            kind: "daemonset".to_owned(),
            namespace: namespace.to_owned(),
            name: name.clone(),
        },
        Gate::PoolCovered {
            namespace: namespace.to_owned(),
            name,
            selector: rev.selector(),
        },
    ];
    step.back = back(
        "Nothing is enrolled on these nodes yet, so the ztunnel may go.",
        [format!(
            "kubectl delete -f {}/ --ignore-not-found",
            step.name
        )],
    );
    step
}

fn namespace(context: &Context, rev: &Rev) -> Step<Object> {
    let names = context.namespaces(rev);
    let ambient = rev.role == Role::Canary;
    let title = if ambient { ", enrolled" } else { "" };
    let mut step = of(
        rev,
        40,
        "namespace",
        Applier::Kubectl,
        format!("namespace {}{title}", names.join(", ")),
    );
    step.why = if ambient {
        "The canary's workloads are part of the mesh from their first pod on: ztunnel is there already.".to_owned()
    } else {
        "The stable revision's own copy of the workloads lives here. It joins the mesh later, in 190, once it is known to answer \
         without it."
            .to_owned()
    };
    step.watch = "No label `istio.io/rev` on it, ever: that would inject sidecars, and a pod with a sidecar is not part of the ambient \
                  mesh."
        .to_owned();
    step.actions = vec![Action::Apply {
        files: namespaces(&names, ambient),
    }];
    step.gates = enrolled(&names, ambient);
    step.back = back(
        "The namespace is empty still and may go.",
        [format!(
            "kubectl delete -f {}/ --ignore-not-found",
            step.name
        )],
    );
    step
}

/// The namespaces of one revision's workloads as objects.
pub(super) fn namespaces(names: &[String], ambient: bool) -> Vec<Object> {
    names
        .iter()
        .map(|name| {
            Object::Namespace(Namespace {
                name: name.clone(),
                ambient,
            })
        })
        .collect()
}

/// Whether namespaces are part of the mesh, as gates.
pub(super) fn enrolled(names: &[String], ambient: bool) -> Vec<Gate> {
    let value = if ambient { "ambient" } else { "" };
    names
        .iter()
        .map(|name| Gate::NamespaceLabelled {
            namespace: name.clone(),
            key: DATAPLANE_MODE.to_owned(),
            value: value.to_owned(),
        })
        .collect()
}

fn workloads(context: &Context, rev: &Rev) -> Step<Object> {
    let names: Vec<&str> = context
        .plan
        .workload
        .iter()
        .map(|w| w.name.get_ref().as_str())
        .collect();
    let mut step = of(
        rev,
        50,
        "workloads",
        Applier::Kubectl,
        format!("{} on the {} pool", names.join(", "), rev.word),
    );
    step.why = format!(
        "The {} revision's copy of the workloads, pinned to the nodes that have its ztunnel, and for each Service that a route names \
         a ReferenceGrant, without which a route of another namespace gets 500.",
        rev.word
    );
    step.watch = "Every pod is ready before any route names its Service.".to_owned();
    let mut files: Vec<Object> = placed(context, rev)
        .map(|(_, _, value)| Object::Given(value))
        .collect();
    files.extend(
        routes::grants(context, rev)
            .into_iter()
            .map(Object::ReferenceGrant),
    );
    step.actions = vec![Action::Apply { files }];
    step.gates = placed(context, rev)
        .filter_map(|(_, manifest, value)| rollout(manifest, &value))
        .collect();
    let list = context.namespaces(rev).join(", ");
    step.back = back(
        format!("No route names {list} yet, so what is in it may go."),
        [format!(
            "kubectl delete -f {}/ --ignore-not-found",
            step.name
        )],
    );
    step
}

/// The user's objects, each in the namespace and on the nodes of a revision.
pub(super) fn placed<'a>(
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
            manifests
                .iter()
                .map(move |manifest| (workload, manifest, manifest.placed(&namespace, &rev.pool)))
        })
}

/// The gate for what kubectl can wait for; a DaemonSet's own update strategy may be one that it cannot.
fn rollout(manifest: &Manifest, value: &serde_json::Value) -> Option<Gate> {
    let kind = match (manifest.identity.group(), manifest.identity.kind.as_str()) {
        ("apps", "Deployment") => "deployment",
        ("apps", "StatefulSet") => "statefulset",
        ("apps", "DaemonSet") => "daemonset",
        _ => return None,
    };
    let strategy = value
        .pointer("/spec/updateStrategy/type")
        .and_then(|t| t.as_str());
    if strategy == Some("OnDelete") {
        return None;
    }
    Some(Gate::Rollout {
        kind: kind.to_owned(),
        namespace: value.pointer("/metadata/namespace")?.as_str()?.to_owned(),
        name: manifest.identity.name.clone(),
    })
}

/// What the `IstioOperators` of one version have in common; each file sets its own name.
pub(super) fn operator(context: &Context, rev: &Rev) -> IstioOperator {
    IstioOperator {
        name: String::new(),
        namespace: context.istio_namespace().to_owned(),
        hub: rev.facts.hub.to_owned(),
        tag: rev.version.clone(),
        revision: None,
        trusted: Vec::new(),
        exclude_namespaces: Vec::new(),
        privileged: rev.facts.cni_privileged,
    }
}
