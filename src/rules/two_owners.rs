//! MP0023: two control planes own the same Gateway.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0023",
    severity: Severity::Error,
    page: include_str!("MP0023.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, _) in view.state.gateways() {
        let claims = view.state.claims(object);
        if claims.revisions.len() < 2 {
            continue;
        }
        let names: Vec<&str> = claims
            .revisions
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let message = format!(
            "Gateway `{}` belongs to {} at the same time",
            object.key.name,
            names.join(" and ")
        );
        report.say(&RULE, object, "/metadata/labels", message).label =
            "each control plane writes its own version of the Deployment".to_owned();
        report.help("label the Gateway with one revision, or remove the other control plane first");
    }
}
