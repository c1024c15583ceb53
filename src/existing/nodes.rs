//! The nodes of a dump, held against the plan: none has moved, and each is in one group.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Group, Reading};
use crate::finding::Finding;
use crate::manifest::Manifest;
use crate::plan::{Files, NodeGroup, Pool};
use crate::source::{Source, Sources};
use crate::state::{State, load};

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
    pub(super) fn groups(
        &mut self,
        state: &State,
        files: &Files<'_>,
        sources: &mut Sources,
    ) -> Vec<Group> {
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
            all.push(Group {
                nodes: nodes.into_iter().cloned().collect(),
                makers: self.makers(group, files, sources),
            });
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

    /// Reads what makes the new nodes of a group, which come with the canary's label.
    fn makers(
        &mut self,
        group: &NodeGroup,
        files: &Files<'_>,
        sources: &mut Sources,
    ) -> Vec<Manifest> {
        let Some(file) = &group.manifest else {
            return Vec::new();
        };
        let text = match (files.read)(file.get_ref()) {
            Ok(text) => text,
            Err(error) => {
                self.say(
                    Finding::error(
                        "manifest-unreadable",
                        format!("cannot read the manifest `{}`", file.get_ref()),
                    )
                    .label(error.to_string())
                    .help("give a path relative to the plan"),
                    file,
                );
                return Vec::new();
            }
        };
        let source = Source::new(files.shown(file.get_ref()), text);
        let loaded = load(&source);
        self.findings.extend(loaded.findings);
        sources.add(source);
        let makers: Vec<Manifest> = loaded
            .objects
            .iter()
            .map(|object| object.manifest.clone())
            .collect();
        let Pool::Table(table) = self.plan.canary.pool.get_ref() else {
            return makers;
        };
        for (key, value) in table.selector.iter().flatten() {
            let label = value.get_ref();
            if !makers.iter().any(|maker| gives(&maker.value, key, label)) {
                self.say(
                    Finding::error(
                        "surge-label",
                        format!(
                            "`{}` gives its nodes no label {key}={label}",
                            file.get_ref()
                        ),
                    )
                    .label("they would join as stable's")
                    .help(format!(
                        "add `{key}: {label}` to the labels of its template"
                    )),
                    file,
                );
            }
        }
        makers
    }
}

/// Whether somewhere in a value nodes are given a label.
fn gives(value: &Value, key: &str, label: &str) -> bool {
    match value {
        Value::Object(map) => {
            map.get(key).and_then(Value::as_str) == Some(label)
                || map.values().any(|value| gives(value, key, label))
        }
        Value::Array(list) => list.iter().any(|value| gives(value, key, label)),
        _ => false,
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
