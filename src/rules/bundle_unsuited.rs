//! MP0032: an istiod cannot read the Gateway API CRDs of the cluster.

use super::{Report, Rule, Scope, View};
use crate::istio::facts;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0032",
    severity: Severity::Error,
    page: include_str!("MP0032.md"),
    check: Scope::State(check),
};

/// The environment of istiod, as a JSON pointer into its Deployment.
const ENV: &str = "/spec/template/spec/containers/0/env";
/// The variable that makes istiod watch kinds of the experimental channel.
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
                    ", but not all of them with `PILOT_ENABLE_ALPHA_GATEWAY_API`"
                } else {
                    ""
                }
            );
            report.help("choose a bundle that both revisions can read");
        }
    }
}
