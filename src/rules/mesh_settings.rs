//! MP0009: two revisions that are not one mesh.

use super::{Report, Rule, Scope, View};
use crate::state::setting_pointer;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0009",
    title: "two revisions differ in a setting that makes one mesh of them",
    severity: Severity::Error,
    reason: "Pods of both revisions talk to each other all through the upgrade. With another trust domain, CA, network or cluster name they do not accept \
             each other's certificates, or do not find each other.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-29-6, namespace: istio-system}
spec: {profile: ambient, tag: "1.29.6", revision: 1-29-6, components: {base: {enabled: false}}, meshConfig: {trustDomain: old.example}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, cni: {enabled: false}, ztunnel: {enabled: false}}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-29-6, namespace: istio-system}
spec: {profile: ambient, tag: "1.29.6", revision: 1-29-6, components: {base: {enabled: false}}, meshConfig: {trustDomain: old.example}}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, cni: {enabled: false}, ztunnel: {enabled: false}}
  meshConfig: {trustDomain: old.example}
"#,
    offline: "settings are read from IstioOperators; what an installation got by other ways is not known.",
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
                "revisions `{}` and `{}` have another {name} each",
                one.revision(),
                other.revision()
            );
            let pointer = setting_pointer(&object.manifest, name);
            report.say(&RULE, object, &pointer, message).label =
                format!("{} and {}", words(left), words(right));
            report.help("give both revisions the same");
        }
        if one.mesh.discovery != other.mesh.discovery {
            let message = format!(
                "revisions `{}` and `{}` discover other namespaces each",
                one.revision(),
                other.revision()
            );
            report.say(&RULE, object, "/spec", message).label =
                "their discovery selectors differ, and a workload that one sees is none to the other".to_owned();
            report.help("give both revisions the same `discoverySelectors`");
        }
    }
}
