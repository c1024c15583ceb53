//! MP0017: a request that worked before the step fails.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0017",
    severity: Severity::Error,
    page: include_str!("MP0017.md"),
    check: Scope::Proof,
};
