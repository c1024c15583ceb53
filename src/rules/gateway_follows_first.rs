//! MP0025: a Gateway that goes with the revision that came first.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0025",
    severity: Severity::Warning,
    page: include_str!("MP0025.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if state.whole || state.istiods().count() < 2 {
        return;
    }
    // A tag that somebody wrote down is somebody's decision.
    let Some((_, tag)) = state
        .tags()
        .find(|(object, tag)| tag.name == "default" && object.implied)
    else {
        return;
    };
    if view
        .operators()
        .iter()
        .any(|(_, operator)| operator.tags.iter().any(|name| name == "default"))
    {
        return;
    }
    for (object, _) in state.gateways() {
        if state.claims(object).asked.is_some() {
            continue;
        }
        let message = format!(
            "Gateway `{}` follows revision `{}` because that one comes first",
            object.key.name, tag.revision
        );
        report.say(&RULE, object, "/metadata", message).label =
            "no `istio.io/rev`, and nothing moves the tag `default`".to_owned();
        report.help("label it with its revision, or move the tag before that revision goes");
    }
}
