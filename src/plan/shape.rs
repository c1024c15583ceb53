//! Checks a TOML document against the schema: unknown keys, missing keys, types and ranges. One walk finds
//! all errors.

use crate::text::nearest;
use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::condition::required;
use crate::text::finding::Finding;

/// A top-level table, or one entry of an array of tables.
pub(super) type Section = (String, Option<usize>);

pub(super) struct Shape {
    pub findings: Vec<Finding>,
    /// The sections that have a finding.
    pub broken: BTreeSet<Section>,
}

pub(super) fn walk(source: &str, document: &Spanned<DeTable<'_>>, schema: &Value) -> Shape {
    let mut walk = ShapeWalk {
        source,
        root: schema,
        section: None,
        shape: Shape {
            findings: Vec::new(),
            broken: BTreeSet::new(),
        },
    };
    // A missing table is reported at the start of the text.
    walk.table(document.get_ref(), 0..0, schema, None);
    walk.shape
}

struct ShapeWalk<'a> {
    source: &'a str,
    root: &'a Value,
    section: Option<Section>,
    shape: Shape,
}

impl<'a> ShapeWalk<'a> {
    fn report(&mut self, finding: Finding, span: Range<usize>) {
        if let Some(section) = &self.section {
            self.shape.broken.insert(section.clone());
        }
        self.shape.findings.push(finding.at(self.source, span));
    }

