//! Steps 520 to 559: Gateways and waypoints switch by label, one per step.

use super::at_owner;
use crate::existing::{ExistingGateway, Writer};
use crate::istio::GatewayHandover;
use crate::lower::context::{Context, Rev};
use crate::lower::copies::gateways;
use crate::step::{Action, Gate, GatewayRef, Restart};
use crate::step::{Applier, Step, kind};
use serde_json::json;

pub(super) fn owner(context: &Context, offset: u16, gateway: &ExistingGateway) -> Step {
    let (stable, canary) = (&context.stable, &context.canary);
    let lossy = gateway.way == GatewayHandover::Label { lossy: true };
    let what = if gateway.class == "istio-waypoint" {
        "waypoint"
    } else {
        "Gateway"
    };
    let mut step = Step::numbered(
        &kind::ONE_GATEWAY_OWNER,
        offset,
        &slug(gateway),
        Applier::Kubectl,
    );
    if lossy {
        step.accepts = vec![gateways::LOSS.to_owned()];
    }
    let made = gateway.deployment.as_ref();
    let made = made.map(|made| {
        (
            format!("Deployment {}/{}", gateway.namespace, made.name),
            made.replicas,
        )
    });
    let way = GatewayHandover::Label { lossy };
    step.says(json!({
        "kind": what,
        "gateway": format!("{}/{}", gateway.namespace, gateway.name),
        "deployment": made.as_ref().map(|(deployment, _)| deployment),
        "lossy": lossy,
        "loses_on_the_way_back": context.goes_back_with_loss(way),
    }));
    step.actions = vec![labelled(gateway, Some(&canary.name))];
    step.gates = vec![owned(gateway, canary, Some(&canary.name))];
    step.gates.extend(context.probes(false));
    if let Some((object, replicas)) = made {
        let pods = if replicas == 1 {
            "pod".to_owned()
        } else {
            format!("{replicas} pods")
        };
        let touches = if lossy {
            format!(
                "all of its pods ({replicas}) lose their listeners immediately and refuse requests until new pods are ready, \
                    up to 30 seconds; its Service and address stay"
            )
        } else {
            format!(
                "a rolling update of its {pods}, new pods first; its Service and address stay, and \
                    long-lived connections end with their pod"
            )
        };
        step.restarts = vec![Restart { object, touches }];
    }
    if let Some(by) = gateway.owner.as_ref().and_then(Writer::by) {
        step.applier = at_owner::applier(by);
        step.rollback.actions = vec![labelled(gateway, gateway.revision.as_deref())];
    }
    step.rollback.gates = vec![owned(gateway, stable, gateway.revision.as_deref())];
    step.rollback.gates.extend(context.probes(false));
    step
}

/// The gate that waits until a revision has written the Gateway's Deployment; if Istio does not manage the
/// Deployment, it checks the label of the Gateway.
pub(super) fn owned(gateway: &ExistingGateway, rev: &Rev, label: Option<&str>) -> Gate {
    let Some(made) = &gateway.deployment else {
        return label_is(gateway, label);
    };
    // The annotation contains the revision, the label the value of the Gateway's own label.
    let revision = if made.annotated {
        Some(rev.name.as_str())
    } else {
        label
    };
    Gate::GatewayOwner {
        gateway: GatewayRef {
            namespace: gateway.namespace.clone(),
            name: gateway.name.clone(),
            deployment: made.name.clone(),
        },
        version: rev.version.clone(),
        revision: revision.map(str::to_owned),
        own_image: made.own_image,
    }
}

const KEY: &str = "istio.io/rev";
/// The full name, because Istio also has a kind `Gateway`.
const KIND: &str = "gateway.gateway.networking.k8s.io";

fn label_is(gateway: &ExistingGateway, label: Option<&str>) -> Gate {
    let object = (Some(gateway.namespace.as_str()), gateway.name.as_str());
    Gate::labelled(KIND, object, KEY, label.unwrap_or_default())
}

/// Sets or removes the label, by kubectl or by the tool that manages the Gateway.
fn labelled(gateway: &ExistingGateway, value: Option<&str>) -> Action {
    let (namespace, name) = (&gateway.namespace, &gateway.name);
    let does = Action::LabelObject {
        kind: KIND.to_owned(),
        namespace: namespace.clone(),
        name: name.clone(),
        key: KEY.to_owned(),
        value: value.map(str::to_owned),
    };
    let Some(owner) = &gateway.owner else {
        return does;
    };
    let mut how = vec![format!("Gateway {namespace}/{name}, in its source:")];
    match value {
        Some(value) => how.extend([
            "metadata:".to_owned(),
            "  labels:".to_owned(),
            format!("    {KEY}: {value:?}"),
        ]),
        None => how.push(format!("remove the label {KEY}")),
    }
    let done = label_is(gateway, value);
    at_owner::at(&owner.in_words(), how, does, vec![done])
}

/// The part of a step's name that comes from a Gateway; the step number keeps names distinct.
fn slug(gateway: &ExistingGateway) -> String {
    const LONGEST: usize = 74;
    let mut slug = format!("{}-{}", gateway.namespace, gateway.name);
    slug.truncate(LONGEST);
    slug.trim_end_matches(['-', '.']).to_owned()
}
