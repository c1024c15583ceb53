//! The backends of a rule: weights, missing backends, and backends that the route must not reference.

use crate::istio::RouteDialect;
use crate::kube::identity::Key;
use crate::state::{BackendRef, Facet, State};

use super::Outcome;

/// The result of resolving a backend reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// A Service and one of its ports.
    Service {
        namespace: String,
        name: String,
        port: u64,
    },
    /// Its kind is unknown to Istio.
    UnknownKind,
    /// It is in another namespace, without a ReferenceGrant.
    NotGranted,
    /// The Service does not exist.
    NoService,
    /// The Service has no such TCP port, or no ports.
    NoPort,
    /// The reference is invalid, so the whole route is dropped: no port, or a name with a dot.
    Malformed,
}

impl Resolved {
    #[must_use]
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::Service { .. } => "resolves",
            Self::UnknownKind => "the kind of the backend is unknown to Istio",
            Self::NotGranted => "no ReferenceGrant allows the route to reference the backend",
            Self::NoService => "the backend's Service does not exist",
            Self::NoPort => "the backend's Service has no such port",
            Self::Malformed => "the backend has no port, or has a dot in its name",
        }
    }
}

/// Resolves a backend reference of a route in a namespace.
#[must_use]
pub fn resolve(state: &State, from: &str, backend: &BackendRef, dialect: RouteDialect) -> Resolved {
    let namespace = backend.namespace.as_deref().unwrap_or(from);
    if namespace != from && !granted(state, from, namespace, backend, dialect) {
        return Resolved::NotGranted;
    }
    if !backend.is_service() {
        return Resolved::UnknownKind;
    }
    let Some(port) = backend.port.filter(|_| !backend.name.contains('.')) else {
        return Resolved::Malformed;
    };
    match state
        .get(&Key::namespaced("", "Service", namespace, &backend.name))
        .map(|o| &o.facet)
    {
        Some(Facet::Service(service))
            if service.type_ != "ExternalName" && service.port(port).is_some() =>
        {
            Resolved::Service {
                namespace: namespace.to_owned(),
                name: backend.name.clone(),
                port,
            }
        }
        Some(_) => Resolved::NoPort,
        None => Resolved::NoService,
    }
}

fn granted(
    state: &State,
    from: &str,
    namespace: &str,
    backend: &BackendRef,
    dialect: RouteDialect,
) -> bool {
    backend.is_service()
        && state
            .of_kind("gateway.networking.k8s.io", "ReferenceGrant")
            .filter(|object| object.key.namespace.as_deref() == Some(namespace))
            .any(|object| match &object.facet {
                Facet::Grant(grant) => {
                    grant.allows(from, &backend.name, dialect.grant_names_overwrite)
                }
                _ => false,
            })
}

/// Returns the outcomes for the requests of a rule, or nothing if the whole route is dropped.
pub(super) fn outcomes(
    state: &State,
    from: &str,
    backends: &[BackendRef],
    dialect: RouteDialect,
) -> Option<Vec<Outcome>> {
    // Backends with weight 0 are not resolved.
    let weighted: Vec<&BackendRef> = backends.iter().filter(|b| b.weight() > 0).collect();
    if weighted.is_empty() {
        let (status, reason) = if backends.is_empty() {
            (dialect.without_backends, "the rule has no backend")
        } else {
            (500, "all weights of the rule are 0")
        };
        return Some(vec![Outcome::Status {
            status,
            fraction: 1.0,
            reason: Some(reason.to_owned()),
        }]);
    }
    let sum: u64 = weighted.iter().map(|backend| backend.weight()).sum();
    let mut shares: Vec<(Resolved, u64)> = Vec::new();
    for backend in weighted {
        let resolved = resolve(state, from, backend, dialect);
        if resolved == Resolved::Malformed {
            return None;
        }
        match shares.iter_mut().find(|(known, _)| *known == resolved) {
            Some((_, weight)) => *weight += backend.weight(),
            None => shares.push((resolved, backend.weight())),
        }
    }
    // Sorted by name, with failures last.
    shares.sort_by_key(|(resolved, _)| match resolved {
        Resolved::Service {
            namespace,
            name,
            port,
        } => (0, format!("{namespace}/{name}"), *port),
        _ => (1, String::new(), 0),
    });
    let mut all: Vec<Outcome> = Vec::new();
    for (resolved, weight) in shares {
        #[allow(
            clippy::cast_precision_loss,
            reason = "the sum of sixteen weights of at most a million"
        )]
        let share = weight as f64 / sum as f64;
        match (&resolved, all.last_mut()) {
            (
                Resolved::Service {
                    namespace,
                    name,
                    port,
                },
                _,
            ) => all.push(Outcome::Backend {
                backend: format!("{namespace}/{name}"),
                port: *port,
                fraction: share,
            }),
            // One share of 500 for all failures, with each reason.
            (
                _,
                Some(Outcome::Status {
                    fraction, reason, ..
                }),
            ) => {
                *fraction += share;
                if let Some(reason) = reason {
                    reason.push_str("; ");
                    reason.push_str(resolved.in_words());
                }
            }
            _ => all.push(Outcome::Status {
                status: 500,
                fraction: share,
                reason: Some(resolved.in_words().to_owned()),
            }),
        }
    }
    Some(all)
}
