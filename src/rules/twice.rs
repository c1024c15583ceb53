//! MP0048: the same object is defined twice.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0048",
    severity: Severity::Error,
    page: include_str!("MP0048.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (number, object) in view.given.iter().enumerate() {
        if object.key.kind == "IstioOperator" {
            continue;
        }
        if let Some(first) = view.given[..number]
            .iter()
            .find(|other| other.key == object.key)
        {
            let (line, file) = (first.manifest.range("").start, &first.manifest.source);
            let message = format!("{} is defined twice", object.key);
            let same = first.value() == object.value();
            let finding = report.say(&RULE, object, "", message);
            finding.label = format!("the first definition is in {file}, at byte {line}");
            if same {
                finding.severity = Severity::Warning;
            }
            report.help("keep one definition");
        }
    }
}
