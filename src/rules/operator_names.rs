//! MP0035: two IstioOperators have the same name and revision.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0035",
    severity: Severity::Error,
    page: include_str!("MP0035.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let operators = view.operators();
    for (number, (object, operator)) in operators.iter().enumerate() {
        let brings = |o: &crate::state::Operator| (o.base, o.pilot, o.cni, o.ztunnel);
        let other = operators[..number].iter().find(|(_, o)| {
            o.name == operator.name
                && o.revision() == operator.revision()
                && brings(o) != brings(operator)
        });
        if other.is_some() {
            let message = format!(
                "two IstioOperators have the name `{}` and the revision `{}`",
                operator.name,
                operator.revision()
            );
            report.say(&RULE, object, "/metadata/name", message).label =
                "installing this one removes what the other one installed".to_owned();
            report.help("give each IstioOperator a different name");
        }
    }
}
