//! MP0025: a Gateway that goes with the revision that came first.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0025",
    title: "a Gateway without a label follows the revision that was installed first",
    severity: Severity::Warning,
    reason: "istioctl makes the tag `default` silently when it installs the first revision, and a Gateway without `istio.io/rev` belongs to it. Unless somebody moves the tag the Gateway is \
             orphaned when that revision goes.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-29-6, namespace: istio-system}
spec: {profile: ambient, tag: "1.29.6", revision: 1-29-6, components: {base: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, cni: {enabled: false}, ztunnel: {enabled: false}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: istio-system}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-29-6, namespace: istio-system}
spec: {profile: ambient, tag: "1.29.6", revision: 1-29-6, components: {base: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, cni: {enabled: false}, ztunnel: {enabled: false}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: istio-system, labels: {istio.io/rev: 1-29-6}}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
"#,
    offline: "only in manifests: in a compiled tree a step moves the tag or the label, and MP0022 and MP0023 look at every state.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if state.whole || state.istiods().count() < 2 {
        return;
    }
    // A tag that somebody wrote down is somebody's decision.
    let Some((_, tag)) = state
        .tags()
        .find(|(object, tag)| tag.name == "default" && object.implied)
    else {
        return;
    };
    if view
        .operators()
        .iter()
        .any(|(_, operator)| operator.tags.iter().any(|name| name == "default"))
    {
        return;
    }
    for (object, _) in state.gateways() {
        if state.claims(object).asked.is_some() {
            continue;
        }
        let message = format!(
            "Gateway `{}` follows revision `{}` because that one comes first",
            object.key.name, tag.revision
        );
        report.say(&RULE, object, "/metadata", message).label =
            "no `istio.io/rev`, and nothing moves the tag `default`".to_owned();
        report.help("label it with its revision, or move the tag before that revision goes");
    }
}
