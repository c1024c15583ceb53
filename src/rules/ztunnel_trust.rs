//! MP0006: an istiod does not trust the ServiceAccount of its ztunnel.

use super::ztunnel_address::control_plane;
use super::{Report, Rule, Scope, View};
use crate::istio::{ZtunnelTrust, facts_near};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0006",
    severity: Severity::Error,
    page: include_str!("MP0006.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, ztunnel) in view.state.ztunnels() {
        let Some(istiod) = control_plane(view.state, ztunnel) else {
            continue;
        };
        let own = object.key.namespace.as_deref().unwrap_or_default();
        let account = format!("{own}/{}", ztunnel.pods.account);
        // Up to 1.22 the profile lists two accounts; from 1.23 the chart lists the one of its own namespace.
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
