//! MP0031: istio-cni and a ztunnel redirect traffic in different ways.

use super::{Report, Rule, Scope, View};
use crate::istio::facts_near;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0031",
    severity: Severity::Error,
    page: include_str!("MP0031.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let in_pods = |version: &semver::Version| facts_near(Some(version)).redirects_in_pod();
    let Some(cni) = view.state.cni_version() else {
        return;
    };
    for (object, ztunnel) in view.state.ztunnels() {
        let Some(own) = &ztunnel.version else {
            continue;
        };
        if in_pods(own) != in_pods(cni) {
            let message = format!(
                "istio-cni {cni} is not compatible with `{}` {own}",
                object.key.name
            );
            report.say(&RULE, object, "/spec", message).label =
                "traffic redirection changed between 1.20 and 1.21".to_owned();
            report.help("install the newer Istio in a new cluster");
        }
    }
}
