//! Steps 170, 260, 270, 520 and 540: Gateways, and how they switch to the canary.

use toml::Spanned;

use crate::istio::GatewayHandover;
use crate::istio::Handover;
use crate::kube::identity::Identity;
use crate::lower::context::{AttachedTo, Context, Rev, class};
use crate::lower::copies::routes::{Stage, expected};
use crate::lower::copies::traffic::{route_gates, route_objects};
use crate::plan::{GatewayTable, Protocol};
use crate::step::Restart;
use crate::step::{self as object, AllowedFrom, ListenerManifest};
use crate::step::{Action, Gate, GatewayRef};
use crate::step::{Applier, Draft, Step, kind};
use serde_json::json;

/// The rule that a Gateway breaks if its pods lose their listeners during the switch.
pub(in crate::lower) const LOSS: &str = "MP0024";

/// Step 170.
pub(in crate::lower) fn gateways(context: &Context) -> Step {
    let names: Vec<&str> = context
        .plan
        .gateway
        .iter()
        .map(|g| g.name.get_ref().as_str())
        .collect();
    let mut step = Step::of(&kind::GATEWAY, Applier::Kubectl);
    let stable = &context.stable;
    let second = |way| way == GatewayHandover::SecondGateway;
    step.says(json!({
        "gateways": names.join(", "),
        "handover": match context.handover {
            Handover::Relabel => "relabel",
            Handover::SecondGateway => "second-gateway",
            Handover::Tag | Handover::TagAfterRetirement => "tag",
        },
        "second": context.gateways(second).next().is_some(),
        "others": context.gateways(|way| !second(way)).next().is_some(),
    }));
    let all: Vec<&GatewayTable> = context.plan.gateway.iter().collect();
    step.actions = vec![Action::Apply {
        files: gateway_objects(context, &all, stable).into(),
    }];
    let programmed = all
        .iter()
        .map(|gateway| programmed(Context::first(gateway), gateway.address.is_some()));
    step.gates = std::iter::once(Gate::Applied).chain(programmed).collect();
    step.rollback.requires = vec![Gate::Detached {
        gateways: all.iter().map(|gateway| Context::first(gateway)).collect(),
    }];
    step
}

/// The gate that waits until a Gateway is ready.
fn programmed(gateway: GatewayRef, has_address: bool) -> Gate {
    Gate::Gateway {
        gateway,
        // A Gateway without an address in the plan may never get one. `Programmed` would then stay false
        // (AddressNotAssigned).
        condition: if has_address {
            "Programmed"
        } else {
            "Accepted"
        }
        .to_owned(),
    }
}

/// The Gateways of the plan, labelled with their revision unless they follow the tag.
pub(in crate::lower) fn gateway_objects(
    context: &Context,
    gateways: &[&GatewayTable],
    owner: &Rev,
) -> Vec<Draft> {
    let write = |gateway: &&GatewayTable| {
        let labelled = context.way(gateway) != GatewayHandover::Tag;
        Draft::Gateway(gateway_object(
            context,
            gateway,
            gateway.name.get_ref().clone(),
            labelled.then(|| owner.name.clone()),
            gateway.address.as_ref(),
        ))
    };
    gateways.iter().map(write).collect()
}

fn gateway_object(
    context: &Context,
    gateway: &GatewayTable,
    name: String,
    revision: Option<String>,
    address: Option<&Spanned<String>>,
) -> object::GatewayManifest {
    object::GatewayManifest {
        api_version: context.bundle.api_version,
        name,
        namespace: gateway.namespace.get_ref().clone(),
        class: class(gateway).to_owned(),
        revision,
        address: address.map(|a| a.get_ref().clone()),
        listeners: listeners(gateway),
        allowed: allowed(context, gateway),
    }
}

fn listeners(gateway: &GatewayTable) -> Vec<ListenerManifest> {
    gateway
        .listener
        .iter()
        .map(|listener| ListenerManifest {
            name: listener.name.get_ref().clone(),
            port: listener.port.get_ref().0,
            protocol: match listener.protocol {
                Protocol::Http => "HTTP",
                Protocol::Https => "HTTPS",
            },
            hostname: listener.hostname.as_ref().map(|h| h.get_ref().clone()),
        })
        .collect()
}

