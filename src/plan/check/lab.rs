//! Checks that the lab has the nodes and addresses of the plan.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use semver::Version;

use super::{Found, sound};
use crate::kube::names::is_label;
use crate::plan::parse::Parts;
use crate::plan::pool::Pool;
use crate::plan::written_lab::{KindTable, Metallb};
use crate::text::finding::Finding;

pub(super) fn check(parts: &Parts, found: &mut Found) {
    let Some(lab) = &parts.lab else { return };
    kind(&lab.kind, found);
    nodes(&lab.kind, parts, found);
    if let Some(metallb) = &lab.metallb {
        addresses(metallb, parts, found);
    }
}

fn kind(kind: &KindTable, found: &mut Found) {
    // The longest node name of the cluster ends in `-control-plane`.
    if !is_label(&format!("{}-control-plane", kind.name.get_ref())) {
        found.say(
            Finding::error(
                "bad-name",
                format!("`{}` is not a valid kind cluster name", kind.name.get_ref().escape_debug()),
            )
            .label("its nodes are named `<name>-control-plane`: at most 63 lower-case letters, digits and `-`")
            .help("choose another name"),
            &kind.name,
        );
    }
    if let Some(address) = &kind.api_server
        && address.get_ref().parse::<SocketAddr>().is_err()
    {
        found.say(
            Finding::error(
                "bad-address",
                format!(
                    "`{}` is not an address with a port",
                    address.get_ref().escape_debug()
                ),
            )
            .label("must be IP:PORT")
            .help("write an address such as `127.0.0.1:6443`, or remove `api-server`"),
            address,
        );
    }
}

/// kind numbers its workers from the second one on: `ambient-worker`, `ambient-worker2`, …
fn nodes(kind: &KindTable, parts: &Parts, found: &mut Found) {
    let name = kind.name.get_ref();
    let workers: Vec<String> = (1..=kind.workers.get_ref().0)
        .map(|n| {
            if n == 1 {
                format!("{name}-worker")
            } else {
                format!("{name}-worker{n}")
            }
        })
        .collect();
    let pools = [
        parts.stable.as_ref().map(|s| &s.pool),
        parts.canary.as_ref().map(|c| &c.pool),
    ];
    for pool in pools.into_iter().flatten() {
        let Pool::Table(table) = pool.get_ref() else {
            continue;
        };
        for node in table
            .nodes
            .iter()
            .flatten()
            .filter(|node| !workers.contains(node.get_ref()))
        {
            found.say(
                Finding::error(
                    "node-not-in-lab",
                    format!(
                        "worker `{}` does not exist in the lab",
                        node.get_ref().escape_debug()
                    ),
                )
                .label("kind chooses the names of its nodes")
                .help(format!("use one of its workers: {}", workers.join(", "))),
                node,
            );
        }
    }
}

fn addresses(metallb: &Metallb, parts: &Parts, found: &mut Found) {
    let version = &metallb.version;
    if version
        .get_ref()
        .strip_prefix('v')
        .is_none_or(|v| Version::parse(v).is_err())
    {
        found.say(
            Finding::error(
                "bad-version",
                format!(
                    "`{}` is not a MetalLB release",
                    version.get_ref().escape_debug()
                ),
            )
            .label("must have the form vMAJOR.MINOR.PATCH")
            .help("write a release such as `v0.13.7`"),
            version,
        );
    }
    let mut ranges = Vec::new();
    for text in &metallb.addresses {
        match range(text.get_ref()) {
            Some(range) => ranges.push(range),
            None => found.say(
                Finding::error(
                    "bad-address-range",
                    format!(
                        "`{}` is not an address range",
                        text.get_ref().escape_debug()
                    ),
                )
                .label("must be FIRST-LAST or a CIDR")
                .help("write a range such as `172.18.255.200-172.18.255.250` or `172.18.255.0/24`"),
                text,
            ),
        }
    }
    if ranges.len() < metallb.addresses.len() {
        return;
    }
    for address in sound(&parts.gateways).filter_map(|g| g.address.as_ref()) {
        let Ok(ip) = address.get_ref().parse::<IpAddr>() else {
            continue;
        };
        if !ranges
            .iter()
            .any(|(first, last)| *first <= ip && ip <= *last)
        {
            found.say(
                Finding::error(
                    "address-outside-range",
                    format!("MetalLB in the lab cannot assign `{ip}`"),
                )
                .label("outside all address ranges")
                .help("choose an address in `lab.metallb.addresses`, or add this one there"),
                address,
            );
        }
    }
}

fn range(text: &str) -> Option<(IpAddr, IpAddr)> {
    if let Ok(net) = text.parse::<IpNet>() {
        return Some((net.network(), net.broadcast()));
    }
    let (first, last) = text.split_once('-')?;
    let (first, last): (IpAddr, IpAddr) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last && first.is_ipv4() == last.is_ipv4()).then_some((first, last))
}
