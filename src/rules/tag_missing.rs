//! MP0027: a tag that points at nothing.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0027",
    title: "a tag points at a revision that is not there",
    severity: Severity::Error,
    reason: "What carries the tag belongs to nobody, and its webhooks call a Service that is gone. A tag moves before its revision goes, or goes with it.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: istio-revision-tag-prod, labels: {istio.io/tag: prod, istio.io/rev: 1-29-6}}
webhooks: []
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: istio-revision-tag-prod, labels: {istio.io/tag: prod, istio.io/rev: 1-30-3}}
webhooks: []
"#,
    offline: "in manifests it speaks only where they hold an istiod.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if !state.whole && state.istiods().next().is_none() {
        return;
    }
    for (object, tag) in state.tags() {
        if state.has_istiod(&tag.revision) {
            continue;
        }
        let message = format!(
            "tag `{}` points at revision `{}`, which is not there",
            tag.name, tag.revision
        );
        report.say(&RULE, object, "/metadata/labels", message).label =
            "what carries the tag belongs to nobody".to_owned();
        report.help("move the tag to a revision that stays, or delete it first");
    }
}
