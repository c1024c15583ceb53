//! All routes of a state, ready to answer requests: Gateways, their ports, virtual hosts, and the ordered
//! matches.

use std::collections::BTreeMap;
use std::rc::Rc;

use semver::Version;
use serde_json::{Map, Value};

use super::attach::{attachments, default_port};
use super::backend::{Resolved, outcomes, resolve};
use super::hosts::{ANY, intersection, of_header, pick, subset};
use super::matching::{Conditions, RequestView};
use super::modify::{Destination, forwarded, normalise, redirect};
use super::{Answer, MirrorTarget, Outcome, Request};
use crate::istio::{RouteDialect, route_dialect};
use crate::state::{Facet, Gateway, HttpRoute, Object, State};

/// The Host of a request without one, if the Gateway has no address: an address that is reserved for
/// documentation (RFC 5737).
const NO_ADDRESS: &str = "192.0.2.10";

/// The routes of a state.
pub struct Table<'a> {
    pub(super) state: &'a State,
    pub(super) gateways: BTreeMap<String, GatewayRoutes<'a>>,
}

pub(super) struct GatewayRoutes<'a> {
    gateway: &'a Gateway,
    pub(super) dialect: RouteDialect,
    /// Whether a control plane serves it.
    pub(super) served: bool,
    pub(super) servers: Vec<Server<'a>>,
}

/// One listener, or all listeners of one port that differ only by host name.
pub(super) struct Server<'a> {
    pub(super) port: u64,
    /// The host name of a TLS listener, which is selected before there is a request.
    pub(super) tls: Option<&'a str>,
    pub(super) hosts: Vec<(String, Vec<Entry<'a>>)>,
}

/// One match of one rule.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    pub(super) route: &'a Rc<Object>,
    pub(super) spec: &'a HttpRoute,
    pub(super) rule: usize,
    pub(super) conditions: Rc<Conditions>,
}

/// A route attached to a listener.
struct Attached<'a> {
    object: &'a Rc<Object>,
    spec: &'a HttpRoute,
    listener: usize,
}

impl<'a> Table<'a> {
    /// Reads the routes of a state. `version` is the Istio version for states that contain none.
    #[must_use]
    pub fn new(state: &'a State, version: Option<&Version>) -> Self {
        let gateways = state.gateways().map(|(object, gateway)| {
            let served = state.served.get(&object.key);
            let known = served.and_then(|served| served.version.as_ref());
            let dialect = route_dialect(known.or(version));
            // Manifests without any control plane are treated as if they had one.
            let revision = served.map(|served| served.revision.as_str());
            let servers = servers(state, object, gateway, dialect, revision);
            let served = served.is_some() || !state.whole && state.istiods().next().is_none();
            let name = format!(
                "{}/{}",
                object.key.namespace.as_deref().unwrap_or_default(),
                object.key.name
            );
            (
                name,
                GatewayRoutes {
                    gateway,
                    dialect,
                    served,
                    servers,
                },
            )
        });
        Self {
            state,
            gateways: gateways.collect(),
        }
    }

    /// Returns the names of the Gateways, as `namespace/name`.
    pub fn gateways(&self) -> impl Iterator<Item = &str> {
        self.gateways.keys().map(String::as_str)
    }

    #[must_use]
    pub fn answer(&self, request: &Request) -> Answer {
        let mut names = self.gateways.iter();
        let found = match &request.gateway {
            Some(name) => self.gateways.get(name),
            None => match (names.next(), names.next()) {
                (Some((_, one)), None) => Some(one),
                (None, _) => None,
                _ => {
                    return Answer::status(
                        404,
                        "there are several Gateways, and the request names none of them",
                    );
                }
            },
        };
        let Some(entrance) = found else {
            return Answer::status(404, "the Gateway does not exist");
        };
        if !entrance.served {
            return Answer::status(404, "no control plane serves the Gateway");
        }
        entrance.answer(self.state, request)
    }
}

