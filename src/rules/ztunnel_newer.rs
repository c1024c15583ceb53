//! MP0029: a ztunnel that is newer than its istiod, or too old for it.

use super::ztunnel_address::control_plane;
use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0029",
    title: "a ztunnel does not fit the istiod that it asks",
    severity: Severity::Error,
    reason: "ztunnel 1.x works with a control plane of 1.x and 1.x+1 (Istio's ambient upgrade page): it is never newer than its istiod, and at most one minor older.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-29-6, namespace: istio-system}
spec: {profile: ambient, tag: "1.29.6", revision: 1-29-6, components: {cni: {enabled: false}, ztunnel: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-29-6, components: {base: {enabled: false}, pilot: {enabled: false}, cni: {enabled: false}}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3, components: {cni: {enabled: false}, ztunnel: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3, components: {base: {enabled: false}, pilot: {enabled: false}, cni: {enabled: false}}}
"#,
    offline: "versions are those in the tags of images; where a tag names none nothing is said.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, ztunnel) in view.state.ztunnels() {
        let Some(istiod) = control_plane(view.state, ztunnel) else {
            continue;
        };
        let (Some(own), Some(theirs)) = (&ztunnel.version, &istiod.version) else {
            continue;
        };
        let far = theirs.major == own.major && theirs.minor > own.minor + 1;
        if own <= theirs && !far {
            continue;
        }
        let message = format!("ztunnel {own} asks istiod {theirs}");
        report
            .say(
                &RULE,
                object,
                "/spec/template/spec/containers/0/image",
                message,
            )
            .label = if far {
            "more than one minor older"
        } else {
            "newer than its control plane"
        }
        .to_owned();
        report.help("the control plane goes first, one minor at a time; each ztunnel asks the istiod of its own version");
    }
}
