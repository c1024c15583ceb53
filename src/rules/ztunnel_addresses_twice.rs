//! MP0007: ztunnel's addresses given where its chart gives them too.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0007",
    severity: Severity::Error,
    page: include_str!("MP0007.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, ztunnel) in view.state.ztunnels() {
        let names: Vec<&String> = ztunnel.pods.env.iter().map(|(name, _)| name).collect();
        for (number, name) in names.iter().enumerate() {
            if names[..number].contains(name) {
                let message = format!("`{}` has `{name}` twice", object.key.name);
                let pointer = format!("/spec/values/ztunnel/env/{name}");
                report.say(&RULE, object, &pointer, message).label =
                    "its chart writes it too".to_owned();
                report.help("take it out; `revision` sets both addresses, or `caAddress` and, from 1.23, `xdsAddress`");
            }
        }
    }
}
