//! MP0041: what the API server refuses.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0041",
    title: "the API server refuses an object of the step",
    severity: Severity::Error,
    reason: "An object of a namespace that is not there, or of a kind whose CRD is not there or does not serve its version, is refused, and so is a change of what is immutable, such as the selector of a \
             DaemonSet. The rest of the step is applied all the same, and `kubectl` exits with 1.",
    wrong: "A step applies an HTTPRoute before the step that brings the Gateway API CRDs, or in version `v1` with a bundle older than v1.0.0.",
    right: "The CRDs come in 010; the route follows, in a version that the bundle serves.",
    offline: "CRDs of other kinds are not known and taken to be there.",
    check: Scope::Proof,
};
