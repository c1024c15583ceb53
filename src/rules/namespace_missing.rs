//! MP0040: objects in a namespace that nothing makes.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0040",
    title: "a namespace is used and nothing makes it",
    severity: Severity::Warning,
    reason: "The API server refuses every object of a namespace that is not there. Where manifests make some of their namespaces they are taken to make all of them.",
    wrong: r"
apiVersion: v1
kind: Namespace
metadata: {name: shop-1-30-3}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop-1-29-6}
",
    right: r"
apiVersion: v1
kind: Namespace
metadata: {name: shop-1-29-6}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop-1-29-6}
",
    offline: "in a compiled tree the replay refuses such an object itself (MP0041); of manifests without any Namespace nothing is said.",
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
        let message = format!("nothing makes the namespace `{namespace}`");
        report
            .say(&RULE, first, "/metadata/namespace", message)
            .label = "the first object in it".to_owned();
        report.help("add a Namespace, to be applied before what is in it");
    }
}
