//! The nodes of a dump, held against the plan: none has moved, and each is in one group.

use std::collections::BTreeMap;

use super::Reading;
use crate::finding::Finding;
use crate::plan::{NodeGroup, Pool};
use crate::state::State;

impl Reading<'_> {
    /// No node carries the canary's label.
    pub(super) fn nodes(&mut self, state: &State) {
        let Pool::Table(table) = self.plan.canary.pool.get_ref() else {
            return;
        };
        let Some(selector) = &table.selector else {
            return;
        };
        let moved = state
            .nodes
            .iter()
            .filter(|(_, labels)| selector.keys().any(|key| labels.contains_key(key)));
        let moved: Vec<&str> = moved.map(|(name, _)| name.as_str()).collect();
        if let Some(first) = moved.first() {
            let pool = self.plan.canary.pool.clone();
            self.say(
                Finding::error(
                    "existing-node",
                    format!("node `{first}` carries the label by which nodes move already"),
                )
                .label(format!(
                    "only a step may give it{}",
                    and_others(moved.len() - 1)
                ))
                .help(format!(
                    "choose another key, or take the label off and print the nodes again: `kubectl label node {} {}-`",
                    moved.join(" "),
                    selector.keys().next().map_or("", String::as_str)
                ))
                .object(format!("Node {first}")),
                &pool,
            );
        }
    }

    /// The nodes of each group: every node in one, every group with some.
    pub(super) fn groups(&mut self, state: &State) -> Vec<Vec<String>> {
        let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
        let mut all = Vec::new();
        for group in &self.plan.node_group {
            let nodes: Vec<&String> = state
                .nodes
                .iter()
                .filter(|(_, labels)| selects(group, labels))
                .map(|(name, _)| name)
                .collect();
            if nodes.is_empty() {
                self.say(
                    Finding::error(
                        "existing-group",
                        format!("node group `{}` has no node", group.name.get_ref()),
                    )
                    .label("no node of the dump carries these labels")
                    .help("write labels as `kubectl get nodes --show-labels` prints them"),
                    &group.labels,
                );
            }
            for node in &nodes {
                if let Some(other) = taken.insert(node.as_str(), group.name.get_ref()) {
                    self.say(
                        Finding::error(
                            "existing-group",
                            format!(
                                "node `{node}` is in two groups, `{other}` and `{}`",
                                group.name.get_ref()
                            ),
                        )
                        .label("it moves once")
                        .help("select the groups by one key, each with its own value")
                        .object(format!("Node {node}")),
                        &group.labels,
                    );
                    break;
                }
            }
            all.push(nodes.into_iter().cloned().collect());
        }
        let left: Vec<&str> = state
            .nodes
            .keys()
            .map(String::as_str)
            .filter(|node| !taken.contains_key(node))
            .collect();
        if let (Some(first), Some(group)) = (left.first(), self.plan.node_group.last()) {
            self.say(
                Finding::error("existing-group", format!("node `{first}` is in no group"))
                    .label(format!("it would never move{}", and_others(left.len() - 1)))
                    .help("add a `[[node-group]]` that selects it")
                    .object(format!("Node {first}")),
                &group.name,
            );
        }
        all
    }
}

/// How many more there are of what was said of one.
fn and_others(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", and another one with it".to_owned(),
        count => format!(", and {count} others with it"),
    }
}

/// Whether a node belongs to a group.
fn selects(group: &NodeGroup, labels: &BTreeMap<String, String>) -> bool {
    group
        .labels
        .get_ref()
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}
