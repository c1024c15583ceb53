//! MP0047: a node that is left without a ztunnel.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0047",
    title: "after the last step a node of the plan has no ztunnel",
    severity: Severity::Error,
    reason: "When the stable ztunnel is gone its nodes still carry the label of its pool, and nothing of the mesh can run on them. They belong to the canary's pool before the plan is done.",
    wrong: "The last step is the one that retires the control plane; `worker-1` keeps `meshplan.dev/pool=stable`.",
    right: "660 labels `worker-1` with `meshplan.dev/pool=canary`.",
    offline: "only in a compiled tree, after its last step.",
    check: Scope::Proof,
};
