//! MP0037: a control plane on one node.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0037",
    title: "an istiod can only be on the nodes of one pool",
    severity: Severity::Warning,
    reason: "istiod need not be beside its ztunnel. Pinned to its revision's nodes it stops when these are drained, which is what an upgrade by node pools does to them.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {pilot: {k8s: {nodeSelector: {pool: canary}}}, ztunnel: {enabled: false}, cni: {enabled: false}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3, components: {ztunnel: {enabled: false}, cni: {enabled: false}}}
"#,
    offline: "how many nodes a label is on is not known.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, istiod) in view.state.istiods() {
        let place = istiod.pods.place.in_words();
        if place == "any node" {
            continue;
        }
        let message = format!(
            "istiod of revision `{}` can only be on nodes with {place}",
            istiod.revision
        );
        report
            .say(
                &RULE,
                object,
                "/spec/components/pilot/k8s/nodeSelector",
                message,
            )
            .label = "draining these nodes stops the control plane".to_owned();
        report.help("take the node selector out; istiod need not be beside its ztunnel");
    }
}
