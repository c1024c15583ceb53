//! MP0029: a ztunnel is newer than its istiod, or too old for it.

use super::ztunnel_address::control_plane;
use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0029",
    severity: Severity::Error,
    page: include_str!("MP0029.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, ztunnel) in view.state.ztunnels() {
        let Some(istiod) = control_plane(view.state, ztunnel) else {
            continue;
        };
        let (Some(own), Some(theirs)) = (&ztunnel.version, &istiod.version) else {
            continue;
        };
        let far = theirs.major == own.major && theirs.minor > own.minor + 1;
        if own <= theirs && !far {
            continue;
        }
        let message = format!("ztunnel {own} connects to istiod {theirs}");
        report
            .say(
                &RULE,
                object,
                "/spec/template/spec/containers/0/image",
                message,
            )
            .label = if far {
            "it is more than one minor older than its control plane"
        } else {
            "it is newer than its control plane"
        }
        .to_owned();
        report.help("upgrade the control plane first, one minor at a time; connect each ztunnel to the istiod of \
            its version");
    }
}
