//! The JSON Schema of a plan, generated from the types.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::written::Plan;

/// Returns the schema as draft-07, which TOML editor plug-ins support.
#[must_use]
pub fn plan_schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Plan>().to_value();
    tidy(&mut schema);
    schema["title"] = Value::from("meshplan plan");
    schema
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
