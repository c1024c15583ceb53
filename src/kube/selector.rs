//! Label selectors.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Returns whether a Kubernetes label selector selects these labels; `false` for a selector that cannot be
/// read.
#[must_use]
pub fn selects(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    let exact = selector.get("matchLabels").and_then(Value::as_object);
    let exact = exact
        .into_iter()
        .flatten()
        .all(|(key, value)| labels.get(key).map(String::as_str) == value.as_str());
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    exact
        && expressions.into_iter().flatten().all(|expression| {
            let Some(key) = expression.get("key").and_then(Value::as_str) else {
                return false;
            };
            let own = labels.get(key).map(String::as_str);
            let values = expression.get("values").and_then(Value::as_array);
            let named = values
                .into_iter()
                .flatten()
                .any(|value| value.as_str() == own && own.is_some());
            match expression.get("operator").and_then(Value::as_str) {
                Some("In") => named,
                Some("NotIn") => !named,
                Some("Exists") => own.is_some(),
                Some("DoesNotExist") => own.is_none(),
                _ => false,
            }
        })
}

/// An equality-based selector, in its original order; as text `key=value,key!=value`, as for `kubectl -l`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Selector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    value: String,
    equal: bool,
}

impl Selector {
    /// Adds a requirement that a label does not have this value.
    #[must_use]
    pub fn except(mut self, key: &str, value: &str) -> Self {
        self.0.push(Requirement {
            key: key.to_owned(),
            value: value.to_owned(),
            equal: false,
        });
        self
    }

    /// Returns whether the selector is empty and selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the labels that it requires.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let equal = self.0.iter().filter(|one| one.equal);
        equal.map(|one| (one.key.as_str(), one.value.as_str()))
    }

    /// Returns the labels that it requires, as a map.
    #[must_use]
    pub fn to_labels(&self) -> BTreeMap<String, String> {
        let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        self.labels().map(own).collect()
    }

    #[must_use]
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|one| {
            let has = labels.get(&one.key).map(String::as_str) == Some(one.value.as_str());
            has == one.equal
        })
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Selector {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(labels: I) -> Self {
        let of = |(key, value): (K, V)| Requirement {
            key: key.into(),
            value: value.into(),
            equal: true,
        };
        Self(labels.into_iter().map(of).collect())
    }
}

impl From<String> for Selector {
    fn from(text: String) -> Self {
        let of = |one: &str| {
            let (left, value) = one.split_once('=').unwrap_or((one, ""));
            let (key, equal) = match left.strip_suffix('!') {
                Some(key) => (key, false),
                None => (left, true),
            };
            Requirement {
                key: key.to_owned(),
                value: value.to_owned(),
                equal,
            }
        };
        let all = text.split(',').filter(|one| !one.is_empty());
        Self(all.map(of).collect())
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.to_string()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, one) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let operator = if one.equal { "=" } else { "!=" };
            write!(f, "{comma}{}{operator}{}", one.key, one.value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Selector;

    #[test]
    fn a_selector_reads_and_writes_what_kubectl_takes() {
        for text in ["", "a=b", "app=ztunnel,example.com/rev!=1-30-0"] {
            assert_eq!(Selector::from(text.to_owned()).to_string(), text);
        }
        let selector = Selector::from("app=ztunnel,rev!=new".to_owned());
        let labels = |rev: &str| {
            BTreeMap::from(
                [("app", "ztunnel"), ("rev", rev)].map(|(k, v)| (k.to_owned(), v.to_owned())),
            )
        };
        assert!(selector.selects(&labels("old")));
        assert!(!selector.selects(&labels("new")));
    }
}
