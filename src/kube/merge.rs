//! Merge patches (RFC 7386).

use serde_json::Value;

/// Merges fields into a value: maps are merged, null removes a key, and other values are replaced.
pub fn merge(value: &mut Value, fields: &Value) {
    match (value, fields) {
        (Value::Object(own), Value::Object(fields)) => {
            for (key, field) in fields {
                match own.get_mut(key) {
                    _ if field.is_null() => {
                        own.shift_remove(key);
                    }
                    Some(value) if value.is_object() && field.is_object() => merge(value, field),
                    _ => {
                        own.insert(key.clone(), field.clone());
                    }
                }
            }
        }
        (value, fields) => *value = fields.clone(),
    }
}
