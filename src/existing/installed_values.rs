//! Settings that the mesh that is there was installed with, as its objects show them, and where charts take each from.

use serde_json::{Value, json};

use crate::plan::ValuesFile;
use crate::state::Object;

/// One setting of a component.
pub(super) struct InstalledSetting {
    /// How people know it.
    name: String,
    /// What the objects that are there have.
    there: Value,
    /// Where a chart takes it from, as [`ValuesFile::get`] names it; the first that is given counts.
    pointers: Vec<String>,
    /// What the chart makes of no value.
    default: Value,
    /// A value by which the chart has another default, which only the chart knows.
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

    /// Whether it is another one than a chart without values makes.
    pub fn is_own(&self) -> bool {
        self.there != self.default
    }

    /// What the plan's values make of it, where that is something else; nothing where it is the same.
    pub fn otherwise(&self, values: &ValuesFile) -> Option<String> {
        let given = self.pointers.iter().find_map(|pointer| values.get(pointer));
        if given.is_none() && self.defaults.is_some_and(|by| values.get(by).is_some()) {
            return None;
        }
        let planned = given.map_or_else(|| self.default.clone(), normal);
        (planned != self.there).then(|| shown(&planned))
    }

    /// Says what is there.
    pub fn in_words(&self) -> String {
        format!("{}={}", self.name, shown(&self.there))
    }
}

/// A value as objects show it: lists of names without their order, and texts.
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

/// Environment of istiod by which a mesh is another one, where its chart takes it from, and what it is without values.
///
/// Source: `istio/istio:manifests/charts/istio-control/istio-discovery/templates/deployment.yaml`; what has no place of its own there comes by
/// `pilot.env`.
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

/// The settings of a control plane.
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

/// The settings of istio-cni: where a platform wants its files.
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

/// The settings of a ztunnel.
///
/// Source: `istio/istio:manifests/charts/ztunnel/templates/daemonset.yaml`.
pub(super) fn of_ztunnel(object: &Object) -> Vec<InstalledSetting> {
    let cluster = ["ISTIO_META_CLUSTER_ID", "CLUSTER_ID"];
    let cluster = cluster.iter().find_map(|name| variable(object, name));
    let text = |name: &str| json!(variable(object, name).unwrap_or_default());
    let spec = object.value().pointer("/spec/template/spec");
    let field = |name: &str| spec.and_then(|spec| spec.get(name)).cloned();
    let mut selector = field("nodeSelector").unwrap_or_else(|| json!({}));
    if let Some(selector) = selector.as_object_mut() {
        // The chart's own.
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

/// A variable of the first container.
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
