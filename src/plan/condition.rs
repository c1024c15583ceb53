//! Evaluates the only condition in the schema of a plan: the required tables depend on whether the mesh
//! exists.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Returns the required keys of a table: those of its schema, and those of the matching branch of the
/// condition.
pub(super) fn required<'a>(
    schema: &'a Value,
    table: &DeTable<'_>,
) -> impl Iterator<Item = &'a Value> {
    let branch = schema.get("if").map(|condition| {
        if holds(condition, table) {
            "then"
        } else {
            "else"
        }
    });
    let more = branch.and_then(|branch| schema.get(branch)?.get("required"));
    let all = [schema.get("required"), more].into_iter().flatten();
    all.filter_map(Value::as_array).flatten()
}

/// Returns whether a table fulfils a condition; conditions use only `required`, `properties` and `const`.
fn holds(condition: &Value, table: &DeTable<'_>) -> bool {
    let names = condition.get("required").and_then(Value::as_array);
    let there = |name: &Value| name.as_str().is_some_and(|name| table.contains_key(name));
    let properties = condition.get("properties").and_then(Value::as_object);
    names.into_iter().flatten().all(there)
        && properties.into_iter().flatten().all(|(name, condition)| {
            match (
                table.get(name.as_str()).map(Spanned::get_ref),
                condition.get("const"),
            ) {
                (Some(value), Some(constant)) => value.as_str() == constant.as_str(),
                (Some(DeValue::Table(inner)), None) => holds(condition, inner),
                _ => true,
            }
        })
}
