//! MP0030: istio-cni is not compatible with a ztunnel or a control plane.

use semver::Version;

use super::{Report, Rule, Scope, View};
use crate::state::State;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0030",
    severity: Severity::Error,
    page: include_str!("MP0030.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    // An istiod of unknown version may be the newest.
    let versions: Option<Vec<_>> = state
        .istiods()
        .map(|(_, istiod)| istiod.version.as_ref())
        .collect();
    let newest = versions.and_then(|versions| versions.into_iter().max());
    for (object, cni) in state.cnis() {
        let Some(own) = &cni.version else { continue };
        let mut say = |message: String, label: &str| {
            report.say(&RULE, object, "/spec", message).label = label.to_owned();
            report.help(HELP);
        };
        if let Some(newest) = newest {
            if own > newest {
                say(
                    format!("istio-cni {own} is newer than every istiod"),
                    &format!("the newest istiod is {newest}"),
                );
            } else if newest.minor > own.minor + 1 {
                say(
                    format!("istio-cni {own} is more than one minor behind istiod {newest}"),
                    "the difference must be one minor at most",
                );
            }
        }
        for (ztunnel, facts) in state.ztunnels() {
            let Some(theirs) = &facts.version else {
                continue;
            };
            if let Some((how, label)) = unfit(theirs, own) {
                let name = &ztunnel.key.name;
                say(format!("`{name}` {theirs} is {how} istio-cni {own}"), label);
            }
        }
    }
    on_nodes(state, report);
}

const HELP: &str =
    "upgrade the control plane first, then istio-cni, then ztunnel, one minor at a time";

/// How a ztunnel is incompatible with an istio-cni, and why that matters.
fn unfit(ztunnel: &Version, cni: &Version) -> Option<(&'static str, &'static str)> {
    if ztunnel > cni {
        Some(("newer than", "upgrade istio-cni before ztunnel"))
    } else if cni.minor > ztunnel.minor + 1 {
        Some((
            "more than one minor behind",
            "the difference must be one minor at most",
        ))
    } else {
        None
    }
}

/// Nodes whose istio-cni pod is older than the DaemonSet's template.
fn on_nodes(state: &State, report: &mut Report) {
    let Some((cni, _)) = state.cnis().next() else {
        return;
    };
    for (ztunnel, facts) in state.ztunnels() {
        let Some(theirs) = &facts.version else {
            continue;
        };
        let on = |node: &str| {
            let labels = state.nodes.get(node);
            labels.is_some_and(|labels| facts.pods.place.allows(labels))
        };
        let first = state
            .held()
            .find_map(|(node, own)| Some((node, own, unfit(theirs, own).filter(|_| on(node))?)));
        if let Some((node, own, (how, label))) = first {
            let name = &ztunnel.key.name;
            let message = format!(
                "on node `{node}`, `{name}` {theirs} is {how} istio-cni {own}, whose pod was not replaced"
            );
            report.say(&RULE, cni, "/spec", message).label = label.to_owned();
            report.help(
                "delete the istio-cni pod of the node before the node gets the newer ztunnel: with `OnDelete` only \
                    that replaces it",
            );
        }
    }
}