/// Allows routes from the namespaces that have a route, and from no others.
fn allowed(context: &Context, gateway: &GatewayTable) -> AllowedFrom {
    let mut namespaces: Vec<String> = context
        .plan
        .route
        .iter()
        .filter(|route| route.gateway.get_ref() == gateway.name.get_ref())
        .map(|route| route.namespace.get_ref().clone())
        .collect();
    namespaces.sort();
    namespaces.dedup();
    AllowedFrom {
        same: namespaces
            .iter()
            .all(|namespace| namespace == gateway.namespace.get_ref()),
        namespaces,
    }
}

/// Step 520: relabels the Gateways that switch by label.
pub(in crate::lower) fn relabelled(context: &Context) -> Option<Step> {
    let by_label = |way| matches!(way, GatewayHandover::Label { .. });
    let gateways: Vec<&GatewayTable> = context.gateways(by_label).collect();
    let (stable, canary) = (&context.stable, &context.canary);
    let lossy = gateways
        .iter()
        .any(|gateway| context.way(gateway) == GatewayHandover::Label { lossy: true });
    if gateways.is_empty() {
        return None;
    }
    let mut step = Step::of(&kind::GATEWAY_OWNER, Applier::Kubectl);
    let way = GatewayHandover::Label { lossy };
    step.says(json!({
        "lossy": lossy,
        "loses_on_the_way_back": context.goes_back_with_loss(way),
    }));
    if lossy {
        step.accepts = vec![LOSS.to_owned()];
    }
    step.actions = vec![Action::Apply {
        files: gateway_objects(context, &gateways, canary).into(),
    }];
    step.gates = vec![Gate::Applied];
    step.gates.extend(owner_gates(context, canary, way));
    step.gates.extend(context.probes(false));
    step.restarts = restarts(context, by_label);
    step.rollback.gates = owner_gates(context, stable, way);
    step.rollback.gates.extend(context.probes(false));
    Some(step)
}

/// The gates that wait until a revision has written the Deployments of the Gateways that switch in this way.
pub(in crate::lower) fn owner_gates(
    context: &Context,
    owner: &Rev,
    way: GatewayHandover,
) -> Vec<Gate> {
    let labelled = way != GatewayHandover::Tag;
    context
        .gateways(|other| std::mem::discriminant(&other) == std::mem::discriminant(&way))
        .map(|gateway| Gate::GatewayOwner {
            gateway: Context::first(gateway),
            version: owner.version.clone(),
            revision: labelled.then(|| owner.name.clone()),
            own_image: false,
        })
        .collect()
}

/// The restarts of the Deployments of the Gateways that switch in this way.
pub(in crate::lower) fn restarts(
    context: &Context,
    has: impl Fn(GatewayHandover) -> bool,
) -> Vec<Restart> {
    let touches = |way| {
        if way == (GatewayHandover::Label { lossy: true }) {
            "its pods lose their listeners immediately and refuse requests until new pods are ready, up to 30 \
                seconds; its Service and address stay"
        } else {
            "a rolling update of the gateway's pods, new pods first; its Service and address stay, and long-lived \
                connections end with their pod"
        }
    };
    context
        .gateways(has)
        .map(|gateway| {
            let own = Context::first(gateway);
            Restart {
                object: format!("Deployment {}/{}", own.namespace, own.deployment),
                touches: touches(context.way(gateway)).to_owned(),
            }
        })
        .collect()
}

