//! MP0039: a way back that does not lead back.

use super::{Check, Rule};
use crate::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0039",
    title: "the way back does not lead to the state before the step",
    severity: Severity::Error,
    reason: "`rollback.sh` is run when something is wrong, and nobody reads it then. From the step, and from each part of it, it leads to the state before; on its own way too no request is refused that \
             the step did not refuse.",
    wrong: "310-weight-10/rollback/ holds the route with weights 50 and 50, while the step before 310 has no weights.",
    right: "310-weight-10/rollback/ holds the route as 300-header has it.",
    offline: "of steps without a rollback directory nothing is said.",
    check: Check::Proof,
};
