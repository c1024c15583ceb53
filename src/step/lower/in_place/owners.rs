//! 520 to 559: Gateways and waypoints, one a step, by their label.

use super::super::context::{self, Context};
use super::super::{gateways, promote};
use super::{Applier, Object, Phase, Step, at_owner, step};
use crate::existing::{Gateway, Way, Writer, deployment};
use crate::step::{Action, Gate, GatewayRef, Restart};

pub(super) fn owner(context: &Context, number: u16, gateway: &Gateway) -> Step<Object> {
    let (stable, canary) = (&context.stable, &context.canary);
    let own = reference(gateway);
    let lossy = gateway.way == Way::LabelWithLoss;
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
    step.why = if lossy {
        format!(
            "The label names its control plane. Istio {} drops its listeners as soon as the label changes, and requests are lost until the new owner's \
             pods are ready, up to 30 seconds: the plan accepts that.",
            stable.version
        )
    } else {
        format!(
            "The label names its control plane. From Istio {} on one that is labelled away keeps its listeners until its new pods are ready.",
            stable.version
        )
    };
    if lossy {
        step.accepts = vec![gateways::LOSS.to_owned()];
    }
    step.watch = format!(
        "Deployment {}/{} rolls out with the image of {}.",
        own.namespace, own.deployment, canary.version
    );
    let labelled = |value: Option<String>| labelled(gateway, value);
    step.actions = vec![labelled(Some(canary.name.clone()))];
    let owned = |version: &str, revision: Option<String>| Gate::GatewayOwner {
        gateway: own.clone(),
        version: version.to_owned(),
        revision,
    };
    step.gates = vec![owned(&canary.version, Some(canary.name.clone()))];
    step.gates.extend(context.probes(false));
    let touches = if lossy {
        format!(
            "its {} pods lose their listeners at once and refuse requests until new ones are ready, up to 30 seconds; its Service and address stay",
            gateway.replicas
        )
    } else {
        format!(
            "a rolling update of its {} pods, new ones first; its Service and address stay, long-lived connections end with their pod",
            gateway.replicas
        )
    };
    step.restarts = vec![Restart {
        object: format!("Deployment {}/{}", own.namespace, own.deployment),
        touches,
    }];
    if let Some(by) = gateway.owner.as_ref().and_then(Writer::by) {
        step.applier = at_owner::applier(by);
        step.rollback.actions = vec![labelled(gateway.revision.clone())];
    }
    step.rollback.gates = vec![owned(&stable.version, gateway.revision.clone())];
    step.rollback.gates.extend(context.probes(false));
    step.back = "The label is what it was.".to_owned();
    if context.goes_back_with_loss(context::Way::Relabel { lossy }) {
        step.back.push_str(promote::LOSSY_BACK);
    }
    step
}

/// The label becomes a value: by kubectl, or where somebody owns it.
fn labelled(gateway: &Gateway, value: Option<String>) -> Action<Object> {
    const KEY: &str = "istio.io/rev";
    let (namespace, name) = (&gateway.namespace, &gateway.name);
    let does = Action::LabelObject {
        kind: "gateway".to_owned(),
        namespace: namespace.clone(),
        name: name.clone(),
        key: KEY.to_owned(),
        value: value.clone(),
    };
    let Some(owner) = &gateway.owner else {
        return does;
    };
    let value = value.unwrap_or_default();
    let how = vec![
        format!("Gateway {namespace}/{name}, wherever it is written:"),
        "metadata:".to_owned(),
        "  labels:".to_owned(),
        format!("    {KEY}: {value:?}"),
    ];
    let done = Gate::Labelled {
        kind: "gateway".to_owned(),
        namespace: namespace.clone(),
        name: name.clone(),
        key: KEY.to_owned(),
        value,
    };
    at_owner::at(&owner.in_words(), how, does, vec![done])
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
