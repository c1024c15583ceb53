//! MP0023: a Gateway that two control planes own.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0023",
    title: "two control planes own one Gateway",
    severity: Severity::Error,
    reason: "Both write its Deployment, each its own version, and its pods roll again and again. 1.18.0-alpha.0 looks at no revision at all and owns every Gateway; 1.23.0 to 1.23.4, \
             1.24.0 and 1.24.1 own every one without a label.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-23-4, namespace: istio-system}
spec: {profile: ambient, tag: "1.23.4", revision: 1-23-4, components: {base: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-24-1, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.24.1"
  revision: 1-24-1
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
metadata: {name: istiod-1-23-4, namespace: istio-system}
spec: {profile: ambient, tag: "1.23.4", revision: 1-23-4, components: {base: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-24-1, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.24.1"
  revision: 1-24-1
  components: {base: {enabled: false}, cni: {enabled: false}, ztunnel: {enabled: false}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: istio-system, labels: {istio.io/rev: 1-23-4}}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
"#,
    offline: "",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, _) in view.state.gateways() {
        let claims = view.state.claims(object);
        if claims.revisions.len() < 2 {
            continue;
        }
        let names: Vec<&str> = claims
            .revisions
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let message = format!(
            "Gateway `{}` belongs to {} at once",
            object.key.name,
            names.join(" and ")
        );
        report.say(&RULE, object, "/metadata/labels", message).label =
            "each writes its own version of the Deployment".to_owned();
        report.help(
            "label it with one revision, or let the other control plane be the only one first",
        );
    }
}
