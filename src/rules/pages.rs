//! The page of each rule, for `meshplan explain` and docs/rules.md.

use std::fmt::Write as _;

use super::{RULES, Rule};
use crate::text::finding::Severity;

/// Returns the page of a rule as Markdown.
///
/// # Panics
///
/// Never: writing to a string cannot fail.
#[must_use]
pub fn page(rule: &Rule) -> String {
    let mut text = String::new();
    let severity = match rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let example = |text: &str| {
        // Examples that are manifests are YAML; the others are words.
        if text.contains("kind: ") {
            format!("```yaml\n{}\n```", text.trim())
        } else {
            text.trim().to_owned()
        }
    };
    write!(
        text,
        "## {}: {}\n\nSeverity: {severity}. {}\n\nWrong:\n\n{}\n\nRight:\n\n{}\n",
        rule.code,
        rule.title,
        rule.reason,
        example(rule.wrong),
        example(rule.right),
    )
    .expect("writing to a string cannot fail");
    if !rule.offline.is_empty() {
        write!(text, "\nOffline: {}\n", rule.offline).expect("writing to a string cannot fail");
    }
    text
}

/// Returns the pages of all rules, as docs/rules.md has them.
#[must_use]
pub fn pages() -> String {
    let mut text = "# Rules\n\nWhat `meshplan compile` and `meshplan check` hold every state, every transition and every part of a step against. Made from the\n\
                    rules' own source by `MESHPLAN_BLESS=1 cargo test --test suite rules`. A plan can silence one where it has a reason:\n\n\
                    ```toml\n[[allow]]\nrule = \"MP0044\"\nbecause = \"the port is opened by a sidecar that the registry adds\"\n```\n"
        .to_owned();
    for rule in RULES {
        text.push('\n');
        text.push_str(&page(rule));
    }
    text
}
