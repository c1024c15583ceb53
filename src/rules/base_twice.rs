//! MP0033: Istio's CRDs in two files.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0033",
    title: "Istio's CRDs are in more than one file, or older than a control plane",
    severity: Severity::Error,
    reason: "Istio's CRDs are one per cluster. Where `base` is enabled in the files of both revisions, installing the older one again takes the CRDs back, and with them the fields that the newer \
             one writes. They come once, at the newest version, in a file of their own.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-29-6, namespace: istio-system}
spec: {profile: ambient, tag: "1.29.6", revision: 1-29-6, components: {base: {enabled: true}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: true}, cni: {enabled: false}, ztunnel: {enabled: false}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-29-6, namespace: istio-system}
spec: {profile: ambient, tag: "1.29.6", revision: 1-29-6, components: {base: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: true}, cni: {enabled: false}, ztunnel: {enabled: false}}
"#,
    offline: "",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let operators = view.operators();
    let bases: Vec<_> = operators
        .iter()
        .filter(|(_, operator)| operator.base)
        .collect();
    for (number, (object, operator)) in bases.iter().enumerate() {
        if let Some((_, first)) = bases[..number]
            .iter()
            .find(|(_, o)| o.revision() != operator.revision())
        {
            let message = format!(
                "`{}` and `{}` both bring Istio's CRDs",
                first.name, operator.name
            );
            report
                .say(&RULE, object, "/spec/components/base", message)
                .label = "installing the older one again takes the CRDs back".to_owned();
            report.help("enable `base` in one file, at the newest version");
        }
    }
    let Some(base) = &view.state.base else { return };
    for (object, istiod) in view.state.istiods() {
        if istiod
            .version
            .as_ref()
            .is_some_and(|version| version > base)
            && view.state.whole
        {
            let message = format!(
                "istiod of revision `{}` is newer than Istio's CRDs",
                istiod.revision
            );
            report.say(&RULE, object, "/spec/tag", message).label =
                format!("the CRDs are of {base}");
            report.help("install the CRDs at the newest version first");
        }
    }
}