impl GatewayRoutes<'_> {
    fn answer(&self, state: &State, request: &Request) -> Answer {
        let port = request.port.unwrap_or_else(|| default_port(self.gateway));
        let address = self
            .gateway
            .addresses
            .first()
            .map_or(NO_ADDRESS, |address| &address.value);
        let host = if request.host.is_empty() {
            address
        } else {
            &request.host
        };
        let name = of_header(host);
        let on_port = || self.servers.iter().filter(|server| server.port == port);
        let server = on_port().find(|server| server.tls.is_none()).or_else(|| {
            pick(
                &name,
                on_port().filter_map(|server| Some((server.tls?, server))),
            )
        });
        let Some(server) = server else {
            return Answer::status(404, format!("the Gateway has no listener on port {port}"));
        };
        let hosts = server
            .hosts
            .iter()
            .map(|(name, entries)| (name.as_str(), entries));
        let Some(entries) = pick(&name, hosts) else {
            return Answer::status(404, "no route of the Gateway matches this host");
        };
        let (path, own_query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let path_seen = normalise(path);
        // If a parameter occurs twice, Envoy uses the first value.
        let mut query = request.query.clone();
        for pair in own_query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !query.contains_key(key) {
                query.insert(key.to_owned(), Value::from(value));
            }
        }
        let seen = RequestView {
            path: &path_seen,
            method: &request.method,
            headers: &request.headers,
            query: &query,
        };
        let Some(entry) = entries.iter().find(|entry| entry.conditions.holds(&seen)) else {
            return Answer::status(404, "no rule of a route for this host matches");
        };
        let query = query_text(&request.query, own_query);
        let target = Destination {
            host,
            path: &path_seen,
            query: &query,
            port,
            tls: server.tls.is_some(),
        };
        self.decided(state, entry, path, &target)
    }

    fn decided(
        &self,
        state: &State,
        entry: &Entry<'_>,
        sent: &str,
        target: &Destination<'_>,
    ) -> Answer {
        let namespace = entry.route.key.namespace.as_deref().unwrap_or_default();
        let rule = &entry.spec.rules[entry.rule];
        let mut answer = Answer {
            outcomes: Vec::new(),
            route: Some(format!("{namespace}/{}", entry.route.key.name)),
            rule: Some(entry.rule),
            location: None,
            forwarded: None,
            mirrors: Vec::new(),
        };
        if let Some((status, location)) = redirect(rule, &entry.conditions.path, target) {
            answer.outcomes = vec![Outcome::Status {
                status,
                fraction: 1.0,
                reason: None,
            }];
            answer.location = Some(location);
            return answer;
        }
        answer.outcomes =
            outcomes(state, namespace, &rule.backend_refs, self.dialect).unwrap_or_default();
        if answer
            .outcomes
            .iter()
            .any(|outcome| matches!(outcome, Outcome::Backend { .. }))
        {
            answer.forwarded = forwarded(rule, &entry.conditions.path, sent, target);
            let mirrors = rule
                .filters
                .iter()
                .filter_map(|filter| filter.request_mirror.as_ref());
            answer.mirrors = mirrors
                .filter(|mirror| mirror.percent != Some(0))
                .filter_map(|mirror| {
                    match resolve(state, namespace, &mirror.backend_ref, self.dialect) {
                        Resolved::Service {
                            namespace,
                            name,
                            port,
                        } => Some(MirrorTarget {
                            backend: format!("{namespace}/{name}"),
                            port,
                        }),
                        _ => None,
                    }
                })
                .take(self.dialect.mirrors)
                .collect();
        }
        answer
    }
}

/// The query as it was sent, with its `?`.
fn query_text(query: &Map<String, Value>, own: &str) -> String {
    let mut pairs: Vec<String> = query
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.extend((!own.is_empty()).then(|| own.to_owned()));
    if pairs.is_empty() {
        String::new()
    } else {
        format!("?{}", pairs.join("&"))
    }
}

/// Whether a more specific listener of the port handles a route's host instead of this listener.
///
/// Source: `hostnameAllowedByIsolation` in Istio, from 1.22.
fn isolated(gateway: &Gateway, listener: usize, host: &str) -> bool {
    let own = &gateway.listeners[listener];
    let name = own.hostname.as_deref().unwrap_or_default();
    if !name.is_empty() && !name.starts_with('*') {
        return false;
    }
    if !(name.is_empty() || subset(host, name) || subset(name, host)) {
        return true;
    }
    gateway.listeners.iter().enumerate().any(|(number, other)| {
        let theirs = other.hostname.as_deref().unwrap_or_default();
        number != listener
            && other.port == own.port
            && other.protocol == own.protocol
            && theirs != name
            && !theirs.is_empty()
            && name.len() <= theirs.len()
            && subset(host, theirs)
    })
}

