//! MP0037: an istiod can only run on the nodes of one pool.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0037",
    severity: Severity::Warning,
    page: include_str!("MP0037.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, istiod) in view.state.istiods() {
        let place = istiod.pods.place.in_words();
        if place == "any node" {
            continue;
        }
        let message = format!(
            "istiod of revision `{}` can only run on nodes with {place}",
            istiod.revision
        );
        report
            .say(
                &RULE,
                object,
                "/spec/components/pilot/k8s/nodeSelector",
                message,
            )
            .label = "draining these nodes stops the control plane".to_owned();
        report.help(
            "remove the node selector; istiod and its ztunnel need not run on the same nodes",
        );
    }
}
