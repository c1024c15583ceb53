//! MP0024: a Gateway that loses its listeners when it changes hands.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0024",
    severity: Severity::Error,
    page: include_str!("MP0024.md"),
    check: Scope::Proof,
};
