//! MP0019: a pod references an object that does not exist.

use super::{Report, Rule, Scope, View};
use crate::kube::identity::Key;
use crate::step::Phase;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0019",
    severity: Severity::Error,
    page: include_str!("MP0019.md"),
    check: Scope::State(check),
};

/// Objects that Kubernetes or istiod creates in every namespace.
const EVERYWHERE: [(&str, &str); 3] = [
    ("ServiceAccount", "default"),
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "istio-ca-root-cert"),
];

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if !state.whole {
        return;
    }
    for (object, pods) in state.workloads().filter(|(object, _)| !object.implied) {
        let Some(namespace) = &object.key.namespace else {
            continue;
        };
        for reference in &pods.references {
            let key = Key::namespaced("", reference.kind, namespace, &reference.name);
            // The dump of an existing mesh contains only the objects that meshplan needs, so a missing one
            // says nothing.
            let printed = object.phase != Some(Phase::Existing);
            if !printed
                || EVERYWHERE.contains(&(reference.kind, reference.name.as_str()))
                || state.get(&key).is_some()
            {
                continue;
            }
            let message = format!(
                "`{}` references {key}, which does not exist",
                object.key.name
            );
            let finding = report.say(&RULE, object, &reference.pointer, message);
            finding.label = "its pods do not start without it".to_owned();
            if reference.kind != "ServiceAccount" {
                finding.severity = Severity::Warning;
            }
            report.help(format!(
                "add the {} to the same manifests, or mark it as optional if pods can run without it",
                reference.kind
            ));
        }
    }
}
