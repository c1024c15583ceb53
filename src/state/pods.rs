//! The parsed content of pods.

use std::collections::BTreeMap;

use serde_json::Value;

use super::placement::NodeSet;
use crate::kube::identity::Identity;
use crate::kube::manifest::pod_pointers;

/// An object in the same namespace that pods need to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// `ServiceAccount`, `ConfigMap`, `Secret` or `PersistentVolumeClaim`.
    pub kind: &'static str,
    pub name: String,
    /// The JSON pointer to the reference.
    pub pointer: String,
}

/// The pods of a Deployment, a DaemonSet, a Pod itself, …
#[derive(Debug, Clone)]
pub struct Pods {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    /// `spec.selector.matchLabels` of the object that creates them.
    pub selector: BTreeMap<String, String>,
    /// The nodes that they can run on.
    pub place: NodeSet,
    /// The number of pods; 1 if unset or unknown, as for a DaemonSet.
    pub replicas: u64,
    /// Whether they use the network of their node.
    pub host_network: bool,
    /// The name of their ServiceAccount.
    pub account: String,
    /// The objects that they need to start.
    pub references: Vec<Reference>,
    pub images: Vec<String>,
    /// The plain values of their containers' environment; a duplicate name appears twice.
    pub env: Vec<(String, String)>,
    /// The ports that their containers declare, with the name if set; containers may listen on other ports
    /// too.
    pub ports: Vec<(Option<String>, u64)>,
    /// The JSON pointer to the pod's spec.
    pub spec: &'static str,
}

/// Reads a map with text values, such as labels.
pub(super) fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (usize, &'a Value)> + use<'a> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

impl Pods {
    /// Reads the pods of an object; nothing if it creates none.
    #[must_use]
    pub fn of(identity: &Identity, value: &Value) -> Option<Self> {
        let (pointer, metadata) = pod_pointers(identity)?;
        let spec = value.pointer(pointer)?;
        let metadata = value.pointer(metadata);
        let replicas = value
            .pointer("/spec/replicas")
            .and_then(Value::as_u64)
            .unwrap_or(1);
        let account = text(spec, "/serviceAccountName").or(text(spec, "/serviceAccount"));
        let mut pods = Self {
            labels: texts(metadata.and_then(|m| m.get("labels"))),
            annotations: texts(metadata.and_then(|m| m.get("annotations"))),
            selector: texts(value.pointer("/spec/selector/matchLabels")),
            place: NodeSet::of(spec),
            replicas,
            host_network: spec
                .get("hostNetwork")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            account: account.unwrap_or("default").to_owned(),
            references: Vec::new(),
            images: Vec::new(),
            env: Vec::new(),
            ports: Vec::new(),
            spec: pointer,
        };
        if let Some(name) = account {
            pods.refer(
                "ServiceAccount",
                Some(name),
                format!("{pointer}/serviceAccountName"),
            );
        }
        for group in ["initContainers", "containers"] {
            for (number, container) in list(spec, group) {
                pods.container(container, &format!("{pointer}/{group}/{number}"));
            }
        }
        for (number, volume) in list(spec, "volumes") {
            pods.volume(volume, &format!("{pointer}/volumes/{number}"));
        }
        Some(pods)
    }

    fn refer(&mut self, kind: &'static str, name: Option<&str>, pointer: String) {
        if let Some(name) = name {
            self.references.push(Reference {
                kind,
                name: name.to_owned(),
                pointer,
            });
        }
    }

    fn container(&mut self, container: &Value, base: &str) {
        self.images
            .extend(text(container, "/image").map(str::to_owned));
        for (_, port) in list(container, "ports") {
            if let Some(number) = port.get("containerPort").and_then(Value::as_u64) {
                self.ports
                    .push((text(port, "/name").map(str::to_owned), number));
            }
        }
        for (number, env) in list(container, "env") {
            if let (Some(name), Some(value)) = (text(env, "/name"), text(env, "/value")) {
                self.env.push((name.to_owned(), value.to_owned()));
            }
            for (kind, key) in [("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")] {
                let pointer = format!("/valueFrom/{key}");
                self.optional(
                    kind,
                    env.pointer(&pointer),
                    "name",
                    &format!("{base}/env/{number}{pointer}"),
                );
            }
        }
        for (number, from) in list(container, "envFrom") {
            for (kind, key) in [("ConfigMap", "configMapRef"), ("Secret", "secretRef")] {
                self.optional(
                    kind,
                    from.get(key),
                    "name",
                    &format!("{base}/envFrom/{number}/{key}"),
                );
            }
        }
    }

    fn volume(&mut self, volume: &Value, base: &str) {
        self.optional(
            "ConfigMap",
            volume.get("configMap"),
            "name",
            &format!("{base}/configMap"),
        );
        self.optional(
            "Secret",
            volume.get("secret"),
            "secretName",
            &format!("{base}/secret"),
        );
        self.optional(
            "PersistentVolumeClaim",
            volume.get("persistentVolumeClaim"),
            "claimName",
            &format!("{base}/persistentVolumeClaim"),
        );
        let Some(projected) = volume.get("projected") else {
            return;
        };
        for (number, source) in list(projected, "sources") {
            for (kind, key) in [("ConfigMap", "configMap"), ("Secret", "secret")] {
                let pointer = format!("{base}/projected/sources/{number}/{key}");
                self.optional(kind, source.get(key), "name", &pointer);
            }
        }
    }

    /// Adds a reference unless it is optional.
    fn optional(&mut self, kind: &'static str, value: Option<&Value>, key: &str, pointer: &str) {
        let Some(value) = value else { return };
        if value.get("optional").and_then(Value::as_bool) != Some(true) {
            self.refer(
                kind,
                value.get(key).and_then(Value::as_str),
                format!("{pointer}/{key}"),
            );
        }
    }

    /// Returns the value of an environment variable; the last one if it is set twice.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let last = self.env.iter().rev().find(|(known, _)| known == name)?;
        Some(&last.1)
    }
}
