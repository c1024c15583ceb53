//! The user's chart values: read from their files, and arranged for istioctl and for the plain ztunnel
//! DaemonSet.
//!
//! The charts of istiod and istio-cni accept their values below `pilot` and `cni` in all versions, and from
//! 1.24 on also flat. istioctl accepts only the first form (`operator/pkg/apis/values_types.proto`). The
//! values of the ztunnel chart are flat in every version.

use std::ops::Range;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::text::yaml::Document;

/// The component that chart values are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    Istiod,
    Cni,
    Ztunnel,
}

impl Component {
    /// Returns its key in the plan.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Istiod => "istiod",
            Self::Cni => "cni",
            Self::Ztunnel => "ztunnel",
        }
    }

    /// Returns the group in which istioctl expects the values of its chart.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::Istiod => "pilot",
            Self::Cni => "cni",
            Self::Ztunnel => "ztunnel",
        }
    }
}

/// Top-level keys of chart values that are groups in both forms.
const GROUPS: [&str; 16] = [
    "global",
    "pilot",
    "cni",
    "meshConfig",
    "telemetry",
    "sidecarInjectorWebhook",
    "istio_cni",
    "base",
    "compatibilityVersion",
    "experimental",
    "gatewayClasses",
    "revision",
    "revisionTags",
    "defaultRevision",
    "profile",
    "ownerName",
];

#[derive(Debug, Clone)]
pub struct ValuesFile {
    pub component: Component,
    /// The path of the file as findings show it.
    pub source: String,
    document: Option<Rc<Document>>,
    /// The values in the form of istioctl: below `pilot`, `cni` or `ztunnel`, next to `global` and others.
    pub values: Map<String, Value>,
}

impl ValuesFile {
    /// Reads values; an empty file has none.
    #[must_use]
    pub fn of(component: Component, source: &str, document: Option<Rc<Document>>) -> Self {
        let mut values = Map::new();
        let own = document.as_ref().and_then(|d| d.value.as_object());
        for (key, value) in own.into_iter().flatten() {
            if is_group(component, key) {
                merge_under(values.entry(key).or_insert(Value::Null), value);
            } else {
                let group = values.entry(component.group()).or_insert(Value::Null);
                if group.is_null() {
                    *group = json!({});
                }
                // A group that is not a mapping is rejected by its schema.
                if group.is_object() {
                    merge_under(&mut group[key], value);
                }
            }
        }
        Self {
            component,
            source: source.to_owned(),
            document,
            values,
        }
    }

    /// Returns a value by its pointer in the form of istioctl, such as `/pilot/env/X`.
    #[must_use]
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        let mut parts = pointer.splitn(3, '/').skip(1);
        let first = self.values.get(parts.next()?)?;
        match parts.next() {
            Some(rest) => first.pointer(&format!("/{rest}")),
            None => Some(first),
        }
    }

    /// Returns the byte range in the file of the key of a value, by the pointer of [`ValuesFile::get`].
    #[must_use]
    pub fn key_range(&self, pointer: &str) -> Range<usize> {
        let Some(document) = &self.document else {
            return 0..0;
        };
        let group = format!("/{}/", self.component.group());
        let flat = pointer.strip_prefix(&group).map(|rest| format!("/{rest}"));
        let written = |pointer: &str| document.value.pointer(pointer).is_some();
        match flat {
            Some(flat) if !written(pointer) && written(&flat) => document.key_range(&flat),
            _ => document.key_range(pointer),
        }
    }
}

fn is_group(component: Component, key: &str) -> bool {
    match component {
        // In this chart `meshConfig`, `env` and others are values of the chart itself.
        Component::Ztunnel => key == "global" || key == "profile",
        Component::Istiod | Component::Cni => GROUPS.contains(&key),
    }
}

