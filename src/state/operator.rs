//! An IstioOperator as istioctl reads it, and the objects that it installs.
//!
//! Sources: `istio/istio:operator/pkg/apis/types.go`, `manifests/profiles`,
//! `operator/pkg/render/postprocess.go`.

use semver::Version;
use serde_json::{Value, json};

use super::mesh::Mesh;
use super::objects::Object;
use super::pods::texts;
use crate::istio::{
    Facts, IstiodSettings, ZtunnelValues, cni_objects, facts_near, installed_state, istiod_objects,
    leftovers, tag_objects, tag_webhook,
};
use crate::kube::identity::Identity;
use crate::step::Phase;

/// Returns the version in the tag of an image; the variant of the image is ignored.
#[must_use]
pub fn version_of(tag: &str) -> Option<Version> {
    let tag = tag
        .trim_end_matches("-distroless")
        .trim_end_matches("-debug");
    Version::parse(tag).ok()
}

/// The parsed content of an IstioOperator.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one component that the file may install"
)]
pub struct Operator {
    /// `metadata.name`, by which istioctl finds the objects that it installed.
    pub name: String,
    /// The namespace of the control plane, istio-cni and ztunnel.
    pub namespace: String,
    /// Its revision; nothing for the default one.
    pub revision: Option<String>,
    /// The tag of its images, if set.
    pub tag: Option<String>,
    /// The version in the tag.
    pub version: Option<Version>,
    /// Whether it installs Istio's CRDs.
    pub base: bool,
    /// Whether it installs a control plane.
    pub pilot: bool,
    /// Whether it installs istio-cni.
    pub cni: bool,
    /// Whether it installs ztunnel.
    pub ztunnel: bool,
    /// The tags that it points to its revision.
    pub tags: Vec<String>,
    /// Whether somebody else manages webhooks: istioctl then installs no injector webhook and no tag.
    pub manages_webhooks: bool,
    /// Settings that must be the same in all revisions.
    pub mesh: Mesh,
    /// Namespaces that istio-cni ignores.
    pub excluded: Vec<String>,
}

/// The location of the name of ztunnel's DaemonSet and ServiceAccount.
const RESOURCE_NAME: &str = "/spec/values/ztunnel/resourceName";

impl Operator {
    /// Reads an IstioOperator. The default profile is `default`: base and control plane.
    #[must_use]
    pub fn read(identity: &Identity, value: &Value) -> Self {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        let profile = text("/spec/profile").unwrap_or("default");
        let ambient = matches!(profile, "ambient" | "openshift-ambient");
        let enabled = |component: &str, default: bool| {
            value
                .pointer(&format!("/spec/components/{component}/enabled"))
                .and_then(Value::as_bool)
                .unwrap_or(default)
        };
        let full = !matches!(profile, "empty");
        let revision = text("/spec/revision").or(text("/spec/values/revision"));
        let tag = value
            .pointer("/spec/tag")
            .or(value.pointer("/spec/values/global/tag"))
            .and_then(|tag| {
                tag.as_str()
                    .map(str::to_owned)
                    .or_else(|| tag.is_number().then(|| tag.to_string()))
            });
        let strings = |pointer: &str| -> Option<Vec<String>> {
            let list = value.pointer(pointer)?.as_array()?;
            Some(
                list.iter()
                    .filter_map(|one| Some(one.as_str()?.to_owned()))
                    .collect(),
            )
        };
        Self {
            name: identity.name.clone(),
            namespace: text("/spec/namespace")
                .or(text("/spec/values/global/istioNamespace"))
                .or(identity.namespace.as_deref())
                .unwrap_or("istio-system")
                .to_owned(),
            revision: revision
                .filter(|r| !r.is_empty() && *r != "default")
                .map(str::to_owned),
            version: tag.as_deref().and_then(version_of),
            tag,
            base: enabled("base", full),
            pilot: enabled("pilot", full),
            cni: enabled("cni", ambient),
            ztunnel: enabled("ztunnel", ambient),
            tags: strings("/spec/values/revisionTags").unwrap_or_default(),
            manages_webhooks: value.pointer("/spec/values/global/operatorManageWebhooks")
                == Some(&Value::Bool(true)),
            mesh: Mesh::read(value),
            excluded: strings("/spec/values/cni/excludeNamespaces")
                .unwrap_or_else(|| vec!["kube-system".to_owned()]),
        }
    }

