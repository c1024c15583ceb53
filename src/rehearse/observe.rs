//! Compares a cluster with the state that the replay predicts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Result;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::kube::identity::Key;
use crate::state::{Facet, Object, Pods, State};

/// A pod that is running or starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// `namespace/name`.
    pub name: String,
    /// Changes when the pod is replaced.
    pub uid: String,
    /// Its node; nothing if it is not scheduled yet.
    pub node: Option<String>,
    /// The object that creates it: kind, namespace, name.
    pub owner: (String, String, String),
}

/// Pods and nodes at one moment.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    /// Every pod that is not being deleted.
    pub pods: Vec<Pod>,
    pub nodes: BTreeMap<String, BTreeMap<String, String>>,
}

impl Moment {
    /// Reads pods and nodes from a cluster.
    ///
    /// # Errors
    ///
    /// If kubectl fails.
    pub fn of(cluster: &Cluster) -> Result<Self> {
        let nodes = cluster.items(&["nodes"])?;
        Ok(Self {
            pods: cluster
                .items(&["pods", "-A"])?
                .iter()
                .filter_map(pod)
                .collect(),
            nodes: nodes
                .iter()
                .map(|node| {
                    (
                        text(node, "/metadata/name"),
                        texts(&node["metadata"]["labels"]),
                    )
                })
                .collect(),
        })
    }
}

