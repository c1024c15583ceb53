//! Compares the nodes in a dump with the plan: no node has moved yet, and each node is in exactly one group.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Group, Reading};
use crate::kube::manifest::Manifest;
use crate::plan::{Files, NodeGroup, Pool};
use crate::state::{Facet, Object, State, given_label, load};
use crate::text::finding::Finding;
use crate::text::source::{Source, Sources};

const OS: &str = "kubernetes.io/os";

/// Returns all objects except nodes that cannot have a ztunnel: Windows nodes, and nodes that the existing
/// ztunnel does not select.
pub(super) fn of_the_mesh(objects: &[Rc<Object>]) -> Vec<Rc<Object>> {
    let places: Vec<_> = objects
        .iter()
        .filter_map(|object| match &object.facet {
            Facet::Ztunnel(ztunnel) => Some(&ztunnel.pods.place),
            _ => None,
        })
        .collect();
    let hosts = |labels: &BTreeMap<String, String>| {
        labels.get(OS).map(String::as_str) != Some("windows")
            && (places.is_empty() || places.iter().any(|place| place.allows(labels)))
    };
    let kept = objects.iter().filter(|object| match &object.facet {
        Facet::Node(labels) => hosts(labels),
        _ => true,
    });
    kept.cloned().collect()
}

/// Returns a selector of these nodes for `kubectl get nodes -l`.
pub(super) fn hosts(state: &State) -> String {
    let own = state.ztunnels().next();
    let own = own.and_then(|(_, ztunnel)| ztunnel.pods.place.as_selector());
    let os = format!("{OS}!=windows");
    own.map_or_else(|| os.clone(), |own| format!("{os},{own}"))
}

impl Reading<'_> {
    /// Requires that no node carries the label of the canary pool.
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
                    format!("node `{first}` already carries the label that marks nodes of the canary pool"),
                )
                .label(format!(
                    "only a step may set this label{}",
                    and_others(moved.len() - 1)
                ))
                .help(format!(
                    "choose another key, or remove the label and dump the nodes again: `kubectl label node {} {}-`",
                    moved.join(" "),
                    selector.keys().next().map_or("", String::as_str)
                ))
                .object(format!("Node {first}")),
                &pool,
            );
        }
    }

    /// Requires that each node is in exactly one group and that no group is empty; returns the groups.
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
                        format!("node group `{}` selects no node", group.name.get_ref()),
                    )
                    .label("no node in the dump carries these labels")
                    .help("write the labels as `kubectl get nodes --show-labels` prints them"),
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
                        .label("a node moves only once")
                        .help("select all groups by the same key, each with its own value")
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
                    .label(format!(
                        "no step would move it{}",
                        and_others(left.len() - 1)
                    ))
                    .help("add a `[[node-group]]` that selects it")
                    .object(format!("Node {first}")),
                &group.name,
            );
        }
        all
    }

    /// Reads the objects that create the new nodes of a group, which must have the label of the canary pool.
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
                        format!("cannot read manifest `{}`", file.get_ref()),
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
        let pool = table.selector.iter().flatten();
        let pool =
            pool.map(|(key, value)| (key, value.get_ref(), "new nodes would join the stable pool"));
        let own = group.labels.get_ref().iter();
        let own = own.map(|(key, value)| (key, value, "new nodes would not be in this group"));
        for (key, label, why) in pool.chain(own) {
            let given = |maker: &Manifest| given_label(&maker.value, key, label).is_some();
            if !makers.iter().any(given) {
                self.say(
                    Finding::error(
                        "surge-label",
                        format!(
                            "`{}` does not set the label {key}={label} on its nodes",
                            file.get_ref()
                        ),
                    )
                    .label(why)
                    .help(format!(
                        "add `{key}: {label}` to the labels of its node template"
                    )),
                    file,
                );
            }
        }
        makers
    }
}

/// Returns how many more nodes a finding is about.
fn and_others(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; one more node has the same problem".to_owned(),
        count => format!("; {count} more nodes have the same problem"),
    }
}

fn selects(group: &NodeGroup, labels: &BTreeMap<String, String>) -> bool {
    group
        .labels
        .get_ref()
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}
