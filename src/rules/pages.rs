//! The table of all rules, for docs/rules.md.

use std::fmt::Write as _;

use super::RULES;
use crate::text::finding::Severity;

const HEAD: &str = "\
# Rules

`meshplan compile` and `meshplan check` check every state, every transition and every part of a step
against these rules. `meshplan explain MP0001` prints the page of a rule.

A plan can allow a finding. It must give the reason:

```toml
[[allow]]
rule = \"MP0044\"
because = \"the port is opened by a sidecar that the registry adds\"
```

| rule | severity | what it finds |
| --- | --- | --- |
";

/// Returns the text of docs/rules.md.
///
/// # Panics
///
/// Never: writing to a string cannot fail.
#[must_use]
pub fn pages() -> String {
    let mut text = HEAD.to_owned();
    for rule in RULES {
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let (code, title) = (rule.code, rule.title());
        writeln!(
            text,
            "| [{code}](../src/rules/{code}.md) | {severity} | {title} |"
        )
        .expect("writing to a string cannot fail");
    }
    text
}
