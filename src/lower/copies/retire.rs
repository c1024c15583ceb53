//! Steps 610 to 660: delete the objects of the stable revision by name. `istioctl uninstall` would also
//! delete shared objects.

use crate::istio::GatewayHandover;
use crate::istio::{
    Handover, IstiodSettings, installed_state, istiod_objects, leftovers, tag_objects, tag_webhook,
};
use crate::kube::Selector;
use crate::kube::identity::Identity;
use crate::lower::context::{Context, POOL};
use crate::lower::copies::routes::grants;
use crate::lower::copies::workloads::{captured, enrolled, placed, rollout};
use crate::lower::copies::{gateways, promote};
use crate::lower::installer::mesh::{installed, no_ztunnel, not_enrolled};
use crate::plan::{Component, ZtunnelForm};
use crate::step::Restart;
use crate::step::{Action, Gate};
use crate::step::{Applier, Draft, Step, kind};
use serde_json::json;

pub(in crate::lower) fn steps(context: &Context, steps: &mut Vec<Step>) {
    steps.push(workloads(context));
    steps.push(namespace(context));
    steps.push(ztunnel(context));
    steps.push(control_plane(context));
    if context.handover == Handover::TagAfterRetirement {
        steps.push(promote::tag(context, &kind::LATE_DEFAULT_TAG, true));
    }
    steps.push(nodes(context));
}

pub(in crate::lower) fn delete(identities: Vec<Identity>) -> Action {
    Action::Delete {
        files: identities.into_iter().map(Draft::Identity).collect(),
    }
}

fn workloads(context: &Context) -> Step {
    let stable = &context.stable;
    let namespaces = context.namespaces(stable);
    let mut step = Step::of(&kind::RETIRE_WORKLOADS, Applier::Kubectl);
    step.says(json!({ "namespaces": namespaces.join(", ") }));
    // In reverse order: workloads are deleted before the accounts and settings that they use.
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
    // PersistentVolumeClaims are kept until the namespace is deleted: 620 is the point of no return.
    given.retain(|identity| identity.kind != "PersistentVolumeClaim");
    given.sort_by_key(|identity| std::cmp::Reverse(crate::kube::order(identity)));
    identities.extend(given);
    step.requires = vec![Gate::Unrouted {
        namespaces: namespaces.clone(),
    }];
    step.actions = vec![delete(identities)];
    step.gates = vec![Gate::Gone];
    step.gates.extend(no_pods(&namespaces));
    step.gates.extend(context.probes(false));
    step.restarts = placed(context, stable)
        .filter(|(_, manifest, _)| manifest.pod_spec().is_some())
        .filter_map(|(_, _, value)| Identity::of(&value))
        .map(|identity| Restart {
            object: identity.to_string(),
            touches: "its pods end; they get no more requests".to_owned(),
        })
        .collect();
    step.rollback.requires = vec![covered(context)];
    step.rollback.gates = placed(context, stable)
        .filter_map(|(_, manifest, value)| rollout(manifest, &value))
        .collect();
    step.rollback.gates.extend(captured(&namespaces));
    step
}

fn namespace(context: &Context) -> Step {
    let names = context.namespaces(&context.stable);
    let mut step = Step::of(&kind::RETIRE_NAMESPACE, Applier::Kubectl);
    step.says(json!({ "namespaces": names.join(", ") }));
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
    step
}

fn ztunnel(context: &Context) -> Step {
    let stable = &context.stable;
    let namespace = context.istio_namespace();
    let name = stable.ztunnel();
    let mut step = Step::of(&kind::RETIRE_ZTUNNEL, Applier::Kubectl);
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
            selector: Some(stable.ztunnel_pods()),
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
        touches: "is deleted; no pod on its nodes is enrolled in the mesh".to_owned(),
    }];
    step.rollback.requires = vec![Gate::Rollout {
        kind: "deployment".to_owned(),
        namespace: namespace.to_owned(),
        name: stable.istiod(),
    }];
    step.rollback.gates = vec![covered(context)];
    step
}

fn control_plane(context: &Context) -> Step {
    let stable = &context.stable;
    let namespace = context.istio_namespace();
    let mut step = Step::of(&kind::RETIRE_CONTROL_PLANE, Applier::Kubectl);
    let tag_goes = context.handover == Handover::TagAfterRetirement;
    step.says(json!({ "tag_goes": tag_goes }));
    if tag_goes {
        step.requires = context
            .gateways(|_| true)
            .map(Context::first)
            .map(|gateway| Gate::RolledOutFirst {
                namespace: gateway.namespace,
                name: gateway.deployment,
                istio_namespace: namespace.to_owned(),
                istiod: stable.istiod(),
            })
            .collect();
        // If the step runs again after 650, it must not delete the canary's tag.
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
                touches: ALONE.to_owned(),
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
        step.requires.extend(first.map(|gateway| Gate::Absent {
            kind: "gateway.gateway.networking.k8s.io".to_owned(),
            namespace: Some(gateway.namespace),
            name: gateway.name,
        }));
    }
    // No ztunnel is connected to it any more, and the other control plane is ready.
    step.requires.push(no_ztunnel(context, stable));
    step.requires.push(Gate::Rollout {
        kind: "deployment".to_owned(),
        namespace: namespace.to_owned(),
        name: context.canary.istiod(),
    });
    step.restarts.push(Restart {
        object: format!("Deployment {namespace}/{}", stable.istiod()),
        touches: "is deleted; no ztunnel is connected to it".to_owned(),
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
    step
}

/// The objects that only stable's control plane uses.
pub(in crate::lower) fn own_objects(context: &Context) -> Vec<Identity> {
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

/// What happens to a Gateway that follows a tag which moves only at 650.
pub(in crate::lower) const ALONE: &str = "runs without a control plane until 650: it still serves requests, but \
    gets no changes and cannot renew its certificate";

/// The gate that waits until no pod of the stable control plane is left; pods outlive their Deployment.
pub(in crate::lower) fn istiod_gone(context: &Context) -> Gate {
    Gate::NoPods {
        namespace: context.istio_namespace().to_owned(),
        selector: Some(Selector::from_iter([
            ("app", "istiod"),
            ("istio.io/rev", &context.stable.name),
        ])),
    }
}

/// The gate that waits until stable's ztunnel runs on each of its nodes.
fn covered(context: &Context) -> Gate {
    let stable = &context.stable;
    Gate::PoolCovered {
        namespace: context.istio_namespace().to_owned(),
        name: stable.ztunnel(),
        selector: stable.selector(),
    }
}

/// The gates that wait until no pod is left in these namespaces.
fn no_pods(namespaces: &[String]) -> Vec<Gate> {
    namespaces
        .iter()
        .map(|namespace| Gate::NoPods {
            namespace: namespace.clone(),
            selector: None,
        })
        .collect()
}

fn nodes(context: &Context) -> Step {
    let (stable, canary) = (&context.stable, &context.canary);
    let namespace = context.istio_namespace();
    let mut step = Step::of(&kind::NODES_TO_CANARY, Applier::Kubectl);
    step.says(json!({ "listed": stable.nodes.is_some() }));
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
    } else {
        step.actions = vec![Action::AwaitPoolMoved {
            selector: stable.selector(),
            other: canary.selector(),
        }];
        step.rollback.actions = vec![Action::AwaitPoolReturned {
            selector: stable.selector(),
        }];
    }
    step.gates.push(Gate::PoolCovered {
        namespace: namespace.to_owned(),
        name: canary.ztunnel(),
        selector: canary.selector(),
    });
    step.gates.extend(context.probes(false));
    step
}
