//! The istio-cni version of each node: with `OnDelete`, a node gets a new template only when its pod is
//! replaced.

use semver::Version;
use serde_json::Value;

use super::objects::State;

impl State {
    /// Returns the nodes whose istio-cni version differs from the template, and that version.
    pub fn held(&self) -> impl Iterator<Item = (&str, &Version)> {
        self.held
            .iter()
            .map(|(node, version)| (node.as_str(), version))
    }

    /// Records the nodes that keep the istio-cni of the previous version.
    pub(crate) fn hold(&mut self, before: Option<&Version>) {
        let Some((object, cni)) = self.cnis().next() else {
            self.held.clear();
            return;
        };
        let strategy = object.value().pointer("/spec/updateStrategy/type");
        let on_delete = strategy.and_then(Value::as_str) == Some("OnDelete");
        let now = cni.version.clone();
        if !on_delete {
            self.held.clear();
        } else if let Some(before) = before.filter(|before| Some(*before) != now.as_ref()) {
            for node in self.nodes.keys() {
                let held = self.held.entry(node.clone());
                held.or_insert_with(|| before.clone());
            }
        }
        self.held
            .retain(|_, version| Some(&*version) != now.as_ref());
    }
}
