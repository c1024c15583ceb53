//! MP0032: CRDs that an istiod does not read.

use super::{Check, Report, Rule, View};
use crate::finding::Severity;
use crate::istio::{Channel, facts};
use semver::Version;

pub(crate) const RULE: Rule = Rule {
    code: "MP0032",
    title: "an istiod cannot read the cluster's Gateway API CRDs",
    severity: Severity::Error,
    reason: "There is one bundle of CRDs for both revisions. An istiod that watches a version which the bundle no longer serves, or not yet, does not become ready; 1.29 and later need v1.0.0, \
             1.18.0-alpha.0 ends at v1.0.0 (standard) or v1.1.1 (experimental).",
    wrong: "A tree applies Gateway API v0.6.1 and installs istiod 1.30.3.",
    right: "A tree applies Gateway API v1.4.1 and installs istiod 1.30.3.",
    offline: "only in a compiled tree whose kustomization names a release.",
    check: Check::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let Some((bundle, channel)) = &view.state.bundle else {
        return;
    };
    for (object, istiod) in view.state.istiods() {
        let Some(facts) = istiod.version.as_ref().and_then(facts) else {
            continue;
        };
        let (first, last) = match channel {
            Channel::Standard => facts.standard,
            Channel::Experimental => facts.experimental,
        };
        let bound = |text: &str| Version::parse(text).ok();
        let early = bound(first).is_some_and(|first| *bundle < first);
        let late = bound(last).is_some_and(|last| *bundle > last);
        if early || late {
            let version = istiod
                .version
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
            let message = format!(
                "istiod {version} cannot read Gateway API v{bundle}, {} channel",
                channel.as_str()
            );
            report.say(&RULE, object, "/spec/tag", message).label =
                format!("it reads v{first} to v{last}");
            report.help("choose a bundle that suits both revisions");
        }
    }
}
