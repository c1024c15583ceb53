//! MP0014: a route whose requests another one with a more specific host takes.

use super::{Check, Report, Rule, View};
use crate::finding::Severity;
use crate::state::Facet;

pub(crate) const RULE: Rule = Rule {
    code: "MP0014",
    title: "two routes of one Gateway have different hostnames for one host",
    severity: Severity::Warning,
    reason: "Istio makes a virtual host of each hostname and never falls through: a request for the more specific host that no rule there matches gets 404, \
             though a rule of the wider one would match. Gateway API's text can be read otherwise.",
    wrong: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: wide, namespace: shop}
spec:
  parentRefs: [{name: front}]
  hostnames: ["*.example.com"]
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: narrow, namespace: shop}
spec:
  parentRefs: [{name: front}]
  hostnames: [a.example.com]
  rules: [{matches: [{path: {value: /only}}], backendRefs: [{name: web, port: 80}]}]
"#,
    right: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: wide, namespace: shop}
spec:
  parentRefs: [{name: front}]
  hostnames: ["*.example.com"]
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: narrow, namespace: shop}
spec:
  parentRefs: [{name: front}]
  hostnames: ["*.example.com"]
  rules: [{matches: [{path: {value: /only}}], backendRefs: [{name: web, port: 80}]}]
"#,
    offline: "",
    check: Check::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let routes: Vec<_> = view
        .state
        .of_kind("gateway.networking.k8s.io", "HTTPRoute")
        .filter_map(|object| match &object.facet {
            Facet::Route(route) => Some((object, route)),
            _ => None,
        })
        .collect();
    for (object, route) in &routes {
        for (other, theirs) in &routes {
            let parents = |route: &crate::state::HttpRoute, from: &str| -> Vec<(String, String)> {
                let own = route
                    .parents
                    .iter()
                    .filter_map(|parent| parent.gateway(from));
                own.map(|(namespace, name)| (namespace.to_owned(), name.to_owned()))
                    .collect()
            };
            let of = |o: &crate::state::Object, r: &crate::state::HttpRoute| {
                parents(r, o.key.namespace.as_deref().unwrap_or_default())
            };
            let here = of(object, route);
            if object.key == other.key
                || !of(other, theirs).iter().any(|parent| here.contains(parent))
            {
                continue;
            }
            for (number, host) in route.hostnames.iter().enumerate() {
                let wider = |wide: &String| {
                    wide.strip_prefix('*').is_some_and(|end| {
                        wide != host && host.trim_start_matches('*').ends_with(end)
                    })
                };
                let wide = if theirs.hostnames.is_empty() {
                    Some("every host")
                } else {
                    theirs
                        .hostnames
                        .iter()
                        .find(|h| wider(h))
                        .map(String::as_str)
                };
                let (Some(wide), false) = (wide, theirs.hostnames.contains(host)) else {
                    continue;
                };
                let message = format!(
                    "requests for `{host}` never reach `{}`, which is for {wide}",
                    other.key
                );
                report
                    .say(&RULE, object, &format!("/spec/hostnames/{number}"), message)
                    .label = "what no rule for this host matches gets 404".to_owned();
                report.help(
                    "give both routes the same hostnames, or repeat the wider one's rules here",
                );
            }
        }
    }
}
