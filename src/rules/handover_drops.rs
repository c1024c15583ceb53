//! MP0024: a Gateway switches to another revision in a way that drops its listeners.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0024",
    severity: Severity::Error,
    page: include_str!("MP0024.md"),
    check: Scope::Proof,
};
