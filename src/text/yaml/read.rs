//! Reads YAML as kubectl does (YAML 1.1: `0644` is 420, `yes` is true). Rejects what kubectl would silently
//! read in another way: duplicate keys, numbers beyond 64 bits, and keys that are not strings. The rules for
//! YAML that meshplan itself renders are stricter: no alias, anchor, tag or tab, and no word that parsers
//! read in different ways.

use std::ops::Range;

use serde_json::Value;
use serde_yaml::Options;

use super::scalar::is_bare;
use super::spans::{Places, Plain, expands_too_far, places};

/// One document: its value and the position of each part.
#[derive(Debug, Clone)]
pub struct Document {
    /// The value; mappings keep their order.
    pub value: Value,
    places: Places,
}

impl Document {
    /// Returns the byte range of the value at a JSON pointer, or of the nearest value around it.
    #[must_use]
    pub fn range(&self, pointer: &str) -> Range<usize> {
        self.places.range(pointer)
    }

    /// Returns the byte range of the key at a JSON pointer.
    #[must_use]
    pub fn key_range(&self, pointer: &str) -> Range<usize> {
        self.places.key(pointer)
    }
}

/// Why a text could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: lower case, no final period.
    pub message: String,
    pub span: Range<usize>,
}

/// Reads every document of a text except empty ones.
///
/// # Errors
///
/// The first error that stops the parser, or all values that would be read differently from what is written.
pub fn read(text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    if let Some(span) = expands_too_far(text) {
        let message = "the aliases in this file expand to more than 4 MiB; write the values out";
        return Err(vec![Problem {
            message: message.to_owned(),
            span,
        }]);
    }
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
            message: "the documents in this file cannot be separated".to_owned(),
            span: 0..0,
        }]);
    }
    Ok(values
        .into_iter()
        .zip(places)
        .map(|(value, places)| Document { value, places })
        .collect())
}

/// Reads one document that all parsers of YAML 1.1 and 1.2 must read in the same way.
///
/// # Errors
///
/// As [`read`], and every place that a parser could read in another way.
pub fn read_strict(text: &str) -> Result<Document, Vec<Problem>> {
    let mut documents = read(text)?;
    if documents.len() != 1 {
        return Err(vec![Problem {
            message: format!("has {} documents instead of one", documents.len()),
            span: 0..first_line(text),
        }]);
    }
    let document = documents.remove(0);
    let places = &document.places;
    let mut problems: Vec<Problem> = places
        .fancy
        .iter()
        .map(|(what, span)| Problem {
            message: format!("has {what}, which some YAML parsers reject"),
            span: span.clone(),
        })
        .collect();
    problems.extend(places.plains.iter().filter_map(ambiguous));
    problems.extend(text.match_indices('\t').filter_map(|(at, _)| {
        let inside = places.scalars.iter().any(|scalar| scalar.contains(&at));
        (!inside).then(|| Problem {
            message: "has a tab, which some YAML parsers reject".to_owned(),
            span: at..at + 1,
        })
    }));
    problems.sort_by_key(|problem| problem.span.start);
    if problems.is_empty() {
        Ok(document)
    } else {
        Err(problems)
    }
}

fn first_line(text: &str) -> usize {
    text.lines().next().map_or(0, str::len)
}

/// Finds a plain scalar that YAML 1.1 and YAML 1.2 read differently, or that a parser reads as a date or a
/// time.
fn ambiguous(plain: &Plain) -> Option<Problem> {
    let text = plain.text.as_str();
    // This covers nearly all scalars; parsing the others twice is the slowest part of reading back.
    if is_bare(text) || is_plain_number(text) || matches!(text, "true" | "false" | "null") {
        return None;
    }
    let old: Option<Value> = serde_yaml::from_str_with_options(text, options()).ok();
    let mut strict = serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    strict.with_snippet = false;
    let new: Option<Value> = serde_yaml::from_str_with_options(text, strict).ok();
    let odd = match &old {
        Some(Value::Number(_)) => !is_plain_number(text),
        _ => is_date(text) || is_sexagesimal(text),
    };
    (old != new || odd || matches!(text, "=" | "<<")).then(|| Problem {
        message: format!("YAML parsers read `{text}` in different ways; put it in quotes"),
        span: plain.span.clone(),
    })
}

/// `2024-01-01`, which YAML 1.1 reads as a date.
fn is_date(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], true),
        None => (text, false),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let digits = |part: &str, least: usize, most: usize| {
        (least..=most).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit())
    };
    let least = if time { 1 } else { 2 };
    digits(year, 4, 4) && digits(month, least, 2) && digits(day, least, 2)
}

