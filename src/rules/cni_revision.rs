//! MP0036: istio-cni with a revision.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0036",
    title: "istio-cni is installed with a revision",
    severity: Severity::Error,
    reason: "istio-cni is one per cluster and serves both revisions. Installed with a revision it carries that one's label, and `istioctl uninstall --revision` of it takes the istio-cni of the whole cluster \
             along.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istio-cni, namespace: istio-system}
spec: {profile: empty, tag: "1.30.3", revision: 1-30-3, components: {cni: {enabled: true}}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istio-cni, namespace: istio-system}
spec: {profile: empty, tag: "1.30.3", components: {cni: {enabled: true}}}
"#,
    offline: "a file that brings a whole mesh at once, control plane and istio-cni, is for one revision alone; of it nothing is said.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    for (object, operator) in view.operators() {
        if operator.cni && !operator.pilot && operator.revision.is_some() {
            let message = format!(
                "istio-cni is installed with revision `{}`",
                operator.revision()
            );
            report.say(&RULE, object, "/spec/revision", message).label =
                "uninstalling that revision would take it along".to_owned();
            report.help("take `revision` out of the file of istio-cni");
        }
    }
}
