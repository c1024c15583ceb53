//! Checks that listeners do not conflict and that addresses are valid.

use std::net::IpAddr;

use toml::Spanned;

use super::versions::PlanFacts;
use super::{Found, sound};
use crate::istio::{Handover, handover};
use crate::kube::names::is_hostname;
use crate::plan::parse::Parts;
use crate::plan::written::{GatewayTable, HandoverChoice};
use crate::text::finding::Finding;

/// The maximum length of a Service name (RFC 1035).
const SERVICE: usize = 63;

pub(super) fn check(parts: &Parts, facts: Option<&PlanFacts>, found: &mut Found) {
    let lossless = facts
        .filter(|facts| facts.legal)
        .map(|facts| handover(facts.stable, facts.canary));
    for gateway in sound(&parts.gateways) {
        if let Some(lossless) = lossless {
            hand_over(parts, gateway, lossless, found);
        }
        for address in gateway.address.iter().chain(&gateway.canary_address) {
            if address.get_ref().parse::<IpAddr>().is_ok() {
                continue;
            }
            found.say(
                Finding::error(
                    "bad-address",
                    format!(
                        "`{}` is not an IP address",
                        address.get_ref().escape_debug()
                    ),
                )
                .label("must be an IPv4 or IPv6 address")
                .help("write an address such as `172.18.255.202`, or remove the key"),
                address,
            );
        }
        if let Some(class) = gateway
            .class
            .as_ref()
            .filter(|class| class.get_ref() != "istio")
        {
            found.say(
                Finding::error(
                    "unknown-class",
                    format!(
                        "istiod creates no gateways for class `{}`",
                        class.get_ref().escape_debug()
                    ),
                )
                .label("must be `istio`")
                .help("write `istio`, or remove `class`"),
                class,
            );
        }
        let mut seen = Vec::new();
        for listener in &gateway.listener {
            if let Some(host) = &listener.hostname {
                hostname(host, found);
            }
            let key = (
                listener.port.get_ref(),
                listener.hostname.as_ref().map(toml::Spanned::get_ref),
            );
            if seen.contains(&key) {
                found.say(
                    Finding::error(
                        "listener-clash",
                        "two listeners have the same port and hostname",
                    )
                    .label("second listener")
                    .help("give one of them another port or hostname"),
                    &listener.port,
                );
            }
            seen.push(key);
        }
    }
}

/// Requires `handover` if the Gateway cannot switch without losing requests, and only then.
fn hand_over(parts: &Parts, gateway: &GatewayTable, lossless: Handover, found: &mut Found) {
    let needed = lossless == Handover::SecondGateway;
    let name = gateway.name.get_ref();
    let (Some(stable), Some(canary)) = (&parts.stable, &parts.canary) else {
        return;
    };
    let (old, revision) = (stable.version.get_ref(), canary.revision().name());
    match &gateway.handover {
        None if needed => found.say(
            Finding::error(
                "handover-missing",
                format!("gateway `{name}` cannot leave Istio {old} without losing requests"),
            )
            .label("its pods lose their listeners when it switches to the canary revision, until new pods are ready")
            .help(
                "write `handover = \"second\"` to create a second Gateway and move the clients to \
                 it (with `canary-address` if the Gateway has an `address`), or `handover = \
                 \"relabel\"` to lose up to 30 seconds of requests",
            ),
            &gateway.name,
        ),
        Some(choice) if !needed => found.say(
            Finding::warning(
                "handover-not-needed",
                format!("gateway `{name}` can leave Istio {old} without losing requests"),
            )
            .label("`handover` has no effect here")
            .help("remove `handover`"),
            choice,
        ),
        _ => {}
    }
    let second = needed
        && gateway
            .handover
            .as_ref()
            .is_some_and(|choice| *choice.get_ref() == HandoverChoice::Second);
    match (&gateway.address, &gateway.canary_address) {
        (Some(address), None) if second => found.say(
            Finding::error(
                "canary-address-missing",
                format!("gateway `{name}` has an `address`, but its second Gateway has none"),
            )
            .label("two Gateways cannot share one address")
            .help("set `canary-address` to another address of the same load balancer"),
            address,
        ),
        (Some(address), Some(canary)) if second && address.get_ref() == canary.get_ref() => found
            .say(
                Finding::error(
                    "same-address",
                    format!(
                        "both Gateways of `{name}` request address {}",
                        canary.get_ref()
                    ),
                )
                .label("the load balancer assigns it to only one of them")
                .help("write another address of the same load balancer"),
                canary,
            ),
        (_, Some(canary)) if !second => found.say(
            Finding::warning(
                "canary-address-not-needed",
                format!("gateway `{name}` has no second Gateway"),
            )
            .label("`canary-address` has no effect here")
            .help("remove `canary-address`"),
            canary,
        ),
        _ => {}
    }
    if second {
        second_names(parts, gateway, &revision, found);
    }
}

/// Checks that the second Gateway and its routes have valid and unique names.
fn second_names(parts: &Parts, gateway: &GatewayTable, revision: &str, found: &mut Found) {
    let name = gateway.name.get_ref();
    let other = gateway.second_name(revision);
    let class = gateway.class.as_ref().map_or("istio", |c| c.get_ref());
    let full = format!("{other}-{class}");
    if full.len() > SERVICE {
        found.say(
            Finding::error("name-too-long", format!("`{name}` is too long"))
                .label(format!(
                    "the Service of the second Gateway is named `{full}`, which has {} characters; \
                     the maximum is {SERVICE}",
                    full.len()
                ))
                .help(format!(
                    "make the name {} characters shorter",
                    full.len() - SERVICE
                )),
            &gateway.name,
        );
    }
    for route in sound(&parts.routes).filter(|route| route.gateway.get_ref() == name) {
        let copy = route.second_name(revision);
        let taken = sound(&parts.routes).any(|r| {
            *r.name.get_ref() == copy && r.namespace.get_ref() == route.namespace.get_ref()
        });
        if taken {
            found.say(
                Finding::error(
                    "duplicate-name",
                    format!("two routes have the name `{copy}`"),
                )
                .label("its copy on the second Gateway gets this name")
                .help("rename one of them"),
                &route.name,
            );
        }
    }
    if sound(&parts.gateways).any(|g| *g.name.get_ref() == other) {
        found.say(
            Finding::error(
                "duplicate-name",
                format!("two gateways have the name `{other}`"),
            )
            .label("its second Gateway gets this name")
            .help("rename one of them"),
            &gateway.name,
        );
    }
}

/// Reports a hostname that Gateway API does not accept.
pub(super) fn hostname(host: &Spanned<String>, found: &mut Found) {
    if !is_hostname(host.get_ref()) {
        found.say(
            Finding::error(
                "bad-hostname",
                format!(
                    "`{}` is not a valid hostname",
                    host.get_ref().escape_debug()
                ),
            )
            .label("lower case, no port, no IP address; only the first label may be `*`")
            .help("write a name such as `shop.example.com` or `*.example.com`"),
            host,
        );
    }
}
