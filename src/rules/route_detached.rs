//! MP0013: a route that is attached to nothing.

use super::{Report, Rule, Scope, View};
use crate::route::attachments;
use crate::state::Facet;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0013",
    title: "a route attaches to no listener",
    severity: Severity::Error,
    reason: "Its requests get 404. A listener takes routes of its Gateway's own namespace unless `allowedRoutes` says otherwise, of its kinds, of its hosts, \
             and by the name and port that `parentRefs` gives.",
    wrong: r"
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: infra}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: front, namespace: infra}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
",
    right: r"
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: infra}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: front, namespace: infra}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
",
    offline: "of manifests without any Gateway nothing is said: they are elsewhere. A parent that is no Gateway is not looked at.",
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
            let message = format!("the route is not attached to Gateway `{namespace}/{name}`");
            report
                .say(
                    &RULE,
                    object,
                    &format!("/spec/parentRefs/{number}"),
                    message,
                )
                .label = refused.in_words().to_owned();
            report.help("name a listener that takes it, or let the listener's `allowedRoutes` and `hostname` take it");
        }
    }
}
