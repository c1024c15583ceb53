//! MP0025: a Gateway without a label follows the revision that was installed first.

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
    // A tag that the manifests contain was set on purpose.
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
            "Gateway `{}` follows revision `{}` only because that revision was installed first",
            object.key.name, tag.revision
        );
        report.say(&RULE, object, "/metadata", message).label =
            "it has no `istio.io/rev`, and nothing sets the tag `default`".to_owned();
        report.help("label the Gateway with its revision, or move the tag `default` before that revision is removed");
    }
}
