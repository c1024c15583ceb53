//! Inserts values into texts; this is the only place that does so, and it quotes each value for the language
//! of the text.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, State, Value};

use crate::text::yaml;

/// Writes a value: into YAML as a scalar or as JSON (which is YAML), into a script as one word, into Markdown
/// as text without markup except code spans.
pub(super) fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(Error::new(
            ErrorKind::UndefinedError,
            "this value does not exist",
        ));
    }
    let text = match value.as_str() {
        Some(text) if value.is_safe() => text.to_owned(),
        // The text of a step is inserted into other templates, which quote it.
        Some(text) if state.name().starts_with("steps/") => text.to_owned(),
        Some(text) => match extension(state.name()) {
            "sh" => shell_word(text),
            "md" => markdown(text),
            _ => yaml::quote(text),
        },
        None if matches!(value.kind(), ValueKind::Seq | ValueKind::Map) => flow(value)?,
        None => plain(value)?,
    };
    out.write_str(&text).map_err(Error::from)
}

/// A list or a mapping on one line.
fn flow(value: &Value) -> Result<String, Error> {
    if value.kind() == ValueKind::Seq {
        let items = value
            .try_iter()?
            .map(|item| flow(&item))
            .collect::<Result<Vec<_>, Error>>()?;
        return Ok(format!("[{}]", items.join(", ")));
    }
    if value.kind() == ValueKind::Map {
        let mut entries = Vec::new();
        for key in value.try_iter()? {
            entries.push(format!(
                "{}: {}",
                flow(&key)?,
                flow(&value.get_item(&key)?)?
            ));
        }
        return Ok(format!("{{{}}}", entries.join(", ")));
    }
    match value.as_str() {
        Some(text) => Ok(yaml::quote(text)),
        None => plain(value),
    }
}

/// Null, a boolean or a number; anything else, such as a function, is rejected.
fn plain(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::None => Ok("null".to_owned()),
        ValueKind::Bool => Ok(value.is_true().to_string()),
        ValueKind::Number => Ok(value.to_string()),
        kind => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a {kind} cannot be written as a value"),
        )),
    }
}

/// The filter `raw`: for a place that is not a complete value, such as part of a quoted word. Rejects text
/// that would need quotes in any of the languages.
pub(super) fn raw(value: &str) -> Result<Value, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if value.chars().all(plain) {
        return Ok(Value::from_safe_string(value.to_owned()));
    }
    Err(Error::new(
        ErrorKind::InvalidOperation,
        format!("{value:?} needs quotes, which `raw` does not add"),
    ))
}

/// The filter `jsonpath`: converts a JSON pointer for kubectl's `-o jsonpath`, such as
/// `{.metadata.labels.istio\.io/rev}`.
pub(super) fn jsonpath(pointer: &str) -> String {
    let keys = pointer.split('/').skip(1).map(|key| {
        let key = key.replace("~1", "/").replace("~0", "~");
        key.replace('.', "\\.")
    });
    format!("{{.{}}}", keys.collect::<Vec<_>>().join("."))
}

/// The filter `comment`: the rest of a line that is a comment.
pub(super) fn comment(value: &str) -> Result<Value, Error> {
    if value.chars().any(char::is_control) {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("{value:?} cannot be part of a comment"),
        ));
    }
    Ok(Value::from_safe_string(value.to_owned()))
}

/// The filter `code`: a Markdown code span, also in a table cell.
pub(super) fn code(value: &str) -> Value {
    let longest = value
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    let text = one_line(value).replace('|', "\\|");
    Value::from_safe_string(format!("{fence}{pad}{text}{pad}{fence}"))
}

/// The filter `fenced`: a line in a Markdown code block. Rejects text that would end the block.
pub(super) fn fenced(value: &str) -> Result<Value, Error> {
    if value.contains("```") || value.chars().any(char::is_control) {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("{value:?} cannot be part of a code block"),
        ));
    }
    Ok(Value::from_safe_string(value.to_owned()))
}

/// Escapes text for Markdown: text in backticks stays code; all other markup, HTML and table separators are
/// escaped.
fn markdown(text: &str) -> String {
    let text = one_line(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        out.push_str(&escaped(before, r"\<>[]*_~|&"));
        let ticks = from.len() - from.trim_start_matches('`').len();
        let inner = &from[ticks..];
        let closes = |end: &usize| {
            let after = &inner[end + ticks..];
            !inner[..*end].ends_with('`') && !after.starts_with('`')
        };
        let fence = &from[..ticks];
        let end = inner.match_indices(fence).map(|(end, _)| end).find(closes);
        let Some(end) = end else {
            // A backtick without a closing one.
            out.push_str(&escaped(fence, "`"));
            rest = inner;
            continue;
        };
        out.push_str(fence);
        out.push_str(&escaped(&inner[..end], "|"));
        out.push_str(fence);
        rest = &inner[end + ticks..];
    }
    out.push_str(&escaped(rest, r"\<>[]*_~|&"));
    out
}

