//! MP0016: the traffic of a step does not match the plan.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0016",
    severity: Severity::Error,
    page: include_str!("MP0016.md"),
    check: Scope::Proof,
};
