//! MP0046: a retired revision leaves objects behind.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0046",
    severity: Severity::Warning,
    page: include_str!("MP0046.md"),
    check: Scope::Proof,
};
