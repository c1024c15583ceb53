//! The user's own objects: read from their files, and placed in the namespace and on the nodes of a revision.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::kube::identity::Identity;
use crate::text::yaml::Document;

#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its identity; the namespace is the one in the file, if any.
    pub identity: Identity,
    /// The whole object, with its keys in the order of the file.
    pub value: Value,
    /// The name of its file.
    pub source: String,
    document: Rc<Document>,
    /// The JSON pointer of the object in the document: empty, or `/items/N` of a `List`.
    base: String,
}

impl Manifest {
    /// Returns the objects of a document: the document itself, or the items of a `List`. `Err` is the pointer
    /// of a value that has no apiVersion, kind or name.
    pub fn of(document: &Rc<Document>, source: &str) -> Vec<Result<Self, String>> {
        let items = document.value.get("items").and_then(Value::as_array);
        let is_list = document
            .value
            .get("kind")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.ends_with("List"));
        match items.filter(|_| is_list) {
            Some(items) => (0..items.len())
                .map(|index| Self::at(document, source, format!("/items/{index}")))
                .collect(),
            None => vec![Self::at(document, source, String::new())],
        }
    }

    /// Reads a document as one object even if fields are missing; a kustomization has no name.
    #[must_use]
    pub fn whole(document: &Rc<Document>, source: &str) -> Self {
        Self::at(document, source, String::new()).unwrap_or_else(|base| Self {
            identity: Identity::cluster("", "", ""),
            value: document.value.clone(),
            source: source.to_owned(),
            document: Rc::clone(document),
            base,
        })
    }

    fn at(document: &Rc<Document>, source: &str, base: String) -> Result<Self, String> {
        let value = document.value.pointer(&base).cloned().unwrap_or_default();
        match Identity::of(&value) {
            Some(identity) => Ok(Self {
                identity,
                value,
                source: source.to_owned(),
                document: Rc::clone(document),
                base,
            }),
            None => Err(base),
        }
    }

    /// Returns the object of the file, for an object that an installer derives from it.
    #[must_use]
    pub fn original(&self) -> Self {
        Self::whole(&self.document, &self.source)
    }

    /// Creates an object that an installer derives from this one. Its ranges are those of this object's file.
    #[must_use]
    pub fn implies(&self, identity: Identity, value: Value) -> Self {
        Self {
            identity,
            value,
            source: self.source.clone(),
            document: Rc::clone(&self.document),
            base: self.base.clone(),
        }
    }

    /// Returns the byte range in its file of the value at a JSON pointer of the object.
    #[must_use]
    pub fn range(&self, pointer: &str) -> Range<usize> {
        self.document.range(&format!("{}{pointer}", self.base))
    }

    /// Returns the byte range in its file of the key at a JSON pointer of the object.
    #[must_use]
    pub fn key_range(&self, pointer: &str) -> Range<usize> {
        self.document.key_range(&format!("{}{pointer}", self.base))
    }

    /// Returns the pointer of the pod's spec, for kinds that create pods.
    #[must_use]
    pub fn pod_spec(&self) -> Option<&'static str> {
        pod_pointers(&self.identity).map(|(spec, _)| spec)
    }

    /// Returns the object in a namespace, with its pods on the nodes with these labels. Nothing else changes,
    /// except in a RoleBinding: subjects in its original namespace `from` move to the new namespace.
    #[must_use]
    pub fn placed(&self, from: &str, namespace: &str, nodes: &BTreeMap<String, String>) -> Value {
        let mut value = self.value.clone();
        if self.identity.kind == "RoleBinding" {
            let subjects = value.get_mut("subjects").and_then(Value::as_array_mut);
            for own in subjects
                .into_iter()
                .flatten()
                .filter_map(|subject| subject.get_mut("namespace"))
            {
                if *own == from {
                    *own = Value::from(namespace);
                }
            }
        }
        if let Some(Value::Object(metadata)) = value.get_mut("metadata") {
            set_after(metadata, "namespace", Value::from(namespace), "name");
        }
        if let Some(Value::Object(spec)) = self
            .pod_spec()
            .and_then(|pointer| value.pointer_mut(pointer))
        {
            if let Some(Value::Object(selector)) = spec.get_mut("nodeSelector") {
                for (key, label) in nodes {
                    selector.insert(key.clone(), Value::from(label.as_str()));
                }
            } else {
                let selector: Map<String, Value> = nodes
                    .iter()
                    .map(|(key, label)| (key.clone(), Value::from(label.as_str())))
                    .collect();
                if let Some(place) = spec.get_mut("nodeSelector") {
                    *place = Value::Object(selector);
                } else {
                    spec.shift_insert(0, "nodeSelector".to_owned(), Value::Object(selector));
                }
            }
        }
        value
    }
}