    /// Follows `$ref` and single `allOf`.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        loop {
            let next = if let Some(Value::String(name)) = schema.get("$ref") {
                self.root.pointer(name.trim_start_matches('#'))
            } else {
                schema.pointer("/allOf/0")
            };
            match next {
                Some(next) => schema = next,
                None => return schema,
            }
        }
    }

    fn table(
        &mut self,
        table: &DeTable<'_>,
        span: Range<usize>,
        schema: &'a Value,
        called: Option<&str>,
    ) {
        let schema = self.resolve(schema);
        let properties = schema.get("properties").and_then(Value::as_object);
        let property = |name: &str| properties.and_then(|known| known.get(name));
        let top = called.is_none();
        let findings_before = self.shape.findings.len();
        for (key, value) in table {
            let name: &str = key.get_ref();
            if top {
                self.section = Some((name.to_owned(), None));
            }
            match property(name) {
                Some(property) if property.get("x-not-yet").is_some() => self.report(
                    Finding::error("not-yet", format!("`{name}` is not supported yet"))
                        .label("not supported yet")
                        .help(format!(
                            "remove `{name}`; a later release of meshplan will support it"
                        )),
                    key.span(),
                ),
                Some(property) => self.value(name, value, property, top),
                None => match schema.get("additionalProperties") {
                    Some(Value::Bool(false)) => {
                        self.unknown_key(name, key.span(), properties, called);
                    }
                    Some(property) => self.value(name, value, property, top),
                    None => {}
                },
            }
        }
        if top {
            self.section = None;
        }
        // A misspelt or unsupported key is one mistake; the key that is then missing is not reported again.
        let said: Vec<String> = self.shape.findings[findings_before..]
            .iter()
            .filter_map(|f| f.help.clone())
            .collect();
        let later = self.shape.findings[findings_before..]
            .iter()
            .any(|f| f.code == "not-yet")
            && !top;
        for name in required(schema, table) {
            let Some(name) = name.as_str() else { continue };
            let meant = said.iter().any(|help| help == &did_you_mean(name));
            if table.get(name).is_none() && !meant && !later {
                self.missing(name, span.clone(), property(name), called);
            }
        }
    }

    fn unknown_key(
        &mut self,
        name: &str,
        span: Range<usize>,
        known: Option<&Map<String, Value>>,
        called: Option<&str>,
    ) {
        let known = || {
            known
                .into_iter()
                .flat_map(|known| known.keys().map(String::as_str))
        };
        let place = called.map_or_else(String::new, |table| format!(" in `{table}`"));
        let mut finding = Finding::error("unknown-key", format!("unknown key `{name}`{place}"))
            .label("unknown key");
        finding = match nearest(name, known()) {
            Some(near) => finding.help(did_you_mean(near)),
            None => finding.help(format!("use one of {}", words(known()))),
        };
        self.report(finding, span);
    }

    fn missing(
        &mut self,
        name: &str,
        span: Range<usize>,
        property: Option<&'a Value>,
        called: Option<&str>,
    ) {
        let resolved = property.map(|p| self.resolve(p));
        let is = |kind: &str| {
            resolved
                .and_then(|s| s.get("type"))
                .is_some_and(|t| t == kind)
        };
        let of_tables = resolved
            .and_then(|s| s.get("items"))
            .map(|items| self.resolve(items))
            .is_some_and(|items| items.get("type").is_some_and(|t| t == "object"));
        let type_this = match called {
            None if of_tables => format!("add a table `[[{name}]]`"),
            None if is("object") => format!("add a table `[{name}]`"),
            _ => format!("add `{name} = …`"),
        };
        let place = called.map_or_else(|| "the plan".to_owned(), |table| format!("`{table}`"));
        self.report(
            Finding::error("missing-key", format!("{place} has no `{name}`"))
                .label(format!("`{name}` is missing"))
                .help(type_this),
            span,
        );
    }

    fn value(&mut self, name: &str, value: &Spanned<DeValue<'_>>, schema: &'a Value, top: bool) {
        let outer = schema;
        let mut schema = self.resolve(schema);
        if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
            let fitting = options
                .iter()
                .map(|option| self.resolve(option))
                .find(|option| {
                    option
                        .get("type")
                        .is_some_and(|t| t == type_name(value.get_ref()))
                });
            if let Some(option) = fitting {
                schema = option;
            } else {
                let types: Vec<&str> = options
                    .iter()
                    .filter_map(|option| self.resolve(option).get("type")?.as_str())
                    .collect();
                return self.wrong_type(name, value, &types.join(" or "));
            }
        }
        let expected = schema
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match (expected, value.get_ref()) {
            ("object", DeValue::Table(table)) => {
                if schema.get("minProperties").is_some() && table.is_empty() {
                    self.empty(name, value.span());
                }
                self.table(table, value.span(), schema, Some(name));
            }
            ("array", DeValue::Array(items)) => {
                self.length(name, items.len(), value.span(), schema);
                let item_schema = schema.get("items").unwrap_or(&Value::Null);
                for (index, item) in items.iter().enumerate() {
                    if top {
                        self.section = Some((name.to_owned(), Some(index)));
                    }
                    self.value(name, item, item_schema, false);
                }
            }
            ("string", DeValue::String(text)) => self.word(name, text, value.span(), schema, outer),
            ("integer", DeValue::Integer(number)) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
                self.range(name, number, value.span(), schema);
            }
            ("boolean", DeValue::Boolean(_)) => {}
            _ => self.wrong_type(name, value, expected),
        }
    }

    fn length(&mut self, name: &str, length: usize, span: Range<usize>, schema: &Value) {
        let limit = |key| {
            schema
                .get(key)
                .and_then(Value::as_u64)
                .and_then(|n| usize::try_from(n).ok())
        };
        if limit("minItems").is_some_and(|least| length < least) {
            self.empty(name, span);
        } else if let Some(most) = limit("maxItems").filter(|most| length > *most) {
            self.report(
                Finding::error(
                    "too-many",
                    format!("`{name}` has too many entries: {length}"),
                )
                .label(format!("the maximum is {most}"))
                .help(format!(
                    "keep at most {most} entries, or add a second table"
                )),
                span,
            );
        }
    }

    fn empty(&mut self, name: &str, span: Range<usize>) {
        self.report(
            Finding::error("empty", format!("`{name}` is empty"))
                .label("must have at least one entry")
                .help(format!("add an entry to `{name}`")),
            span,
        );
    }

    fn word(&mut self, name: &str, text: &str, span: Range<usize>, schema: &Value, outer: &Value) {
        let listed = |schema: &Value, key: &str| -> Vec<String> {
            schema
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|v| v.as_str().map(str::to_owned))
                .collect()
        };
        let mut later = listed(outer, "x-not-yet-values");
        later.extend(listed(schema, "x-not-yet-values"));
        if later.iter().any(|value| value == text) {
            return self.report(
                Finding::error(
                    "not-yet",
                    format!("`{name} = \"{text}\"` is not supported yet"),
                )
                .label("not supported yet")
                .help(format!(
                    "use another value; a later release of meshplan will support `{text}`"
                )),
                span,
            );
        }
        let allowed = listed(schema, "enum");
        if !allowed.is_empty() && !allowed.iter().any(|value| value == text) {
            let known: Vec<&str> = allowed
                .iter()
                .map(String::as_str)
                .filter(|v| !later.iter().any(|l| l == v))
                .collect();
            let help = match nearest(text, known.iter().copied()) {
                Some(near) => format!("did you mean `\"{near}\"`?"),
                None => format!("write one of {}", words(known.into_iter())),
            };
            self.report(
                Finding::error(
                    "unknown-value",
                    format!("`{text}` is not a valid value for `{name}`"),
                )
                .label("unknown")
                .help(help),
                span,
            );
        }
    }

    fn range(&mut self, name: &str, number: Option<i64>, span: Range<usize>, schema: &Value) {
        let limit = |key| schema.get(key).and_then(Value::as_i64);
        let (least, most) = (
            limit("minimum").unwrap_or(i64::MIN),
            limit("maximum").unwrap_or(i64::MAX),
        );
        if !number.is_some_and(|n| (least..=most).contains(&n)) {
            self.report(
                Finding::error("out-of-range", format!("`{name}` is out of range"))
                    .label(format!("must be from {least} to {most}"))
                    .help(format!("write a whole number from {least} to {most}")),
                span,
            );
        }
    }

    fn wrong_type(&mut self, name: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let label = format!(
            "expected {}, found {}",
            article(expected),
            article(type_name(value.get_ref()))
        );
        self.report(
            Finding::error("wrong-type", format!("`{name}` has the wrong type"))
                .label(label)
                .help(format!("write {} for `{name}`", example(expected))),
            value.span(),
        );
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn article(types: &str) -> String {
    types
        .split(" or ")
        .map(|one| match one {
            "string" => "a string",
            "integer" => "a whole number",
            "number" => "a number with a fraction",
            "boolean" => "true or false",
            "date" => "a date",
            "array" => "an array",
            "object" => "a table",
            other => other,
        })
        .collect::<Vec<_>>()
        .join(" or ")
}

fn example(types: &str) -> &'static str {
    match types {
        "string" => "a string in quotes, such as `\"…\"`,",
        "integer" => "a whole number without quotes, such as `80`,",
        "boolean" => "`true` or `false`",
        "array" => "an array, such as `[…]`,",
        "object" => "a table, such as `{ … }`,",
        _ => "one of these types",
    }
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// Returns the names as `a`, `b`, `c`, each in backticks.
pub(super) fn words<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
