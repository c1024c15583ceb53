//! MP0021: pods of the mesh, and no istio-cni.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0021",
    severity: Severity::Error,
    page: include_str!("MP0021.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if !state.whole || state.cnis().next().is_some() {
        return;
    }
    for (object, _) in state.enrolled() {
        let message = format!(
            "`{}` is part of the mesh, and there is no istio-cni",
            object.key.name
        );
        report
            .say(&RULE, object, "/metadata/namespace", message)
            .label = "nothing takes its pods into the mesh or out of it".to_owned();
        report.help("take the namespace out of the mesh first");
    }
}
