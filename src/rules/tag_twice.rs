//! MP0026: one tag in two revisions.

use super::{Report, Rule, Scope, View};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0026",
    title: "two revisions claim one tag",
    severity: Severity::Error,
    reason: "A tag is one webhook configuration in the cluster. The revision that is installed last has it, and an installation of the other one takes it back; a tag \
             that has the name of a revision makes the name ambiguous.",
    wrong: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-29-6, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.29.6"
  revision: 1-29-6
  components: {base: {enabled: false}}
  values: {revisionTags: [canary]}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, cni: {enabled: false}, ztunnel: {enabled: false}}
  values: {revisionTags: [canary]}
"#,
    right: r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-29-6, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.29.6"
  revision: 1-29-6
  components: {base: {enabled: false}}
  values: {revisionTags: [stable]}
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istiod-1-30-3, namespace: istio-system}
spec:
  profile: ambient
  tag: "1.30.3"
  revision: 1-30-3
  components: {base: {enabled: false}, cni: {enabled: false}, ztunnel: {enabled: false}}
  values: {revisionTags: [canary]}
"#,
    offline: "",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let operators = view.operators();
    for (number, (object, operator)) in operators.iter().enumerate() {
        for tag in &operator.tags {
            let other = operators[..number].iter().find(|(_, o)| {
                o.revision() != operator.revision() && (o.tags.contains(tag) || o.revision() == tag)
            });
            let named = operators
                .iter()
                .find(|(_, o)| o.pilot && o.revision() == tag);
            let message = match (other, named) {
                (_, Some(_)) => format!("tag `{tag}` has the name of a revision"),
                (Some((_, other)), _) => {
                    format!(
                        "revisions `{}` and `{}` both claim the tag `{tag}`",
                        other.revision(),
                        operator.revision()
                    )
                }
                _ => continue,
            };
            report
                .say(&RULE, object, "/spec/values/revisionTags", message)
                .label = "one webhook; the last one installed has it".to_owned();
            report.help("give the tag to one of them, and move it by `istioctl tag set` in a step of its own");
        }
    }
}
