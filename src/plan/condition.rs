//! The one condition that the schema of a plan has: which tables a plan needs depends on whether its mesh is there.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys that a table has to have: of its schema, and of what the schema adds for tables like this one.
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

/// Whether a table is as the condition of a schema says: `required`, `properties` and `const` are all that conditions use.
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
