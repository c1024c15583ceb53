//! MP0018: half a step that answers neither as before nor as after.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0018",
    title: "a part of the step answers a request neither as before nor as after it",
    severity: Severity::Error,
    reason: "`kubectl apply -f` goes on after a file that fails, and GitOps controllers have orders of their own, so any part of a step can be what is there for a \
             while. In each of them a request is answered as before the step or as after it; what needs an order stands in another step.",
    wrong: "One step moves a path from one route to another: with only the first file applied the path is in neither.",
    right: "One step adds the path to the new route, the next one takes it from the old.",
    offline: "",
    check: Scope::Proof,
};
