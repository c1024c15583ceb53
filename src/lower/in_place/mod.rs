//! The in-place mode for an existing mesh: the stable ztunnel is pinned to the nodes that have not moved, the
//! canary's ztunnel is installed, nodes move group by group, Gateways and waypoints switch one by one, and
//! the rest of stable is deleted.

mod at_owner;
mod canary;
mod nodes;
mod owners;
mod retire;
mod tags;

use serde_json::{Value, json};

use crate::lower::context::Context;
use crate::lower::copies::prepare;
use crate::step::{Applier, Draft, Step, kind};
use tags::Tags;

use crate::existing::Existing;
use crate::istio::GatewayHandover;
use crate::kube::Selector;
use crate::plan::{Move, NodeGroup};
use crate::step::{Action, Gate};

/// The name of istio-cni's DaemonSet in every version.
const CNI: &str = "istio-cni-node";

pub(super) fn steps(context: &Context, existing: &Existing, steps: &mut Vec<Step>) {
    steps.push(found(context, existing));
    prepare::shared(context, steps);
    canary::base(context, existing, steps);
    steps.push(canary::held(context, existing));
    steps.push(canary::pinned(context, existing));
    steps.push(canary::control_plane(context, existing));
    steps.push(canary::cni(context, existing));
    steps.push(canary::canary_ztunnel(context, existing));
    let groups = context.plan.node_group.iter().zip(&existing.groups);
    for (offset, (group, found)) in (0..).zip(groups) {
        let mut step = match group.movement {
            Move::Relabel => nodes::cohort((context, existing), offset, group, found),
            Move::Surge => nodes::surge((context, existing), offset, group, found),
        };
        if offset == 0 {
            nodes::fragile(existing, &mut step);
        }
        steps.push(step);
    }
    let labelled = existing.gateways.iter();
    let labelled = labelled.filter(|gateway| gateway.way != GatewayHandover::Tag);
    for (offset, gateway) in (0..).zip(labelled) {
        steps.push(owners::owner(context, offset, gateway));
    }
    let moved = Tags::of(context, existing);
    steps.extend(tags::step_of(context, existing, false, &moved.early));
    let offset = u16::from(!moved.early.is_empty());
    steps.extend(tags::validator(context, existing, offset));
    steps.push(retire::ztunnel(context, existing));
    steps.push(retire::control_plane(context, existing, &moved));
    steps.extend(tags::step_of(context, existing, true, &moved.late));
}

fn selector(group: &NodeGroup) -> Selector {
    group.labels.get_ref().clone().into_iter().collect()
}

fn daemon_set(context: &Context, name: &str, spec: Value) -> Draft {
    let mut object = json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": context.istio_namespace()},
    });
    object["spec"] = spec;
    Draft::Given(object)
}

fn on_delete(context: &Context, name: &str) -> Gate {
    Gate::OnDelete {
        namespace: context.istio_namespace().to_owned(),
        name: name.to_owned(),
    }
}

/// The gate that waits until a DaemonSet has the update strategy `OnDelete`, whatever the state of its pods.
fn held(context: &Context, name: &str) -> Gate {
    Gate::Field {
        kind: "daemonset".to_owned(),
        namespace: Some(context.istio_namespace().to_owned()),
        name: name.to_owned(),
        field: "/spec/updateStrategy/type".to_owned(),
        value: "OnDelete".to_owned(),
    }
}

/// The label that moves a node to the canary.
fn label(context: &Context) -> (String, String) {
    let mut pool = context.canary.pool.iter();
    pool.next()
        .map(|(key, value)| (key.clone(), value.clone()))
        .unwrap_or_default()
}

fn found(context: &Context, existing: &Existing) -> Step {
    let (stable, namespace) = (&context.stable, context.istio_namespace());
    let mut step = Step::of(&kind::EXISTING, Applier::Kubectl);
    step.actions = vec![Action::Found {
        files: existing
            .objects
            .iter()
            .map(|object| Draft::Given(object.value.clone()))
            .collect(),
        bundle: existing.bundle.clone(),
        version: stable.version.clone(),
        revision: stable.name.clone(),
    }];
    let image = |kind: &str, name: &str| Gate::Image {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: stable.version.clone(),
    };
    step.gates = vec![
        image("deployment", &existing.istiod),
        image("daemonset", CNI),
        image("daemonset", &existing.ztunnel),
    ];
    step.gates.extend(context.probes(false));
    step.rollback.keeps = true;
    step.stays = vec!["the mesh, unchanged".to_owned()];
    step
}
