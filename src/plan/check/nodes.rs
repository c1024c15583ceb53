//! What belongs to a mesh that is there, and only to it: the dump, and groups of nodes that move.

use std::ops::Range;

use super::{Found, sound};
use crate::kube::names::{is_label, is_label_key, is_label_value};
use crate::plan::duration::parse_duration;
use crate::plan::owner::Owner;
use crate::plan::parse::Parts;
use crate::plan::written::HandoverChoice;
use crate::plan::written_nodes::{Batch, Move, Owners};
use crate::text::finding::Finding;

pub(super) fn check(parts: &Parts, found: &mut Found) {
    let Some(stable) = &parts.stable else { return };
    if stable.is_existing() {
        if stable.existing.is_none()
            && let Some(origin) = &stable.origin
        {
            found.say(
                Finding::error("missing-key", "`stable` lacks `existing`")
                    .label("what is there has to be known")
                    .help("add `existing = \"dump/\"`, a folder with what `kubectl get … -o yaml` printed"),
                origin,
            );
        }
        in_place(parts, found);
    } else {
        installed(parts, found);
    }
    owners(parts, found);
    groups(parts, found);
    numbers(parts, found);
}

fn owners(parts: &Parts, found: &mut Found) {
    let owners = parts.istio.as_ref().and_then(|istio| istio.owner.as_ref());
    for (_, owner) in owners.into_iter().flat_map(Owners::each) {
        if Owner::parse(owner.get_ref()).is_none() {
            found.say(
                Finding::error(
                    "bad-owner",
                    format!("`{}` is no owner", owner.get_ref().escape_debug()),
                )
                .label("`helm:`, `flux:` or `argocd:`, then namespace and name")
                .help(
                    "write the release, HelmRelease or Application, as `helm:istio-system/ztunnel`",
                ),
                owner,
            );
        }
    }
}

/// Workloads, gateways and routes of a mesh that is there stand in the dump.
fn in_place(parts: &Parts, found: &mut Found) {
    let workloads = sound(&parts.workloads).map(|one| one.name.span());
    let gateways = sound(&parts.gateways).map(|one| one.name.span());
    let routes = sound(&parts.routes).map(|one| one.name.span());
    let tables: [(&str, Option<Range<usize>>); 3] = [
        ("[[workload]]", workloads.min_by_key(|span| span.start)),
        ("[[gateway]]", gateways.min_by_key(|span| span.start)),
        ("[[route]]", routes.min_by_key(|span| span.start)),
    ];
    for (table, span) in tables {
        let Some(span) = span else { continue };
        found.at(
            Finding::error(
                "not-yet",
                format!("`{table}` beside a mesh that is there is decided but not built yet"),
            )
            .label("the dump has what runs")
            .help(format!(
                "take the `{table}` tables out; what is there moves in place"
            )),
            span,
        );
    }
    let handover = parts
        .canary
        .as_ref()
        .and_then(|canary| canary.handover.as_ref());
    if let Some(choice) = handover.filter(|choice| *choice.get_ref() == HandoverChoice::Second) {
        found.say(
            Finding::error(
                "handover-in-place",
                "a mesh that is there gets no second Gateways",
            )
            .label("the routes would have to name them, and they are other people's")
            .help("write `handover = \"relabel\"` to lose up to 30 seconds of requests of each, or upgrade to a patch that loses none first"),
            choice,
        );
    }
    if let Some(shift) = &parts.shift {
        found.say(
            Finding::error(
                "not-yet",
                "`[shift]` beside a mesh that is there is decided but not built yet",
            )
            .label("no route changes")
            .help("take `[shift]` out; traffic moves with the nodes"),
            &shift.header.name,
        );
    }
}

