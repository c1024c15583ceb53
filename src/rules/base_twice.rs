//! MP0033: Istio's CRDs are in more than one file, or older than a control plane.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0033",
    severity: Severity::Error,
    page: include_str!("MP0033.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let operators = view.operators();
    let bases: Vec<_> = operators
        .iter()
        .filter(|(_, operator)| operator.base)
        .collect();
    for (number, (object, operator)) in bases.iter().enumerate() {
        if let Some((_, first)) = bases[..number]
            .iter()
            .find(|(_, o)| o.revision() != operator.revision())
        {
            let message = format!(
                "`{}` and `{}` both install Istio's CRDs",
                first.name, operator.name
            );
            report
                .say(&RULE, object, "/spec/components/base", message)
                .label = "reinstalling the older one downgrades the CRDs".to_owned();
            report.help("enable `base` in one file only, at the newest version");
        }
    }
    let Some(base) = &view.state.base else { return };
    for (object, istiod) in view.state.istiods() {
        if istiod
            .version
            .as_ref()
            .is_some_and(|version| version > base)
            && view.state.whole
        {
            let message = format!(
                "istiod of revision `{}` is newer than Istio's CRDs",
                istiod.revision
            );
            report.say(&RULE, object, "/spec/tag", message).label =
                format!("the CRDs are of version {base}");
            report.help("install the CRDs at the newest version first");
        }
    }
}
