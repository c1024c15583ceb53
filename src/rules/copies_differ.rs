//! MP0049: two copies of one workload that are not alike.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0049",
    title: "the canary's copy of a workload is not stable's",
    severity: Severity::Error,
    reason: "Traffic moves from one copy to the other, so that only the mesh differs. Both hold the same objects with the same content, but for their namespace and the nodes that they are on; \
             otherwise an upgrade of the mesh is a release of the workload as well, and what breaks is found late.",
    wrong: "250-canary-workloads lacks the Service `details` that 150-stable-workloads has.",
    right: "Both are rendered from the same manifests.",
    offline: "only in a compiled tree; what is in images is not known.",
    check: Scope::Proof,
};
