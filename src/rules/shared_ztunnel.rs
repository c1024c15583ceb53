//! MP0004: two ztunnels that share a selector or a ServiceAccount.

use super::{Report, Rule, Scope, View};
use crate::state::{Object, Ztunnel};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0004",
    title: "two ztunnels share a selector or a ServiceAccount",
    severity: Severity::Error,
    reason: "Two DaemonSets with one selector adopt, and delete, each other's pods once one of them is orphaned; and removing one revision removes \
             the ServiceAccount that the other's certificates come by. The selector is immutable, so it has to be right from the start.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-a, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.18.0"
  revision: a
  components:
    base: {enabled: false}
    pilot: {enabled: false}
    cni: {enabled: false}
    ztunnel:
      k8s:
        nodeSelector: {pool: stable}
        overlays:
        - {kind: DaemonSet, name: ztunnel, patches: [{path: metadata.name, value: ztunnel-a}]}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-b, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.18.1"
  revision: b
  components:
    base: {enabled: false}
    pilot: {enabled: false}
    cni: {enabled: false}
    ztunnel:
      k8s:
        nodeSelector: {pool: canary}
        overlays:
        - {kind: DaemonSet, name: ztunnel, patches: [{path: metadata.name, value: ztunnel-b}]}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-a, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.18.0"
  revision: a
  components:
    base: {enabled: false}
    pilot: {enabled: false}
    cni: {enabled: false}
    ztunnel:
      k8s:
        nodeSelector: {pool: stable}
        overlays:
        - kind: DaemonSet
          name: ztunnel
          patches:
          - {path: spec.selector.matchLabels.revision, value: a}
          - {path: spec.template.metadata.labels.revision, value: a}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-b, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.18.1"
  revision: b
  components:
    base: {enabled: false}
    pilot: {enabled: false}
    cni: {enabled: false}
    ztunnel:
      k8s:
        nodeSelector: {pool: canary}
        overlays:
        - kind: DaemonSet
          name: ztunnel
          patches:
          - {path: metadata.name, value: ztunnel-b}
          - {path: spec.selector.matchLabels.revision, value: b}
          - {path: spec.template.metadata.labels.revision, value: b}
          - {path: spec.template.spec.serviceAccountName, value: ztunnel-b}
        - {kind: ServiceAccount, name: ztunnel, patches: [{path: metadata.name, value: ztunnel-b}]}
"#,
    offline: "",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let ztunnels: Vec<_> = view.state.ztunnels().collect();
    for (number, (object, ztunnel)) in ztunnels.iter().enumerate() {
        for (other, theirs) in &ztunnels[..number] {
            if object.key.namespace != other.key.namespace {
                continue;
            }
            // Where nodes move in place, the selector of the one that was there before cannot change, and it adopts nothing that has
            // an owner.
            let before = |own: &Object| {
                !view.state.given.is_empty()
                    && own.label("app.kubernetes.io/managed-by") != Some("meshplan")
            };
            let selects = |own: &Object, one: &Ztunnel, other: &Ztunnel| {
                !before(own)
                    && one
                        .pods
                        .selector
                        .iter()
                        .all(|(key, value)| other.pods.labels.get(key) == Some(value))
            };
            let mut shared = Vec::new();
            if selects(other, theirs, ztunnel) || selects(object, ztunnel, theirs) {
                shared.push("selector");
            }
            if ztunnel.pods.account == theirs.pods.account {
                shared.push("ServiceAccount");
            }
            if shared.is_empty() {
                continue;
            }
            let what = shared.join(" and ");
            let pointer = if shared[0] == "selector" {
                "/spec/selector"
            } else {
                "/spec/template/spec/serviceAccountName"
            };
            let message = format!(
                "`{}` and `{}` share their {what}",
                other.key.name, object.key.name
            );
            report.say(&RULE, object, pointer, message).label =
                "removing one revision would touch the other".to_owned();
            report.help("give each a label of its own in selector and template, and a ServiceAccount of its own");
        }
    }
}
