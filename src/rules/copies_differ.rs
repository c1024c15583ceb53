//! MP0049: two copies of one workload that are not alike.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0049",
    severity: Severity::Error,
    page: include_str!("MP0049.md"),
    check: Scope::Proof,
};
