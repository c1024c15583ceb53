//! MP0050: a ztunnel has a readiness probe on a port where it does not answer.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0050",
    severity: Severity::Error,
    page: include_str!("MP0050.md"),
    check: Scope::State(check),
};

/// Source: `istio/istio:manifests/charts/ztunnel/templates/daemonset.yaml`, all tags from 1.18.0-alpha.0 to
/// 1.31.
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
                format!("ztunnel answers the readiness probe on port {PORT}");
            report.help(format!("set the port of the readiness probe to {PORT}"));
        }
    }
}
