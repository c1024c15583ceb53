//! Checks that every name that one table takes from another exists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use toml::Spanned;

use super::{Found, sound};
use crate::kube::manifest::Manifest;
use crate::plan::parse::{Parts, Shaped};
use crate::plan::shape::words;
use crate::plan::written::{GatewayTable, Route, Workload};
use crate::text::finding::Finding;
use crate::text::nearest;

/// A table that other tables refer to by name.
trait Reference {
    fn name(&self) -> &str;
}

impl Reference for Workload {
    fn name(&self) -> &str {
        self.name.get_ref()
    }
}

impl Reference for GatewayTable {
    fn name(&self) -> &str {
        self.name.get_ref()
    }
}

pub(super) fn check(parts: &Parts, manifests: &[Vec<Manifest>], found: &mut Found) {
    for route in sound(&parts.routes) {
        resolve("gateway", &route.gateway, &parts.gateways, found);
        resolve("workload", &route.backend.workload, &parts.workloads, found);
        let backend = sound(&parts.workloads)
            .zip(manifests)
            .find(|(workload, _)| workload.name.get_ref() == route.backend.workload.get_ref());
        if let Some((workload, manifests)) = backend {
            service(route, workload, manifests, found);
        }
        not_of_a_workload(&route.namespace, "route", parts, found);
    }
    own_namespaces(parts, found);
    grants(parts, found);
    for gateway in sound(&parts.gateways) {
        not_of_a_workload(&gateway.namespace, "gateway", parts, found);
    }
}

fn resolve<T: Reference>(
    what: &str,
    name: &Spanned<String>,
    tables: &[Shaped<T>],
    found: &mut Found,
) {
    let known: Vec<&str> = tables
        .iter()
        .filter_map(|part| match part {
            Shaped::Sound(table) => Some(table.name()),
            Shaped::Broken(name) => name.as_deref(),
        })
        .collect();
    // The name could be that of a broken table without a name. A missing table is reported elsewhere.
    let unnamed = tables.is_empty()
        || tables
            .iter()
            .any(|part| matches!(part, Shaped::Broken(None)));
    if !known.contains(&name.get_ref().as_str()) && !unnamed {
        let finding = Finding::error(
            unknown_code(what),
            format!("{what} `{}` does not exist", name.get_ref().escape_debug()),
        )
        .label(format!("unknown {what}"));
        found.say(finding.help(instead(name.get_ref(), &known, what)), name);
    }
}

fn unknown_code(what: &str) -> &'static str {
    if what == "gateway" {
        "unknown-gateway"
    } else {
        "unknown-workload"
    }
}

fn instead(typed: &str, known: &[&str], what: &str) -> String {
    match nearest(typed, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("add a {what} with this name"),
        None => format!("choose from {}", words(known.iter().copied())),
    }
}

/// Checks that the Service and the port exist in the manifests of the workload.
fn service(route: &Route, workload: &Workload, manifests: &[Manifest], found: &mut Found) {
    let services: Vec<&Manifest> = manifests
        .iter()
        .filter(|m| m.identity.kind == "Service" && m.identity.api_version == "v1")
        .collect();
    let name = &route.backend.service;
    let Some(service) = services.iter().find(|s| s.identity.name == *name.get_ref()) else {
        // A file that could not be read may define it.
        if !is_complete(workload, manifests, found) {
            return;
        }
        let known: Vec<&str> = services.iter().map(|s| s.identity.name.as_str()).collect();
        found.say(
            Finding::error(
                "unknown-service",
                format!(
                    "workload `{}` has no Service `{}`",
                    workload.name.get_ref(),
                    name.get_ref().escape_debug()
                ),
            )
            .label("its manifests do not define this Service")
            .help(instead(name.get_ref(), &known, "Service")),
            name,
        );
        return;
    };
    let port = &route.backend.port;
    let ports: Vec<u64> = service
        .value
        .pointer("/spec/ports")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|p| p.get("protocol").and_then(Value::as_str).unwrap_or("TCP") == "TCP")
        .filter_map(|p| p.get("port")?.as_u64())
        .collect();
    if !ports.contains(&u64::from(port.get_ref().0)) {
        let list = ports
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        found.say(
            Finding::error(
                "unknown-port",
                format!(
                    "Service `{}` has no port {}",
                    name.get_ref(),
                    port.get_ref().0
                ),
            )
            .label("no TCP port has this number")
            .help(if list.is_empty() {
                "add the port to the Service".to_owned()
            } else {
                format!("use one of its ports: {list}")
            }),
            port,
        );
    }
}

