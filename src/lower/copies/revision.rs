//! Steps 100 to 150 and 200 to 250: one revision, from its nodes to its workloads. Stable and canary differ
//! in little more than their names.

use serde_json::json;

use crate::lower::context::{Context, POOL, Rev};
use crate::lower::copies::workloads::{namespace, workloads};
use crate::lower::installer::mesh::{cni, control_plane, no_ztunnel, ztunnel_step};
use crate::step::{Action, Gate};
use crate::step::{Applier, Step, kind};

pub(in crate::lower) fn stable(context: &Context, steps: &mut Vec<Step>) {
    let stable = &context.stable;
    steps.push(nodes(context, stable));
    steps.push(cni(context, stable));
    steps.push(control_plane(context, stable));
    steps.push(ztunnel_step(context, stable));
    steps.push(namespace(context, stable));
    steps.push(workloads(context, stable));
}

pub(in crate::lower) fn canary(context: &Context, steps: &mut Vec<Step>) {
    let canary = &context.canary;
    steps.push(nodes(context, canary));
    steps.push(control_plane(context, canary));
    steps.push(cni(context, canary));
    steps.push(ztunnel_step(context, canary));
    steps.push(namespace(context, canary));
    steps.push(workloads(context, canary));
}

fn nodes(context: &Context, rev: &Rev) -> Step {
    let mut step = Step::of(
        rev.kind(&kind::STABLE_NODES, &kind::CANARY_NODES),
        Applier::Kubectl,
    );
    step.says(json!({
        "revision": rev.prose(),
        "nodes": rev.nodes.as_ref().map(|nodes| nodes.join(", ")),
    }));
    if let Some(nodes) = &rev.nodes {
        step.requires = vec![Gate::Unpooled {
            nodes: nodes.clone(),
            key: POOL.to_owned(),
            value: rev.word.to_owned(),
        }];
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
        step.rollback.requires = vec![no_ztunnel(context, rev)];
    } else {
        step.gates = vec![Gate::Pool {
            selector: rev.selector(),
        }];
    }
    step
}
