//! MP0007: ztunnel's addresses given where its chart gives them too.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0007",
    title: "an environment variable of ztunnel is given twice",
    severity: Severity::Error,
    reason: "From 1.20 ztunnel's chart writes XDS_ADDRESS and CA_ADDRESS itself, from `revision`. Given in `values.ztunnel.env` as well, each stands \
             twice, and server-side apply, which istioctl always uses, refuses the DaemonSet (\"duplicate entries for key\").",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, pilot: {enabled: false}}
  values: {ztunnel: {resourceName: ztunnel-1-30-3, env: {XDS_ADDRESS: "istiod-1-30-3.istio-system.svc:15012"}}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, pilot: {enabled: false}}
  values: {ztunnel: {resourceName: ztunnel-1-30-3}}
"#,
    offline: "",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, ztunnel) in view.state.ztunnels() {
        let names: Vec<&String> = ztunnel.pods.env.iter().map(|(name, _)| name).collect();
        for (number, name) in names.iter().enumerate() {
            if names[..number].contains(name) {
                let message = format!("`{}` has `{name}` twice", object.key.name);
                let pointer = format!("/spec/values/ztunnel/env/{name}");
                report.say(&RULE, object, &pointer, message).label =
                    "its chart writes it too".to_owned();
                report.help("take it out; `revision` sets both addresses, or `caAddress` and, from 1.23, `xdsAddress`");
            }
        }
    }
}
