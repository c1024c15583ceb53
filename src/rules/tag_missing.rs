//! MP0027: a tag points to a revision that does not exist.

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
            "tag `{}` points to revision `{}`, which does not exist",
            tag.name, tag.revision
        );
        report.say(&RULE, object, "/metadata/labels", message).label =
            "objects with this tag belong to no control plane".to_owned();
        report.help("move the tag to a revision that stays, or delete the tag first");
    }
}
