//! Which values of the ztunnel chart have a place in a plain DaemonSet, and from which version on the chart has them.
//!
//! Source: `istio/istio@TAG:manifests/charts/ztunnel/values.yaml` and the templates beside it, at the tags at which they change.

use semver::Version;
use serde_json::Value;

use super::nearest;
use super::values::ValuesFile;
use crate::istio::Facts;

/// What becomes of a value of the ztunnel chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It is written into the DaemonSet or the ServiceAccount.
    Written,
    /// No version's chart has it; perhaps the one that is meant.
    Unknown(Option<&'static str>),
    /// The chart has it from this version on only.
    Later(&'static str),
    /// It stands for an object of its own, or for what the plan does otherwise.
    Elsewhere(&'static str),
}

const ALWAYS: &str = "1.18.0-alpha.0";

/// The chart's values: key, first version, and why it is not written where it is not.
const KEYS: &[(&str, &str, Option<&str>)] = &[
    ("affinity", "1.23.0", None),
    ("annotations", ALWAYS, None),
    ("dnsConfig", "1.30.0", None),
    ("dnsPolicy", "1.30.0", None),
    ("env", ALWAYS, None),
    ("imagePullPolicy", ALWAYS, None),
    ("imagePullSecrets", ALWAYS, None),
    ("labels", ALWAYS, None),
    ("logAsJson", "1.24.0", None),
    ("logLevel", "1.21.0", None),
    ("meshConfig", ALWAYS, None),
    ("multiCluster", ALWAYS, None),
    ("network", "1.27.0", None),
    ("nodeSelector", "1.23.0", None),
    ("podAnnotations", ALWAYS, None),
    ("podLabels", ALWAYS, None),
    ("resources", ALWAYS, None),
    ("seLinuxOptions", "1.22.0", None),
    ("terminationGracePeriodSeconds", "1.19.0", None),
    ("tolerations", "1.27.0", None),
    ("updateStrategy", "1.26.0", None),
    ("variant", ALWAYS, None),
    ("volumeMounts", "1.21.0", None),
    ("volumes", "1.21.0", None),
    (
        "peerCaCrl",
        "1.29.0",
        Some("the list of revoked certificates is a volume of its own"),
    ),
    (
        "resourceQuotas",
        "1.26.0",
        Some("it is a ResourceQuota of its own"),
    ),
    (
        "resourceScope",
        "1.28.0",
        Some("the plan writes every object"),
    ),
    (
        "trustBundleName",
        "1.27.0",
        Some("both revisions read the ConfigMap `istio-ca-root-cert`"),
    ),
    // These contradict the plan where they say something; that is said elsewhere.
    ("caAddress", ALWAYS, None),
    ("enabled", ALWAYS, None),
    ("hub", ALWAYS, None),
    ("image", ALWAYS, None),
    ("istioNamespace", ALWAYS, None),
    ("resourceName", ALWAYS, None),
    ("revision", ALWAYS, None),
    ("tag", ALWAYS, None),
    ("xdsAddress", ALWAYS, None),
];

/// Returns what becomes of each value of a file at a version, by its pointer below `ztunnel`.
#[must_use]
pub fn places(file: &ValuesFile, facts: &Facts) -> Vec<(String, Place)> {
    let own = file.values.get("ztunnel").and_then(Value::as_object);
    own.into_iter()
        .flatten()
        .map(|(key, _)| (format!("/{key}"), place(key, facts)))
        .collect()
}

fn place(key: &str, facts: &Facts) -> Place {
    let Some((_, since, elsewhere)) = KEYS.iter().find(|(known, ..)| *known == key) else {
        return Place::Unknown(nearest(key, KEYS.iter().map(|(known, ..)| *known)));
    };
    if !has(since, facts) {
        return Place::Later(since);
    }
    elsewhere.map_or(Place::Written, Place::Elsewhere)
}

/// Returns whether a version's chart has a value.
#[must_use]
pub fn chart_has(key: &str, facts: &Facts) -> bool {
    let known = KEYS.iter().find(|(known, ..)| *known == key);
    known.is_some_and(|(_, since, _)| has(since, facts))
}

fn has(since: &str, facts: &Facts) -> bool {
    match (Version::parse(since), Version::parse(facts.last)) {
        (Ok(since), Ok(last)) => since <= last,
        _ => false,
    }
}
