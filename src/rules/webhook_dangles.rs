//! MP0020: a webhook calls a Service that does not exist.

use super::{Report, Rule, Scope, View};
use crate::kube::identity::Key;
use crate::state::Facet;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0020",
    severity: Severity::Error,
    page: include_str!("MP0020.md"),
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
                    "webhook `{}` calls `{namespace}/{name}`, which does not exist",
                    object.key.name
                );
                report.say(&RULE, object, pointer, message).label =
                    "requests that match the webhook are rejected".to_owned();
                report.help("delete the webhook configuration first, or point the tag to a revision that stays");
            }
        }
    }
}
