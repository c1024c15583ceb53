//! MP0039: a way back that does not lead back.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0039",
    title: "the way back does not lead to the state before the step",
    severity: Severity::Error,
    reason: "`rollback.sh` is run when something is wrong, and nobody reads it then. From the step, and from each part of it, it leads to the state before, nodes, tags and \
             owners of Gateways included; in each part of itself no request is refused that neither of the two states refuses, and nothing that was healthy in both is worse.",
    wrong: "310-weight-10/rollback/ holds the route with weights 50 and 50, while the step before 310 has no weights.",
    right: "310-weight-10/rollback/ holds the route as 300-header has it.",
    offline: "what the cluster had before the first step is not known: scripts note which namespaces and node labels were there.",
    check: Scope::Proof,
};