    /// Returns the revision, `default` if it has none.
    #[must_use]
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("default")
    }

    /// Returns the facts of its version, or of the nearest known version.
    pub(crate) fn facts(&self) -> &'static Facts {
        facts_near(self.version.as_ref())
    }

    /// Returns the objects that it installs, except the namespace. `first`: whether no other revision was
    /// installed before. istioctl then also creates the tag `default` (`operator/pkg/webhook/webhook.go`).
    #[must_use]
    pub fn implied(&self, object: &Object, first: bool, phase: Option<Phase>) -> Vec<Object> {
        let mut values: Vec<(Identity, Value)> = Vec::new();
        if self.base {
            let account = "istio-reader-service-account";
            values.push((
                Identity::namespaced("v1", "ServiceAccount", &self.namespace, account),
                json!({}),
            ));
        }
        if self.pilot {
            let settings = IstiodSettings::of(object.value().pointer("/spec/values"));
            let revision = self.revision.as_deref();
            for identity in istiod_objects(self.facts(), settings, revision, &self.namespace) {
                if self.manages_webhooks && identity.kind == "MutatingWebhookConfiguration" {
                    continue;
                }
                let value = self.istiod(object, &identity);
                values.push((identity, value));
            }
            if let Some(revision) = &self.revision {
                let tags = self.tags.iter().map(String::as_str);
                let tags = tags.chain(first.then_some("default"));
                let tags = tags.filter(|_| !self.manages_webhooks);
                for tag in tags {
                    values.extend(tag_values(self.facts(), tag, revision, &self.namespace));
                }
                for identity in leftovers(self.facts(), revision, &self.namespace) {
                    values.push((identity, json!({})));
                }
            }
        }
        if self.cni {
            for identity in cni_objects(self.facts(), &self.namespace) {
                let mut value = self.cni(&identity);
                overlay(object.value(), "cni", &identity.name, &identity, &mut value);
                values.push((identity, value));
            }
        }
        if self.ztunnel {
            values.extend(self.ztunnels(object));
        }
        // The rest contains objects of istiod.
        if !self.pilot && (self.cni || self.ztunnel) {
            let revision = self.revision.as_deref();
            let stored = installed_state(self.facts(), &self.name, revision, &self.namespace);
            values.extend(stored.map(|identity| (identity, json!({}))));
        }
        values
            .into_iter()
            .map(|(identity, value)| {
                let value = complete(&identity, value);
                // An overlay can change the name that the chart sets.
                let identity = Identity::of(&value).unwrap_or(identity);
                let mut made = Object::of(object.manifest.implies(identity, value), phase);
                made.implied = true;
                if let super::Facet::Cni(cni) = &mut made.facet {
                    cni.excluded.clone_from(&self.excluded);
                }
                made
            })
            .collect()
    }

    fn image(&self, name: &str) -> String {
        format!("{name}:{}", self.tag.as_deref().unwrap_or_default())
    }

    fn istiod(&self, object: &Object, identity: &Identity) -> Value {
        let service =
            json!({"namespace": self.namespace, "name": istiod_name(self.revision.as_deref())});
        match identity.kind.as_str() {
            "Deployment" => {
                let spec = object.value().pointer("/spec").cloned().unwrap_or_default();
                let at = |pointer: &str| spec.pointer(pointer).cloned();
                let mut env = vec![json!({"name": "REVISION", "value": self.revision()})];
                for (name, value) in texts(spec.pointer("/values/pilot/env")) {
                    env.push(json!({"name": name, "value": value}));
                }
                let own = at("/values/pilot/trustedZtunnelNamespace");
                let account = at("/unvalidatedValues/pilot/trustedZtunnelName");
                if (own.is_some() || account.is_some())
                    && !env.iter().any(|e| e["name"] == "CA_TRUSTED_NODE_ACCOUNTS")
                {
                    let namespace = own
                        .as_ref()
                        .and_then(Value::as_str)
                        .unwrap_or(&self.namespace);
                    let account = account
                        .as_ref()
                        .and_then(Value::as_str)
                        .unwrap_or("ztunnel");
                    env.push(json!({"name": "CA_TRUSTED_NODE_ACCOUNTS", "value": format!("{namespace}/{account}")}));
                }
                let nodes =
                    at("/components/pilot/k8s/nodeSelector").or(at("/values/pilot/nodeSelector"));
                json!({"spec": {
                "replicas": at("/components/pilot/k8s/replicaCount").unwrap_or(json!(1)),
                "selector": {"matchLabels": {"app": "istiod", "istio.io/rev": self.revision()}},
                "template": {
                    "metadata": {"labels": {"app": "istiod", "istio.io/rev": self.revision()}},
                    "spec": {
                        "serviceAccountName": istiod_name(self.revision.as_deref()),
                        "nodeSelector": nodes.unwrap_or_default(),
                        "containers": [{"name": "discovery", "image": self.image("pilot"), "env": env}],
                    }}}})
            }
            "Service" => service_of(self.revision()),
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
                json!({"webhooks": [{"clientConfig": {"service": service}}]})
            }
            _ => json!({}),
        }
    }

    fn cni(&self, identity: &Identity) -> Value {
        if identity.kind != "DaemonSet" {
            return json!({});
        }
        let labels = json!({"k8s-app": "istio-cni-node"});
        json!({"spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": "istio-cni",
                    "containers": [{"name": "install-cni", "image": self.image("install-cni")}]}}}})
    }

    /// ztunnel's DaemonSet and ServiceAccount, with the settings and overlays that istioctl of its version
    /// applies.
    fn ztunnels(&self, object: &Object) -> Vec<(Identity, Value)> {
        let spec = object.value();
        let known = self.facts().ztunnel_values;
        let renamed = spec.pointer(RESOURCE_NAME).and_then(Value::as_str);
        // `resourceName` exists since 1.25; before, the chart sets the name.
        let name = renamed
            .filter(|_| known >= ZtunnelValues::ResourceName)
            .unwrap_or("ztunnel");
        let mut env: Vec<Value> = Vec::new();
        let values = spec.pointer("/spec/values/ztunnel");
        if known >= ZtunnelValues::Revision {
            let service = istiod_name(self.revision.as_deref());
            let default = format!("{service}.{}.svc:15012", self.namespace);
            let of = |key: &str| {
                let value = values.and_then(|v| v.get(key)).and_then(Value::as_str);
                value
                    .filter(|v| !v.is_empty())
                    .unwrap_or(&default)
                    .to_owned()
            };
            let ca = of("caAddress");
            env.push(json!({"name": "XDS_ADDRESS", "value": of("xdsAddress")}));
            env.push(json!({"name": "CA_ADDRESS", "value": ca}));
        }
        for (key, value) in texts(values.and_then(|v| v.get("env"))) {
            env.push(json!({"name": key, "value": value}));
        }
        let by_settings = spec.pointer("/spec/components/ztunnel/k8s/nodeSelector");
        let by_values = values.and_then(|v| v.get("nodeSelector"));
        // From 1.24, istioctl applies `k8s` to the object with the name `ztunnel`, and silently drops it for
        // any other name.
        let by_settings = by_settings.filter(|_| name == "ztunnel");
        let by_values = by_values.filter(|_| known >= ZtunnelValues::NodeSelector);
        let mut labels = json!({"app": "ztunnel"});
        for (key, value) in texts(values.and_then(|v| v.get("podLabels"))) {
            labels[key] = json!(value);
        }
        let daemon_set = json!({"spec": {
            "selector": {"matchLabels": {"app": "ztunnel"}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": name,
                    "nodeSelector": by_values.or(by_settings).cloned().unwrap_or_default(),
                    "containers": [{"name": "istio-proxy", "image": self.image("ztunnel"), "env": env}]}}}});
        let mut made = vec![
            (
                Identity::namespaced("apps/v1", "DaemonSet", &self.namespace, name),
                daemon_set,
            ),
            (
                Identity::namespaced("v1", "ServiceAccount", &self.namespace, name),
                json!({}),
            ),
        ];
        for (identity, value) in &mut made {
            overlay(spec, "ztunnel", name, identity, value);
        }
        made
    }
}

