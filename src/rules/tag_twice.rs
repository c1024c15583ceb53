//! MP0026: two revisions claim the same tag.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0026",
    severity: Severity::Error,
    page: include_str!("MP0026.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let operators = view.operators();
    for (number, (object, operator)) in operators.iter().enumerate() {
        for tag in &operator.tags {
            let other = operators[..number].iter().find(|(_, o)| {
                o.revision() != operator.revision() && (o.tags.contains(tag) || o.revision() == tag)
            });
            let named = operators
                .iter()
                .find(|(_, o)| o.pilot && o.revision() == tag);
            let message = match (other, named) {
                (_, Some(_)) => format!("tag `{tag}` has the same name as a revision"),
                (Some((_, other)), _) => {
                    format!(
                        "revisions `{}` and `{}` both claim the tag `{tag}`",
                        other.revision(),
                        operator.revision()
                    )
                }
                _ => continue,
            };
            report
                .say(&RULE, object, "/spec/values/revisionTags", message)
                .label =
                "a tag is one webhook, and the revision that is installed last gets it".to_owned();
            report.help("set the tag in one of the two, and move it with `istioctl tag set` in a separate step");
        }
    }
}
