//! MP0035: two IstioOperators that istioctl takes for one.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0035",
    title: "two IstioOperators have one name and revision",
    severity: Severity::Error,
    reason: "istioctl knows its own objects by the name and revision of their IstioOperator, and removes those that a new installation under the same name does not bring: the second file takes away \
             what the first one made. A ztunnel file named like the istiod file was seen to remove the whole istiod, with exit code 0.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istio, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3, components: {cni: {enabled: false}, ztunnel: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istio, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3, components: {base: {enabled: false}, pilot: {enabled: false}, cni: {enabled: false}}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3, components: {cni: {enabled: false}, ztunnel: {enabled: false}}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: ztunnel, namespace: istio-system}
spec: {profile: ambient, tag: "1.30.3", revision: 1-30-3, components: {base: {enabled: false}, pilot: {enabled: false}, cni: {enabled: false}}}
"#,
    offline: "",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let operators = view.operators();
    for (number, (object, operator)) in operators.iter().enumerate() {
        let brings = |o: &crate::state::Operator| (o.base, o.pilot, o.cni, o.ztunnel);
        let other = operators[..number].iter().find(|(_, o)| {
            o.name == operator.name
                && o.revision() == operator.revision()
                && brings(o) != brings(operator)
        });
        if other.is_some() {
            let message = format!(
                "two IstioOperators are called `{}` and are of revision `{}`",
                operator.name,
                operator.revision()
            );
            report.say(&RULE, object, "/metadata/name", message).label =
                "installing this one removes what the other one made".to_owned();
            report.help("give each file a name of its own");
        }
    }
}
