//! 520 to 560, and 650: Gateways and waypoints, one a step, and the tag.

use serde_json::json;

use super::super::context::{Context, Rev, Way};
use super::super::{promote, retire};
use super::at_owner::{self, Chart};
use super::{Applier, Object, Phase, Step, step};
use crate::existing::{Existing, Gateway, deployment};
use crate::istio::tag_webhook;
use crate::manifest::Manifest;
use crate::plan::Owner;
use crate::step::{Action, Gate, GatewayRef, Restart};

pub(super) fn owner(context: &Context, number: u16, gateway: &Gateway) -> Step<Object> {
    let (stable, canary) = (&context.stable, &context.canary);
    let own = reference(gateway);
    let what = if gateway.class == "istio-waypoint" {
        "waypoint"
    } else {
        "Gateway"
    };
    let mut step = step(
        number,
        &slug(gateway),
        Phase::Promote,
        Applier::Kubectl,
        format!(
            "{what} {}/{} to the canary",
            gateway.namespace, gateway.name
        ),
    );
    step.why = format!(
        "The label names its control plane. From Istio {} on one that is labelled away keeps its listeners until its new pods are ready.",
        stable.version
    );
    step.watch = format!(
        "Deployment {}/{} rolls out with the image of {}.",
        own.namespace, own.deployment, canary.version
    );
    step.actions = vec![Action::LabelObject {
        kind: "gateway".to_owned(),
        namespace: gateway.namespace.clone(),
        name: gateway.name.clone(),
        key: "istio.io/rev".to_owned(),
        value: Some(canary.name.clone()),
    }];
    let owned = |version: &str, revision: Option<String>| Gate::GatewayOwner {
        gateway: own.clone(),
        version: version.to_owned(),
        revision,
    };
    step.gates = vec![owned(&canary.version, Some(canary.name.clone()))];
    step.gates.extend(context.probes(false));
    step.restarts = vec![Restart {
        object: format!("Deployment {}/{}", own.namespace, own.deployment),
        touches: format!(
            "a rolling update of its {} pods, new ones first; its Service and address stay, long-lived connections end with their pod",
            gateway.replicas
        ),
    }];
    step.rollback.gates = vec![owned(&stable.version, gateway.revision.clone())];
    step.rollback.gates.extend(context.probes(false));
    step.back = "The label is what it was.".to_owned();
    if context.goes_back_with_loss(Way::Relabel { lossy: false }) {
        step.back.push_str(promote::LOSSY_BACK);
    }
    step
}

pub(super) fn tag(context: &Context, existing: &Existing, number: u16) -> Step<Object> {
    let (stable, canary) = (&context.stable, &context.canary);
    let phase = if number < 600 {
        Phase::Promote
    } else {
        Phase::Retire
    };
    let mut step = step(
        number,
        "default-tag",
        phase,
        Applier::Istioctl,
        format!("tag default to revision {}", canary.name),
    );
    step.why = "Whatever carries no label belongs to the tag `default`: Gateways that somebody makes later, and the validation of Istio's own objects."
        .to_owned();
    step.watch =
        "The tag's webhook names the canary. No Gateway changes hands: each carries its own label."
            .to_owned();
    step.actions = vec![Action::SetTag {
        tag: "default".to_owned(),
        istioctl: context.istioctl(canary),
    }];
    step.gates = vec![context.default_tag(canary)];
    step.gates.extend(context.probes(false));
    if number < 600 {
        step.rollback.gates = vec![Gate::Tag {
            tag: "default".to_owned(),
            webhook: tag_webhook("default", &existing.namespace),
            revision: stable.name.clone(),
        }];
        step.back = format!("The tag points at {} again.", stable.name);
    } else {
        step.requires = vec![retire::istiod_gone(context)];
        step.back = "The tag goes again; nothing follows it.".to_owned();
    }
    step
}

/// Where Helm's base chart made the validation of Istio's own objects, it asks the stable control plane until somebody says otherwise; what
/// carries no label belongs to the control plane that it names.
///
/// Source: `istio/istio:manifests/charts/base/templates/defaultrevision-validatingwebhookconfiguration.yaml`, value `defaultRevision`.
pub(super) fn validator(context: &Context, existing: &Existing) -> Option<Step<Object>> {
    let (stable, canary) = (&context.stable, &context.canary);
    let (owner, object) = owned_validator(existing)?;
    let mut step = step(
        560,
        "default-validator",
        Phase::Promote,
        at_owner::applier(owner),
        format!("the validation of Istio's objects to {}", canary.istiod()),
    );
    step.why = "Whatever carries no label belongs to the revision that the base chart names as the default: Gateways that somebody makes later, and \
                the validation of Istio's own objects."
        .to_owned();
    step.watch = "No Gateway changes hands: each carries its own label.".to_owned();
    let to = |rev: &Rev| {
        let (name, service) = (&rev.name, &rev.istiod());
        let mut webhooks = object.value["webhooks"].clone();
        for webhook in webhooks.as_array_mut().into_iter().flatten() {
            if let Some(asked) = webhook.pointer_mut("/clientConfig/service/name") {
                *asked = json!(service);
            }
        }
        let does = Action::Patch {
            file: Object::Given(json!({
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": VALIDATOR, "labels": {"istio.io/rev": name}},
                "webhooks": webhooks,
            })),
        };
        let values = json!({ "defaultRevision": name });
        let how = at_owner::values(owner, Chart::Base, &canary.version, &values);
        at_owner::at(owner, how, does, vec![asks(rev)])
    };
    step.actions = vec![to(canary)];
    step.gates = vec![asks(canary)];
    step.gates.extend(context.probes(false));
    step.rollback.actions = vec![to(stable)];
    step.rollback.gates = vec![asks(stable)];
    step.back = format!("{} is asked again.", stable.istiod());
    Some(step)
}

/// The default validation and who owns it, where it stands for the tag that there is not.
pub(super) fn owned_validator(existing: &Existing) -> Option<(&Owner, &Manifest)> {
    let owner = existing.owners.istiod.as_ref()?;
    let object = existing.objects.iter().find(|object| {
        object.identity.kind == "ValidatingWebhookConfiguration"
            && object.identity.name == VALIDATOR
            && existing.tag.is_none()
    })?;
    Some((owner, object))
}

/// The webhook configuration of Helm's base chart.
const VALIDATOR: &str = "istiod-default-validator";

/// It asks this control plane.
pub(super) fn asks(rev: &Rev) -> Gate {
    Gate::Validator {
        name: VALIDATOR.to_owned(),
        service: rev.istiod(),
        revision: rev.name.clone(),
    }
}

/// What of a Gateway's names is part of a step's; the number tells two apart.
fn slug(gateway: &Gateway) -> String {
    const LONGEST: usize = 80;
    let mut slug = format!("owner-{}-{}", gateway.namespace, gateway.name);
    slug.truncate(LONGEST);
    slug.trim_end_matches(['-', '.']).to_owned()
}

/// A Gateway that is there, by name.
pub(super) fn reference(gateway: &Gateway) -> GatewayRef {
    GatewayRef {
        namespace: gateway.namespace.clone(),
        name: gateway.name.clone(),
        deployment: deployment(&gateway.name, &gateway.class),
    }
}
