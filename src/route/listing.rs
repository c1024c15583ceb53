//! A table as a list: ports, virtual hosts and matches in the order in which they are tried.

use super::Outcome;
use super::backend::outcomes;
use super::matching::Path;
use super::table::{Entry, GatewayRoutes, Table};
use crate::state::State;

/// One match of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub port: u64,
    /// The virtual host: a name, `*.` and a domain, or `*`.
    pub host: String,
    /// The path condition.
    pub path: Wanted,
    pub method: Option<String>,
    /// The header conditions; all of them must match.
    pub headers: Vec<(String, Wanted)>,
    /// The query parameter conditions; all of them must match.
    pub query: Vec<(String, Wanted)>,
    /// The HTTPRoute, as `namespace/name`.
    pub route: String,
    /// The index of its rule, from 0.
    pub rule: usize,
    /// The status of its redirect, if it has one.
    pub redirect: Option<u16>,
    /// The outcomes, if it is not a redirect.
    pub outcomes: Vec<Outcome>,
}

/// A condition on a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Exactly this text.
    Exact(String),
    /// This path or one below it; empty for every path.
    Prefix(String),
    /// A regular expression that must match the whole text; without one (invalid), nothing matches.
    Regex(Option<String>),
}

impl Table<'_> {
    /// Lists the matches that the Gateway with this name (`namespace/name`) tries for plain HTTP. The order
    /// of virtual hosts has no meaning; the matches of each one are in order. Empty if no control plane
    /// serves the Gateway.
    #[must_use]
    pub fn listing(&self, gateway: &str) -> Vec<Listed> {
        match self.gateways.get(gateway) {
            Some(entrance) if entrance.served => entrance.listing(self.state),
            _ => Vec::new(),
        }
    }
}

impl GatewayRoutes<'_> {
    fn listing(&self, state: &State) -> Vec<Listed> {
        let plain = self.servers.iter().filter(|server| server.tls.is_none());
        let hosts = plain.flat_map(|server| {
            let hosts = server.hosts.iter();
            hosts.map(|(host, entries)| (server.port, host, entries))
        });
        hosts
            .flat_map(|(port, host, entries)| {
                let list = |entry| self.listed(state, port, host, entry);
                entries.iter().map(list).collect::<Vec<_>>()
            })
            .collect()
    }

    fn listed(&self, state: &State, port: u64, host: &str, entry: &Entry<'_>) -> Listed {
        let namespace = entry.route.key.namespace.as_deref().unwrap_or_default();
        let rule = &entry.spec.rules[entry.rule];
        let redirect = rule.filters.iter().find_map(|filter| {
            let redirect = filter.request_redirect.as_ref()?;
            Some(redirect.status_code.unwrap_or(302))
        });
        Listed {
            port,
            host: host.to_owned(),
            path: match &entry.conditions.path {
                Path::Exact(path) => Wanted::Exact(path.clone()),
                Path::Prefix(prefix) => Wanted::Prefix(prefix.clone()),
                Path::Regex(pattern, regex) => {
                    Wanted::Regex(regex.as_ref().map(|_| pattern.clone()))
                }
            },
            method: entry.conditions.method.clone(),
            headers: entry.conditions.headers(),
            query: entry.conditions.query(),
            route: format!("{namespace}/{}", entry.route.key.name),
            rule: entry.rule,
            redirect,
            outcomes: outcomes(state, namespace, &rule.backend_refs, self.dialect)
                .unwrap_or_default(),
        }
    }
}