/// Steps 260 and 270: a second Gateway for each Gateway that cannot switch, and the routes on both.
pub(in crate::lower) fn second(context: &Context, steps: &mut Vec<Step>) {
    let gateways: Vec<&GatewayTable> = context
        .gateways(|way| way == GatewayHandover::SecondGateway)
        .collect();
    if gateways.is_empty() {
        return;
    }
    let canary = &context.canary;
    let refs: Vec<GatewayRef> = gateways
        .iter()
        .map(|gateway| context.second(gateway))
        .collect();
    let list = names(&refs);
    let mut own = Step::of(&kind::CANARY_GATEWAY, Applier::Kubectl);
    own.says(json!({ "gateways": list }));
    let object = |gateway: &&GatewayTable| {
        Draft::Gateway(gateway_object(
            context,
            gateway,
            gateway.second_name(&canary.name),
            Some(canary.name.clone()),
            gateway.canary_address.as_ref(),
        ))
    };
    own.actions = vec![Action::Apply {
        files: gateways.iter().map(object).collect(),
    }];
    let waits = gateways
        .iter()
        .zip(&refs)
        .map(|(gateway, own)| programmed(own.clone(), gateway.canary_address.is_some()));
    own.gates = std::iter::once(Gate::Applied).chain(waits).collect();
    own.rollback.requires = vec![Gate::Detached {
        gateways: refs.clone(),
    }];
    steps.push(own);

    let mut routes = Step::of(&kind::CANARY_GATEWAY_ROUTES, Applier::Kubectl);
    routes.says(json!({ "gateways": list }));
    // The routes of the first Gateway do not change.
    let known = route_objects(context, Stage::Stable, AttachedTo::First);
    let mut both = route_objects(context, Stage::Stable, AttachedTo::Both);
    both.retain(|route| !known.contains(route));
    routes.actions = vec![Action::Apply { files: both.into() }];
    routes.traffic = Some(expected(context, Stage::Stable));
    routes.requires = vec![context.services(&context.stable)];
    routes.gates = route_gates(context, AttachedTo::Both);
    routes.gates.extend(context.probes(false));
    routes.rollback.gates = route_gates(context, AttachedTo::First);
    routes.rollback.gates.extend(context.probes(false));
    steps.push(routes);
}

/// Step 540: deletes the first Gateway when no client uses it any more.
pub(in crate::lower) fn first_gone(context: &Context) -> Option<Step> {
    let gateways: Vec<&GatewayTable> = context
        .gateways(|way| way == GatewayHandover::SecondGateway)
        .collect();
    if gateways.is_empty() {
        return None;
    }
    let first: Vec<GatewayRef> = gateways
        .iter()
        .map(|gateway| Context::first(gateway))
        .collect();
    let second: Vec<GatewayRef> = gateways
        .iter()
        .map(|gateway| context.second(gateway))
        .collect();
    let mut step = Step::of(&kind::FIRST_GATEWAY, Applier::Kubectl);
    step.says(json!({ "first": names(&first), "second": names(&second) }));
    // The routes of the first Gateway are deleted together with it, and before it.
    let on_first = context.plan.route.iter().filter(|route| {
        let gateway = context.gateway_of(route);
        gateway.is_some_and(|gateway| context.way(gateway) == GatewayHandover::SecondGateway)
    });
    let routes = on_first.map(|route| {
        let (namespace, name) = (route.namespace.get_ref(), route.name.get_ref());
        Identity::namespaced(
            context.bundle.api_version,
            "HTTPRoute",
            namespace,
            name.clone(),
        )
    });
    step.requires = vec![Gate::ClientsMoved {
        from: first.clone(),
        to: second,
    }];
    step.actions = vec![Action::Delete {
        files: routes
            .chain(gateways.iter().map(|gateway| {
                let (namespace, name) = (gateway.namespace.get_ref(), gateway.name.get_ref());
                Identity::namespaced(
                    context.bundle.api_version,
                    "Gateway",
                    namespace,
                    name.clone(),
                )
            }))
            .map(Draft::Identity)
            .collect(),
    }];
    step.gates = vec![Gate::Gone];
    step.gates.extend(route_gates(context, AttachedTo::Second));
    step.restarts = first
        .iter()
        .map(|own| Restart {
            object: format!("Deployment {}/{}", own.namespace, own.deployment),
            touches:
                "is deleted with its Gateway; a client that still uses its address gets no answer"
                    .to_owned(),
        })
        .collect();
    step.rollback.gates = gateways
        .iter()
        .map(|gateway| programmed(Context::first(gateway), gateway.address.is_some()))
        .chain(route_gates(context, AttachedTo::Both))
        .chain(context.probes(false))
        .collect();
    Some(step)
}

/// The names of Gateways, for messages.
fn names(gateways: &[GatewayRef]) -> String {
    let names: Vec<&str> = gateways
        .iter()
        .map(|gateway| gateway.name.as_str())
        .collect();
    names.join(", ")
}
