//! MP0026: one tag in two revisions.

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
                (_, Some(_)) => format!("tag `{tag}` has the name of a revision"),
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
                .label = "one webhook; the last one installed has it".to_owned();
            report.help("give the tag to one of them, and move it by `istioctl tag set` in a step of its own");
        }
    }
}
