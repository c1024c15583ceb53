//! MP0007: an environment variable of ztunnel is set twice.

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
                let message = format!("`{}` sets `{name}` twice", object.key.name);
                let pointer = format!("/spec/values/ztunnel/env/{name}");
                report.say(&RULE, object, &pointer, message).label =
                    "the chart also sets it".to_owned();
                report.help("remove it here; `revision` sets both addresses, or set `caAddress` and, from 1.23, \
                    `xdsAddress`");
            }
        }
    }
}
