//! MP0051: a step switches a Gateway, a tag or the default validation without saying so.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0051",
    severity: Severity::Error,
    page: include_str!("MP0051.md"),
    check: Scope::Proof,
};
