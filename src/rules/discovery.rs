//! MP0008: an istiod does not discover a namespace of the mesh.

use super::{Report, Rule, Scope, View};
use crate::kube::identity::Key;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0008",
    severity: Severity::Error,
    page: include_str!("MP0008.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    for (object, operator) in state
        .operators()
        .filter(|(_, operator)| operator.pilot && !operator.mesh.discovery.is_empty())
    {
        for namespace in state.unseen(&operator.mesh.discovery) {
            let namespace = namespace.as_str();
            let message = format!(
                "istiod of revision `{}` does not discover namespace `{namespace}`",
                operator.revision()
            );
            let at = state
                .get(&Key::cluster("", "Namespace", namespace))
                .filter(|o| !o.implied)
                .unwrap_or(object);
            let pointer = if std::rc::Rc::ptr_eq(at, object) {
                "/spec/meshConfig/discoverySelectors"
            } else {
                "/metadata/labels"
            };
            report.say(&RULE, at, pointer, message).label =
                "no discovery selector matches it".to_owned();
            report.help(
                "give the namespace a label that one of `meshConfig.discoverySelectors` matches",
            );
        }
    }
}
