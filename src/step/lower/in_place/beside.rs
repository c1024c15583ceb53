//! 100 to 230: the stable ztunnel pinned, istio-cni held still, and the canary's revision beside them.

use serde_json::{Value, json};

use super::super::context::Context;
use super::super::{mesh, ztunnel};
use super::{Applier, Object, Phase, Step, step};
use super::{CNI, daemon_set, label, on_delete};
use crate::existing::Existing;
use crate::step::{Action, Gate};

pub(super) fn pinned(context: &Context, existing: &Existing) -> Step<Object> {
    let stable = &context.stable;
    let name = stable.ztunnel();
    let (key, value) = label(context);
    let mut step = step(
        100,
        "stable-ztunnel",
        Phase::Stable,
        Applier::Kubectl,
        format!("{name} on every node without {key}={value}"),
    );
    step.why = format!(
        "The two ztunnels share no node and leave none out, whatever nodes join: stable's is on every node that does not carry {key}={value}, the \
         canary's on those that do. No node needs a label for that before it moves. OnDelete keeps the pods that run from being replaced."
    );
    step.watch = "No pod changes: the same names and ages as before.".to_owned();
    let affinity = existing
        .ztunnel_object
        .pointer("/spec/template/spec/affinity")
        .cloned();
    let own = json!({"key": key, "operator": "NotIn", "values": [value]});
    let mut pinned = affinity.clone().unwrap_or_else(|| json!({}));
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let terms = pinned
        .pointer(&format!("/nodeAffinity/{required}/nodeSelectorTerms"))
        .and_then(Value::as_array)
        .cloned();
    let mut terms = terms.unwrap_or_else(|| vec![json!({})]);
    for term in &mut terms {
        match term
            .get_mut("matchExpressions")
            .and_then(Value::as_array_mut)
        {
            Some(expressions) => expressions.push(own.clone()),
            None => term["matchExpressions"] = json!([own]),
        }
    }
    pinned["nodeAffinity"][required]["nodeSelectorTerms"] = Value::Array(terms);
    step.actions = vec![Action::Patch {
        file: daemon_set(
            context,
            &name,
            json!({"updateStrategy": {"type": "OnDelete"}, "template": {"spec": {"affinity": pinned}}}),
        ),
    }];
    step.gates = vec![on_delete(context, &name)];
    step.gates.extend(context.probes(false));
    let mut before = json!({"updateStrategy": strategy(&existing.ztunnel_object)});
    if let Some(affinity) = affinity {
        before["template"] = json!({"spec": {"affinity": affinity}});
    }
    step.rollback.requires = vec![mesh::no_ztunnel(context, &context.canary)];
    step.rollback.actions = vec![Action::Patch {
        file: daemon_set(context, &name, before),
    }];
    step.back = "Strategy and affinity are what they were, in one write: the template is the one that the pods are of, so none is replaced.".to_owned();
    step
}

/// The strategy of a DaemonSet that is there.
fn strategy(object: &Value) -> Value {
    let own = object.pointer("/spec/updateStrategy").cloned();
    own.unwrap_or_else(|| json!({"type": "RollingUpdate"}))
}

pub(super) fn cni_on_delete(context: &Context, existing: &Existing) -> Step<Object> {
    let mut step = step(
        110,
        "istio-cni",
        Phase::Stable,
        Applier::Kubectl,
        "istio-cni restarts with its node only",
    );
    step.why = "No pod starts on a node while its istio-cni restarts. With OnDelete a new version comes to a node when the node moves, and not to all \
                at once."
        .to_owned();
    step.watch = "No pod changes.".to_owned();
    step.actions = vec![Action::Patch {
        file: daemon_set(
            context,
            CNI,
            json!({"updateStrategy": {"type": "OnDelete"}}),
        ),
    }];
    step.gates = vec![on_delete(context, CNI)];
    step.rollback.actions = vec![Action::Patch {
        file: daemon_set(
            context,
            CNI,
            json!({"updateStrategy": strategy(&existing.cni_object)}),
        ),
    }];
    step.back = "The strategy is what it was. Pods that were replaced since are of the template, so none restarts.".to_owned();
    step
}

pub(super) fn control_plane(context: &Context, existing: &Existing) -> Step<Object> {
    let mut step = mesh::control_plane(context, &context.canary);
    if existing.tag.is_none() {
        step.rollback
            .requires
            .retain(|gate| !matches!(gate, Gate::Tag { .. }));
    }
    step
}

pub(super) fn cni(context: &Context) -> Step<Object> {
    let mut step = mesh::cni(context, &context.canary);
    step.why = format!(
        "istio-cni {} works with control planes of its own version and the next minor, so it follows the newer control plane and comes before the \
         newer ztunnel. Under OnDelete this writes the template and restarts nothing: each node gets it when it moves.",
        context.canary.version
    );
    step.watch = "No pod of istio-cni changes.".to_owned();
    for action in &mut step.actions {
        if let Action::Install {
            file: Object::IstioCni(operator),
            ..
        } = action
        {
            // istioctl writes over whoever has the field.
            operator.k8s = Some(json!({"overlays": [{
                "apiVersion": "apps/v1", "kind": "DaemonSet", "name": CNI,
                "patches": [{"path": "spec.updateStrategy", "value": {"type": "OnDelete"}}],
            }]}));
        }
    }
    step.restarts = Vec::new();
    step.gates
        .retain(|gate| !matches!(gate, Gate::Rollout { .. }));
    step.gates.push(on_delete(context, CNI));
    step.rollback
        .gates
        .retain(|gate| !matches!(gate, Gate::Rollout { .. }));
    step.rollback.gates.push(on_delete(context, CNI));
    step.back = format!(
        "istioctl {} puts the older template back. A node that had moved keeps the newer istio-cni, which serves an older ztunnel as well, until \
         its pod is deleted.",
        context.stable.version
    );
    step
}

pub(super) fn canary_ztunnel(context: &Context) -> Step<Object> {
    let mut step = mesh::ztunnel_step(context, &context.canary);
    step.title = format!("ztunnel {} for the nodes that move", context.canary.version);
    step.watch = format!(
        "{} has no pod yet: no node carries {}.",
        context.canary.ztunnel(),
        context.canary.selector()
    );
    for action in &mut step.actions {
        if let Action::Apply { files } = action {
            for file in files {
                if let Object::ZtunnelDaemonSet(object) = file {
                    ztunnel::on_delete(object);
                }
            }
        }
    }
    // Nobody is there to be covered.
    step.gates
        .retain(|gate| !matches!(gate, Gate::PoolCovered { .. } | Gate::Rollout { .. }));
    step
}
