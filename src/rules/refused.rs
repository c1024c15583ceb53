//! MP0017: a request that worked and no longer does.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0017",
    title: "a request that worked before the step is refused",
    severity: Severity::Error,
    reason: "What the plan promises is that no kind of request is refused because of a step. Kinds of requests are made of every match, host and header of every \
             route in the tree; the share of each that ends in 404, 5xx or at a Service without pods never grows, not after the step and not when only a part of \
             its files was applied.",
    wrong: "A step deletes the ReferenceGrant of a Service that the route still names: its share of requests gets 500.",
    right: "The route names another Service first, in a step of its own; the grant goes later.",
    offline: "a Service is taken for ready where a workload with replicas has its labels.",
    check: Scope::Proof,
};
