//! 100 to 150 and 200 to 250: one revision from its nodes to its workloads. Stable and canary differ in little more than
//! their names.

use super::context::{Context, POOL, Rev, Role};
use super::mesh::{cni, control_plane, no_ztunnel, ztunnel_step};
use super::workloads::{namespace, workloads};
use super::{Applier, Draft, Phase, Step, step};
use crate::step::{Action, Gate};

pub(super) fn stable(context: &Context, steps: &mut Vec<Step<Draft>>) {
    let stable = &context.stable;
    steps.push(nodes(context, stable));
    steps.push(cni(context, stable));
    steps.push(control_plane(context, stable));
    steps.push(ztunnel_step(context, stable));
    steps.push(namespace(context, stable));
    steps.push(workloads(context, stable));
}

pub(super) fn canary(context: &Context, steps: &mut Vec<Step<Draft>>) {
    let canary = &context.canary;
    steps.push(nodes(context, canary));
    steps.push(control_plane(context, canary));
    steps.push(cni(context, canary));
    steps.push(ztunnel_step(context, canary));
    steps.push(namespace(context, canary));
    steps.push(workloads(context, canary));
}

/// A step of one revision: its hundreds digit is the revision's, its name says which.
pub(super) fn of(
    rev: &Rev,
    offset: u16,
    name: &str,
    applier: Applier,
    title: String,
) -> Step<Draft> {
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

fn nodes(context: &Context, rev: &Rev) -> Step<Draft> {
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
        step.actions = vec![
            Action::RequireUnpooled {
                nodes: nodes.clone(),
                key: POOL.to_owned(),
                value: rev.word.to_owned(),
            },
            Action::LabelNodes {
                nodes: nodes.clone(),
                key: POOL.to_owned(),
                value: rev.word.to_owned(),
            },
        ];
        step.gates = vec![Gate::NodesLabelled {
            nodes: nodes.clone(),
            key: POOL.to_owned(),
            value: rev.word.to_owned(),
        }];
        step.back = "The label goes, from the nodes that did not have it before.".to_owned();
        step.rollback.requires = vec![no_ztunnel(context, rev)];
    } else {
        step.gates = vec![Gate::Pool {
            selector: rev.selector(),
        }];
        step.back = "The step changes nothing.".to_owned();
    }
    step
}