pub(super) fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn texts(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// Reads a pod; nothing if it is being deleted.
#[must_use]
pub fn pod(value: &Value) -> Option<Pod> {
    if !value["metadata"]["deletionTimestamp"].is_null() {
        return None;
    }
    let namespace = text(value, "/metadata/namespace");
    let name = text(value, "/metadata/name");
    let kind = text(value, "/metadata/ownerReferences/0/kind");
    let owner = text(value, "/metadata/ownerReferences/0/name");
    let hash = text(value, "/metadata/labels/pod-template-hash");
    let owner = match (kind.as_str(), owner.strip_suffix(&format!("-{hash}"))) {
        ("ReplicaSet", Some(deployment)) => (
            "Deployment".to_owned(),
            namespace.clone(),
            deployment.to_owned(),
        ),
        _ => (kind, namespace.clone(), owner),
    };
    let node = text(value, "/spec/nodeName");
    Some(Pod {
        name: format!("{namespace}/{name}"),
        uid: text(value, "/metadata/uid"),
        node: (!node.is_empty()).then_some(node),
        owner,
    })
}

/// Returns all differences between a cluster and a state.
///
/// `known` are all objects that the tree ever writes; those that are missing in the state must not exist.
///
/// # Errors
///
/// If kubectl fails.
pub fn differences(
    cluster: &Cluster,
    state: &State,
    known: &BTreeSet<Key>,
    moment: &Moment,
) -> Result<Vec<String>> {
    let mut said = objects(cluster, state, known)?;
    said.extend(pods(state, moment));
    for (node, labels) in &state.nodes {
        // Nodes that are known only by their labels have no name.
        let Some(live) = moment.nodes.get(node) else {
            continue;
        };
        for (key, value) in labels {
            if live.get(key) != Some(value) {
                said.push(format!("node {node} should have {key}={value}"));
            }
        }
    }
    Ok(said)
}

/// Returns the differences between the objects of a cluster and a state.
///
/// # Errors
///
/// If kubectl fails.
pub fn objects(cluster: &Cluster, state: &State, known: &BTreeSet<Key>) -> Result<Vec<String>> {
    let mut said = Vec::new();
    let served = |key: &&Key| match key.group.as_str() {
        "gateway.networking.k8s.io" => state.bundle.is_some(),
        group if group.ends_with("istio.io") => state.base.is_some(),
        _ => true,
    };
    let known: Vec<&Key> = known.iter().filter(served).collect();
    let kinds: BTreeSet<String> = known.iter().map(|key| resource(key)).collect();
    if kinds.is_empty() {
        return Ok(said);
    }
    let kinds: Vec<String> = kinds.into_iter().collect();
    let live: BTreeMap<Key, Value> = cluster
        .items(&[&kinds.join(","), "-A"])?
        .into_iter()
        .map(|object| {
            let group = text(&object, "/apiVersion");
            let namespace = object.pointer("/metadata/namespace");
            let key = Key {
                group: group
                    .split_once('/')
                    .map_or("", |(group, _)| group)
                    .to_owned(),
                kind: text(&object, "/kind"),
                namespace: namespace.and_then(Value::as_str).map(str::to_owned),
                name: text(&object, "/metadata/name"),
            };
            (key, object)
        })
        .collect();
    for key in known {
        match (state.get(key), live.get(key)) {
            // A running istiod creates it; in a rehearsal there is none unless the user started one.
            (Some(object), None) if object.implied && key.kind == "Lease" => {}
            (Some(_), None) => said.push(format!("{key} should exist")),
            (None, Some(_)) => said.push(format!("{key} should not exist")),
            (Some(object), Some(live)) if !object.implied => {
                let mut path = String::new();
                if let Some(path) = unlike(object.value(), live, &mut path) {
                    said.push(format!(
                        "{key} has a different {path} than the one that was written"
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(said)
}

/// The resource name of a kind for kubectl, with its group.
fn resource(key: &Key) -> String {
    let plural = plural(&key.kind);
    if key.group.is_empty() {
        plural
    } else {
        format!("{plural}.{}", key.group)
    }
}

/// The plural of a kind, in lower case.
pub(super) fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    if kind.ends_with('s') {
        format!("{kind}es")
    } else if let Some(stem) = kind.strip_suffix("cy").or_else(|| kind.strip_suffix("ry")) {
        format!("{}ies", &kind[..=stem.len()])
    } else {
        format!("{kind}s")
    }
}

/// Returns where a written value differs from the live value. Servers add fields, and change the format of
/// quantities and secrets.
pub(super) fn unlike(written: &Value, live: &Value, path: &mut String) -> Option<String> {
    match (written, live) {
        (Value::Object(written), _) => {
            for (key, value) in written {
                // The cluster sets its own creation time, and webhooks from a dump are not called.
                let own = ["creationTimestamp", "objectSelector"];
                if ["resources", "stringData", "apiVersion"].contains(&key.as_str())
                    || own.contains(&key.as_str())
                {
                    continue;
                }
                let length = path.len();
                path.push('.');
                path.push_str(key);
                let found = unlike(value, live.get(key).unwrap_or(&Value::Null), path);
                path.truncate(length);
                if found.is_some() {
                    return found;
                }
            }
            None
        }
        (Value::Array(written), _) => written.iter().enumerate().find_map(|(number, value)| {
            let length = path.len();
            let _ = write!(path, "[{number}]");
            let found = unlike(value, live.get(number).unwrap_or(&Value::Null), path);
            path.truncate(length);
            found
        }),
        // The server may omit a default value that was written.
        (Value::Null, _) | (Value::Bool(false), Value::Null) => None,
        (Value::String(text), Value::Null) if text.is_empty() => None,
        _ => (written != live).then(|| path.trim_start_matches('.').to_owned()),
    }
}

/// Returns pods that are missing or on wrong nodes. A DaemonSet has one pod on each of its nodes; others have
/// as many pods as replicas.
fn pods(state: &State, moment: &Moment) -> Vec<String> {
    let mut said = Vec::new();
    for (object, pods) in state.workloads() {
        let kind = object.key.kind.as_str();
        if !["DaemonSet", "Deployment", "StatefulSet"].contains(&kind) {
            continue;
        }
        let of = own(object, moment);
        let may: BTreeSet<&String> = moment
            .nodes
            .iter()
            .filter(|(_, labels)| pods.place.allows(labels))
            .map(|(node, _)| node)
            .collect();
        let on: Vec<&String> = of.iter().filter_map(|pod| pod.node.as_ref()).collect();
        if kind == "DaemonSet" {
            for node in &may {
                let count = on.iter().filter(|other| other == &node).count();
                if count != 1 {
                    said.push(format!(
                        "{} should have one pod on {node}, but has {count}",
                        object.key
                    ));
                }
            }
        } else if on.len() as u64 != pods.replicas {
            said.push(format!(
                "{} should have {} scheduled pods, but has {}",
                object.key,
                pods.replicas,
                on.len()
            ));
        }
        for node in on.iter().filter(|node| !may.contains(*node)) {
            said.push(format!(
                "{} has a pod on {node}, where it must not run",
                object.key
            ));
        }
    }
    said
}

fn own<'a>(object: &Object, moment: &'a Moment) -> Vec<&'a Pod> {
    let namespace = object.key.namespace.clone().unwrap_or_default();
    let owner = (object.key.kind.clone(), namespace, object.key.name.clone());
    moment
        .pods
        .iter()
        .filter(|pod| pod.owner == owner)
        .collect()
}

/// Returns pods that were replaced although neither their controller nor their node changed.
#[must_use]
pub fn replaced(before: (&State, &Moment), after: (&State, &Moment)) -> Vec<String> {
    let mut said = Vec::new();
    for (object, pods) in before.0.workloads() {
        let same = |pods: &Pods, other: &Pods| {
            pods.place == other.place && pods.images == other.images && pods.env == other.env
        };
        let unchanged = after
            .0
            .get(&object.key)
            .and_then(|now| Some(now.value() == object.value() || same(pods, now.pods()?)));
        if unchanged != Some(true)
            || matches!(object.facet, Facet::Cni(_))
                && !std::rc::Rc::ptr_eq(object, after.0.get(&object.key).unwrap_or(object))
        {
            continue;
        }
        let now: BTreeSet<&String> = own(object, after.1).iter().map(|pod| &pod.uid).collect();
        for pod in own(object, before.1) {
            let Some(node) = &pod.node else { continue };
            let moved = before.1.nodes.get(node) != after.1.nodes.get(node);
            if !now.contains(&pod.uid) && !moved {
                said.push(format!(
                    "pod {} of {} was replaced, although the step should not change it",
                    pod.name, object.key
                ));
            }
        }
    }
    said
}
