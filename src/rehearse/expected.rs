//! Checks the events during a step: each node with enrolled pods has exactly one ztunnel at every moment, no
//! node switches to another ztunnel while enrolled pods run on it, and objects that a step keeps are neither
//! deleted nor changed temporarily.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::observe::{text, texts, unlike};
use crate::state::{Facet, NodeSet, Object, State};

/// The expected events of a run of a step.
pub struct Expected {
    /// The namespaces that are part of the mesh both before and after the step.
    enrolled: BTreeSet<String>,
    /// The ztunnels before and after the step, and the nodes that they can run on.
    ztunnels: Vec<(String, NodeSet)>,
    /// `DaemonSet`s and routes that exist before and after the step, with their content at both times.
    kept: BTreeMap<Named, (Value, Value)>,
    /// The nodes that are removed during the step.
    leaving: BTreeSet<String>,
    /// Whether the API server has the route CRD before the step.
    pub routes: bool,
}

/// Kind, namespace, name.
type Named = (String, String, String);

impl Expected {
    /// Returns the expected events of a step that leads from one state to another.
    #[must_use]
    pub fn between(from: &State, to: &State, leaving: BTreeSet<String>) -> Self {
        let enrolled = namespaces(from);
        let watched = |object: &Object| {
            !object.implied && ["DaemonSet", "HTTPRoute"].contains(&object.key.kind.as_str())
        };
        let kept = from.objects().filter(|object| watched(object));
        let kept = kept.filter_map(|object| {
            // Of the objects of an installer, only the names are predicted.
            let after = to.get(&object.key).filter(|after| !after.implied)?;
            let values = (object.value().clone(), after.value().clone());
            Some((named(object.value()), values))
        });
        let ztunnels = from.ztunnels().chain(to.ztunnels());
        Self {
            enrolled: enrolled.intersection(&namespaces(to)).cloned().collect(),
            ztunnels: ztunnels
                .map(|(object, ztunnel)| (object.key.to_string(), ztunnel.pods.place.clone()))
                .collect(),
            kept: kept.collect(),
            leaving,
            routes: from.bundle.is_some(),
        }
    }

