//! Label selectors.

use std::collections::BTreeMap;

use serde_json::Value;

/// Returns whether a label selector of the API allows labels; one that cannot be read allows none.
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
