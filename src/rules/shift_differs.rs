//! MP0016: traffic that is not the plan's.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0016",
    title: "traffic of a step is not what the plan says",
    severity: Severity::Error,
    reason: "In the header step requests with the header all go to the canary, on each path of the route, and no other does; in a weighted step the same, and of \
             the others exactly the share that the plan gives. Every request that the route takes without the header it takes with it, and no other.",
    wrong: "310-weight-10 sends 90 of 100 requests to a namespace that is not stable's, or the header rule stands without paths.",
    right: "Each path of the route stands twice: with the header for the canary alone, and without it with weights 90 and 10.",
    offline: "only in a compiled tree, whose `index.json` says which traffic a step is for.",
    check: Scope::Proof,
};
