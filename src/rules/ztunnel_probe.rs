//! MP0050: a ztunnel that never becomes ready.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0050",
    title: "a ztunnel is asked for its readiness where it does not answer",
    severity: Severity::Error,
    reason: "ztunnel says that it is ready on port 15021, in every version. Asked elsewhere it never becomes ready, and its rollout never ends.",
    wrong: r#"
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ztunnel, namespace: istio-system}
spec:
  selector: {matchLabels: {app: ztunnel}}
  template:
    metadata: {labels: {app: ztunnel}}
    spec:
      containers: [{name: istio-proxy, image: "docker.io/istio/ztunnel:1.30.3", readinessProbe: {httpGet: {port: 15022, path: /healthz/ready}}}]
"#,
    right: r#"
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ztunnel, namespace: istio-system}
spec:
  selector: {matchLabels: {app: ztunnel}}
  template:
    metadata: {labels: {app: ztunnel}}
    spec:
      containers: [{name: istio-proxy, image: "docker.io/istio/ztunnel:1.30.3", readinessProbe: {httpGet: {port: 15021, path: /healthz/ready}}}]
"#,
    offline: "",
    check: Scope::State(check),
};

/// Source: `istio/istio:manifests/charts/ztunnel/templates/daemonset.yaml`, all tags from 1.18.0-alpha.0 to 1.31.
const PORT: u64 = 15021;

fn check(view: &View<'_>, report: &mut Report) {
    const POINTER: &str = "/spec/template/spec/containers/0/readinessProbe/httpGet/port";
    for (object, _) in view.state.ztunnels() {
        let port = object
            .value()
            .pointer(POINTER)
            .and_then(serde_json::Value::as_u64);
        if port.is_some_and(|port| port != PORT) {
            let message = format!("`{}` never becomes ready", object.key.name);
            report.say(&RULE, object, POINTER, message).label =
                format!("ztunnel answers on {PORT}");
            report.help(format!("ask port {PORT}"));
        }
    }
}
