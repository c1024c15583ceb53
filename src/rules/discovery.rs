//! MP0008: an istiod that does not see a namespace of the mesh.

use super::{Report, Rule, Scope, View};
use crate::kube::identity::Key;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0008",
    title: "an istiod does not see a namespace of the mesh",
    severity: Severity::Error,
    reason: "With `meshConfig.discoverySelectors` istiod knows only the namespaces that one of them selects. It has to see every namespace that is part of \
             the mesh, and the one of the ztunnels, or it gives no certificates for what runs there.",
    wrong: r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {cni: {enabled: false}, ztunnel: {enabled: false}}
  meshConfig: {discoverySelectors: [{matchLabels: {mesh: "yes"}}]}
"#,
    right: r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, mesh: "yes"}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {cni: {enabled: false}, ztunnel: {enabled: false}}
  meshConfig: {discoverySelectors: [{matchLabels: {mesh: "yes"}}]}
"#,
    offline: "a selector is read from IstioOperators, not from a ConfigMap that somebody else made.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    for (object, operator) in state
        .operators()
        .filter(|(_, operator)| operator.pilot && !operator.mesh.discovery.is_empty())
    {
        for namespace in state.unseen(&operator.mesh.discovery) {
            let namespace = namespace.as_str();
            let message = format!(
                "istiod of revision `{}` does not see namespace `{namespace}`",
                operator.revision()
            );
            let at = state
                .get(&Key::cluster("", "Namespace", namespace))
                .filter(|o| !o.implied)
                .unwrap_or(object);
            let pointer = if std::rc::Rc::ptr_eq(at, object) {
                "/spec/meshConfig/discoverySelectors"
            } else {
                "/metadata/labels"
            };
            report.say(&RULE, at, pointer, message).label =
                "no discovery selector selects it".to_owned();
            report.help(
                "give the namespace a label that one of `meshConfig.discoverySelectors` selects",
            );
        }
    }
}
