//! MP0049: the canary's copy of a workload differs from the stable copy.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0049",
    severity: Severity::Error,
    page: include_str!("MP0049.md"),
    check: Scope::Proof,
};
