//! MP0031: two ways of redirection in one cluster.

use super::{Report, Rule, Scope, View};
use crate::istio::facts_near;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0031",
    title: "istio-cni and a ztunnel redirect in two different ways",
    severity: Severity::Error,
    reason: "1.21 moved redirection from the node into the pods, with another protocol between istio-cni and ztunnel. One istio-cni cannot serve a ztunnel of 1.20 and one of 1.21, so no upgrade by \
             node pools crosses these two.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istio-cni, namespace: istio-system}
spec: {profile: empty, tag: "1.21.0", components: {cni: {enabled: true}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel, namespace: istio-system}
spec: {profile: empty, tag: "1.20.8", components: {ztunnel: {enabled: true}}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istio-cni, namespace: istio-system}
spec: {profile: empty, tag: "1.21.0", components: {cni: {enabled: true}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel, namespace: istio-system}
spec: {profile: empty, tag: "1.21.0", components: {ztunnel: {enabled: true}}}
"#,
    offline: "versions are those in the tags of images; where a tag names none nothing is said.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let in_pods = |version: &semver::Version| facts_near(Some(version)).redirects_in_pod();
    let Some(cni) = view.state.cni_version() else {
        return;
    };
    for (object, ztunnel) in view.state.ztunnels() {
        let Some(own) = &ztunnel.version else {
            continue;
        };
        if in_pods(own) != in_pods(cni) {
            let message = format!("istio-cni {cni} cannot serve `{}` {own}", object.key.name);
            report.say(&RULE, object, "/spec", message).label =
                "redirection changed between 1.20 and 1.21".to_owned();
            report.help("install the newer Istio anew, in a cluster of its own");
        }
    }
}
