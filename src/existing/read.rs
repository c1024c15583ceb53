//! Reads the files of a dump, and keeps the parts that a state depends on.

use std::rc::Rc;

use serde_json::{Map, Value};
use toml::Spanned;

use super::{DUMP, DUMP_FILE, KINDS, Reading};
use crate::kube::identity::Key;
use crate::kube::manifest::Manifest;
use crate::kube::schema;
use crate::plan::Files;
use crate::state::{Facet, Object, load};
use crate::text::finding::Finding;
use crate::text::source::{Source, Sources};

/// Fields that the cluster sets.
const FILLED_IN: [&str; 7] = [
    "managedFields",
    "uid",
    "resourceVersion",
    "generation",
    "selfLink",
    "ownerReferences",
    "finalizers",
];

/// Annotations in which tools keep their own state.
const BOOKS: [&str; 3] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
];

impl Reading<'_> {
    /// Reads every YAML and JSON file of a directory.
    pub(super) fn objects(
        &mut self,
        folder: &Spanned<String>,
        files: &Files<'_>,
        sources: &mut Sources,
    ) -> Vec<Rc<Object>> {
        let name = folder.get_ref().trim_end_matches('/');
        let names = match (files.list)(name) {
            Ok(names) => names,
            Err(error) => {
                self.say(
                    Finding::error(
                        "existing-unreadable",
                        format!("cannot read `{name}`: {error}"),
                    )
                    .label("must be a directory, relative to the plan")
                    .help(format!(
                        "create the directory, and write the dump of the existing mesh into it: `{DUMP}`"
                    )),
                    folder,
                );
                return Vec::new();
            }
        };
        let mut objects = Vec::new();
        for file in names {
            let is_yaml = [".yaml", ".yml", ".json"]
                .iter()
                .any(|end| file.ends_with(end));
            if !is_yaml {
                continue;
            }
            let path = format!("{name}/{file}");
            match (files.read)(&path) {
                Ok(text) if file == DUMP_FILE => self.listed = Some(text),
                Ok(text) => {
                    let source = Source::new(files.shown(&path), text);
                    let loaded = load(&source);
                    self.findings.extend(loaded.findings);
                    for object in &loaded.objects {
                        self.names(object);
                    }
                    objects.extend(loaded.objects);
                    sources.add(source);
                }
                Err(error) => self.say(
                    Finding::error(
                        "existing-unreadable",
                        format!("cannot read `{path}`: {error}"),
                    )
                    .label("a file in this directory")
                    .help("make the file readable, or remove it from the directory"),
                    folder,
                ),
            }
        }
        objects
    }
}

impl Reading<'_> {
    /// Rejects names that no API server accepts, because they end up in scripts and other objects.
    fn names(&mut self, object: &Object) {
        let manifest = &object.manifest;
        for violation in schema::names(object.value()) {
            let span = violation.place(manifest);
            self.findings.push(
                Finding::error("bad-name", violation.message)
                    .label("an API server rejects such an object")
                    .help("dump the existing mesh again; kubectl prints only what the API server accepted")
                    .object(object.key.to_string())
                    .at(&manifest.source, span),
            );
        }
    }
}

