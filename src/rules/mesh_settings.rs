//! MP0009: two revisions differ in a setting that must be the same in the whole mesh.

use super::{Report, Rule, Scope, View};
use crate::state::setting_pointer;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0009",
    severity: Severity::Error,
    page: include_str!("MP0009.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let operators: Vec<_> = view
        .state
        .operators()
        .filter(|(_, operator)| operator.pilot)
        .collect();
    for pair in operators.windows(2) {
        let [(_, one), (object, other)] = pair else {
            continue;
        };
        let mut names: Vec<&str> = one
            .mesh
            .settings
            .keys()
            .chain(other.mesh.settings.keys())
            .copied()
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let of =
                |settings: &std::collections::BTreeMap<&str, String>| settings.get(name).cloned();
            let (left, right) = (of(&one.mesh.settings), of(&other.mesh.settings));
            if left == right {
                continue;
            }
            let words = |value: Option<String>| {
                value.map_or_else(|| "the default".to_owned(), |v| format!("`{v}`"))
            };
            let message = format!(
                "revisions `{}` and `{}` have different values of {name}",
                one.revision(),
                other.revision()
            );
            let pointer = setting_pointer(&object.manifest, name);
            report.say(&RULE, object, &pointer, message).label =
                format!("{} and {}", words(left), words(right));
            report.help("set the same value in both revisions");
        }
        if one.mesh.discovery != other.mesh.discovery {
            let message = format!(
                "revisions `{}` and `{}` discover different namespaces",
                one.revision(),
                other.revision()
            );
            report.say(&RULE, object, "/spec", message).label =
                "their discovery selectors differ, so one revision does not know some workloads of the other".to_owned();
            report.help("set the same `discoverySelectors` in both revisions");
        }
    }
}
