//! 100 to 230: the stable ztunnel pinned, istio-cni held still, and the canary's revision beside them.

use serde_json::{Value, json};

use super::super::context::Context;
use super::super::{mesh, ztunnel};
use super::{Applier, Object, Phase, Step, step};
use super::{CNI, daemon_set, label, on_delete};
use crate::existing::Existing;
use crate::step::{Action, Gate};

pub(super) fn held(context: &Context) -> Step<Object> {
    let ztunnel = context.stable.ztunnel();
    let mut step = step(
        110,
        "on-delete",
        Phase::Stable,
        Applier::Kubectl,
        format!("{CNI} and {ztunnel} replace no pod by themselves"),
    );
    step.why = "From here on a change of either template restarts nothing: a new version comes to a node when the node moves, and not to all at once."
        .to_owned();
    step.watch = "No pod changes: the same names and ages as before.".to_owned();
    let held = |name: &str| Action::Patch {
        file: daemon_set(
            context,
            name,
            json!({"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}),
        ),
    };
    step.actions = vec![held(CNI), held(&ztunnel)];
    step.gates = vec![on_delete(context, CNI), on_delete(context, &ztunnel)];
    step.gates.extend(context.probes(false));
    step.rollback.keeps = true;
    step.stays = vec![format!(
        "OnDelete: with RollingUpdate whichever pods were made since (on nodes that joined or came back) would be replaced at once; give {CNI} and \
         {ztunnel} their strategy back when that suits you"
    )];
    step.back = "Both keep OnDelete, so that nothing restarts on the way back.".to_owned();
    step
}

pub(super) fn pinned(context: &Context, existing: &Existing) -> Step<Object> {
    let stable = &context.stable;
    let name = stable.ztunnel();
    let (key, value) = label(context);
    let mut step = step(
        130,
        "stable-ztunnel",
        Phase::Stable,
        Applier::Kubectl,
        format!("{name} on every node without {key}={value}"),
    );
    step.why = format!(
        "The two ztunnels share no node and leave none out, whatever nodes join: stable's is on every node that does not carry {key}={value}, the \
         canary's on those that do. No node needs a label for that before it moves."
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
    let placed = |affinity: Value| Action::Patch {
        file: daemon_set(
            context,
            &name,
            json!({"template": {"spec": {"affinity": affinity}}}),
        ),
    };
    step.actions = vec![placed(pinned)];
    step.gates = vec![on_delete(context, &name)];
    step.gates.extend(context.probes(false));
    step.rollback.requires = vec![mesh::no_ztunnel(context, &context.canary)];
    // Nothing else of the affinity was changed: with the terms that it had it is what it was.
    step.rollback.actions = vec![placed(affinity.unwrap_or(Value::Null))];
    step.back = "The affinity is what it was; under OnDelete no pod is replaced.".to_owned();
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
    step.stays = vec!["istio-cni's ConfigMap and roles, as the newer version has them".to_owned()];
    step.back = "The DaemonSet is what it was, to the last field. A node that had moved keeps the newer istio-cni, which serves an older ztunnel as \
                 well, until its pod is deleted."
        .to_owned();
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
