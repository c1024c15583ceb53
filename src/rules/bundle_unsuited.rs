//! MP0032: CRDs that an istiod does not read.

use super::{Report, Rule, Scope, View};
use crate::istio::facts;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0032",
    title: "an istiod cannot read the cluster's Gateway API CRDs",
    severity: Severity::Error,
    reason: "There is one bundle of CRDs for both revisions. An istiod that watches a version which the bundle no longer serves, or not yet, does not become ready; 1.29 and later need v1.0.0, \
             1.18.0-alpha.0 ends at v1.0.0 (standard) or v1.1.1 (experimental).",
    wrong: "A tree applies Gateway API v0.6.1 and installs istiod 1.30.3.",
    right: "A tree applies Gateway API v1.4.1 and installs istiod 1.30.3.",
    offline: "only in a compiled tree whose kustomization names a release.",
    check: Scope::State(check),
};

/// Where a control plane's environment stands.
const ENV: &str = "/spec/template/spec/containers/0/env";
/// What makes an istiod watch kinds of the experimental channel.
const ALPHA: &str = "PILOT_ENABLE_ALPHA_GATEWAY_API";

fn check(view: &View<'_>, report: &mut Report) {
    let Some((bundle, channel)) = &view.state.bundle else {
        return;
    };
    for (object, istiod) in view.state.istiods() {
        let Some(facts) = istiod.version.as_ref().and_then(facts) else {
            continue;
        };
        let (first, last) = facts.bundles.of(*channel);
        let env = object.value().pointer(ENV).and_then(|env| env.as_array());
        let alpha = env.is_some_and(|env| {
            env.iter()
                .any(|one| one["name"] == ALPHA && one["value"] == "true")
        });
        if !facts.bundles.reads(*channel, bundle, alpha) {
            let version = istiod
                .version
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
            let message = format!(
                "istiod {version} cannot read Gateway API v{bundle}, {} channel",
                channel.as_str()
            );
            report.say(&RULE, object, "/spec/tag", message).label = format!(
                "it reads v{first} to v{last}{}",
                if alpha {
                    ", and with PILOT_ENABLE_ALPHA_GATEWAY_API not all of them"
                } else {
                    ""
                }
            );
            report.help("choose a bundle that suits both revisions");
        }
    }
}
