//! MP0034: an IstioOperator that says no version.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0034",
    title: "an IstioOperator says no version",
    severity: Severity::Error,
    reason: "istioctl installs its own version. Two files that differ in nothing but names install one Istio twice, whatever their names say, if one istioctl installs both. `tag` says which version \
             a file is for, so that a script can look for the istioctl of that version, and images can be compared with it.",
    wrong: r"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec: {profile: ambient, revision: 1-30-3}
",
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec: {profile: ambient, revision: 1-30-3, tag: "1.30.3"}
"#,
    offline: "a file that says none and has no revision may be for any istioctl; of it nothing is said.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, operator) in view.operators() {
        if operator.version.is_some() || (operator.revision.is_none() && operator.tag.is_none()) {
            continue;
        }
        let message = format!("`{}` says no version of Istio", operator.name);
        report
            .say(
                &RULE,
                object,
                if operator.tag.is_some() {
                    "/spec/tag"
                } else {
                    "/spec"
                },
                message,
            )
            .label = match &operator.tag {
            Some(tag) => format!("`{tag}` is no version"),
            None => "without `tag` it installs whatever version istioctl is of".to_owned(),
        };
        report.help("set `spec.tag` to the version, in quotes, and install with the istioctl of that version");
    }
}
