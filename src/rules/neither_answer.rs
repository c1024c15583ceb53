//! MP0018: half a step that answers neither as before nor as after.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0018",
    severity: Severity::Error,
    page: include_str!("MP0018.md"),
    check: Scope::Proof,
};
