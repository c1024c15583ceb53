//! MP0046: what a revision leaves behind.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0046",
    title: "a revision is gone, and something of it stays",
    severity: Severity::Warning,
    reason: "Retiring a revision names each of its objects. What is left behind does no harm at once, but nobody knows any more what it is for, and a later revision of the same name meets it.",
    wrong: "`delete/` of 640 does not name ConfigMap `istio-1-29-6`.",
    right: "`delete/` of 640 names every object that the facts of the version list.",
    offline: "only in a compiled tree, after its last step; what others made in the namespaces is not known.",
    check: Scope::Proof,
};
