//! Steps 301 to 399: move the nodes, one group per step.

use serde_json::{Value, json};

use super::{label, selector};
use crate::existing::{Existing, Group};
use crate::kube::Selector;
use crate::kube::identity::Identity;
use crate::kube::manifest::Manifest;
use crate::lower::context::{Context, REVISION};
use crate::lower::copies::retire;
use crate::plan::{Batch, NodeGroup, parse_duration};
use crate::state::given_label;
use crate::step::{Action, Cohort, Gate, Restart};
use crate::step::{Applier, Draft, Step, kind};

/// The default timeout for the drain of a node, in seconds.
const DRAIN: u64 = 300;

pub(super) fn cohort(
    (context, existing): (&Context, &Existing),
    offset: u16,
    group: &NodeGroup,
    found: &Group,
) -> Step {
    let (canary, namespace) = (&context.canary, context.istio_namespace());
    let (name, selector) = (group.name.get_ref(), selector(group));
    let (key, value) = label(context);
    let mut step = Step::numbered(&kind::MOVED_NODES, offset, name, Applier::Kubectl);
    let plan = &context.plan.canary;
    let batch = match plan.batch.as_ref().map(toml::Spanned::get_ref) {
        Some(Batch::Nodes(nodes)) => nodes.to_string(),
        Some(Batch::Share(share)) => share.clone(),
        None => "1".to_owned(),
    };
    let seconds = |text: &Option<toml::Spanned<String>>| {
        text.as_ref()
            .and_then(|text| parse_duration(text.get_ref()))
    };
    step.says(json!({
        "group": name,
        "label": format!("{key}={value}"),
        "selector": selector,
        "batch": batch,
    }));
    step.actions = vec![Action::MoveNodes(Cohort {
        selector: selector.clone(),
        hosts: existing.hosts.clone(),
        seen: existing.seen.clone(),
        nodes: found.nodes.clone(),
        key: key.clone(),
        value: value.clone(),
        back: false,
        surge: None,
        batch,
        soak: seconds(&plan.soak),
        drain_timeout: seconds(&plan.drain_timeout).unwrap_or(DRAIN),
        namespace: namespace.to_owned(),
        ztunnel: canary.ztunnel_pods(),
        before: stable_pods(existing).except(REVISION, &canary.name),
    })];
    let moved = |back| Gate::NodesMoved {
        selector: selector.clone(),
        hosts: existing.hosts.clone(),
        key: key.clone(),
        value: value.clone(),
        back,
    };
    step.gates = vec![
        moved(false),
        Gate::PoolCovered {
            namespace: namespace.to_owned(),
            name: canary.ztunnel(),
            selector: canary.selector(),
        },
    ];
    step.gates.extend(context.probes(false));
    step.restarts = vec![Restart {
        object: format!("every pod on the nodes with {selector}"),
        touches: "evicted once, as its PodDisruptionBudget allows; connections end with their pod"
            .to_owned(),
    }];
    step.rollback.gates = vec![moved(true)];
    step.rollback.gates.extend(context.probes(false));
    step
}

/// Lists the workloads that the drains of this group and the next ones affect most, before the first drain.
pub(super) fn fragile(existing: &Existing, step: &mut Step) {
    let all = existing.fragile.iter().map(|fragile| Restart {
        object: fragile.object.clone(),
        touches: format!(
            "{}; its node moves in this group or in another one",
            fragile.how
        ),
    });
    step.restarts.extend(all);
}

/// Moves a group with new nodes that have the label, and removes the old ones.
pub(super) fn surge(
    both: (&Context, &Existing),
    offset: u16,
    group: &NodeGroup,
    found: &Group,
) -> Step {
    let mut step = cohort(both, offset, group, found);
    step.becomes(&kind::NEW_NODES);
    let makers = found.makers.iter();
    let identities: Vec<Identity> = makers.clone().map(|maker| maker.identity.clone()).collect();
    let files: Vec<Draft> = makers
        .map(|maker| Draft::Given(maker.value.clone()))
        .collect();
    for action in &mut step.actions {
        if let Action::MoveNodes(cohort) = action {
            cohort.surge = Some(fresh(group, found));
            let mut back = cohort.clone();
            back.back = true;
            std::mem::swap(&mut back.ztunnel, &mut back.before);
            step.rollback.actions.push(Action::MoveNodes(back));
        }
    }
    if !files.is_empty() {
        step.actions.insert(
            0,
            Action::Apply {
                files: files.into(),
            },
        );
        step.rollback.actions.push(retire::delete(identities));
    }
    step
}

/// The labels of a group's new nodes: the labels that the provider of the group sets.
fn fresh(group: &NodeGroup, found: &Group) -> Selector {
    let labels = group.labels.get_ref().iter().map(|(key, value)| {
        let given = |maker: &Manifest| given_label(&maker.value, key, value).map(str::to_owned);
        let given = found.makers.iter().find_map(given);
        (key.clone(), given.unwrap_or_else(|| value.clone()))
    });
    labels.collect()
}

/// The labels of the pods of stable's ztunnel.
fn stable_pods(existing: &Existing) -> Selector {
    let labels = existing
        .ztunnel_object
        .pointer("/spec/selector/matchLabels");
    let pairs = labels.and_then(Value::as_object).into_iter().flatten();
    pairs
        .filter_map(|(key, value)| Some((key, value.as_str()?)))
        .collect()
}

pub(super) fn covered(context: &Context) -> Gate {
    Gate::PoolCovered {
        namespace: context.istio_namespace().to_owned(),
        name: context.canary.ztunnel(),
        selector: context.canary.selector(),
    }
}

/// The gate that no node has moved, or none is left after a rollback.
pub(super) fn none_moved(context: &Context, existing: &Existing) -> Gate {
    let (key, value) = label(context);
    Gate::NodesMoved {
        selector: Selector::default(),
        hosts: existing.hosts.clone(),
        key,
        value,
        back: true,
    }
}

/// The gate that waits until the nodes of all groups have moved.
pub(super) fn all_moved(context: &Context, existing: &Existing) -> Gate {
    let (key, value) = label(context);
    Gate::NodesMoved {
        selector: Selector::default(),
        hosts: existing.hosts.clone(),
        key,
        value,
        back: false,
    }
}