/// Applies the overlays of a component to an object that the chart calls `name`.
fn overlay(spec: &Value, component: &str, name: &str, identity: &Identity, value: &mut Value) {
    let overlays = spec.pointer(&format!("/spec/components/{component}/k8s/overlays"));
    for overlay in overlays.and_then(Value::as_array).into_iter().flatten() {
        if overlay["kind"] == identity.kind.as_str() && overlay["name"] == name {
            *value = complete(identity, value.take());
            for patch in overlay["patches"].as_array().into_iter().flatten() {
                let path = patch["path"].as_str().unwrap_or_default();
                set(value, path, &patch["value"]);
            }
        }
    }
}

/// The Service of a revision's istiod.
pub(crate) fn service_of(revision: &str) -> Value {
    json!({"spec": {
        "selector": {"app": "istiod", "istio.io/rev": revision},
        "ports": [{"port": 15010}, {"port": 15012}, {"port": 443}, {"port": 15014}]}})
}

/// The name of the Deployment and Service of a revision's istiod.
fn istiod_name(revision: Option<&str>) -> String {
    revision.map_or_else(
        || "istiod".to_owned(),
        |revision| format!("istiod-{revision}"),
    )
}

/// Returns the objects of a tag with their relevant values: the revision, and the Service that their webhooks
/// call.
pub(crate) fn tag_values(
    facts: &Facts,
    tag: &str,
    revision: &str,
    namespace: &str,
) -> Vec<(Identity, Value)> {
    tag_objects(facts, tag, namespace)
        .into_iter()
        .map(|identity| {
            let mut labels = json!({"istio.io/rev": revision});
            if identity.name == tag_webhook(tag, namespace) || identity.kind == "Service" {
                labels["istio.io/tag"] = json!(tag);
            }
            let service = json!({"namespace": namespace, "name": istiod_name(Some(revision))});
            let selector = json!({"app": "istiod", "istio.io/rev": revision});
            let value = if identity.kind == "Service" {
                json!({"metadata": {"labels": labels}, "spec": {"selector": selector, "ports": [{"port": 15012}]}})
            } else {
                json!({"metadata": {"labels": labels}, "webhooks": [{"clientConfig": {"service": service}}]})
            };
            (identity, value)
        })
        .collect()
}

/// Adds an object's identity to its value.
pub(crate) fn complete(identity: &Identity, mut value: Value) -> Value {
    value["apiVersion"] = json!(identity.api_version);
    value["kind"] = json!(identity.kind);
    if value["metadata"]["name"].is_null() {
        value["metadata"]["name"] = json!(identity.name);
        if let Some(namespace) = &identity.namespace {
            value["metadata"]["namespace"] = json!(namespace);
        }
    }
    value
}

/// Sets the value at a path of an overlay: dots separate, `\.` is a dot in a key. Paths into lists are
/// ignored, because these objects do not contain the lists.
fn set(value: &mut Value, path: &str, new: &Value) {
    let marked = path.replace("\\.", "\u{0}");
    let mut place = value;
    for key in marked.split('.') {
        if key.starts_with('[') || !(place.is_object() || place.is_null()) {
            return;
        }
        place = &mut place[key.replace('\u{0}', ".")];
    }
    *place = new.clone();
}