/// Returns the pointers of the pod's spec and of its metadata, for kinds that create pods.
#[must_use]
pub fn pod_pointers(identity: &Identity) -> Option<(&'static str, &'static str)> {
    match (identity.group(), identity.kind.as_str()) {
        ("", "Pod") => Some(("/spec", "/metadata")),
        ("", "ReplicationController")
        | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job") => Some(("/spec/template/spec", "/spec/template/metadata")),
        ("batch", "CronJob") => Some((
            "/spec/jobTemplate/spec/template/spec",
            "/spec/jobTemplate/spec/template/metadata",
        )),
        _ => None,
    }
}

/// Sets an existing key in place, or adds it after another key.
fn set_after(map: &mut Map<String, Value>, key: &str, value: Value, after: &str) {
    if let Some(place) = map.get_mut(key) {
        *place = value;
        return;
    }
    let index = map
        .keys()
        .position(|k| k == after)
        .map_or(map.len(), |at| at + 1);
    map.shift_insert(index, key.to_owned(), value);
}

/// Cluster-scoped kinds of Kubernetes 1.34 and of Gateway API, by API group.
///
/// Source: `kubectl api-resources --namespaced=false` of Kubernetes 1.34, and the CRDs of Gateway API v1.6.1.
const CLUSTER_SCOPED: &[(&str, &[&str])] = &[
    (
        "",
        &["ComponentStatus", "Namespace", "Node", "PersistentVolume"],
    ),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    (
        "certificates.k8s.io",
        &["CertificateSigningRequest", "ClusterTrustBundle"],
    ),
    (
        "flowcontrol.apiserver.k8s.io",
        &["FlowSchema", "PriorityLevelConfiguration"],
    ),
    ("gateway.networking.k8s.io", &["GatewayClass"]),
    (
        "networking.k8s.io",
        &["IPAddress", "IngressClass", "ServiceCIDR"],
    ),
    ("node.k8s.io", &["RuntimeClass"]),
    (
        "rbac.authorization.k8s.io",
        &["ClusterRole", "ClusterRoleBinding"],
    ),
    ("resource.k8s.io", &["DeviceClass", "ResourceSlice"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
    (
        "storage.k8s.io",
        &[
            "CSIDriver",
            "CSINode",
            "StorageClass",
            "VolumeAttachment",
            "VolumeAttributesClass",
        ],
    ),
];

#[must_use]
pub fn is_cluster_scoped(identity: &Identity) -> bool {
    CLUSTER_SCOPED
        .iter()
        .any(|(group, kinds)| *group == identity.group() && kinds.contains(&identity.kind.as_str()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::rc::Rc;

    use super::Manifest;
    use crate::text::yaml;

    fn placed(text: &str) -> String {
        let document = Rc::new(yaml::read(text).expect("valid").remove(0));
        let manifest = Manifest::of(&document, "a.yaml")
            .remove(0)
            .expect("an object");
        let nodes = BTreeMap::from([("pool".to_owned(), "stable".to_owned())]);
        yaml::write(&manifest.placed("old", "ns", &nodes))
    }

    #[test]
    fn pods_get_the_pool_and_keep_all_else() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  labels:\n    z: \"1\"\nspec:\n  template:\n    spec:\n      nodeSelector:\n        disk: ssd\n      volumes:\n      - name: v\n        secret:\n          defaultMode: 0644\n";
        assert_eq!(
            placed(text),
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  namespace: ns\n  labels:\n    z: \"1\"\nspec:\n  template:\n    spec:\n      nodeSelector:\n        disk: ssd\n        pool: stable\n      volumes:\n      - name: v\n        secret:\n          defaultMode: 420\n"
        );
    }

    #[test]
    fn every_kind_of_pod_owner_is_pinned() {
        for (head, path) in [
            ("v1\nkind: Pod", "spec:"),
            ("apps/v1\nkind: StatefulSet", "spec: {template: {spec:"),
            ("apps/v1\nkind: DaemonSet", "spec: {template: {spec:"),
            ("apps/v1\nkind: ReplicaSet", "spec: {template: {spec:"),
            ("batch/v1\nkind: Job", "spec: {template: {spec:"),
            (
                "batch/v1\nkind: CronJob",
                "spec: {jobTemplate: {spec: {template: {spec:",
            ),
        ] {
            let close = "}".repeat(path.matches('{').count());
            let text = format!(
                "apiVersion: {head}\nmetadata: {{name: a}}\n{path} {{containers: []}}{close}\n"
            );
            let out = placed(&text);
            assert!(
                out.contains("nodeSelector:") && out.contains("pool: stable"),
                "{out}"
            );
        }
    }

    #[test]
    fn the_subjects_of_a_binding_follow_it() {
        let text = |own: &str, other: &str| {
            format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: a\n  namespace: ns\nsubjects:\n- kind: ServiceAccount\n  name: a\n  namespace: {own}\n- kind: ServiceAccount\n  name: b\n  namespace: {other}\n"
            )
        };
        assert_eq!(placed(&text("old", "else")), text("ns", "else"));
    }

    #[test]
    fn other_kinds_get_the_namespace_only() {
        assert_eq!(
            placed(
                "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: old}\nspec: {}\n"
            ),
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  namespace: ns\nspec: {}\n"
        );
    }
}
