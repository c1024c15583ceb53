//! A table written out: ports, virtual hosts and matches in the order in which they are tried.

use super::Outcome;
use super::backend::outcomes;
use super::matching::Path;
use super::table::{Entry, GatewayRoutes, Table};
use crate::state::State;

/// One match of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The listener's port.
    pub port: u64,
    /// The virtual host: a name, `*.` and the end of one, or `*`.
    pub host: String,
    /// The path that it asks for.
    pub path: Wanted,
    /// The method that it asks for.
    pub method: Option<String>,
    /// Headers that it asks for, all of them.
    pub headers: Vec<(String, Wanted)>,
    /// Query parameters that it asks for, all of them.
    pub query: Vec<(String, Wanted)>,
    /// The HTTPRoute, as `namespace/name`.
    pub route: String,
    /// Its rule, from 0.
    pub rule: usize,
    /// The status of the redirect that it answers with, if it does.
    pub redirect: Option<u16>,
    /// Who answers otherwise.
    pub outcomes: Vec<Outcome>,
}

/// What a match asks of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// This one.
    Exact(String),
    /// A path that is this one or below it; empty for every path.
    Prefix(String),
    /// All of it matches this regular expression; nothing does where it is none.
    Regex(Option<String>),
}

impl Table<'_> {
    /// Lists what the Gateway of a name (`namespace/name`) tries for plain HTTP: virtual hosts in no order that matters, the matches of
    /// each one first to last. Empty where nothing serves it.
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
