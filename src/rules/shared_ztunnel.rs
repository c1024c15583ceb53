//! MP0004: two ztunnels share a selector or a ServiceAccount.

use super::{Report, Rule, Scope, View};
use crate::state::{Object, Ztunnel};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0004",
    severity: Severity::Error,
    page: include_str!("MP0004.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let ztunnels: Vec<_> = view.state.ztunnels().collect();
    for (number, (object, ztunnel)) in ztunnels.iter().enumerate() {
        for (other, theirs) in &ztunnels[..number] {
            if object.key.namespace != other.key.namespace {
                continue;
            }
            // In an in-place upgrade the selector of the existing ztunnel cannot change. It is harmless: a
            // DaemonSet never adopts pods that have a controller.
            let before = |own: &Object| {
                !view.state.given.is_empty()
                    && own.label("app.kubernetes.io/managed-by") != Some("meshplan")
            };
            let selects = |own: &Object, one: &Ztunnel, other: &Ztunnel| {
                !before(own)
                    && one
                        .pods
                        .selector
                        .iter()
                        .all(|(key, value)| other.pods.labels.get(key) == Some(value))
            };
            let mut shared = Vec::new();
            if selects(other, theirs, ztunnel) || selects(object, ztunnel, theirs) {
                shared.push("selector");
            }
            if ztunnel.pods.account == theirs.pods.account {
                shared.push("ServiceAccount");
            }
            if shared.is_empty() {
                continue;
            }
            let what = shared.join(" and ");
            let pointer = if shared[0] == "selector" {
                "/spec/selector"
            } else {
                "/spec/template/spec/serviceAccountName"
            };
            let message = format!(
                "`{}` and `{}` share their {what}",
                other.key.name, object.key.name
            );
            report.say(&RULE, object, pointer, message).label =
                "removing one revision would also affect the other".to_owned();
            report.help("give each ztunnel a distinct label in selector and template, and a separate ServiceAccount");
        }
    }
}
