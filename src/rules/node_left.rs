//! MP0047: a node of the plan has no ztunnel after the last step.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0047",
    severity: Severity::Error,
    page: include_str!("MP0047.md"),
    check: Scope::Proof,
};
