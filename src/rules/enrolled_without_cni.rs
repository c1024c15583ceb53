//! MP0021: pods of the mesh, and no istio-cni.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0021",
    title: "a namespace is part of the mesh and there is no istio-cni",
    severity: Severity::Error,
    reason: "istio-cni takes pods into the mesh and out of it. Without it the label does nothing for new pods, and what is redirected already stays so: namespaces leave \
             the mesh before istio-cni goes.",
    wrong: "A step deletes DaemonSet istio-cni-node while a namespace still has `istio.io/dataplane-mode: ambient`.",
    right: "The label goes first, in a step of its own; then istio-cni.",
    offline: "only in a compiled tree; in manifests istio-cni may be elsewhere.",
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
