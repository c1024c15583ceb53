//! 610 to 660: the stable revision goes, each object by its name. `istioctl uninstall` would take shared ones along.

use super::context::{Context, POOL};
use super::mesh::{installed, not_enrolled};
use super::routes::grants;
use super::workloads::{captured, enrolled, placed, rollout};
use super::{Applier, Draft, Phase, Step, gateways, promote, step};
use crate::istio::GatewayHandover;
use crate::istio::{
    Handover, IstiodSettings, installed_state, istiod_objects, leftovers, tag_objects, tag_webhook,
};
use crate::kube::identity::Identity;
use crate::plan::{Component, ZtunnelForm};
use crate::step::Restart;
use crate::step::{Action, Gate};

pub(super) fn steps(context: &Context, steps: &mut Vec<Step<Draft>>) {
    steps.push(workloads(context));
    steps.push(namespace(context));
    steps.push(ztunnel(context));
    steps.push(control_plane(context));
    if context.handover == Handover::TagAfterRetirement {
        steps.push(promote::tag(context, 650, true));
    }
    steps.push(nodes(context));
}

pub(super) fn delete(identities: Vec<Identity>) -> Action<Draft> {
    Action::Delete {
        files: identities.into_iter().map(Draft::Identity).collect(),
    }
}

fn workloads(context: &Context) -> Step<Draft> {
    let stable = &context.stable;
    let namespaces = context.namespaces(stable);
    let mut step = step(
        610,
        "retire-workloads",
        Phase::Retire,
        Applier::Kubectl,
        format!("the workloads in {}", namespaces.join(", ")),
    );
    step.why = "No route names them since 510. They go before their ztunnel does, so that no enrolled pod is ever without one.".to_owned();
    step.watch = "Nothing outside of the plan still calls these Services. What the volumes of this namespace hold goes with it in 620."
        .to_owned();
    // Last in, first out: what runs goes before the accounts and settings that it runs with.
    let mut identities: Vec<Identity> = grants(context, stable)
        .into_iter()
        .map(|grant| {
            Identity::namespaced(
                "gateway.networking.k8s.io/v1beta1",
                "ReferenceGrant",
                &grant.namespace,
                grant.name,
            )
        })
        .collect();
    let mut given: Vec<Identity> = placed(context, stable)
        .filter_map(|(_, _, value)| Identity::of(&value))
        .collect();
    // What claims hold is not thrown away before the namespace is: 620 is the point of no return.
    given.retain(|identity| identity.kind != "PersistentVolumeClaim");
    given.sort_by_key(|identity| std::cmp::Reverse(crate::kube::order(identity)));
    identities.extend(given);
    step.actions = vec![
        Action::RequireUnrouted {
            namespaces: namespaces.clone(),
        },
        delete(identities),
    ];
    step.gates = vec![Gate::Gone];
    step.gates.extend(no_pods(&namespaces));
    step.gates.extend(context.probes(false));
    step.restarts = placed(context, stable)
        .filter(|(_, manifest, _)| manifest.pod_spec().is_some())
        .filter_map(|(_, _, value)| Identity::of(&value))
        .map(|identity| Restart {
            object: identity.to_string(),
            touches: "its pods end; no request reaches them any more".to_owned(),
        })
        .collect();
    step.rollback.requires = vec![covered(context)];
    step.rollback.gates = placed(context, stable)
        .filter_map(|(_, manifest, value)| rollout(manifest, &value))
        .collect();
    step.rollback.gates.extend(captured(&namespaces));
    step.back = "The workloads come back, empty where they kept something outside of a volume. No route names them until 510 is rolled back."
        .to_owned();
    step
}

fn namespace(context: &Context) -> Step<Draft> {
    let names = context.namespaces(&context.stable);
    let mut step = step(
        620,
        "retire-namespace",
        Phase::Retire,
        Applier::Kubectl,
        format!("namespace {}", names.join(", ")),
    );
    step.why = "With it goes its label: nothing is enrolled with the stable revision any more, so its ztunnel may go next.".to_owned();
    step.watch =
        "The script waits for the pods that 610 ended, and stops if one stays: that would be somebody else's."
            .to_owned();
    step.requires = no_pods(&names);
    step.actions = vec![Action::DeleteNamespaces {
        files: names
            .iter()
            .map(|name| Draft::Identity(Identity::cluster("v1", "Namespace", name.clone())))
            .collect(),
    }];
    step.gates = not_enrolled(context, &context.stable);
    step.reversible = false;
    step.rollback.gates = enrolled(&names, true);
    step.back = "A point of no return for data: the namespace comes back, and with 610 the workloads. What its volumes held, and what others \
                 put there, does not."
        .to_owned();
    step
}

