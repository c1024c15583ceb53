//! MP0038: istioctl of this version drops or rejects a setting.

use super::{Report, Rule, Scope, View};
use crate::istio::{ZtunnelValues, facts_near};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0038",
    severity: Severity::Error,
    page: include_str!("MP0038.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, operator) in view.operators() {
        let value = object.value();
        let has = |pointer: &str| value.pointer(pointer).is_some();
        let values = facts_near(operator.version.as_ref()).ztunnel_values;
        let mut say = |pointer: &str, message: &str, label: &str, help: &str| {
            report
                .say(
                    &RULE,
                    object,
                    pointer,
                    format!("`{}`: {message}", operator.name),
                )
                .label = label.to_owned();
            report.help(help);
        };
        let renamed = value
            .pointer("/spec/values/ztunnel/resourceName")
            .and_then(|v| v.as_str());
        if operator.ztunnel
            && has("/spec/components/ztunnel/k8s/nodeSelector")
            && renamed.is_some_and(|name| name != "ztunnel")
        {
            say(
                "/spec/components/ztunnel/k8s/nodeSelector",
                "the node selector of ztunnel is dropped",
                "istioctl applies it only to a DaemonSet with the name `ztunnel`",
                "use `values.ztunnel.nodeSelector`",
            );
        }
        if has("/spec/values/pilot/trustedZtunnelName") {
            say(
                "/spec/values/pilot/trustedZtunnelName",
                "istioctl does not know `trustedZtunnelName`",
                "istioctl fails with `unknown field` and installs nothing",
                "use `values.pilot.env.CA_TRUSTED_NODE_ACCOUNTS`",
            );
        }
        if operator.ztunnel
            && has("/spec/values/ztunnel/nodeSelector")
            && values < ZtunnelValues::NodeSelector
        {
            say(
                "/spec/values/ztunnel/nodeSelector",
                "the ztunnel chart of this version has no `nodeSelector`",
                "the chart has it since 1.23",
                "use `components.ztunnel.k8s.nodeSelector`",
            );
        }
        let namespaces = ["/spec/namespace", "/spec/values/global/istioNamespace"]
            .map(|pointer| value.pointer(pointer).and_then(|v| v.as_str()));
        if let [Some(one), Some(other)] = namespaces
            && one != other
        {
            say(
                "/spec/values/global/istioNamespace",
                "`namespace` and `global.istioNamespace` differ",
                "istiod would look for its objects in the wrong namespace",
                "set both to the same namespace",
            );
        }
        let overlays = value
            .pointer("/spec/components/ztunnel/k8s/overlays")
            .and_then(|v| v.as_array());
        for (number, overlay) in overlays.into_iter().flatten().enumerate() {
            let name = renamed
                .filter(|_| values >= ZtunnelValues::ResourceName)
                .unwrap_or("ztunnel");
            if operator.ztunnel && overlay["name"] != name {
                say(
                    &format!("/spec/components/ztunnel/k8s/overlays/{number}/name"),
                    "an overlay is for an object that the chart does not create",
                    &format!("the object of the chart has the name `{name}`"),
                    &format!("set `name` to `{name}`"),
                );
            }
        }
    }
}
