//! MP0028: a namespace or pod of the ambient mesh requests a sidecar.

use super::{Report, Rule, Scope, View};
use crate::state::Facet;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0028",
    severity: Severity::Error,
    page: include_str!("MP0028.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    const LABELS: [&str; 2] = ["istio.io/rev", "istio-injection"];
    let asks = |key: &str, value: &str| key != "istio-injection" || value == "enabled";
    for object in view.state.of_kind("", "Namespace") {
        let Facet::Namespace(namespace) = &object.facet else {
            continue;
        };
        if namespace
            .labels
            .get("istio.io/dataplane-mode")
            .map(String::as_str)
            != Some("ambient")
        {
            continue;
        }
        for key in LABELS {
            if namespace
                .labels
                .get(key)
                .is_some_and(|value| asks(key, value))
            {
                let message = format!(
                    "namespace `{}` is part of the ambient mesh and has the label `{key}`",
                    object.key.name
                );
                let pointer = format!("/metadata/labels/{}", key.replace('/', "~1"));
                report.say(&RULE, object, &pointer, message).label =
                    "its pods get sidecars, and pods with a sidecar are not part of the ambient mesh".to_owned();
                report.help("remove the label");
            }
        }
    }
    for (object, pods) in view.state.enrolled() {
        let sidecar = pods
            .labels
            .get("sidecar.istio.io/inject")
            .map(String::as_str)
            == Some("true");
        if sidecar || pods.labels.contains_key("istio.io/rev") {
            let message = format!(
                "pods of `{}` are part of the ambient mesh and request a sidecar",
                object.key.name
            );
            report
                .say(&RULE, object, "/spec/template/metadata/labels", message)
                .label = "a pod with a sidecar is not part of the ambient mesh".to_owned();
            report.help("remove `istio.io/rev` and `sidecar.istio.io/inject` from the pods");
        }
    }
}
