//! MP0006: a ztunnel that its istiod does not trust.

use super::ztunnel_address::control_plane;
use super::{Report, Rule, Scope, View};
use crate::istio::{ZtunnelTrust, facts_near};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0006",
    title: "an istiod does not trust the ServiceAccount of its ztunnel",
    severity: Severity::Error,
    reason: "ztunnel asks for the certificates of the pods of its node; istiod gives them only to the accounts in CA_TRUSTED_NODE_ACCOUNTS (\"caller is \
             not allowed to impersonate\"). A ztunnel with a ServiceAccount of its own has to be listed, in every istiod that it may ask.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3, components: {cni: {enabled: false}, ztunnel: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, pilot: {enabled: false}, cni: {enabled: false}}
  values: {ztunnel: {resourceName: ztunnel-1-30-3}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {cni: {enabled: false}, ztunnel: {enabled: false}}
  values: {pilot: {env: {CA_TRUSTED_NODE_ACCOUNTS: "istio-system/ztunnel-1-30-3"}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, pilot: {enabled: false}, cni: {enabled: false}}
  values: {ztunnel: {resourceName: ztunnel-1-30-3}}
"#,
    offline: "",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, ztunnel) in view.state.ztunnels() {
        let Some(istiod) = control_plane(view.state, ztunnel) else {
            continue;
        };
        let own = object.key.namespace.as_deref().unwrap_or_default();
        let account = format!("{own}/{}", ztunnel.pods.account);
        // Up to 1.22 the profile names two; from 1.23 the chart names the one of its own namespace.
        let default = || {
            let trust = facts_near(istiod.version.as_ref()).ztunnel_trust;
            let mut all = vec![format!("{own}/ztunnel")];
            if trust == ZtunnelTrust::Accounts {
                all = vec![
                    "istio-system/ztunnel".to_owned(),
                    "kube-system/ztunnel".to_owned(),
                ];
            }
            all
        };
        let trusted = istiod.trusted.clone().unwrap_or_else(default);
        if trusted.contains(&account) {
            continue;
        }
        let message = format!(
            "istiod of revision `{}` does not trust `{account}`",
            istiod.revision
        );
        report
            .say(
                &RULE,
                object,
                "/spec/template/spec/serviceAccountName",
                message,
            )
            .label = format!("it trusts {}", trusted.join(", "));
        report.help(format!(
            "set `values.pilot.env.CA_TRUSTED_NODE_ACCOUNTS` of revision `{}` to `{},{account}`",
            istiod.revision,
            trusted.join(",")
        ));
    }
}