/// `12:30:45`, which YAML 1.1 reads as a number in base 60.
fn is_sexagesimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some((first, rest)) = digits.split_once(':') else {
        return false;
    };
    let (rest, fraction) = rest
        .split_once('.')
        .map_or((rest, None), |(rest, fraction)| (rest, Some(fraction)));
    let number = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c == '_');
    let sixtieth =
        |part: &str| (1..=2).contains(&part.len()) && part.parse::<u8>().is_ok_and(|n| n < 60);
    let starts = |c: char| c.is_ascii_digit() && (c != '0' || fraction.is_some());
    first.starts_with(starts)
        && number(first)
        && rest.split(':').all(sixtieth)
        && fraction.is_none_or(number)
}

/// Digits that no parser reads as octal, with an optional fraction. No exponent, for which YAML 1.1 requires
/// a dot and a sign.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    all_digits(whole) && all_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
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

/// The parser's message ends with a position, which the finding already shows.
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

/// The words for true and false in YAML 1.1.
const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false"];

/// Whether go-yaml reads a word as a boolean: in lower case, upper case, or with a capital first letter.
fn is_boolean(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut capital = lower.clone();
    capital[..1].make_ascii_uppercase();
    text == lower || text == capital || text == text.to_uppercase()
}

/// Digits with underscores that go-yaml reads as a number and other parsers as text.
fn is_odd_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let odd = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.contains('_')
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || "_.".contains(c));
    odd && serde_yaml::from_str_with_options::<Value>(text, options())
        .is_ok_and(|value| value.is_string())
}

/// Finds a plain scalar that would be read differently from what is written.
fn lossy(plain: &Plain) -> Option<Problem> {
    let text = plain.text.as_str();
    // Words are strings to all parsers, except those that only one parser reads as a boolean.
    let odd_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)) && !is_boolean(text);
    if is_bare(text) && !odd_word {
        return None;
    }
    let message = if plain.is_key {
        let value: Value = serde_yaml::from_str_with_options(text, options()).ok()?;
        let as_text = match &value {
            Value::String(_) | Value::Null if !odd_word => return None,
            Value::Number(number) if !number.is_f64() && number.to_string() == text => return None,
            Value::Number(number) if number.is_f64() => "a number".to_owned(),
            other => other.to_string(),
        };
        format!("`{text}` as a key is read as {as_text}; put it in quotes")
    } else if is_too_long(text) {
        format!("`{text}` does not fit in 64 bits; put it in quotes if it is text")
    } else if odd_word || is_odd_number(text) {
        format!(
            "`{text}` is text to some readers and not to others; put it in quotes if it is text"
        )
    } else {
        return None;
    };
    Some(Problem {
        message,
        span: plain.span.clone(),
    })
}

/// Whether a number, decimal or with a prefix, does not fit in 64 bits. YAML 1.1 allows underscores.
fn is_too_long(text: &str) -> bool {
    let negative = text.starts_with('-');
    let digits = text
        .strip_prefix(['-', '+'])
        .unwrap_or(text)
        .replace('_', "");
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        Some("0o" | "0O") => (8, &digits[2..]),
        Some("0b" | "0B") => (2, &digits[2..]),
        _ => (10, digits.as_str()),
    };
    !digits.is_empty()
        && digits.chars().all(|c| c.is_digit(radix))
        && !u64::from_str_radix(digits, radix)
            .is_ok_and(|n| !negative || n <= i64::MIN.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{read, read_strict};

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
    fn what_is_rendered_means_one_thing() {
        for text in [
            "a: b\n",
            "a: \"yes\"\nb: 420\nc: true\nd: [1.5, x]\n",
            "a: |\n  x\ty\n",
            "a: \"\\t\"\n",
            "a: 1-18-1\nb: --x=1\nc: 10.0.0.1\nd: 500m\n",
        ] {
            assert!(read_strict(text).is_ok(), "{text}: {:?}", read_strict(text));
        }
        for text in [
            "a: yes\n",
            "on: 1\n",
            "a: 0644\n",
            "a: 0o644\n",
            "a: 1_000\n",
            "a: 12:30:45\n",
            "a: 2024-01-01\n",
            "a: &x 1\n",
            "a: &x 1\nb: *x\n",
            "a: !!str 1\n",
            "a:\t1\n",
            "a: 1\n---\nb: 1\n",
            "",
            "a: =\n",
            "a: y\n",
            "a: 1e3\n",
            "a: +5\n",
            "a: 0x1F\n",
        ] {
            assert!(read_strict(text).is_err(), "{text}");
        }
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
            ("a: yEs\n", "is text to some readers"),
            ("a: 1__0\n", "is text to some readers"),
            ("1.0: x\n", "as a key is read as a number"),
            ("a: -9223372036854775809\n", "does not fit in 64 bits"),
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
