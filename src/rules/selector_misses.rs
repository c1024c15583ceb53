//! MP0043: a workload does not select its own pods.

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
                "the pods of `{}` do not have the label `{key}: {value}` of its selector",
                object.key.name
            );
            report
                .say(&RULE, object, "/spec/template/metadata/labels", message)
                .label = "the API server rejects it".to_owned();
            report.help("use the same labels in selector and template");
        } else if empty {
            let message = format!("`{}` selects no pods", object.key.name);
            report.say(&RULE, object, "/spec/selector", message).label =
                "the API server rejects it".to_owned();
            report.help("set `matchLabels` to labels of the template");
        }
    }
}
