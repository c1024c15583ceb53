//! MP0013: a route attaches to no listener.

use super::{Report, Rule, Scope, View};
use crate::route::attachments;
use crate::state::Facet;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0013",
    severity: Severity::Error,
    page: include_str!("MP0013.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if !state.whole
        && state
            .of_kind("gateway.networking.k8s.io", "Gateway")
            .next()
            .is_none()
    {
        return;
    }
    for object in state.of_kind("gateway.networking.k8s.io", "HTTPRoute") {
        let Facet::Route(route) = &object.facet else {
            continue;
        };
        let from = object.key.namespace.as_deref().unwrap_or_default();
        for (number, parent) in route.parents.iter().enumerate() {
            let Some((namespace, name)) = parent.gateway(from) else {
                continue;
            };
            let Err(refused) = attachments(state, object, route, parent) else {
                continue;
            };
            let message = format!("the route does not attach to Gateway `{namespace}/{name}`");
            report
                .say(
                    &RULE,
                    object,
                    &format!("/spec/parentRefs/{number}"),
                    message,
                )
                .label = refused.in_words().to_owned();
            report.help("reference a listener that accepts the route, or change the listener's `allowedRoutes` and \
                `hostname`");
        }
    }
}
