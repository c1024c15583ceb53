//! Checks keys that only an existing mesh can have: the dump, owners, and groups of nodes that move.

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
                Finding::error("missing-key", "`stable` has no `existing`")
                    .label("meshplan needs a dump of the existing mesh")
                    .help("add `existing = \"dump/\"`, a directory with the output of `kubectl get … -o yaml`"),
                origin,
            );
        }
        in_place(parts, found);
    } else {
        installed(parts, found);
    }
    owners(parts, found);
    separate_owners(parts, found);
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
                    format!("`{}` is not a valid owner", owner.get_ref().escape_debug()),
                )
                .label("must be `helm:`, `flux:` or `argocd:`, then namespace/name")
                .help(
                    "write the Helm release, HelmRelease or Application, such as `helm:istio-system/ztunnel`",
                ),
                owner,
            );
        }
    }
}

/// Each component has an owner of its own: a step changes the chart of one component, and the others of the same release would
/// be deleted.
fn separate_owners(parts: &Parts, found: &mut Found) {
    let owners = parts.istio.as_ref().and_then(|istio| istio.owner.as_ref());
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let components = owners.into_iter().flat_map(Owners::each);
    for (component, owner) in components.filter(|(name, _)| *name != "gateways") {
        let other = seen.iter().find(|(_, known)| known == owner.get_ref());
        if let Some((other, _)) = other {
            found.say(
                Finding::error(
                    "shared-owner",
                    format!("`{component}` and `{other}` have the same owner"),
                )
                .label("an upgrade to the chart of one component deletes the others")
                .help(
                    "an umbrella release, or one Application for several components, is not supported: install \
                     each component as a release with its own chart first",
                ),
                owner,
            );
        }
        seen.push((component, owner.get_ref()));
    }
}

/// Workloads, gateways and routes of an existing mesh come from the dump, not from the plan.
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
                format!("`{table}` with an existing mesh is not supported yet"),
            )
            .label("the dump contains what runs in the mesh")
            .help(format!(
                "remove the `{table}` tables; the existing objects are upgraded in place"
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
                "second Gateways are not available for an existing mesh",
            )
            .label("the routes would have to refer to them, and the plan does not own the routes")
            .help(
                "write `handover = \"relabel\"` to lose up to 30 seconds of requests on each, or \
                 first upgrade to a patch that loses none",
            ),
            choice,
        );
    }
    if let Some(shift) = &parts.shift {
        found.say(
            Finding::error(
                "not-yet",
                "`[shift]` with an existing mesh is not supported yet",
            )
            .label("the plan changes no route")
            .help("remove `[shift]`; traffic moves with the nodes"),
            &shift.header.name,
        );
    }
}

/// Reports keys that need an existing mesh.
fn installed(parts: &Parts, found: &mut Found) {
    let stable = parts.stable.as_ref();
    let mut said = |what: &str, span: Option<Range<usize>>| {
        if let Some(span) = span {
            found.at(
                Finding::error("existing-only", format!("`{what}` needs an existing mesh"))
                    .label("this plan installs the stable revision")
                    .help(format!("remove `{what}`, or write `origin = \"existing\"`")),
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
            Finding::error(
                "too-many",
                format!("a plan can have at most {MOST} node groups"),
            )
            .label("each group needs a step from 301 to 399")
            .help("combine groups by a label that they share"),
            &group.name,
        );
    }
    for group in sound(&parts.node_groups) {
        if let (Move::Relabel, Some(manifest)) = (group.movement, &group.manifest) {
            found.say(
                Finding::error("surge-only", "`manifest` needs `move = \"surge\"`")
                    .label("this group labels its existing nodes and creates none")
                    .help("remove `manifest`, or write `move = \"surge\"`"),
                manifest,
            );
        }
        if !is_label(group.name.get_ref()) {
            found.say(
                Finding::error(
                    "bad-name",
                    "the name of a node group must be valid in the name of a step",
                )
                .label("must be lower-case letters, digits and `-`")
                .help("write a short name, such as `general`"),
                &group.name,
            );
        }
        for (key, value) in group.labels.get_ref() {
            if !is_label_key(key) || !is_label_value(value) {
                found.say(
                    Finding::error(
                        "bad-label",
                        format!(
                            "`{}` is not a valid label",
                            format!("{key}={value}").escape_debug()
                        ),
                    )
                    .label("must be letters, digits, `-`, `_` and `.`, at most 63 after the `/`")
                    .help("write the key and the value as `kubectl get nodes --show-labels` prints them"),
                    &group.labels,
                );
            }
        }
    }
}

/// One for each of the steps 301 to 399.
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
                format!("`{}` is not a valid share of nodes", text.escape_debug()),
            )
            .label("must be from 1% to 100%")
            .help("write a number of nodes, or a share such as `\"25%\"`"),
            batch,
        );
    }
    for text in [&canary.soak, &canary.drain_timeout].into_iter().flatten() {
        if parse_duration(text.get_ref()).is_none() {
            found.say(
                Finding::error(
                    "bad-duration",
                    format!(
                        "`{}` is not a valid duration",
                        text.get_ref().escape_debug()
                    ),
                )
                .label("must be numbers with the units h, m and s, from one second to one week")
                .help("write a duration such as `15m` or `1h30m`"),
                text,
            );
        }
    }
}

/// Parses a percentage of nodes.
fn share(text: &str) -> Option<u8> {
    let number: u8 = text.strip_suffix('%')?.parse().ok()?;
    (1..=100).contains(&number).then_some(number)
}
