//! A violation of a schema, in words.

use std::ops::Range;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonTypeSet, ValidationError};
use serde_json::Value;

use crate::kube::manifest::Manifest;
use crate::text::yaml::Document;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// A JSON pointer.
    pub pointer: String,
    /// Lower case, no final period.
    pub message: String,
    /// Whether the key is wrong, and not its value.
    pub is_key: bool,
}

impl Violation {
    /// Creates a violation by a value.
    #[must_use]
    pub fn at(pointer: &str, message: String) -> Self {
        Self {
            pointer: pointer.to_owned(),
            message,
            is_key: false,
        }
    }

    /// Returns its byte range in a document.
    #[must_use]
    pub fn span(&self, document: &Document) -> Range<usize> {
        if self.is_key {
            document.key_range(&self.pointer)
        } else {
            document.range(&self.pointer)
        }
    }

    /// Returns its byte range in the file of an object.
    #[must_use]
    pub fn place(&self, manifest: &Manifest) -> Range<usize> {
        if self.is_key {
            manifest.key_range(&self.pointer)
        } else {
            manifest.range(&self.pointer)
        }
    }

    /// Returns the path in the object, and what is wrong.
    #[must_use]
    pub fn in_words(&self) -> String {
        let path = self
            .pointer
            .trim_start_matches('/')
            .replace('/', ".")
            .replace("~1", "/")
            .replace("~0", "~");
        let path = if path.is_empty() {
            "the object".to_owned()
        } else {
            path
        };
        format!("{path}: {}", self.message)
    }

    /// Converts an error of the validator; an error about several keys gives one violation for each.
    pub(super) fn of(error: &ValidationError<'_>) -> Vec<Self> {
        let pointer = error.instance_path().to_string();
        let instance = error.instance();
        let one = |message: String| {
            vec![Self {
                pointer: pointer.clone(),
                message,
                is_key: false,
            }]
        };
        let length = || match instance.as_ref() {
            Value::Array(items) => items.len(),
            Value::Object(map) => map.len(),
            Value::String(text) => text.chars().count(),
            _ => 0,
        };
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
                .iter()
                .map(|key| Self {
                    pointer: format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")),
                    message: "unknown field".to_owned(),
                    is_key: true,
                })
                .collect(),
            ValidationErrorKind::Required { property } => one(format!(
                "required field `{}` is missing",
                property.as_str().unwrap_or_default()
            )),
            ValidationErrorKind::Type { kind } => one(format!(
                "must be {}, not {}",
                types(kind),
                type_of(instance)
            )),
            ValidationErrorKind::Enum { options } => {
                one(format!("must be one of {}", list(options)))
            }
            ValidationErrorKind::Constant { expected_value } => {
                one(format!("must be {expected_value}"))
            }
            ValidationErrorKind::MaxItems { limit } => {
                one(format!("has {} entries; the maximum is {limit}", length()))
            }
            ValidationErrorKind::MinItems { limit } => {
                one(format!("has {} entries; the minimum is {limit}", length()))
            }
            ValidationErrorKind::MaxLength { limit } => one(format!(
                "has {} characters; the maximum is {limit}",
                length()
            )),
            ValidationErrorKind::MinLength { .. } => one("is empty".to_owned()),
            ValidationErrorKind::Pattern { pattern } => one(format!("does not match {pattern}")),
            ValidationErrorKind::Minimum { limit } => one(format!("must be at least {limit}")),
            ValidationErrorKind::Maximum { limit } => one(format!("must be at most {limit}")),
            _ => one(error.to_string()),
        }
    }
}

fn list(options: &Value) -> String {
    let words: Vec<String> = options
        .as_array()
        .into_iter()
        .flatten()
        .map(|option| {
            option
                .as_str()
                .map_or_else(|| option.to_string(), str::to_owned)
        })
        .collect();
    words.join(", ")
}

fn types(kind: &TypeKind) -> String {
    let name = |t| match t {
        jsonschema::JsonType::Array => "a list",
        jsonschema::JsonType::Boolean => "true or false",
        jsonschema::JsonType::Integer => "a whole number",
        jsonschema::JsonType::Null => "null",
        jsonschema::JsonType::Number => "a number",
        jsonschema::JsonType::Object => "a mapping",
        jsonschema::JsonType::String => "text",
    };
    match kind {
        TypeKind::Single(one) => name(*one).to_owned(),
        TypeKind::Multiple(set) => {
            let set: JsonTypeSet = *set;
            set.iter().map(name).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