    /// Returns the ztunnels that a node with these labels may have.
    fn on(&self, labels: &BTreeMap<String, String>) -> BTreeSet<&str> {
        let on = self.ztunnels.iter();
        on.filter(|(_, place)| place.allows(labels))
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

fn namespaces(state: &State) -> BTreeSet<String> {
    let all = state.objects();
    let enrolled = all.filter(|object| {
        matches!(&object.facet, Facet::Namespace(_))
            && object.label("istio.io/dataplane-mode") == Some("ambient")
    });
    enrolled.map(|object| object.key.name.clone()).collect()
}

fn named(object: &Value) -> Named {
    (
        text(object, "/kind"),
        text(object, "/metadata/namespace"),
        text(object, "/metadata/name"),
    )
}

/// Returns the unexpected events of a watch. `known` is the content when the watch started, `events` are the
/// later events, oldest first.
#[must_use]
pub fn judge(known: &[Value], events: &[Value], expected: &Expected) -> Vec<String> {
    let mut seen = Seen::default();
    for event in known {
        seen.note(event, expected);
    }
    seen.said.clear();
    for event in events {
        seen.note(event, expected);
    }
    seen.said.into_iter().collect()
}

/// The content of the cluster after the events so far.
#[derive(Default)]
struct Seen {
    /// Pods by uid: node, namespace, and whether it is a ztunnel.
    pods: BTreeMap<String, (String, String, bool)>,
    nodes: BTreeMap<String, BTreeMap<String, String>>,
    /// The generation of each object that the step keeps.
    generations: BTreeMap<Named, u64>,
    said: BTreeSet<String>,
}

impl Seen {
    fn note(&mut self, event: &Value, expected: &Expected) {
        let object = &event["object"];
        let deleted = event["type"] == "DELETED";
        match object["kind"].as_str() {
            Some("Pod") => self.pod(object, deleted, expected),
            Some("Node") => self.node(object, deleted, expected),
            _ => self.kept(object, deleted, expected),
        }
    }

    fn pod(&mut self, pod: &Value, deleted: bool, expected: &Expected) {
        let uid = text(pod, "/metadata/uid");
        let node = text(pod, "/spec/nodeName");
        let before = self.pods.remove(&uid);
        if !deleted && pod["metadata"]["deletionTimestamp"].is_null() && !node.is_empty() {
            let ztunnel = text(pod, "/metadata/labels/app") == "ztunnel";
            let namespace = text(pod, "/metadata/namespace");
            self.pods
                .insert(uid.clone(), (node.clone(), namespace, ztunnel));
        }
        // Events that change nothing on a node are ignored.
        if before == self.pods.get(&uid).cloned() || !self.enrolled_on(&node, expected) {
            return;
        }
        let ztunnels = self.pods.values().filter(|(on, _, is)| *is && *on == node);
        let count = ztunnels.count();
        if count != 1 {
            self.said.insert(format!(
                "node {node} temporarily had {count} ztunnels while enrolled pods were on it"
            ));
        }
    }

    fn enrolled_on(&self, node: &str, expected: &Expected) -> bool {
        let mut pods = self.pods.values();
        pods.any(|(on, namespace, ztunnel)| {
            !ztunnel && on == node && expected.enrolled.contains(namespace)
        })
    }

    fn node(&mut self, node: &Value, deleted: bool, expected: &Expected) {
        let name = text(node, "/metadata/name");
        if deleted {
            self.nodes.remove(&name);
            if !expected.leaving.contains(&name) {
                self.said.insert(format!("node {name} was removed"));
            }
            return;
        }
        let labels = texts(&node["metadata"]["labels"]);
        let Some(before) = self.nodes.insert(name.clone(), labels.clone()) else {
            return;
        };
        let (was, is) = (expected.on(&before), expected.on(&labels));
        if was != is && self.enrolled_on(&name, expected) {
            let words = |on: BTreeSet<&str>| on.into_iter().collect::<Vec<_>>().join(" and ");
            self.said.insert(format!(
                "node {name} switched from {} to {} while enrolled pods were running on it",
                words(was),
                words(is)
            ));
        }
    }

    fn kept(&mut self, object: &Value, deleted: bool, expected: &Expected) {
        let named = named(object);
        let Some((before, after)) = expected.kept.get(&named) else {
            return;
        };
        let (kind, namespace, name) = &named;
        if deleted {
            self.said
                .insert(format!("{kind} {namespace}/{name} was temporarily deleted"));
            return;
        }
        let generation = object["metadata"]["generation"].as_u64();
        let generation = generation.unwrap_or_default();
        let first = *self.generations.entry(named.clone()).or_insert(generation);
        if before == after && generation > first {
            self.said.insert(format!(
                "{kind} {namespace}/{name} was temporarily changed, although the step should not change it"
            ));
        }
        let other = |value| unlike(value, object, &mut String::new());
        if let (Some(path), Some(_)) = (other(after), other(before)) {
            self.said.insert(format!(
                "{kind} {namespace}/{name} temporarily had neither its old nor its new content, in {path}"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn expected() -> Expected {
        let place = |value: Value| NodeSet::of(&value);
        let affinity = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "pool", "operator": "NotIn", "values": ["canary"]}]},
        ]}}}});
        let route = json!({"kind": "HTTPRoute", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"hostnames": ["a"]}});
        let mut changed = route.clone();
        changed["spec"]["hostnames"] = json!(["b"]);
        Expected {
            enrolled: BTreeSet::from(["shop".to_owned()]),
            ztunnels: vec![
                ("old".to_owned(), place(affinity)),
                (
                    "new".to_owned(),
                    place(json!({"nodeSelector": {"pool": "canary"}})),
                ),
            ],
            kept: BTreeMap::from([(named(&route), (route, changed))]),
            leaving: BTreeSet::new(),
            routes: true,
        }
    }

    fn pod(name: &str, namespace: &str, app: &str) -> Value {
        json!({"type": "ADDED", "object": {
            "kind": "Pod", "metadata": {"uid": name, "namespace": namespace, "labels": {"app": app}}, "spec": {"nodeName": "n1"},
        }})
    }

    fn node(labels: &Value) -> Value {
        json!({"type": "MODIFIED", "object": {"kind": "Node", "metadata": {"name": "n1", "labels": labels}}})
    }

    fn of(kind: &str, mut event: Value) -> Value {
        event["type"] = kind.into();
        event
    }

    /// A node with an enrolled pod and its ztunnel.
    fn known() -> Vec<Value> {
        let pods = [pod("w", "shop", "web"), pod("z", "istio-system", "ztunnel")];
        [vec![node(&json!({}))], pods.to_vec()].concat()
    }

    #[test]
    fn a_node_with_enrolled_pods_never_has_no_ztunnel_or_two() {
        let gone = of("DELETED", pod("z", "istio-system", "ztunnel"));
        let said = judge(&known(), &[gone], &expected());
        assert_eq!(
            said,
            ["node n1 temporarily had 0 ztunnels while enrolled pods were on it"]
        );
        let second = pod("y", "istio-system", "ztunnel");
        let said = judge(&known(), &[second], &expected());
        assert_eq!(
            said,
            ["node n1 temporarily had 2 ztunnels while enrolled pods were on it"]
        );
    }

    #[test]
    fn a_node_is_drained_before_it_is_labelled() {
        let drained = of("DELETED", pod("w", "shop", "web"));
        let labelled = node(&json!({"pool": "canary"}));
        let fine = judge(&known(), &[drained, labelled.clone()], &expected());
        assert_eq!(fine, [] as [&str; 0]);
        let said = judge(&known(), &[labelled], &expected());
        assert_eq!(
            said,
            ["node n1 switched from old to new while enrolled pods were running on it"]
        );
    }

    #[test]
    fn a_route_is_what_it_was_or_what_it_is_to_be() {
        let route = |host: &str| {
            json!({"type": "MODIFIED", "object": {
                "kind": "HTTPRoute", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"hostnames": [host]},
            }})
        };
        let fine = judge(&[route("a")], &[route("b"), route("a")], &expected());
        assert_eq!(fine, [] as [&str; 0]);
        let said = judge(
            &[route("a")],
            &[route("c"), of("DELETED", route("c"))],
            &expected(),
        );
        assert_eq!(
            said,
            [
                "HTTPRoute shop/web temporarily had neither its old nor its new content, in spec.hostnames[0]",
                "HTTPRoute shop/web was temporarily deleted",
            ]
        );
    }
}