fn ztunnel(context: &Context) -> Step<Draft> {
    let stable = &context.stable;
    let namespace = context.istio_namespace();
    let name = stable.ztunnel();
    let mut step = step(
        630,
        "retire-ztunnel",
        Phase::Retire,
        Applier::Kubectl,
        format!("ztunnel {}", stable.version),
    );
    step.why = "No enrolled pod is left on its nodes. Its ServiceAccount is its own, so the canary's ztunnel keeps its identity.".to_owned();
    step.watch = format!("The canary's {} is untouched.", context.canary.ztunnel());
    let mut identities = vec![
        Identity::namespaced("apps/v1", "DaemonSet", namespace, name.clone()),
        Identity::namespaced("v1", "ServiceAccount", namespace, name.clone()),
    ];
    if context.plan.istio.ztunnel == Some(ZtunnelForm::IstioOperator) {
        identities.extend(installed_state(
            stable.facts,
            &name,
            Some(&stable.name),
            namespace,
        ));
    }
    step.actions = vec![delete(identities)];
    step.requires = not_enrolled(context, stable);
    step.gates = vec![
        Gate::Gone,
        Gate::NoPods {
            namespace: namespace.to_owned(),
            selector: Some(format!("app=ztunnel,meshplan.dev/revision={}", stable.name)),
        },
        Gate::PoolCovered {
            namespace: namespace.to_owned(),
            name: context.canary.ztunnel(),
            selector: context.canary.selector(),
        },
    ];
    step.gates.extend(context.probes(false));
    step.restarts = vec![Restart {
        object: format!("DaemonSet {namespace}/{name}"),
        touches: "ends; nothing is enrolled on its nodes".to_owned(),
    }];
    step.rollback.requires = vec![Gate::Rollout {
        kind: "deployment".to_owned(),
        namespace: namespace.to_owned(),
        name: stable.istiod(),
    }];
    step.rollback.gates = vec![covered(context)];
    step.back =
        "Stable's ztunnel comes back to its nodes; nothing is enrolled there yet.".to_owned();
    step
}

fn control_plane(context: &Context) -> Step<Draft> {
    let stable = &context.stable;
    let namespace = context.istio_namespace();
    let mut step = step(
        640,
        "retire-control-plane",
        Phase::Retire,
        Applier::Kubectl,
        format!("istiod {}, revision {}", stable.version, stable.name),
    );
    step.why = "Every object that belongs to this revision alone, by name. CRDs, istio-cni, the root certificate and everything else that \
                both revisions used stay."
        .to_owned();
    let tag_goes = context.handover == Handover::TagAfterRetirement;
    if tag_goes {
        step.why.push_str(
            " The tag `default` goes first: its webhooks would call an istiod that is not there. 650 makes it anew for the canary.",
        );
        step.watch = "Go on to 650 at once. Until then the gateways' pods run on with the configuration that they have and take no \
                      changes."
            .to_owned();
        step.actions = context
            .gateways(|_| true)
            .map(Context::first)
            .map(|gateway| Action::RequireRollout {
                namespace: gateway.namespace,
                name: gateway.deployment,
                istio_namespace: namespace.to_owned(),
                istiod: stable.istiod(),
            })
            .collect();
        // Run again after 650, the step must not take the tag from the canary.
        step.actions.push(Action::DeleteTag {
            files: tag_objects(stable.facts, "default", namespace)
                .into_iter()
                .map(Draft::Identity)
                .collect(),
            tag: "default".to_owned(),
            webhook: tag_webhook("default", namespace),
            revision: stable.name.clone(),
        });
        step.restarts = context
            .gateways(|_| true)
            .map(Context::first)
            .map(|gateway| Restart {
                object: format!("Deployment {}/{}", gateway.namespace, gateway.deployment),
                touches: "runs without a control plane until 650: it serves on, but takes no changes and renews no certificate".to_owned(),
            })
            .collect();
    } else {
        step.requires = vec![context.default_tag(&context.canary)];
        for way in [
            GatewayHandover::Label { lossy: false },
            GatewayHandover::Tag,
        ] {
            step.requires
                .extend(gateways::owner_gates(context, &context.canary, way));
        }
        let first = context
            .gateways(|way| way == GatewayHandover::SecondGateway)
            .map(Context::first);
        step.requires
            .extend(first.map(|gateway| Gate::GatewayGone { gateway }));
        step.watch = format!(
            "{} is untouched; no webhook is named after or labelled {} any more.",
            context.canary.istiod(),
            stable.name
        );
    }
    step.restarts.push(Restart {
        object: format!("Deployment {namespace}/{}", stable.istiod()),
        touches: "ends; no ztunnel is connected to it".to_owned(),
    });
    step.actions.push(delete(own_objects(context)));
    step.gates = vec![
        Gate::Gone,
        istiod_gone(context),
        Gate::Rollout {
            kind: "deployment".to_owned(),
            namespace: namespace.to_owned(),
            name: context.canary.istiod(),
        },
    ];
    step.gates.extend(context.probes(false));
    step.rollback.gates = installed("deployment", namespace, &stable.istiod(), stable);
    if tag_goes {
        step.rollback.gates.push(context.default_tag(stable));
        step.rollback
            .gates
            .extend(gateways::owner_gates(context, stable, GatewayHandover::Tag));
    }
    step.back = format!(
        "istioctl {} installs the control plane anew, with the same root certificate; nothing uses it until the steps before are rolled back \
         as well.",
        stable.version
    );
    step
}

