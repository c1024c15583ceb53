//! The node labels that a provider of nodes sets.

use serde_json::Value;

/// Karpenter sets this label on each node; its value is the name of the `NodePool`.
///
/// Source: Karpenter's documentation, "Well-Known Labels".
const NODE_POOL: &str = "karpenter.sh/nodepool";

/// Returns the value of a label that an object sets on its nodes: one that it contains, or the name of a
/// `NodePool`.
#[must_use]
pub fn given_label<'a>(maker: &'a Value, key: &str, wanted: &str) -> Option<&'a str> {
    if key == NODE_POOL && maker["kind"] == "NodePool" {
        return maker.pointer("/metadata/name")?.as_str();
    }
    stands(maker.get("spec")?, key, wanted)
}

/// Finds a key with a value at any depth.
fn stands<'a>(value: &'a Value, key: &str, wanted: &str) -> Option<&'a str> {
    match value {
        Value::Object(map) => {
            let own = map.get(key).and_then(Value::as_str);
            own.filter(|own| *own == wanted)
                .or_else(|| map.values().find_map(|value| stands(value, key, wanted)))
        }
        Value::Array(list) => list.iter().find_map(|value| stands(value, key, wanted)),
        _ => None,
    }
}
