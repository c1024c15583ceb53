//! MP0045: a step waits for something that its files do not produce.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0045",
    severity: Severity::Error,
    page: include_str!("MP0045.md"),
    check: Scope::Proof,
};
