//! MP0043: a workload that does not select its own pods.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0043",
    severity: Severity::Error,
    page: include_str!("MP0043.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, pods) in view.state.workloads() {
        if object.implied || object.key.group != "apps" {
            continue;
        }
        let missing = pods
            .selector
            .iter()
            .find(|(key, value)| pods.labels.get(*key) != Some(value));
        let empty = pods.selector.is_empty()
            && object
                .value()
                .pointer("/spec/selector/matchExpressions")
                .is_none();
        if let Some((key, value)) = missing {
            let message = format!(
                "the pods of `{}` do not have `{key}: {value}`, which it selects",
                object.key.name
            );
            report
                .say(&RULE, object, "/spec/template/metadata/labels", message)
                .label = "the API server refuses it".to_owned();
            report.help("give selector and template the same labels");
        } else if empty {
            let message = format!("`{}` selects no pods", object.key.name);
            report.say(&RULE, object, "/spec/selector", message).label =
                "the API server refuses it".to_owned();
            report.help("give it `matchLabels` that its template has");
        }
    }
}
