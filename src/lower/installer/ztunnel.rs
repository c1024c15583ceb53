//! A revision's ztunnel: a plain DaemonSet from the chart's values, or the values and overlays with which
//! istioctl creates the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::istio::ZtunnelValues;
use crate::lower::context::{Context, Rev};
use crate::lower::installer::mesh;
use crate::plan::{Component, ValuesFile, chart_has, merge_under};
use crate::step::{IstioOperator, ZtunnelManifest, ZtunnelSettings};

/// Values for which the chart falls back to `global` (`templates/zzz_profile.yaml`).
const FROM_GLOBAL: [&str; 6] = [
    "imagePullPolicy",
    "imagePullSecrets",
    "logAsJson",
    "multiCluster",
    "network",
    "variant",
];

/// Values and the field of the pod or container that each one sets.
const OTHER: [(&str, &str); 9] = [
    ("affinity", "affinity"),
    ("dnsConfig", "dns_config"),
    ("dnsPolicy", "dns_policy"),
    ("imagePullPolicy", "image_pull_policy"),
    ("seLinuxOptions", "se_linux_options"),
    ("tolerations", "tolerations"),
    ("updateStrategy", "update_strategy"),
    ("volumeMounts", "volume_mounts"),
    ("volumes", "volumes"),
];

/// Returns the ztunnel object of a revision.
pub(in crate::lower) fn object(context: &Context, rev: &Rev) -> ZtunnelManifest {
    let namespace = context.istio_namespace();
    let values = ChartValues {
        file: context.values.of(Component::Ztunnel),
        rev,
    };
    let mut pool: BTreeMap<String, String> = values.texts("nodeSelector");
    pool.extend(rev.pool.clone());
    ZtunnelManifest {
        name: rev.ztunnel(),
        namespace: namespace.to_owned(),
        revision: rev.name.clone(),
        hub: context.hub(rev),
        tag: rev.version.clone(),
        address: address(context, rev),
        pool,
        facts: rev.facts.ztunnel,
        settings: values.settings(),
    }
}

/// Sets `OnDelete`, so that a ztunnel does not replace its pods automatically.
pub(in crate::lower) fn on_delete(object: &mut ZtunnelManifest) {
    for (name, value) in &mut object.settings.other {
        if *name == "update_strategy" {
            *value = json!({"type": "OnDelete"});
        }
    }
}

/// The IstioOperator with which istioctl of this version creates a DaemonSet and ServiceAccount for the
/// revision.
///
/// Values cannot set the selector in any version; they set the name from 1.25 (`resourceName`) and the nodes
/// from 1.23. The rest needs overlays and settings for the object that the chart calls `ztunnel`.
pub(in crate::lower) fn operator(context: &Context, rev: &Rev) -> IstioOperator {
    let name = rev.ztunnel();
    let known = rev.facts.ztunnel_values;
    let (mut own, mut k8s) = (json!({}), json!({}));
    if known >= ZtunnelValues::ResourceName {
        own["resourceName"] = json!(name);
        own["podLabels"] = json!({ REVISION: rev.name });
    }
    if known >= ZtunnelValues::NodeSelector {
        own["nodeSelector"] = json!(rev.pool);
    } else {
        k8s["nodeSelector"] = json!(rev.pool);
    }
    if known == ZtunnelValues::Env {
        let address = address(context, rev);
        own["env"] = json!({"XDS_ADDRESS": address, "CA_ADDRESS": address});
    }
    let key = REVISION.replace('.', "\\.");
    let patch = |path: String, value: &str| json!({"path": path, "value": value});
    let mut patches = vec![patch(format!("spec.selector.matchLabels.{key}"), &rev.name)];
    let renamed = known >= ZtunnelValues::ResourceName;
    if !renamed {
        patches.push(patch(
            format!("spec.template.metadata.labels.{key}"),
            &rev.name,
        ));
        patches.push(patch("metadata.name".to_owned(), &name));
    }
    // The chart of 1.25.0 gives the account the name `ztunnel`, whatever `resourceName` is.
    patches.push(patch(
        "spec.template.spec.serviceAccountName".to_owned(),
        &name,
    ));
    let chart = if renamed { name.as_str() } else { "ztunnel" };
    let mut overlays = vec![
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "name": chart, "patches": patches}),
    ];
    if !renamed {
        overlays.push(
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "name": chart,
            "patches": [patch("metadata.name".to_owned(), &name)]}),
        );
    }
    k8s["overlays"] = json!(overlays);
    IstioOperator {
        revision: Some(rev.name.clone()),
        k8s: Some(k8s),
        ..mesh::operator(
            context,
            rev,
            &name,
            &json!({ "ztunnel": own }),
            Some(Component::Ztunnel),
        )
    }
}

/// `host:port` of the revision's istiod, with the scheme if the version requires it.
fn address(context: &Context, rev: &Rev) -> String {
    format!(
        "{}{}.{}.svc:15012",
        rev.facts.ztunnel.address_scheme,
        rev.istiod(),
        context.istio_namespace()
    )
}

/// The label that distinguishes the ztunnels of two revisions.
const REVISION: &str = "meshplan.dev/revision";

/// The user's values that the version's chart has.
struct ChartValues<'a> {
    file: Option<&'a ValuesFile>,
    rev: &'a Rev,
}

