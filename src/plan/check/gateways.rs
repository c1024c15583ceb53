//! Listeners do not stand in each other's way, and addresses are addresses.

use std::net::IpAddr;

use toml::Spanned;

use super::{Found, sound};
use crate::finding::Finding;
use crate::names::is_hostname;
use crate::plan::parse::Parts;

pub(super) fn check(parts: &Parts, found: &mut Found) {
    for gateway in sound(&parts.gateways) {
        if let Some(address) = &gateway.address
            && address.get_ref().parse::<IpAddr>().is_err()
        {
            found.say(
                Finding::error(
                    "bad-address",
                    format!(
                        "`{}` is not an IP address",
                        address.get_ref().escape_debug()
                    ),
                )
                .label("not an IP address")
                .help("write an address as `172.18.255.202`, or leave `address` out"),
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
                        "`{}` is no class that istiod makes gateways of",
                        class.get_ref().escape_debug()
                    ),
                )
                .label("only `istio`")
                .help("write `istio`, or leave `class` out"),
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
                        "two listeners have the same port and host",
                    )
                    .label("the second one")
                    .help("give one of them another port or another hostname"),
                    &listener.port,
                );
            }
            seen.push(key);
        }
    }
}

/// Says where a host is none that Gateway API takes.
pub(super) fn hostname(host: &Spanned<String>, found: &mut Found) {
    if !is_hostname(host.get_ref()) {
        found.say(
            Finding::error(
                "bad-hostname",
                format!("`{}` cannot be a hostname", host.get_ref().escape_debug()),
            )
            .label("lower-case, no port, no IP address; a first part `*.` stands for any")
            .help("write a name as `shop.example.com` or `*.example.com`"),
            host,
        );
    }
}
