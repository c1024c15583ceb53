//! MP0027: a tag that points at nothing.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0027",
    severity: Severity::Error,
    page: include_str!("MP0027.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if !state.whole && state.istiods().next().is_none() {
        return;
    }
    for (object, tag) in state.tags() {
        if state.has_istiod(&tag.revision) {
            continue;
        }
        let message = format!(
            "tag `{}` points at revision `{}`, which is not there",
            tag.name, tag.revision
        );
        report.say(&RULE, object, "/metadata/labels", message).label =
            "what carries the tag belongs to nobody".to_owned();
        report.help("move the tag to a revision that stays, or delete it first");
    }
}
