//! Steps 100 to 230: pin the stable ztunnel, keep istio-cni's pods, and install the canary revision.

use serde_json::{Value, json};

use super::at_owner::{self, Chart};
use super::nodes::none_moved;
use super::owners::owned;
use super::{CNI, daemon_set, label, on_delete, tags};
use crate::existing::Existing;
use crate::istio::{GatewayHandover, tag_webhook};
use crate::lower::context::Context;
use crate::lower::installer::{mesh, ztunnel};
use crate::plan::Owner;
use crate::step::{Action, Gate, IstioOperator, StepFile};
use crate::step::{Applier, Draft, Step, kind};

/// Keeps istioctl from writing the tag `default`. With an IstioOperator that has no revision, istioctl points
/// this tag to the control plane without a revision, for every component that it installs.
///
/// Source: `istio/istio:operator/pkg/webhook/webhook.go`, `detectIfTagWebhookIsNeeded`; seen with istioctl
/// 1.31.
fn leave_tags(operator: &mut IstioOperator) {
    operator.values["global"]["operatorManageWebhooks"] = json!(true);
}

/// The base of an existing mesh. No tag is written with it. If Helm, Flux or Argo CD manages istiod, the same
/// tool manages the base chart.
pub(super) fn base(context: &Context, existing: &Existing, steps: &mut [Step]) {
    let Some(step) = steps.last_mut() else {
        return;
    };
    step.prose.values["existing"] = json!(true);
    for action in &mut step.actions {
        if let Action::Install {
            file: StepFile::Draft(draft),
            ..
        } = action
            && let Draft::IstioBase(operator) = &mut **draft
        {
            leave_tags(operator);
        }
    }
    let Some(owner) = &existing.owners.base else {
        return;
    };
    let version = &context.canary.version;
    let crds = step.gates.iter().find_map(|gate| match gate {
        Gate::Crds { crds } => Some(crds.clone()),
        _ => None,
    });
    let of = Gate::BaseVersion {
        crds: crds.unwrap_or_default(),
        version: version.clone(),
    };
    step.applier = at_owner::applier(owner.by);
    step.actions = vec![at_owner::at(
        owner,
        at_owner::values(owner, Chart::Base, version, &json!({})),
        Action::ExpectBase {
            version: version.clone(),
        },
        vec![of.clone()],
    )];
    step.gates.push(of);
}

pub(super) fn held(context: &Context, existing: &Existing) -> Step {
    let ztunnel = context.stable.ztunnel();
    let mut step = Step::of(&kind::ON_DELETE, Applier::Kubectl);
    let held = |name: &str, owner: Option<&Owner>, chart| {
        let does = |strategy: Value| Action::Patch {
            file: daemon_set(context, name, json!({ "updateStrategy": strategy })).into(),
        };
        match owner {
            Some(owner) => at_owner::at(
                owner,
                at_owner::values(
                    owner,
                    chart,
                    &context.stable.version,
                    &json!({"updateStrategy": at_owner::on_delete()}),
                ),
                does(at_owner::on_delete()),
                vec![super::held(context, name)],
            ),
            None => does(json!({"type": "OnDelete", "rollingUpdate": null})),
        }
    };
    let owners = &existing.owners;
    step.actions = vec![
        held(CNI, owners.cni.as_ref(), Chart::Cni),
        held(&ztunnel, owners.ztunnel.as_ref(), Chart::Ztunnel),
    ];
    if let Some(owner) = owners.cni.as_ref().or(owners.ztunnel.as_ref()) {
        step.applier = at_owner::applier(owner.by);
    }
    step.gates = vec![on_delete(context, CNI), on_delete(context, &ztunnel)];
    step.gates.extend(context.probes(false));
    step.rollback.keeps = true;
    step.stays = vec![format!(
        "OnDelete: with RollingUpdate, pods that were created since then (on nodes that joined or came back) would \
            be replaced immediately; restore the update strategy of {CNI} and {ztunnel} when this is acceptable"
    )];
    step
}

