//! MP0034: an IstioOperator does not set a version.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0034",
    severity: Severity::Error,
    page: include_str!("MP0034.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, operator) in view.operators() {
        if operator.version.is_some() || (operator.revision.is_none() && operator.tag.is_none()) {
            continue;
        }
        let message = format!("`{}` does not set a version of Istio", operator.name);
        report
            .say(
                &RULE,
                object,
                if operator.tag.is_some() {
                    "/spec/tag"
                } else {
                    "/spec"
                },
                message,
            )
            .label = match &operator.tag {
            Some(tag) => format!("`{tag}` is not a version"),
            None => "without `tag`, istioctl installs its own version".to_owned(),
        };
        report.help("set `spec.tag` to the version, in quotes, and install with the istioctl of that version");
    }
}
