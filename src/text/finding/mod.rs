//! A finding: what is wrong, where, and what to type instead, independent of the output format.

mod json;
mod text;

use std::ops::Range;

use serde::Serialize;

pub use json::{rows, to_json};
pub use text::to_text;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing is written; exit code 1.
    Error,
    /// Reported only; an error with `--deny warnings`.
    Warning,
}

/// A byte range in a named text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the [`Source`](crate::text::source::Source).
    pub source: String,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Kebab-case for findings about a text, `MP0001` for rules. A code never changes its meaning.
    pub code: &'static str,
    pub severity: Severity,
    /// What is wrong: lower case, no final period, names in backticks.
    pub message: String,
    /// Why it is wrong here; printed next to the carets.
    pub label: String,
    /// What to type instead.
    pub help: Option<String>,
    /// Where it is wrong; `None` if the finding is about no single place.
    pub at: Option<Place>,
    /// The Kubernetes object of the finding, as `Kind namespace/name`.
    pub object: Option<String>,
    /// The first step with this finding.
    pub step: Option<String>,
    /// The files of that step that cause the finding when only they are applied; empty for the whole step.
    pub part: Vec<String>,
    /// Where the plan defines the object.
    pub plan: Option<Place>,
}

/// Escapes control characters, so that text from users cannot look like another finding.
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
    /// Creates a finding that stops the run.
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

    /// Creates a finding that does not stop the run.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Sets the byte range in a named text.
    #[must_use]
    pub fn at(mut self, source: &str, span: Range<usize>) -> Self {
        self.at = Some(Place {
            source: source.to_owned(),
            span,
        });
        self
    }

    /// Sets why it is wrong here.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = one_line(label.into());
        self
    }

    /// Sets what to type instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the Kubernetes object.
    #[must_use]
    pub fn object(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }
}

/// Returns whether a finding stops the run.
#[must_use]
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == Severity::Error)
}

/// Moves findings about steps after findings about texts, and keeps the order otherwise.
pub fn sort_by_step(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| finding.step.is_some());
}

/// Sorts findings by text, then by offset.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| {
            f.at.as_ref()
                .map(|p| (p.source.clone(), p.span.start, p.span.end))
        };
        key(a).cmp(&key(b)).then(a.code.cmp(b.code))
    });
}
