//! MP0041: the API server rejects an object of the step.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0041",
    severity: Severity::Error,
    page: include_str!("MP0041.md"),
    check: Scope::Proof,
};