pub(super) fn pinned(context: &Context, existing: &Existing) -> Step {
    let stable = &context.stable;
    let name = stable.ztunnel();
    let (key, value) = label(context);
    let mut step = Step::of(&kind::PINNED_ZTUNNEL, Applier::Kubectl);
    step.says(json!({ "label": format!("{key}={value}") }));
    let affinity = existing
        .ztunnel_object
        .pointer("/spec/template/spec/affinity")
        .cloned();
    let pinned = pinned_affinity(context, existing);
    let owner = existing.owners.ztunnel.as_ref();
    let placed = |affinity: Value, back| {
        let does = Action::Patch {
            file: daemon_set(
                context,
                &name,
                json!({"template": {"spec": {"affinity": affinity}}}),
            )
            .into(),
        };
        let Some(owner) = owner else { return does };
        let values = json!({ "affinity": affinity });
        at_owner::at(
            owner,
            at_owner::values(owner, Chart::Ztunnel, &stable.version, &values),
            does,
            vec![kept_off(context, back)],
        )
    };
    if let Some(owner) = owner {
        step.applier = at_owner::applier(owner.by);
    }
    step.actions = vec![placed(pinned, false)];
    step.gates = vec![kept_off(context, false), on_delete(context, &name)];
    step.gates.extend(context.probes(false));
    step.rollback.requires = vec![mesh::no_ztunnel(context, &context.canary)];
    // Only these terms of the affinity were changed, so the previous terms restore it.
    step.rollback.actions = vec![placed(affinity.unwrap_or(Value::Null), true)];
    step.rollback.gates = vec![kept_off(context, true)];
    step
}

/// The current affinity of the stable ztunnel, extended so that it does not run on the canary's nodes.
pub(super) fn pinned_affinity(context: &Context, existing: &Existing) -> Value {
    let (key, value) = label(context);
    let affinity = existing
        .ztunnel_object
        .pointer("/spec/template/spec/affinity")
        .cloned();
    let own = json!({"key": key, "operator": "NotIn", "values": [value]});
    let mut pinned = affinity.unwrap_or_else(|| json!({}));
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
    pinned
}

/// The gate that waits until the stable ztunnel is kept off the canary's nodes, or with `back` until it is
/// not.
pub(super) fn kept_off(context: &Context, back: bool) -> Gate {
    let (key, value) = label(context);
    Gate::KeptOff {
        namespace: context.istio_namespace().to_owned(),
        name: context.stable.ztunnel(),
        key,
        value,
        back,
    }
}

pub(super) fn control_plane(context: &Context, existing: &Existing) -> Step {
    let mut step = mesh::control_plane(context, &context.canary);
    let has_default = existing.tags.iter().any(|tag| tag == "default");
    step.prose.values["default_tag"] = json!(has_default);
    step.prose.values["existing"] = json!(true);
    if !has_default {
        step.rollback
            .requires
            .retain(|gate| !matches!(gate, Gate::Tag { .. }));
    }
    // istioctl would take the canary for the first revision and give it the tag `default`.
    if !has_default && context.canary.facts.first_by_tag {
        for action in &mut step.actions {
            if let Action::Install {
                file: StepFile::Draft(draft),
                ..
            } = action
                && let Draft::Istiod(operator) = &mut **draft
            {
                leave_tags(operator);
            }
        }
    }
    step.gates.extend(unswitched(context, existing));
    // What the canary owns by then would lose its control plane.
    step.rollback.requires.extend(unswitched(context, existing));
    let labelled = existing.gateways.iter();
    let labelled = labelled.filter(|gateway| gateway.way != GatewayHandover::Tag);
    step.rollback.requires.extend(
        labelled.map(|gateway| owned(gateway, &context.stable, gateway.revision.as_deref())),
    );
    step
}

/// The gates that tags and the default validation still belong to stable: an installation must not switch them.
fn unswitched(context: &Context, existing: &Existing) -> Vec<Gate> {
    let stable = &context.stable;
    let tags = existing.tags.iter();
    let mut gates: Vec<Gate> = tags
        .map(|tag| tags::points(existing, tag, stable))
        .collect();
    if !existing.tags.iter().any(|tag| tag == "default") {
        gates.push(Gate::Absent {
            kind: "mutatingwebhookconfiguration".to_owned(),
            namespace: None,
            name: tag_webhook("default", &existing.namespace),
        });
    }
    if tags::validator_is_of(existing, stable) {
        gates.push(tags::asks(stable));
    }
    gates
}

