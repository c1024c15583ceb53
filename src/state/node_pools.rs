//! What makes nodes: which labels it gives them.

use serde_json::Value;

/// Karpenter's label of the `NodePool` that made a node; nobody writes it.
///
/// Source: Karpenter's documentation, "Well-Known Labels".
const NODE_POOL: &str = "karpenter.sh/nodepool";

/// Returns the label of a key that an object gives the nodes that it makes: one that stands somewhere in it, or, of a `NodePool`, its name.
#[must_use]
pub fn given_label<'a>(maker: &'a Value, key: &str, wanted: &str) -> Option<&'a str> {
    if key == NODE_POOL && maker["kind"] == "NodePool" {
        return maker.pointer("/metadata/name")?.as_str();
    }
    stands(maker.get("spec")?, key, wanted)
}

/// Finds a key with a value somewhere below.
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
