//! What a check says, about which place, and what to type instead: data, without a terminal.

mod json;
mod text;

use std::ops::Range;

use serde::Serialize;

pub use json::{rows, to_json};
pub use text::to_text;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing is written; exit code 1.
    Error,
    /// Said, and no more; an error under `--deny warnings`.
    Warning,
}

/// A place in a named text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the [`Source`](crate::text::source::Source).
    pub source: String,
    /// Bytes of its text.
    pub span: Range<usize>,
}

/// One thing that a check has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Kebab-case for findings about a text, `MP0001` for rules; never changes meaning.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong: lower case, no period, names in backticks.
    pub message: String,
    /// Why it is wrong here; stands beside the carets.
    pub label: String,
    /// What to type instead.
    pub help: Option<String>,
    /// Where; nothing where the finding is about no single place.
    pub at: Option<Place>,
    /// The Kubernetes object it is about, as `Kind namespace/name`.
    pub object: Option<String>,
    /// The step it first appears in.
    pub step: Option<String>,
    /// The part of that step at which it first appears, by its files; empty for the whole step.
    pub part: Vec<String>,
    /// Where in the plan the object comes from.
    pub plan: Option<Place>,
}

/// What a text of somebody else's brings along must not look like a finding of its own.
fn one_line(text: String) -> String {
    if text.chars().any(char::is_control) {
        let escape = |c: char| -> String {
            if c.is_control() {
                c.escape_debug().collect()
            } else {
                c.to_string()
            }
        };
        text.chars().map(escape).collect()
    } else {
        text
    }
}

impl Finding {
    /// Makes a finding that stops the run.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: one_line(message.into()),
            label: String::new(),
            help: None,
            at: None,
            object: None,
            step: None,
            part: Vec::new(),
            plan: None,
        }
    }

    /// Makes a finding that is only said.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Points at bytes of a named text.
    #[must_use]
    pub fn at(mut self, source: &str, span: Range<usize>) -> Self {
        self.at = Some(Place {
            source: source.to_owned(),
            span,
        });
        self
    }

    /// Says why it is wrong at this place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = one_line(label.into());
        self
    }

    /// Says what to type instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the object it is about.
    #[must_use]
    pub fn object(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }
}

/// Returns whether any finding stops the run.
#[must_use]
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == Severity::Error)
}

/// Puts findings about steps behind those about texts, in the order in which they were found.
pub fn sort_by_step(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| finding.step.is_some());
}

/// Puts findings in the order in which a reader meets their places: by text, then by offset.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| {
            f.at.as_ref()
                .map(|p| (p.source.clone(), p.span.start, p.span.end))
        };
        key(a).cmp(&key(b)).then(a.code.cmp(b.code))
    });
}
