//! MP0041: what the API server refuses.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0041",
    severity: Severity::Error,
    page: include_str!("MP0041.md"),
    check: Scope::Proof,
};