fn servers<'a>(
    state: &'a State,
    object: &Rc<Object>,
    gateway: &'a Gateway,
    dialect: RouteDialect,
    revision: Option<&str>,
) -> Vec<Server<'a>> {
    let mut attached: Vec<Attached<'a>> = Vec::new();
    for route in state.of_kind("gateway.networking.k8s.io", "HTTPRoute") {
        let Facet::Route(spec) = &route.facet else {
            continue;
        };
        // Only the revision in its label reads a labelled route; tags are ignored (`objectInRevision`).
        let asked = route.label("istio.io/rev");
        if asked.is_some_and(|asked| revision.is_some_and(|revision| revision != asked)) {
            continue;
        }
        for parent in &spec.parents {
            let Ok((parent, listeners)) = attachments(state, route, spec, parent) else {
                continue;
            };
            if parent.key == object.key && !is_lost(state, route, spec, dialect) {
                attached.extend(listeners.into_iter().map(|listener| Attached {
                    object: route,
                    spec,
                    listener,
                }));
            }
        }
    }
    // Oldest first, then by namespace and name. A name comes after names that start with it, because Istio
    // compares them with a `~` appended (mergeHTTPRoutes, sortRoutesByCreationTime).
    attached.sort_by_key(|a| {
        (
            a.spec.created.clone(),
            a.object.key.namespace.clone(),
            format!("{}~", a.object.key.name),
        )
    });
    // Listeners of one port share their virtual hosts, in the order of their names; a listener with TLS has
    // separate ones.
    let mut order: Vec<usize> = (0..gateway.listeners.len()).collect();
    order.sort_by_key(|number| gateway.listeners[*number].name.clone());
    let mut servers: Vec<Server<'a>> = Vec::new();
    for number in order {
        let listener = &gateway.listeners[number];
        let tls =
            (listener.protocol == "HTTPS").then(|| listener.hostname.as_deref().unwrap_or(ANY));
        if !matches!(listener.protocol.as_str(), "HTTP" | "HTTPS") {
            continue;
        }
        let shared = servers
            .iter()
            .position(|s| s.port == listener.port && tls.is_none() && s.tls.is_none());
        let server = shared.unwrap_or_else(|| {
            servers.push(Server {
                port: listener.port,
                tls,
                hosts: Vec::new(),
            });
            servers.len() - 1
        });
        virtual_hosts(
            gateway,
            number,
            &attached,
            dialect,
            &mut servers[server].hosts,
        );
    }
    for (_, entries) in servers.iter_mut().flat_map(|server| &mut server.hosts) {
        // Matches for every request come last, whatever their route is (SortVHostRoutes).
        entries.sort_by_key(|entry| entry.conditions.is_catch_all());
    }
    servers
}

/// Whether Istio drops a whole route because of an invalid backend.
fn is_lost(state: &State, route: &Object, spec: &HttpRoute, dialect: RouteDialect) -> bool {
    let namespace = route.key.namespace.as_deref().unwrap_or_default();
    spec.rules.iter().any(|rule| {
        rule.filters
            .iter()
            .any(|filter| matches!(filter.type_.as_str(), "ExtensionRef" | "ExternalAuth"))
            || outcomes(state, namespace, &rule.backend_refs, dialect).is_none()
    })
}

/// Adds the routes of one listener to virtual hosts, after the existing ones.
fn virtual_hosts<'a>(
    gateway: &'a Gateway,
    number: usize,
    attached: &[Attached<'a>],
    dialect: RouteDialect,
    hosts: &mut Vec<(String, Vec<Entry<'a>>)>,
) {
    let own = gateway.listeners[number].hostname.as_deref().unwrap_or(ANY);
    // One list per hostname in the routes, before it is intersected with the listener's: whole lists are
    // appended to each other.
    let mut named: Vec<(&'a str, &'a str, Vec<Entry<'a>>)> = Vec::new();
    for one in attached.iter().filter(|one| one.listener == number) {
        let any = [ANY.to_owned()];
        let all: &[String] = if one.spec.hostnames.is_empty() {
            &any
        } else {
            &one.spec.hostnames
        };
        for host in all {
            if dialect.isolates_listeners && isolated(gateway, number, host) {
                continue;
            }
            let host = one
                .spec
                .hostnames
                .iter()
                .find(|h| *h == host)
                .map_or(ANY, |h| h.as_str());
            let entries = entries(one);
            match named.iter_mut().find(|(_, known, _)| *known == host) {
                Some((_, _, list)) => list.extend(entries),
                None => named.push((&one.spec.created, host, entries)),
            }
        }
    }
    named.sort_by_key(|(created, host, _)| (*created, *host));
    for (_, host, mut list) in named {
        let Some(both) = intersection(own, host) else {
            continue;
        };
        list.sort_by_key(|entry| entry.conditions.rank(dialect));
        // Matches after one that matches every request are never tried.
        if let Some(last) = list
            .iter()
            .position(|entry| entry.conditions.is_catch_all())
        {
            list.truncate(last + 1);
        }
        let both = both.to_ascii_lowercase();
        match hosts.iter_mut().find(|(known, _)| *known == both) {
            Some((_, known)) => known.extend(list),
            None => hosts.push((both, list)),
        }
    }
}

fn entries<'a>(one: &Attached<'a>) -> Vec<Entry<'a>> {
    let of = |rule: usize, conditions: Conditions| Entry {
        route: one.object,
        spec: one.spec,
        rule,
        conditions: Rc::new(conditions),
    };
    let rules = one.spec.rules.iter().enumerate();
    rules
        .flat_map(|(number, rule)| {
            if rule.matches.is_empty() {
                vec![of(number, Conditions::of(None))]
            } else {
                rule.matches
                    .iter()
                    .map(|m| of(number, Conditions::of(Some(m))))
                    .collect()
            }
        })
        .collect()
}
