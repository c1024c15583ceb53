//! Which values of the ztunnel chart a plain DaemonSet supports, and the first version whose chart has each.
//!
//! Source: `istio/istio@TAG:manifests/charts/ztunnel/values.yaml` and the templates next to it, at the tags
//! that change them.

use semver::Version;
use serde_json::Value;

use super::values::ValuesFile;
use crate::istio::Facts;
use crate::text::nearest;

/// How a value of the ztunnel chart is handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartValue {
    /// It is written into the DaemonSet or the ServiceAccount.
    Written,
    /// No version of the chart has it; a similar value, if there is one.
    Unknown(Option<&'static str>),
    /// The chart has it only from this version on.
    Later(&'static str),
    /// It creates a separate object, or the plan replaces it; the reason.
    Elsewhere(&'static str),
    /// It does not have the type that the chart expects; the expected type.
    Wrong(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Flag,
    Seconds,
    /// A mapping with any values.
    Mapping,
    /// A mapping with scalar values.
    Texts,
    /// A list of mappings.
    Mappings,
    /// A list of names, or of mappings with a `name`.
    Names,
    /// `requests` and `limits`, each a mapping of quantities.
    Resources,
    Any,
}

impl Type {
    /// Returns the expected type if a value has another one.
    fn refuses(self, value: &Value) -> Option<&'static str> {
        let scalar = |value: &Value| !(value.is_object() || value.is_array());
        let map = |value: &Value, holds: &dyn Fn(&Value) -> bool| {
            value.as_object().is_some_and(|map| map.values().all(holds))
        };
        let list = |value: &Value, holds: &dyn Fn(&Value) -> bool| {
            value.as_array().is_some_and(|list| list.iter().all(holds))
        };
        let (right, wanted) = match self {
            Self::Text => (value.is_string(), "a string"),
            Self::Flag => (value.is_boolean(), "`true` or `false`"),
            Self::Seconds => (value.is_u64(), "a whole number of seconds"),
            Self::Mapping => (value.is_object(), "a mapping"),
            Self::Texts => (map(value, &scalar), "a mapping with string values"),
            Self::Mappings => (list(value, &Value::is_object), "a list of mappings"),
            Self::Names => (
                list(value, &|one| one.is_string() || one["name"].is_string()),
                "a list of names",
            ),
            Self::Resources => (
                map(value, &|group| group.is_null() || map(group, &scalar)),
                "`requests` and `limits`, each with quantities",
            ),
            Self::Any => (true, ""),
        };
        (!right && !value.is_null()).then_some(wanted)
    }
}

const ALWAYS: &str = "1.18.0-alpha.0";

/// The values of the chart: key, first version, type, and the reason if it is not written.
const KEYS: &[(&str, &str, Type, Option<&str>)] = &[
    ("affinity", "1.23.0", Type::Mapping, None),
    ("annotations", ALWAYS, Type::Texts, None),
    ("dnsConfig", "1.30.0", Type::Mapping, None),
    ("dnsPolicy", "1.30.0", Type::Text, None),
    ("env", ALWAYS, Type::Texts, None),
    ("imagePullPolicy", ALWAYS, Type::Text, None),
    ("imagePullSecrets", ALWAYS, Type::Names, None),
    ("labels", ALWAYS, Type::Texts, None),
    ("logAsJson", "1.24.0", Type::Flag, None),
    ("logLevel", "1.21.0", Type::Text, None),
    ("meshConfig", ALWAYS, Type::Mapping, None),
    ("multiCluster", ALWAYS, Type::Mapping, None),
    ("network", "1.27.0", Type::Text, None),
    ("nodeSelector", "1.23.0", Type::Texts, None),
    ("podAnnotations", ALWAYS, Type::Texts, None),
    ("podLabels", ALWAYS, Type::Texts, None),
    ("resources", ALWAYS, Type::Resources, None),
    ("seLinuxOptions", "1.22.0", Type::Mapping, None),
    (
        "terminationGracePeriodSeconds",
        "1.19.0",
        Type::Seconds,
        None,
    ),
    ("tolerations", "1.27.0", Type::Mappings, None),
    // The chart of istio-cni has it too: `releasenotes/notes/ambient-customize-updatestrategy.yaml`.
    ("updateStrategy", "1.26.0", Type::Mapping, None),
    ("variant", ALWAYS, Type::Text, None),
    ("volumeMounts", "1.21.0", Type::Mappings, None),
    ("volumes", "1.21.0", Type::Mappings, None),
    (
        "peerCaCrl",
        "1.29.0",
        Type::Any,
        Some("the chart mounts the certificate revocation list from a separate volume"),
    ),
    (
        "resourceQuotas",
        "1.26.0",
        Type::Any,
        Some("the chart creates a separate ResourceQuota for it"),
    ),
    (
        "resourceScope",
        "1.28.0",
        Type::Any,
        Some("the plan writes every object"),
    ),
    (
        "trustBundleName",
        "1.27.0",
        Type::Any,
        Some("both revisions read the ConfigMap `istio-ca-root-cert`"),
    ),
    // These contradict the plan if they are set; `check::decided` reports that.
    ("caAddress", ALWAYS, Type::Any, None),
    ("enabled", ALWAYS, Type::Any, None),
    ("hub", ALWAYS, Type::Any, None),
    ("image", ALWAYS, Type::Any, None),
    ("istioNamespace", ALWAYS, Type::Any, None),
    ("resourceName", ALWAYS, Type::Any, None),
    ("revision", ALWAYS, Type::Any, None),
    ("tag", ALWAYS, Type::Any, None),
    ("xdsAddress", ALWAYS, Type::Any, None),
];

/// Returns how each value of a file is handled at a version, by its pointer below `ztunnel`.
#[must_use]
pub fn places(file: &ValuesFile, facts: &Facts) -> Vec<(String, ChartValue)> {
    let own = file.values.get("ztunnel").and_then(Value::as_object);
    own.into_iter()
        .flatten()
        .map(|(key, value)| (format!("/{key}"), place(key, value, facts)))
        .collect()
}

fn place(key: &str, value: &Value, facts: &Facts) -> ChartValue {
    let Some((_, since, kind, elsewhere)) = KEYS.iter().find(|(known, ..)| *known == key) else {
        return ChartValue::Unknown(nearest(key, KEYS.iter().map(|(known, ..)| *known)));
    };
    if let Some(wanted) = kind.refuses(value) {
        return ChartValue::Wrong(wanted);
    }
    if !has(since, facts) {
        return ChartValue::Later(since);
    }
    elsewhere.map_or(ChartValue::Written, ChartValue::Elsewhere)
}

/// Returns whether the chart of a version has a value.
#[must_use]
pub fn chart_has(key: &str, facts: &Facts) -> bool {
    let known = KEYS.iter().find(|(known, ..)| *known == key);
    known.is_some_and(|(_, since, ..)| has(since, facts))
}

fn has(since: &str, facts: &Facts) -> bool {
    match (Version::parse(since), Version::parse(facts.last)) {
        (Ok(since), Ok(last)) => since <= last,
        _ => false,
    }
}