pub(super) fn cni(context: &Context, existing: &Existing) -> Step {
    let mut step = mesh::cni(context, &context.canary);
    step.becomes(&kind::ISTIO_CNI_TEMPLATE);
    for action in &mut step.actions {
        if let Action::Install {
            file: StepFile::Draft(draft),
            sees,
            ..
        } = action
        {
            let Draft::IstioCni(operator) = &mut **draft else {
                continue;
            };
            *sees = vec![image(context, &context.canary.version)];
            leave_tags(operator);
            // istioctl overwrites the field, even if another field manager owns it.
            operator.k8s = Some(json!({"overlays": [{
                "apiVersion": "apps/v1", "kind": "DaemonSet", "name": CNI,
                "patches": [{"path": "spec.updateStrategy", "value": {"type": "OnDelete"}}],
            }]}));
        }
    }
    if let Some(owner) = &existing.owners.cni {
        cni_at_owner(context, existing, owner, &mut step);
    }
    step.restarts = Vec::new();
    step.gates
        .retain(|gate| !matches!(gate, Gate::Rollout { .. }));
    step.gates.push(on_delete(context, CNI));
    step.rollback
        .gates
        .retain(|gate| !matches!(gate, Gate::Rollout { .. }));
    step.rollback.gates.push(on_delete(context, CNI));
    step.stays = vec!["istio-cni's ConfigMap and roles, in the newer version".to_owned()];
    step.gates.extend(unswitched(context, existing));
    step
}

/// The gate that waits until istio-cni's template has the image of a version.
fn image(context: &Context, version: &str) -> Gate {
    Gate::Image {
        kind: "daemonset".to_owned(),
        namespace: context.istio_namespace().to_owned(),
        name: CNI.to_owned(),
        version: version.to_owned(),
    }
}

/// The upgrade of istio-cni's chart. meshplan predicts only the change of the image.
fn cni_at_owner(context: &Context, existing: &Existing, owner: &Owner, step: &mut Step) {
    let (stable, canary) = (&context.stable.version, &context.canary.version);
    let containers = "/spec/template/spec/containers";
    let own = existing.cni_object.pointer(containers).cloned();
    let own = own.unwrap_or_else(|| json!([]));
    let mut newer = own.clone();
    for container in newer.as_array_mut().into_iter().flatten() {
        if let Some(Value::String(image)) = container.get_mut("image")
            && let Some((name, tag)) = image.split('@').next().and_then(|own| own.rsplit_once(':'))
        {
            *image = format!("{name}:{}", tag.replacen(stable.as_str(), canary, 1));
        }
    }
    let to = |version: &str, containers: Value| {
        let values = json!({"updateStrategy": at_owner::on_delete()});
        at_owner::at(
            owner,
            at_owner::values(owner, Chart::Cni, version, &values),
            Action::Patch {
                file: daemon_set(
                    context,
                    CNI,
                    json!({
                        "updateStrategy": at_owner::on_delete(),
                        "template": {"spec": {"containers": containers}},
                    }),
                )
                .into(),
            },
            vec![image(context, version)],
        )
    };
    step.applier = at_owner::applier(owner.by);
    step.actions = vec![to(canary, newer)];
    step.rollback.actions = vec![to(stable, own)];
}

pub(super) fn canary_ztunnel(context: &Context, existing: &Existing) -> Step {
    let mut step = mesh::ztunnel_step(context, &context.canary);
    step.becomes(&kind::WAITING_ZTUNNEL);
    for action in &mut step.actions {
        if let Action::Apply { files } = action {
            for file in files.iter_mut() {
                if let StepFile::Draft(draft) = file
                    && let Draft::ZtunnelDaemonSet(object) = &mut **draft
                {
                    ztunnel::on_delete(object);
                }
            }
        }
    }
    // Without its ztunnel, a moved node would have none: stable's ztunnel excludes it.
    step.rollback.requires.push(none_moved(context, existing));
    // No node belongs to the canary's pool yet.
    step.gates
        .retain(|gate| !matches!(gate, Gate::PoolCovered { .. } | Gate::Rollout { .. }));
    step
}
