//! Settings that the existing mesh was installed with, as its objects show them, and the chart values that
//! set them.

use serde_json::{Value, json};

use crate::plan::ValuesFile;
use crate::state::Object;

pub(super) struct InstalledSetting {
    /// The name in findings.
    name: String,
    /// The value in the existing objects.
    there: Value,
    /// The chart values that set it, as in [`ValuesFile::get`]; the first one that is given takes precedence.
    pointers: Vec<String>,
    /// The value without any chart value.
    default: Value,
    /// A chart value that changes the default to one that only the chart knows.
    defaults: Option<&'static str>,
}

impl InstalledSetting {
    fn new(name: &str, there: Value, pointers: &[&str], default: Value) -> Self {
        Self {
            name: name.to_owned(),
            there,
            pointers: pointers.iter().map(|&pointer| pointer.to_owned()).collect(),
            default,
            defaults: None,
        }
    }

    /// Returns whether the setting differs from the default of the chart.
    pub fn is_own(&self) -> bool {
        self.there != self.default
    }

    /// Returns what the values of the plan would set instead; `None` if the setting stays the same.
    pub fn otherwise(&self, values: &ValuesFile) -> Option<String> {
        let given = self.pointers.iter().find_map(|pointer| values.get(pointer));
        if given.is_none() && self.defaults.is_some_and(|by| values.get(by).is_some()) {
            return None;
        }
        let planned = given.map_or_else(|| self.default.clone(), normal);
        (planned != self.there).then(|| shown(&planned))
    }

    /// Returns a text such as `name=value`.
    pub fn in_words(&self) -> String {
        format!("{}={}", self.name, shown(&self.there))
    }
}

/// Normalizes a value to the form in objects: lists become sorted names, and scalars become strings.
fn normal(value: &Value) -> Value {
    match value {
        Value::Array(list) => {
            let name = |one: &Value| match one {
                Value::Object(map) => map.get("name").cloned().unwrap_or_default(),
                other => other.clone(),
            };
            let mut names: Vec<Value> = list.iter().map(name).collect();
            names.sort_by_key(Value::to_string);
            Value::Array(names)
        }
        Value::Bool(_) | Value::Number(_) => json!(value.to_string()),
        Value::Null => json!(""),
        other => other.clone(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let all: Vec<String> = list.iter().map(shown).collect();
            all.join(",")
        }
        other => other.to_string(),
    }
}

/// Environment variables of istiod that identify a mesh, the chart values that set them, and their defaults.
///
/// Source: `istio/istio:manifests/charts/istio-control/istio-discovery/templates/deployment.yaml`; variables
/// that have no chart value there are set by `pilot.env`.
const ISTIOD: [(&str, &[&str], &str); 8] = [
    (
        "CLUSTER_ID",
        &["/global/multiCluster/clusterName"],
        "Kubernetes",
    ),
    (
        "PILOT_CERT_PROVIDER",
        &["/global/pilotCertProvider"],
        "istiod",
    ),
    ("ENABLE_CA_SERVER", &[], "true"),
    ("EXTERNAL_CA", &[], ""),
    ("CA_ADDR", &["/global/caAddress"], ""),
    ("K8S_SIGNER", &[], ""),
    ("TRUST_DOMAIN", &[], "cluster.local"),
    ("MULTI_ROOT_MESH", &[], ""),
];

pub(super) fn of_istiod(object: &Object) -> Vec<InstalledSetting> {
    let of = |(name, pointers, default): &(&str, &[&str], &str)| {
        let there = variable(object, name).unwrap_or(default);
        let mut setting = InstalledSetting::new(name, json!(there), pointers, json!(default));
        setting.pointers.insert(0, format!("/pilot/env/{name}"));
        setting
    };
    let mut settings: Vec<InstalledSetting> = ISTIOD.iter().map(of).collect();
    settings.push(pulls(object, &["/global/imagePullSecrets"]));
    settings
}

/// Returns the settings of istio-cni, which depend on the platform.
///
/// Source: `istio/istio:manifests/charts/istio-cni/templates/daemonset.yaml`.
pub(super) fn of_cni(object: &Object) -> Vec<InstalledSetting> {
    let folder = |volume: &str, key: &str, default: &str| {
        let volumes = object.value().pointer("/spec/template/spec/volumes");
        let mut volumes = volumes.and_then(Value::as_array).into_iter().flatten();
        let own = volumes.find(|one| one["name"] == volume);
        let path = own.and_then(|one| one.pointer("/hostPath/path")?.as_str());
        let there = json!(path.unwrap_or(default));
        InstalledSetting {
            defaults: Some("/global/platform"),
            ..InstalledSetting::new(key, there, &[&format!("/cni/{key}")], json!(default))
        }
    };
    vec![
        folder("cni-bin-dir", "cniBinDir", "/opt/cni/bin"),
        folder("cni-net-dir", "cniConfDir", "/etc/cni/net.d"),
        pulls(
            object,
            &["/cni/imagePullSecrets", "/global/imagePullSecrets"],
        ),
    ]
}

/// Source: `istio/istio:manifests/charts/ztunnel/templates/daemonset.yaml`.
pub(super) fn of_ztunnel(object: &Object) -> Vec<InstalledSetting> {
    let cluster = ["ISTIO_META_CLUSTER_ID", "CLUSTER_ID"];
    let cluster = cluster.iter().find_map(|name| variable(object, name));
    let text = |name: &str| json!(variable(object, name).unwrap_or_default());
    let spec = object.value().pointer("/spec/template/spec");
    let field = |name: &str| spec.and_then(|spec| spec.get(name)).cloned();
    let mut selector = field("nodeSelector").unwrap_or_else(|| json!({}));
    if let Some(selector) = selector.as_object_mut() {
        // The chart sets this label itself.
        selector.shift_remove("kubernetes.io/os");
    }
    let affinity = field("affinity").unwrap_or_else(|| json!({}));
    vec![
        InstalledSetting::new(
            "clusterName",
            json!(cluster.unwrap_or("Kubernetes")),
            &[
                "/ztunnel/multiCluster/clusterName",
                "/global/multiCluster/clusterName",
            ],
            json!("Kubernetes"),
        ),
        InstalledSetting::new(
            "NETWORK",
            text("NETWORK"),
            &[
                "/ztunnel/network",
                "/global/network",
                "/ztunnel/env/NETWORK",
            ],
            json!(""),
        ),
        InstalledSetting::new(
            "TRUST_DOMAIN",
            text("TRUST_DOMAIN"),
            &["/ztunnel/env/TRUST_DOMAIN"],
            json!(""),
        ),
        InstalledSetting::new(
            "nodeSelector",
            selector,
            &["/ztunnel/nodeSelector"],
            json!({}),
        ),
        InstalledSetting::new("affinity", affinity, &["/ztunnel/affinity"], json!({})),
        pulls(
            object,
            &["/ztunnel/imagePullSecrets", "/global/imagePullSecrets"],
        ),
    ]
}

/// Returns an environment variable of the first container.
fn variable<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    let env = object
        .value()
        .pointer("/spec/template/spec/containers/0/env")?
        .as_array()?;
    let own = env.iter().find(|one| one["name"] == name)?;
    own.get("value")?.as_str()
}

fn pulls(object: &Object, pointers: &[&str]) -> InstalledSetting {
    let secrets = object
        .value()
        .pointer("/spec/template/spec/imagePullSecrets");
    let there = secrets.map_or_else(|| json!([]), normal);
    InstalledSetting::new("imagePullSecrets", there, pointers, json!([]))
}
