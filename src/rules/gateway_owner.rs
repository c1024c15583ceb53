//! MP0022: a Gateway belongs to no control plane.

use super::{Report, Rule, Scope, View};
use crate::istio::{ListenerFilter, facts_near};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0022",
    severity: Severity::Error,
    page: include_str!("MP0022.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if !state.whole && state.istiods().next().is_none() {
        return;
    }
    for (object, _) in state.gateways() {
        let claims = state.claims(object);
        let asked = claims.asked.as_deref().unwrap_or("default");
        let own: Vec<String> = state
            .istiods()
            .map(|(_, istiod)| istiod.revision.clone())
            .collect();
        if claims.revisions.is_empty() {
            let message = format!("Gateway `{}` belongs to no control plane", object.key.name);
            report.say(&RULE, object, "/metadata/labels", message).label = match &claims.asked {
                Some(name) => {
                    format!(
                        "it asks for `{name}`, which is neither an existing revision nor an existing tag"
                    )
                }
                None => "it has no `istio.io/rev`, and there is no default revision".to_owned(),
            };
            report.help(format!(
                "label it with an existing revision: {}",
                own.join(", ")
            ));
        } else if !own.iter().any(|revision| revision == asked) && claims.asked.is_some() {
            let blind = claims.revisions.iter().find(|(_, version)| {
                facts_near(version.as_ref()).listeners == ListenerFilter::Revision
            });
            if let Some((revision, _)) = blind {
                let message = format!(
                    "Gateway `{}` uses the tag `{asked}`, so revision `{revision}` sends it no listeners",
                    object.key.name
                );
                report.say(&RULE, object, "/metadata/labels", message).label =
                    "up to 1.24.2 a label counts only if it is the name of the revision".to_owned();
                report.help(format!("label it `istio.io/rev: {revision}`"));
            }
        }
    }
}
