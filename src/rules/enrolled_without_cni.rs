//! MP0021: a namespace is enrolled in the mesh but istio-cni is not installed.

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
            "`{}` is enrolled in the mesh, but istio-cni is not installed",
            object.key.name
        );
        report
            .say(&RULE, object, "/metadata/namespace", message)
            .label = "without istio-cni its pods can neither join nor leave the mesh".to_owned();
        report.help("remove the namespace from the mesh before you remove istio-cni");
    }
}
