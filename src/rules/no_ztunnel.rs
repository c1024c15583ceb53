//! MP0002: a pod of the mesh can run on a node without a ztunnel.

use super::{Report, Rule, Scope, View};
use crate::state::cells;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0002",
    severity: Severity::Error,
    page: include_str!("MP0002.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    let ztunnels: Vec<_> = state
        .ztunnels()
        .map(|(_, ztunnel)| &ztunnel.pods.place)
        .collect();
    if ztunnels.is_empty() && !state.whole {
        return;
    }
    for (object, pods) in state.enrolled() {
        let mut cells = cells(ztunnels.iter().copied().chain([&pods.place]));
        // Nodes that a step has labelled are known by name.
        cells.retain(|cell| {
            let given = |(key, value): &(String, String)| cell.get(key) == Some(value);
            !state.given.iter().any(given)
        });
        let bare = state.nodes.values().chain(&cells).find(|node| {
            pods.place.allows(node) && !ztunnels.iter().any(|place| place.allows(node))
        });
        let Some(bare) = bare else { continue };
        let labels: Vec<String> = bare
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let node = if labels.is_empty() {
            "a node without labels".to_owned()
        } else {
            format!("a node with {}", labels.join(", "))
        };
        let pointer = format!("{}/nodeSelector", pods.spec);
        let message = format!(
            "pods of `{}` can run on nodes without a ztunnel",
            object.key.name
        );
        report.say(&RULE, object, &pointer, message).label =
            format!("they can run on {node}, which no ztunnel selects");
        report.help("pin the pods to the nodes of a ztunnel with the same label, or let the ztunnel run on all \
            nodes where the pods can run");
    }
}
