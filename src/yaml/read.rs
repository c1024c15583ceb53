//! Reading YAML as kubectl does (YAML 1.1: `0644` is 420, `yes` is true), and refusing what it would read wrongly in
//! silence: keys given twice, numbers beyond 64 bits, keys that are not strings.

use std::ops::Range;

use serde_json::Value;
use serde_yaml::Options;

use super::spans::{Places, Plain, places};

/// One document: its value and where each part of it stands.
#[derive(Debug, Clone)]
pub struct Document {
    /// The value; mappings keep their order.
    pub value: Value,
    places: Places,
}

impl Document {
    /// Returns the bytes of the value at a JSON pointer, or of the nearest value around it.
    #[must_use]
    pub fn range(&self, pointer: &str) -> Range<usize> {
        self.places.range(pointer)
    }
}

/// Why a text could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: lower case, no period.
    pub message: String,
    /// The bytes of the culprit.
    pub span: Range<usize>,
}

/// Reads every document of a text; empty ones are left out.
///
/// # Errors
///
/// Every problem of the text: the first that stops the parser, or all values that would not arrive as written.
pub fn read(text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    let values: Vec<Value> = serde_yaml::from_multiple_with_options(text, options())
        .map_err(|error| vec![problem(text, &error)])?;
    let places: Vec<Places> = places(text).into_iter().filter(|p| !p.is_empty).collect();
    let lossy: Vec<Problem> = places
        .iter()
        .flat_map(|p| &p.plains)
        .filter_map(lossy)
        .collect();
    if !lossy.is_empty() {
        return Err(lossy);
    }
    let values: Vec<Value> = values
        .into_iter()
        .filter(|value| !value.is_null())
        .collect();
    if values.len() != places.len() {
        return Err(vec![Problem {
            message: "the documents of this file cannot be told apart".to_owned(),
            span: 0..0,
        }]);
    }
    Ok(values
        .into_iter()
        .zip(places)
        .map(|(value, places)| Document { value, places })
        .collect())
}

fn options() -> Options {
    let mut options = serde_yaml::options! {
        budget: None,
        legacy_octal_numbers: true,
        reject_unsupported_tags: true,
    };
    options.with_snippet = false;
    options
}

/// What the parser says of itself ends in a position, which the finding shows already.
fn problem(text: &str, error: &serde_yaml::Error) -> Problem {
    let whole = error.to_string();
    let message = whole.split(" at line ").next().unwrap_or_default();
    let message = message
        .split(", set DuplicateKeyPolicy")
        .next()
        .unwrap_or_default();
    let start = error
        .location()
        .map_or(0, |at| offset(text, at.line(), at.column()));
    let length = text[start..].chars().next().map_or(0, char::len_utf8);
    Problem {
        message: message.to_owned(),
        span: start..start + length,
    }
}

fn offset(text: &str, line: u64, column: u64) -> usize {
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let column = usize::try_from(column).unwrap_or(1).max(1);
    let start: usize = text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    text[start..]
        .char_indices()
        .nth(column - 1)
        .map_or(text.len(), |(index, _)| start + index)
}

/// A plain scalar that would not arrive as it was written.
fn lossy(plain: &Plain) -> Option<Problem> {
    let text = plain.text.as_str();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let message = if plain.is_key {
        let value: Value = serde_yaml::from_str_with_options(text, options()).ok()?;
        let as_text = match &value {
            Value::String(_) | Value::Null => return None,
            other => other.to_string(),
        };
        if as_text == text {
            return None;
        }
        format!("`{text}` as a key is read as {as_text}; put it in quotes")
    } else if is_too_long(digits) {
        format!("`{text}` does not fit in 64 bits; put it in quotes if it is text")
    } else {
        return None;
    };
    Some(Problem {
        message,
        span: plain.span.clone(),
    })
}

/// Whether a run of digits, decimal or with a prefix, is beyond what 64 bits hold. The underscores are YAML 1.1's.
fn is_too_long(digits: &str) -> bool {
    let digits = digits.replace('_', "");
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        Some("0o" | "0O") => (8, &digits[2..]),
        Some("0b" | "0B") => (2, &digits[2..]),
        _ => (10, digits.as_str()),
    };
    !digits.is_empty()
        && digits.chars().all(|c| c.is_digit(radix))
        && u64::from_str_radix(digits, radix).is_err()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn reads_as_kubectl_does() {
        let documents =
            read("a: 0644\nb: yes\nc: '0644'\n---\n# nothing\n---\nd: 1\n").expect("valid");
        let values: Vec<_> = documents.iter().map(|d| d.value.clone()).collect();
        assert_eq!(
            values,
            [json!({"a": 420, "b": true, "c": "0644"}), json!({"d": 1})]
        );
    }

    #[test]
    fn knows_where_each_value_stands() {
        let text = "a:\n- b: {c/d: x}\n---\ne: \"ü\"\nf: 2\n";
        let documents = read(text).expect("valid");
        assert_eq!(&text[documents[0].range("/a/0/b/c~1d")], "x");
        assert_eq!(&text[documents[1].range("/f")], "2");
        assert_eq!(documents[1].range("/e/missing"), documents[1].range("/e"));
    }

    #[test]
    fn refuses_what_would_change_in_silence() {
        for (text, message) in [
            ("a: 1\na: 2\n", "duplicate mapping key: a"),
            ("a: 18446744073709551616\n", "does not fit in 64 bits"),
            ("a: 0xFFFFFFFFFFFFFFFFF\n", "does not fit in 64 bits"),
            ("yes: 1\n", "`yes` as a key is read as true"),
            ("a: !foo x\n", "tag"),
            ("a: [\n", ""),
            ("a: .nan\n", "non-finite"),
        ] {
            let problems = read(text).expect_err(text);
            assert!(
                problems[0].message.contains(message),
                "{text}: {problems:?}"
            );
        }
        let problems = read("x: 1\na: 1\na: 2\n").expect_err("duplicate");
        assert_eq!(problems[0].span, 10..11);
    }
}