/// Returns whether all files of a workload were read without a finding.
fn is_complete(workload: &Workload, manifests: &[Manifest], found: &Found) -> bool {
    let unread = [
        "manifest-unreadable",
        "manifest-not-yaml",
        "manifest-not-an-object",
    ];
    let in_plan = |finding: &Finding| {
        finding.at.as_ref().is_some_and(|place| {
            place.source == found.source
                && workload
                    .manifests
                    .iter()
                    .any(|file| file.span() == place.span)
        })
    };
    let in_file = |finding: &Finding| {
        finding.at.as_ref().is_some_and(|place| {
            workload
                .manifests
                .iter()
                .any(|file| place.source.ends_with(file.get_ref().as_str()))
        })
    };
    !manifests.is_empty()
        && !found
            .findings
            .iter()
            .any(|finding| unread.contains(&finding.code) && (in_plan(finding) || in_file(finding)))
}

/// A gateway or route in a namespace of one revision would be deleted with that revision.
fn not_of_a_workload(namespace: &Spanned<String>, what: &str, parts: &Parts, found: &mut Found) {
    let revisions = [
        parts.stable.as_ref().map(|s| s.revision().name()),
        parts.canary.as_ref().map(|c| c.revision().name()),
    ];
    let taken = sound(&parts.workloads).any(|workload| {
        revisions.iter().flatten().any(|revision| {
            format!("{}-{revision}", workload.namespace.get_ref()) == *namespace.get_ref()
        })
    });
    if taken {
        found.say(
            Finding::error(
                "namespace-taken",
                format!(
                    "`{}` is the namespace of the workloads of one revision",
                    namespace.get_ref()
                ),
            )
            .label(format!("the {what} would be deleted with that revision"))
            .help(format!(
                "put the {what} into a namespace that exists during the whole upgrade"
            )),
            namespace,
        );
    }
}

/// A namespace of a revision must have no other use, because retiring stable deletes it.
fn own_namespaces(parts: &Parts, found: &mut Found) {
    let (Some(stable), Some(canary)) = (&parts.stable, &parts.canary) else {
        return;
    };
    let istio = parts
        .istio
        .as_ref()
        .and_then(|istio| istio.namespace.as_ref())
        .map_or("istio-system", |namespace| namespace.get_ref());
    let (stable, canary) = (stable.revision().name(), canary.revision().name());
    if stable == canary {
        // Reported in `names`.
        return;
    }
    for workload in sound(&parts.workloads) {
        let base = workload.namespace.get_ref();
        let (old, new) = (format!("{base}-{stable}"), format!("{base}-{canary}"));
        let clash = sound(&parts.workloads)
            .any(|other| format!("{}-{canary}", other.namespace.get_ref()) == old);
        let taken = [&old, &new]
            .into_iter()
            .find(|name| *name == istio || name.starts_with("kube-"));
        if let Some(name) = taken.or(clash.then_some(&old)) {
            found.say(
                Finding::error(
                    "namespace-taken",
                    format!("the namespace `{name}` is also used for something else"),
                )
                .label("retiring the stable revision would delete that too")
                .help("give the workload another namespace, or rename a revision"),
                &workload.namespace,
            );
        }
    }
}

/// A ReferenceGrant lists the namespaces of all routes to one Service, at most 16 (CRD `maxItems`).
fn grants(parts: &Parts, found: &mut Found) {
    const MOST: usize = 16;
    let mut from: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for route in sound(&parts.routes) {
        let backend = &route.backend;
        let namespaces = from
            .entry((backend.workload.get_ref(), backend.service.get_ref()))
            .or_default();
        if namespaces.insert(route.namespace.get_ref()) && namespaces.len() == MOST + 1 {
            found.say(
                Finding::error(
                    "too-many",
                    format!(
                        "routes from {} namespaces use one Service as backend",
                        MOST + 1
                    ),
                )
                .label(format!("a ReferenceGrant allows at most {MOST}"))
                .help("put the routes to this Service into fewer namespaces"),
                &route.namespace,
            );
        }
    }
}