impl ChartValues<'_> {
    /// Returns a top-level value, or nothing if the version's chart does not have it.
    fn get(&self, key: &str) -> Option<&Value> {
        let file = self.file.filter(|_| chart_has(key, self.rev.facts))?;
        let own = file.get(&format!("/ztunnel/{key}"));
        let shared = || {
            FROM_GLOBAL
                .contains(&key)
                .then(|| file.get(&format!("/global/{key}")))
                .flatten()
        };
        own.or_else(shared).filter(|value| {
            !value.is_null() && **value != json!("") && **value != json!({}) && **value != json!([])
        })
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(plain)
    }

    /// Returns a mapping with scalar values as text.
    fn texts(&self, key: &str) -> BTreeMap<String, String> {
        texts(self.get(key))
    }

    fn settings(&self) -> ZtunnelSettings {
        let facts = self.rev.facts.ztunnel;
        let resources = self.resources();
        let grace = self
            .get("terminationGracePeriodSeconds")
            .and_then(Value::as_u64);
        let pairs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect()
        };
        let mut pod_annotations = BTreeMap::from([
            ("prometheus.io/port".to_owned(), "15020".to_owned()),
            ("prometheus.io/scrape".to_owned(), "true".to_owned()),
        ]);
        pod_annotations.extend(self.texts("podAnnotations"));
        pod_annotations.extend(pairs(facts.annotations));
        let mut pod_labels = pairs(facts.labels);
        pod_labels.extend(self.texts("podLabels"));
        let secrets = self.get("imagePullSecrets").and_then(Value::as_array);
        ZtunnelSettings {
            suffix: self
                .text("variant")
                .map_or_else(String::new, |v| format!("-{v}")),
            env: self.env(grace),
            resource_env: facts
                .resource_env
                .iter()
                .filter(|one| !one.if_there || resources.pointer(&one.pointer()).is_some())
                .collect(),
            resources,
            pod_annotations,
            pod_labels,
            labels: self.texts("labels"),
            annotations: self.texts("annotations"),
            termination_grace_period: facts
                .termination_grace_period
                .map(|default| grace.unwrap_or(u64::from(default))),
            image_pull_secrets: secrets
                .into_iter()
                .flatten()
                .map(|secret| secret.get("name").map_or_else(|| plain(secret), plain))
                .collect(),
            other: OTHER
                .iter()
                .map(|(key, name)| (*name, self.get(key).cloned().unwrap_or_default()))
                .collect(),
        }
    }

    /// The default resources of the chart, merged with the user's values; as in Helm, null removes a default.
    fn resources(&self) -> Value {
        let default = self.rev.facts.ztunnel.requests.as_ref();
        let default = default.map_or_else(
            || json!({}),
            |requests| json!({"requests": {"cpu": requests.cpu, "memory": requests.memory}}),
        );
        let own = self.get("resources").filter(|own| own.is_object());
        let mut resources = own.cloned().unwrap_or_else(|| json!({}));
        for (group, wanted) in default.as_object().into_iter().flatten() {
            let removed = |pointer: &str| resources.pointer(pointer).is_some_and(Value::is_null);
            if removed(&format!("/{group}")) {
                continue;
            }
            let mut wanted = wanted.clone();
            if let Value::Object(wanted) = &mut wanted {
                wanted.retain(|name, _| !removed(&format!("/{group}/{name}")));
            }
            merge_under(&mut resources[group], &wanted);
        }
        let mut whole = Value::Null;
        merge_under(&mut whole, &resources);
        if let Value::Object(groups) = &mut whole {
            groups.retain(|_, group| group.as_object().is_none_or(|group| !group.is_empty()));
        }
        whole
    }

    /// The environment of the version, with the settings that become variables, followed by the user's
    /// variables.
    fn env(&self, grace: Option<u64>) -> Vec<(String, String)> {
        let cluster = self
            .get("multiCluster")
            .and_then(|m| m.get("clusterName"))
            .map(plain)
            .filter(|name| !name.is_empty());
        let set = |name: &str| match name {
            "RUST_LOG" => self.text("logLevel"),
            "TERMINATION_GRACE_PERIOD_SECONDS" => grace.map(|seconds| seconds.to_string()),
            "CLUSTER_ID" | "ISTIO_META_CLUSTER_ID" => cluster.clone(),
            _ => None,
        };
        let mut env: Vec<(String, String)> = self
            .rev
            .facts
            .ztunnel
            .env
            .iter()
            .map(|(name, value)| {
                let value = set(name).unwrap_or_else(|| (*value).to_owned());
                ((*name).to_owned(), value)
            })
            .collect();
        let mut more: Vec<(String, String)> = Vec::new();
        if self.get("logAsJson") == Some(&json!(true)) {
            more.push(("LOG_FORMAT".to_owned(), "json".to_owned()));
        }
        more.extend(
            self.text("network")
                .map(|network| ("NETWORK".to_owned(), network)),
        );
        let proxy = self
            .get("meshConfig")
            .and_then(|mesh| mesh.pointer("/defaultConfig/proxyMetadata"));
        more.extend(texts(proxy));
        more.extend(self.texts("env"));
        for (name, value) in more {
            // The API server rejects duplicate names.
            match env.iter_mut().find(|(known, _)| *known == name) {
                Some((_, own)) => *own = value,
                None => env.push((name, value)),
            }
        }
        env
    }
}

/// Returns a scalar as the text that Helm writes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), plain(value)))
        .collect()
}
