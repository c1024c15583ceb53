//! MP0018: a partly applied step answers a request neither as before nor as after the step.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0018",
    severity: Severity::Error,
    page: include_str!("MP0018.md"),
    check: Scope::Proof,
};
