//! MP0001: two ztunnels on one node.

use super::{Report, Rule, Scope, View};
use crate::state::cells;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0001",
    title: "two ztunnels can be on one node",
    severity: Severity::Error,
    reason: "istio-cni hands new pods to one of them and both listen in every old pod, so connections are drawn at random between two \
             versions, and the other one loses new pods (`istio/istio:cni/pkg/nodeagent/ztunnelserver.go`). Pools of nodes have to be disjoint.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: everything, namespace: istio-system}
spec: {profile: ambient, tag: "1.29.6"}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, pilot: {enabled: false}, cni: {enabled: false}}
  values: {ztunnel: {resourceName: ztunnel-1-30-3, nodeSelector: {pool: canary}}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-1-29-6, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.29.6"
  revision: 1-29-6
  components: {base: {enabled: false}, pilot: {enabled: false}, cni: {enabled: false}}
  values: {ztunnel: {resourceName: ztunnel-1-29-6, nodeSelector: {pool: stable}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, pilot: {enabled: false}, cni: {enabled: false}}
  values: {ztunnel: {resourceName: ztunnel-1-30-3, nodeSelector: {pool: canary}}}
"#,
    offline: "labels of nodes are not known, so every kind of node that the selectors tell apart counts, and taints do not: a ztunnel tolerates all of them.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let ztunnels: Vec<_> = view.state.ztunnels().collect();
    for (number, (object, ztunnel)) in ztunnels.iter().enumerate() {
        for (other, theirs) in &ztunnels[..number] {
            let places = [&ztunnel.pods.place, &theirs.pods.place];
            let cells = cells(places.into_iter());
            let nodes = view.state.nodes.values().chain(&cells);
            let both = nodes
                .into_iter()
                .find(|node| places.iter().all(|place| place.allows(node)));
            if both.is_none() {
                continue;
            }
            let pointer = format!("{}/nodeSelector", ztunnel.pods.spec);
            let message = format!(
                "`{}` and `{}` can be on one node",
                other.key.name, object.key.name
            );
            report.say(&RULE, object, &pointer, message).label = format!(
                "{}; the other one is on {}",
                ztunnel.pods.place.in_words(),
                theirs.pods.place.in_words()
            );
            report.help("pin each to nodes of its own, by different values of one label");
        }
    }
}
