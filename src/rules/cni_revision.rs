//! MP0036: istio-cni is installed with a revision.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0036",
    severity: Severity::Error,
    page: include_str!("MP0036.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, operator) in view.operators() {
        if operator.cni && !operator.pilot && operator.revision.is_some() {
            let message = format!(
                "istio-cni is installed with revision `{}`",
                operator.revision()
            );
            report.say(&RULE, object, "/spec/revision", message).label =
                "uninstalling that revision also removes istio-cni".to_owned();
            report.help("remove `revision` from the IstioOperator of istio-cni");
        }
    }
}