/// Nodes that the plan labels at once are in no group.
fn installed(parts: &Parts, found: &mut Found) {
    let stable = parts.stable.as_ref();
    let mut said = |what: &str, span: Option<Range<usize>>| {
        if let Some(span) = span {
            found.at(
                Finding::error(
                    "existing-only",
                    format!("`{what}` is for a mesh that is there"),
                )
                .label("the plan installs this one")
                .help(format!(
                    "take `{what}` out, or write `origin = \"existing\"`"
                )),
                span,
            );
        }
    };
    said(
        "existing",
        stable.and_then(|stable| Some(stable.existing.as_ref()?.span())),
    );
    let owners = parts.istio.as_ref().and_then(|istio| istio.owner.as_ref());
    let owner = owners.and_then(|owners| owners.each().next());
    said("owner", owner.map(|(_, owner)| owner.span()));
    let group = sound(&parts.node_groups).next();
    said("[[node-group]]", group.map(|group| group.name.span()));
    let Some(canary) = &parts.canary else { return };
    said("batch", canary.batch.as_ref().map(toml::Spanned::span));
    said("soak", canary.soak.as_ref().map(toml::Spanned::span));
    said(
        "drain-timeout",
        canary.drain_timeout.as_ref().map(toml::Spanned::span),
    );
    said(
        "handover",
        canary.handover.as_ref().map(toml::Spanned::span),
    );
}

fn groups(parts: &Parts, found: &mut Found) {
    found.duplicates(
        "node group",
        sound(&parts.node_groups).map(|group| &group.name),
    );
    if let Some(group) = sound(&parts.node_groups).nth(MOST) {
        found.say(
            Finding::error("too-many", format!("a plan has at most {MOST} node groups"))
                .label("steps 301 to 399 are one group each")
                .help("select several groups by a label that they share"),
            &group.name,
        );
    }
    for group in sound(&parts.node_groups) {
        if let (Move::Relabel, Some(manifest)) = (group.movement, &group.manifest) {
            found.say(
                Finding::error("surge-only", "`manifest` makes new nodes")
                    .label("nodes of this group stay, and get a label")
                    .help("take it out, or write `move = \"surge\"`"),
                manifest,
            );
        }
        if !is_label(group.name.get_ref()) {
            found.say(
                Finding::error("bad-name", "a node group's name is part of a step's")
                    .label("only lower-case letters, digits and `-`")
                    .help("write a short name, as `general`"),
                &group.name,
            );
        }
        for (key, value) in group.labels.get_ref() {
            if !is_label_key(key) || !is_label_value(value) {
                found.say(
                    Finding::error(
                        "bad-label",
                        format!(
                            "`{}` cannot be a label",
                            format!("{key}={value}").escape_debug()
                        ),
                    )
                    .label("letters, digits, `-`, `_` and `.`, at most 63 after the `/`")
                    .help("write key and value as `kubectl get nodes --show-labels` prints them"),
                    &group.labels,
                );
            }
        }
    }
}

/// Steps 301 to 399.
const MOST: usize = 99;

fn numbers(parts: &Parts, found: &mut Found) {
    let Some(canary) = &parts.canary else { return };
    if let Some(batch) = &canary.batch
        && let Batch::Share(text) = batch.get_ref()
        && share(text).is_none()
    {
        found.say(
            Finding::error(
                "bad-batch",
                format!("`{}` is no share of nodes", text.escape_debug()),
            )
            .label("from 1% to 100%")
            .help("write a number of nodes, or a share as `\"25%\"`"),
            batch,
        );
    }
    for text in [&canary.soak, &canary.drain_timeout].into_iter().flatten() {
        if parse_duration(text.get_ref()).is_none() {
            found.say(
                Finding::error(
                    "bad-duration",
                    format!("`{}` is not a duration", text.get_ref().escape_debug()),
                )
                .label("not numbers with the units h, m, s, from one second to one week")
                .help("write it as `15m` or `1h30m`"),
                text,
            );
        }
    }
}

/// Reads a share of nodes.
fn share(text: &str) -> Option<u8> {
    let number: u8 = text.strip_suffix('%')?.parse().ok()?;
    (1..=100).contains(&number).then_some(number)
}