/// Adds a backslash before each special character.
fn escaped(text: &str, special: &str) -> String {
    let escape = |c: char| special.contains(c).then_some('\\').into_iter().chain([c]);
    text.chars().flat_map(escape).collect()
}

/// Removes line breaks and other control characters.
fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}

/// The filter `block`: a mapping or a list as lines of YAML, indented by `spaces`.
pub(super) fn block(value: &Value, spaces: usize) -> Result<Value, Error> {
    Ok(Value::from_safe_string(lines(value, spaces)?.join("\n")))
}

/// The lines of a mapping or a list; scalars are formatted as everywhere else.
fn lines(value: &Value, spaces: usize) -> Result<Vec<String>, Error> {
    let is_block = |value: &Value| {
        matches!(value.kind(), ValueKind::Map | ValueKind::Seq) && value.len() != Some(0)
    };
    let mut all = Vec::new();
    if value.kind() == ValueKind::Seq {
        for item in value.try_iter()? {
            if item.kind() == ValueKind::Map && is_block(&item) {
                let mut own = lines(&item, spaces + 2)?;
                if let Some(first) = own.first_mut() {
                    first.replace_range(spaces..=spaces, "-");
                }
                all.extend(own);
            } else {
                all.push(format!("{:spaces$}- {}", "", flow(&item)?));
            }
        }
        return Ok(all);
    }
    for key in value.try_iter()? {
        let item = value.get_item(&key)?;
        let key = flow(&key)?;
        if is_block(&item) {
            let inner = if item.kind() == ValueKind::Map { 2 } else { 0 };
            all.push(format!("{:spaces$}{key}:", ""));
            all.extend(lines(&item, spaces + inner)?);
        } else {
            all.push(format!("{:spaces$}{key}: {}", "", flow(&item)?));
        }
    }
    Ok(all)
}

fn extension(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// Quotes a text as one word for a POSIX shell.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    // In single quotes, a reader or shellcheck could assume that these should have been expanded.
    if text.contains(['$', '`']) {
        let escaped: String = text
            .chars()
            .flat_map(|c| "\\\"$`".contains(c).then_some('\\').into_iter().chain([c]))
            .collect();
        return format!("\"{escaped}\"");
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{code, comment, fenced, markdown, raw, shell_word};

    #[test]
    fn text_is_no_markup() {
        assert_eq!(
            markdown("the tag `default` a|b <b>x</b> [l](u) &amp; 10 %"),
            r"the tag `default` a\|b \<b\>x\</b\> \[l\](u) \&amp; 10 %"
        );
        // Spans that a value opens hold whatever comes until one closes, and nothing of it is HTML.
        assert_eq!(markdown("a ` <i> `` <b>"), r"a \` \<i\> \`\` \<b\>");
        assert_eq!(markdown("a `<i>|` b"), r"a `<i>\|` b");
        assert_eq!(markdown("a\n| b"), r"a \| b");
        assert_eq!(code("a`b|c").to_string(), r"`` a`b\|c ``");
    }

    #[test]
    fn what_needs_quotes_does_not_go_without() {
        assert!(raw("1-18-1/a_b.c").is_ok());
        for text in ["a b", "a\n", "$x", "a'b", "a:b", "é"] {
            assert!(raw(text).is_err(), "{text}");
        }
        assert!(comment("10 % of requests: `x`").is_ok());
        assert!(comment("a\nb").is_err());
        assert!(fenced("a: {b: c}").is_ok());
        assert!(fenced("```").is_err() && fenced("a\nb").is_err());
    }

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(shell_word("a/b-1.yaml"), "a/b-1.yaml");
        assert_eq!(shell_word("<title>a b</title>"), "'<title>a b</title>'");
        assert_eq!(shell_word("it's \"home\""), r#"'it'\''s "home"'"#);
        assert_eq!(
            shell_word(r#"it's "$HOME" `x` \"#),
            r#""it's \"\$HOME\" \`x\` \\""#
        );
        assert_eq!(shell_word(""), "''");
    }
}
