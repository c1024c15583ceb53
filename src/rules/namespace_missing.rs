//! MP0040: a namespace is used but not created.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0040",
    severity: Severity::Warning,
    page: include_str!("MP0040.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    let some = state
        .of_kind("", "Namespace")
        .any(|namespace| !namespace.implied);
    if state.whole || !some {
        return;
    }
    for namespace in state.namespaces() {
        if state.has_namespace(namespace) {
            continue;
        }
        let first = view
            .given
            .iter()
            .find(|object| object.key.namespace.as_deref() == Some(namespace));
        let Some(first) = first else { continue };
        let message = format!("nothing creates the namespace `{namespace}`");
        report
            .say(&RULE, first, "/metadata/namespace", message)
            .label = "the first object in it".to_owned();
        report.help("add a Namespace, and apply it before the objects in it");
    }
}
