//! MP0010: a route references a Service or port that does not exist.

use super::{Report, Rule, Scope, View};
use crate::kube::identity::Key;
use crate::route::Resolved;
use crate::state::{BackendRef, Facet, Object, State};
use crate::text::finding::Severity;
use std::rc::Rc;

pub(crate) const RULE: Rule = Rule {
    code: "MP0010",
    severity: Severity::Error,
    page: include_str!("MP0010.md"),
    check: Scope::State(check),
};

/// Returns the backends and mirrors of every HTTPRoute, with the JSON pointer of each.
pub(super) fn backends(state: &State) -> impl Iterator<Item = (&Rc<Object>, &BackendRef, String)> {
    state
        .of_kind("gateway.networking.k8s.io", "HTTPRoute")
        .flat_map(|object| {
            let rules = match &object.facet {
                Facet::Route(route) => &route.rules[..],
                _ => &[],
            };
            rules.iter().enumerate().flat_map(move |(r, rule)| {
                let own = rule.backend_refs.iter().enumerate();
                let own = own.map(move |(b, backend)| {
                    (object, backend, format!("/spec/rules/{r}/backendRefs/{b}"))
                });
                let mirrors = rule
                    .filters
                    .iter()
                    .enumerate()
                    .filter_map(move |(f, filter)| {
                        let backend = &filter.request_mirror.as_ref()?.backend_ref;
                        Some((
                            object,
                            backend,
                            format!("/spec/rules/{r}/filters/{f}/requestMirror/backendRef"),
                        ))
                    });
                own.chain(mirrors)
            })
        })
}

/// Returns what is wrong with a backend; ReferenceGrants are not checked here.
pub(super) fn problem(state: &State, from: &str, backend: &BackendRef) -> Option<Resolved> {
    if !backend.is_service() {
        return Some(Resolved::UnknownKind);
    }
    let Some(port) = backend.port.filter(|_| !backend.name.contains('.')) else {
        return Some(Resolved::Malformed);
    };
    let namespace = backend.namespace.as_deref().unwrap_or(from);
    match state
        .get(&Key::namespaced("", "Service", namespace, &backend.name))
        .map(|o| &o.facet)
    {
        Some(Facet::Service(service))
            if service.port(port).is_some() && service.type_ != "ExternalName" =>
        {
            None
        }
        Some(_) => Some(Resolved::NoPort),
        None => Some(Resolved::NoService),
    }
}

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if !state.whole && state.of_kind("", "Service").next().is_none() {
        return;
    }
    for (object, backend, pointer) in backends(state) {
        let from = object.key.namespace.as_deref().unwrap_or_default();
        let namespace = backend.namespace.as_deref().unwrap_or(from);
        let Some(problem) = problem(state, from, backend) else {
            continue;
        };
        let port = backend
            .port
            .map_or_else(String::new, |port| format!(":{port}"));
        let message = format!(
            "the route references `{namespace}/{}{port}`: {}",
            backend.name,
            problem.in_words()
        );
        let key = if problem == Resolved::NoPort {
            "/port"
        } else {
            "/name"
        };
        let weight = if backend.weight() == 0 {
            "no request fails while its weight is 0"
        } else {
            "its share of the requests gets 500"
        };
        report
            .say(&RULE, object, &format!("{pointer}{key}"), message)
            .label = weight.to_owned();
        report.help(help(state, namespace, backend));
    }
}

fn help(state: &State, namespace: &str, backend: &BackendRef) -> String {
    let key = Key::namespaced("", "Service", namespace, &backend.name);
    if let Some(Facet::Service(service)) = state.get(&key).map(|o| &o.facet) {
        let ports: Vec<String> = service
            .ports
            .iter()
            .map(|port| port.port.to_string())
            .collect();
        return format!("use a port of the Service: {}", ports.join(", "));
    }
    let others: Vec<String> = state
        .of_kind("", "Service")
        .filter(|service| service.key.name == backend.name)
        .filter_map(|service| service.key.namespace.clone())
        .collect();
    if others.is_empty() {
        "reference an existing Service and one of its ports".to_owned()
    } else {
        format!(
            "set `namespace`: a Service with this name exists in {}",
            others.join(", ")
        )
    }
}
