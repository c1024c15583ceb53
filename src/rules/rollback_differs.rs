//! MP0039: a rollback does not restore the state before the step.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0039",
    severity: Severity::Error,
    page: include_str!("MP0039.md"),
    check: Scope::Proof,
};
