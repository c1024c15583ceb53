//! MP0024: a Gateway that loses its listeners when it changes hands.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0024",
    title: "a Gateway changes its owner in a way that drops its listeners",
    severity: Severity::Error,
    reason: "Up to 1.29.4, and in 1.30.0 and 1.30.1, the istiod that loses a Gateway by its label takes the listeners from the running pods at once; they serve nothing until new ones are \
             there, for up to 30 seconds (istio/istio#59959). From 1.29.5, 1.30.2 and 1.31 the label can change. Up to 1.24.2 an unlabelled Gateway can follow the tag `default` instead, as \
             every revision has its configuration.",
    wrong: "A step changes `istio.io/rev` of a Gateway from a revision of 1.29.4 to another one.",
    right: "The stable revision goes to 1.29.6 in place first; then the label changes.",
    offline: "only in a compiled tree; in manifests nothing says what was before.",
    check: Scope::Proof,
};
