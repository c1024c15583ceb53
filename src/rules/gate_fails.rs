//! MP0045: a gate that never opens.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0045",
    title: "a step waits for something that its files do not bring about",
    severity: Severity::Error,
    reason: "`verify.sh` waits for the gates in `index.json`. What a gate names has to be what the files of the step, and of those before it, make: names, namespaces, labels, versions, tags, owners, and the \
             answer to each probe. Otherwise the step never ends, or, worse, something else passes for it.",
    wrong: "The gate of 130 waits for DaemonSet `ztunnel-1-29-6`; the file makes `ztunnel`.",
    right: "The file makes `ztunnel-1-29-6`.",
    offline: "that pods become ready, and what an answer holds beyond where it comes from, only a cluster can say.",
    check: Scope::Proof,
};
