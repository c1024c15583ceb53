//! Writes a value as one YAML document in block style.

use serde_json::Value;

/// A width that no line reaches, so that strings without a line break are never folded.
const NEVER_FOLD: usize = usize::MAX;

/// Writes a value as YAML with a final line break. Keys keep their order, and strings that a parser could
/// read in another way are quoted.
///
/// # Panics
///
/// Never: YAML can represent every key and number of a JSON value.
#[must_use]
pub fn write(value: &Value) -> String {
    let options = serde_yaml::ser_options! {
        prefer_block_scalars: !has_leading_tab(value),
        folded_wrap_chars: NEVER_FOLD,
    };
    let mut text = serde_yaml::to_string_with_options(value, options)
        .expect("a JSON value can be written as YAML");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// libyaml and go-yaml reject a block whose first line starts with a tab, because they read it as
/// indentation.
fn has_leading_tab(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.contains('\n') && text.trim_start_matches('\n').starts_with('\t')
        }
        Value::Array(items) => items.iter().any(has_leading_tab),
        Value::Object(map) => map
            .iter()
            .any(|(k, v)| has_leading_tab(&Value::String(k.clone())) || has_leading_tab(v)),
        _ => false,
    }
}