/// What belongs to stable's control plane alone.
pub(super) fn own_objects(context: &Context) -> Vec<Identity> {
    let (stable, namespace) = (&context.stable, context.istio_namespace());
    let values = context
        .values
        .of(Component::Istiod)
        .map(|file| serde_json::Value::Object(file.values.clone()));
    let settings = IstiodSettings::of(values.as_ref());
    let mut identities = istiod_objects(stable.facts, settings, stable.in_names(), namespace);
    identities.extend(leftovers(stable.facts, &stable.name, namespace));
    identities
}

/// No pod of the stable control plane is left; its Deployment is gone before its pods are.
pub(super) fn istiod_gone(context: &Context) -> Gate {
    Gate::NoPods {
        namespace: context.istio_namespace().to_owned(),
        selector: Some(format!("app=istiod,istio.io/rev={}", context.stable.name)),
    }
}

/// Stable's ztunnel is on each of its nodes.
fn covered(context: &Context) -> Gate {
    let stable = &context.stable;
    Gate::PoolCovered {
        namespace: context.istio_namespace().to_owned(),
        name: stable.ztunnel(),
        selector: stable.selector(),
    }
}

/// No pod is left in these namespaces.
fn no_pods(namespaces: &[String]) -> Vec<Gate> {
    namespaces
        .iter()
        .map(|namespace| Gate::NoPods {
            namespace: namespace.clone(),
            selector: None,
        })
        .collect()
}

fn nodes(context: &Context) -> Step<Draft> {
    let (stable, canary) = (&context.stable, &context.canary);
    let namespace = context.istio_namespace();
    let mut step = step(
        660,
        "nodes-to-canary",
        Phase::Retire,
        Applier::Kubectl,
        "the stable nodes to the canary pool",
    );
    step.why = "Stable's nodes have no ztunnel any more. In the canary's pool they get one, and its workloads can use them.".to_owned();
    step.watch = "As many ready ztunnel pods as the pool has nodes. Pods move there only when something makes them.".to_owned();
    if let Some(nodes) = &stable.nodes {
        step.actions = vec![Action::LabelNodes {
            nodes: nodes.clone(),
            key: POOL.to_owned(),
            value: canary.word.to_owned(),
        }];
        step.gates = vec![Gate::NodesLabelled {
            nodes: nodes.clone(),
            key: POOL.to_owned(),
            value: canary.word.to_owned(),
        }];
        step.rollback.gates = vec![Gate::NodesLabelled {
            nodes: nodes.clone(),
            key: POOL.to_owned(),
            value: stable.word.to_owned(),
        }];
        step.back = "The state before is nodes without a ztunnel, so they are drained first: the canary's pods move to its own nodes.".to_owned();
    } else {
        step.watch = format!(
            "The labels of these nodes are not the plan's. Change them where your node pools are configured, from {} to {}; the \
             script waits for nothing and stops until that is done.",
            stable.selector(),
            canary.selector()
        );
        step.actions = vec![Action::AwaitPoolMoved {
            selector: stable.selector(),
            other: canary.selector(),
        }];
        step.rollback.actions = vec![Action::AwaitPoolReturned {
            selector: stable.selector(),
        }];
        step.back =
            "Somebody drains these nodes and gives them their labels back; the script looks."
                .to_owned();
    }
    step.gates.push(Gate::PoolCovered {
        namespace: namespace.to_owned(),
        name: canary.ztunnel(),
        selector: canary.selector(),
    });
    step.gates.extend(context.probes(false));
    step
}
