//! The JSON Schema of a plan, generated from the types.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::written::Plan;

/// Marks a key, or values of a key, that are decided but not built.
const NOT_YET: &str = "x-not-yet";
const NOT_YET_VALUES: &str = "x-not-yet-values";

/// Returns the schema as draft-07, which TOML editor plug-ins support.
#[must_use]
pub fn plan_schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Plan>().to_value();
    tidy(&mut schema);
    schema["title"] = Value::from("meshplan plan");
    schema
}

/// Returns the schema for editors: without the keys and values that are not built.
#[must_use]
pub fn published_schema() -> Value {
    let mut schema = plan_schema();
    publish(&mut schema);
    // The values that a key does not take yet are taken out of the enum that it refers to.
    let definitions = schema["definitions"].clone();
    let mut open = vec![&definitions];
    let mut values = Vec::new();
    while let Some(value) = open.pop() {
        if let Some(map) = value.as_object() {
            if let (Some(Value::Array(later)), Some(refers)) =
                (map.get(NOT_YET_VALUES), value.pointer("/allOf/0/$ref"))
            {
                values.push((refers.clone(), later.clone()));
            }
            open.extend(map.values());
        }
    }
    for (refers, later) in values {
        let pointer = refers.as_str().unwrap_or_default().trim_start_matches('#');
        let list = schema.pointer_mut(&format!("{pointer}/enum"));
        if let Some(list) = list.and_then(Value::as_array_mut) {
            list.retain(|word| !later.contains(word));
        }
    }
    unmark(&mut schema);
    schema
}

/// Takes out the keys that are not built.
fn publish(schema: &mut Value) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|_, property| property.get(NOT_YET).is_none());
    }
    match schema {
        Value::Object(map) => map.values_mut().for_each(publish),
        Value::Array(items) => items.iter_mut().for_each(publish),
        _ => {}
    }
}

/// Takes out the marks themselves.
fn unmark(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.shift_remove(NOT_YET_VALUES);
            map.values_mut().for_each(unmark);
        }
        Value::Array(items) => items.iter_mut().for_each(unmark),
        _ => {}
    }
}

/// Removes what TOML does not have (null) and what only the Rust types imply (defaults, number formats).
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|t| t != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    map.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(options)) = map.get_mut("anyOf") {
                options.retain(|option| option.get("type").is_none_or(|t| t != "null"));
                if let [one] = options.as_slice() {
                    let one = one.clone();
                    map.shift_remove("anyOf");
                    map.insert("allOf".to_owned(), Value::Array(vec![one]));
                }
            }
            if let Some(Value::Array(values)) = map.get_mut("enum") {
                values.retain(|v| !v.is_null());
            }
            if let Some(values) = map.get("oneOf").and_then(words) {
                map.shift_remove("oneOf");
                map.insert("type".to_owned(), Value::from("string"));
                map.insert("enum".to_owned(), values);
            }
            map.shift_remove("default");
            map.shift_remove("format");
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Returns the values of an enum whose variants are documented one by one.
fn words(variants: &Value) -> Option<Value> {
    let of = |variant: &Value| match (variant.get("const"), variant.get("enum")) {
        (Some(word), _) => Some(vec![word.clone()]),
        (None, Some(Value::Array(words))) => Some(words.clone()),
        _ => None,
    };
    let words = variants
        .as_array()?
        .iter()
        .map(of)
        .collect::<Option<Vec<_>>>()?;
    Some(Value::Array(words.concat()))
}