/// Merges values into others without overwriting: existing values stay, mappings are merged, and null counts
/// as unset.
pub fn merge_under(over: &mut Value, under: &Value) {
    match (over, under) {
        (Value::Object(over), Value::Object(under)) => {
            for (key, value) in under {
                if value.is_null() {
                    continue;
                }
                merge_under(over.entry(key).or_insert(Value::Null), value);
            }
        }
        (over @ Value::Null, under) => *over = without_null(under),
        _ => {}
    }
}

fn without_null(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_null(value)))
            .collect(),
        other => other.clone(),
    }
}

/// Values that a chart accepts and that the types of istioctl do not have in any version up to 1.31. They are
/// passed in `unvalidatedValues`.
const UNVALIDATED: [(&str, &[&str]); 2] = [
    ("pilot", &["deploymentAnnotations"]),
    ("cni", &["tolerations", "ambient/enablementSelectors"]),
];

/// Splits values into those that istioctl validates and those that it does not (`spec.unvalidatedValues`).
#[must_use]
pub fn split(values: &Map<String, Value>) -> (Value, Value) {
    let mut known = Value::Object(values.clone());
    let mut unseen = json!({});
    for (group, keys) in UNVALIDATED {
        for key in keys {
            let (place, last) = key.rsplit_once('/').unwrap_or(("", key));
            let place = if place.is_empty() {
                format!("/{group}")
            } else {
                format!("/{group}/{place}")
            };
            let Some(Value::Object(from)) = known.pointer_mut(&place) else {
                continue;
            };
            if let Some(value) = from.remove(last) {
                let mut to = &mut unseen;
                for part in place.split('/').skip(1) {
                    to = &mut to[part];
                }
                to[last] = value;
            }
        }
    }
    (known, unseen)
}

/// The user's values of the three components; empty if the plan names no file.
#[derive(Debug, Clone, Default)]
pub struct Values {
    pub files: Vec<ValuesFile>,
}

impl Values {
    #[must_use]
    pub fn of(&self, component: Component) -> Option<&ValuesFile> {
        self.files.iter().find(|file| file.component == component)
    }

    /// Returns a value of a component; see [`ValuesFile::get`].
    #[must_use]
    pub fn get(&self, component: Component, pointer: &str) -> Option<&Value> {
        self.of(component)?.get(pointer)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use serde_json::json;

    use super::{Component, ValuesFile, merge_under};
    use crate::text::yaml;

    fn file(component: Component, text: &str) -> ValuesFile {
        let document = yaml::read(text).expect("YAML").pop().map(Rc::new);
        ValuesFile::of(component, "values.yaml", document)
    }

    #[test]
    fn flat_values_are_those_of_the_group() {
        let flat = file(
            Component::Istiod,
            "replicaCount: 2\nglobal: {network: n}\nmeshConfig: {trustDomain: t}\n",
        );
        let nested = file(
            Component::Istiod,
            "pilot: {replicaCount: 2}\nglobal: {network: n}\nmeshConfig: {trustDomain: t}\n",
        );
        assert_eq!(flat.values, nested.values);
        assert_eq!(flat.get("/pilot/replicaCount"), Some(&json!(2)));
        assert_eq!(flat.key_range("/pilot/replicaCount"), 0..12);
        assert_eq!(nested.key_range("/pilot/replicaCount"), 8..20);
        let ztunnel = file(
            Component::Ztunnel,
            "meshConfig: {defaultConfig: {}}\nlogLevel: debug\n",
        );
        assert_eq!(ztunnel.get("/ztunnel/logLevel"), Some(&json!("debug")));
        assert!(ztunnel.get("/ztunnel/meshConfig/defaultConfig").is_some());
    }

    #[test]
    fn what_is_there_stays() {
        let mut over = json!({"a": {"b": 1}, "c": [1]});
        merge_under(
            &mut over,
            &json!({"a": {"b": 2, "d": null, "e": 3}, "c": [2], "f": {"g": null}}),
        );
        assert_eq!(over, json!({"a": {"b": 1, "e": 3}, "c": [1], "f": {}}));
    }
}
