//! MP0020: a webhook that calls what is not there.

use super::{Report, Rule, Scope, View};
use crate::kube::identity::Key;
use crate::state::Facet;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0020",
    title: "a webhook calls a Service that is not there",
    severity: Severity::Error,
    reason: "Every object that the webhook is for is refused as long as nothing answers: pods with a sidecar label, or all of Istio's own kinds. Webhooks go before \
             the control plane that they call, and the tag `default` moves before the revision that it points at goes.",
    wrong: r#"
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: istio-revision-tag-default, labels: {istio.io/tag: default, istio.io/rev: 1-29-6}}
webhooks:
- name: rev.namespace.sidecar-injector.istio.io
  clientConfig: {service: {name: istiod-1-29-6, namespace: istio-system}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3}
"#,
    right: r#"
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: istio-revision-tag-default, labels: {istio.io/tag: default, istio.io/rev: 1-30-3}}
webhooks:
- name: rev.namespace.sidecar-injector.istio.io
  clientConfig: {service: {name: istiod-1-30-3, namespace: istio-system}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3}
"#,
    offline: "in manifests it speaks only where they hold an istiod.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if !state.whole && state.istiods().next().is_none() {
        return;
    }
    for kind in [
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    ] {
        for object in state.of_kind("admissionregistration.k8s.io", kind) {
            let Facet::Webhook(webhook) = &object.facet else {
                continue;
            };
            for (namespace, name, pointer) in &webhook.services {
                if state
                    .get(&Key::namespaced("", "Service", namespace, name))
                    .is_some()
                {
                    continue;
                }
                let message = format!(
                    "webhook `{}` calls `{namespace}/{name}`, which is not there",
                    object.key.name
                );
                report.say(&RULE, object, pointer, message).label =
                    "what it is asked about is refused".to_owned();
                report.help("delete the webhook configuration first, or point the tag at a revision that stays");
            }
        }
    }
}
