//! MP0042: an object is not valid for its API.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0042",
    severity: Severity::Error,
    page: include_str!("MP0042.md"),
    check: Scope::Proof,
};