/// Returns the parts of an object that are kept; `None` if a state does not depend on it. Istio's own
/// workloads are kept whole, because steps restore them. All other objects keep only the fields that a state
/// depends on, so that no other settings are copied.
pub(super) fn kept(object: &Object) -> Option<Manifest> {
    let key = &object.key;
    let decides = |(group, kind, _): &(&str, &str, &str)| key.group == *group && key.kind == *kind;
    if !KINDS.iter().any(decides) || is_of_every_cluster(object) {
        return None;
    }
    let istio = matches!(
        object.facet,
        Facet::Ztunnel(_) | Facet::Cni(_) | Facet::Istiod(_)
    );
    let mut value = object.value().clone();
    let map = value.as_object_mut()?;
    map.shift_remove("status");
    if let Some(Value::Object(metadata)) = map.get_mut("metadata") {
        for name in FILLED_IN {
            metadata.shift_remove(name);
        }
        // Routes and Gateways keep it: the older object takes precedence.
        if key.group != "gateway.networking.k8s.io" {
            metadata.shift_remove("creationTimestamp");
        }
        meshed(metadata, istio);
        // Removing the last label removes the map of labels too.
        if metadata
            .get("labels")
            .is_some_and(|labels| labels.as_object().is_some_and(Map::is_empty))
        {
            metadata.shift_remove("labels");
        }
    }
    match key.kind.as_str() {
        "Node" => only(map, &[]),
        "ServiceAccount" => only(
            map,
            if istio_account(key) {
                &["imagePullSecrets"]
            } else {
                &[]
            },
        ),
        "Service" => {
            if let Some(Value::Object(spec)) = map.get_mut("spec") {
                let headless = spec.get("clusterIP") == Some(&Value::from("None"));
                spec.retain(|name, _| {
                    ["selector", "ports", "type", "externalName"].contains(&name.as_str())
                        || name == "clusterIP" && headless
                });
                let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
                for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
                    port.shift_remove("nodePort");
                }
            }
        }
        "Gateway" => {
            if let Some(Value::Object(spec)) = map.get_mut("spec") {
                spec.shift_remove("infrastructure");
            }
        }
        "Deployment" | "DaemonSet" | "StatefulSet" if !istio => workload(map),
        _ => {}
    }
    Some(
        object
            .manifest
            .implies(object.manifest.identity.clone(), value),
    )
}

/// ServiceAccounts of Istio's own workloads are restored with their `imagePullSecrets`.
fn istio_account(key: &Key) -> bool {
    key.name.contains("ztunnel") || key.name.starts_with("istio")
}

/// Keeps the fields that every object has, and the given fields.
pub(super) fn only(map: &mut Map<String, Value>, fields: &[&str]) {
    map.retain(|name, _| {
        ["apiVersion", "kind", "metadata"].contains(&name.as_str())
            || fields.contains(&name.as_str())
    });
}

/// Removes all annotations except those of Istio. Istio's own objects keep all annotations except the state
/// of tools.
fn meshed(metadata: &mut Map<String, Value>, istio: bool) {
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        annotations.retain(|name, _| {
            !BOOKS.contains(&name.as_str()) && (istio || name.contains("istio.io/"))
        });
        if annotations.is_empty() {
            metadata.shift_remove("annotations");
        }
    }
}

/// Fields of a pod's spec that affect scheduling and ports.
const KEPT: [&str; 7] = [
    "nodeSelector",
    "affinity",
    "tolerations",
    "hostNetwork",
    "serviceAccountName",
    "containers",
    "topologySpreadConstraints",
];

/// Keeps the selector, the replicas, the scheduling and the ports of a workload.
pub(super) fn workload(map: &mut Map<String, Value>) {
    let Some(Value::Object(spec)) = map.get_mut("spec") else {
        return;
    };
    spec.retain(|name, _| {
        ["replicas", "selector", "serviceName", "template"].contains(&name.as_str())
    });
    let Some(Value::Object(template)) = spec.get_mut("template") else {
        return;
    };
    if let Some(Value::Object(metadata)) = template.get_mut("metadata") {
        metadata.shift_remove("creationTimestamp");
        meshed(metadata, false);
    }
    let Some(Value::Object(pod)) = template.get_mut("spec") else {
        return;
    };
    pod.retain(|name, _| KEPT.contains(&name.as_str()));
    let containers = pod.get_mut("containers").and_then(Value::as_array_mut);
    for container in containers
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        container.retain(|name, _| ["name", "image", "ports"].contains(&name.as_str()));
    }
}

/// Returns whether every cluster has this object: the API server's Service, the default ServiceAccounts, and
/// namespaces that are not related to a mesh.
fn is_of_every_cluster(object: &Object) -> bool {
    const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];
    let key = &object.key;
    let labels = object
        .value()
        .pointer("/metadata/labels")
        .and_then(Value::as_object);
    let meshed =
        labels.is_some_and(|labels| labels.keys().any(|label| label.contains("istio.io/")));
    match key.kind.as_str() {
        "Service" => key.name == "kubernetes" && key.namespace.as_deref() == Some("default"),
        "ServiceAccount" => {
            key.name == "default" || key.namespace.as_deref() == Some("kube-system")
        }
        "Namespace" => NAMESPACES.contains(&key.name.as_str()) && !meshed,
        _ => false,
    }
}
