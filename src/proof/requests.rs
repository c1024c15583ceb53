//! The kinds of requests: one for each way in which the routes of a tree distinguish requests.

use std::rc::Rc;

use serde_json::{Map, Value};

use crate::route::Request;
use crate::state::{Facet, Match, NamedMatch, Object};

/// Headers, query parameters and method of a match.
type Asked = (Map<String, Value>, Map<String, Value>, Option<String>);

/// Returns one request of each kind, for every host and port of the routes' Gateways: every path of every
/// route, and a path below it, without headers and with each set of headers and query parameters of a route;
/// and one request that no route lists.
#[must_use]
#[allow(clippy::needless_pass_by_value, reason = "an iterator is handed over")]
pub fn kinds<'a>(objects: impl Iterator<Item = &'a Rc<Object>> + Clone) -> Vec<Request> {
    let mut all: Vec<Request> = Vec::new();
    for object in objects.clone() {
        let Facet::Route(route) = &object.facet else {
            continue;
        };
        let from = object.key.namespace.as_deref().unwrap_or_default();
        let matches: Vec<&Match> = route.rules.iter().flat_map(|rule| &rule.matches).collect();
        let mut paths: Vec<String> = vec!["/meshplan-no-route-lists-this".to_owned()];
        for one in &matches {
            let path = one.path.as_ref();
            let value = path
                .and_then(|p| p.value.clone())
                .unwrap_or_else(|| "/".to_owned());
            if path.and_then(|p| p.type_.as_deref()) != Some("Exact") {
                push(&mut paths, format!("{}/below", value.trim_end_matches('/')));
            }
            push(&mut paths, value);
        }
        let mut sets: Vec<Asked> = vec![Asked::default()];
        for one in &matches {
            push(
                &mut sets,
                (
                    map(&one.headers),
                    map(&one.query_params),
                    one.method.clone(),
                ),
            );
        }
        for parent in &route.parents {
            let Some((namespace, name)) = parent.gateway(from) else {
                continue;
            };
            let gateways = objects.clone().filter_map(|o| match &o.facet {
                Facet::Gateway(gateway)
                    if o.key.name == name && o.key.namespace.as_deref() == Some(namespace) =>
                {
                    Some(gateway)
                }
                _ => None,
            });
            let mut entrances: Vec<(u64, String)> = Vec::new();
            for listener in gateways.flat_map(|gateway| &gateway.listeners) {
                let own: Vec<String> = route
                    .hostnames
                    .iter()
                    .chain(&listener.hostname)
                    .cloned()
                    .collect();
                for host in if own.is_empty() {
                    vec![String::new()]
                } else {
                    own
                } {
                    push(
                        &mut entrances,
                        (listener.port, host.replacen("*.", "any.", 1)),
                    );
                }
            }
            for (port, host) in entrances {
                for path in &paths {
                    for (headers, query, method) in &sets {
                        let request = Request {
                            gateway: Some(format!("{namespace}/{name}")),
                            port: Some(port),
                            host: host.clone(),
                            method: method.clone().unwrap_or_else(|| "GET".to_owned()),
                            headers: headers.clone(),
                            query: query.clone(),
                            ..Request::get(path.clone())
                        };
                        push(&mut all, request);
                    }
                }
            }
        }
    }
    all
}

fn push<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

fn map(matches: &[NamedMatch]) -> Map<String, Value> {
    matches
        .iter()
        .map(|one| (one.name.clone(), Value::from(one.value.as_str())))
        .collect()
}
