//! Which routes attach to which listeners, and why the others do not.

use std::rc::Rc;

use super::hosts::{ANY, overlap};
use crate::kube::selects;
use crate::state::{Facet, Gateway, HttpRoute, Listener, Object, ParentRef, State};

/// Why a route does not attach to its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAttached {
    /// The Gateway does not exist.
    NoGateway,
    /// The Gateway has no listener with this name or port.
    NoListener,
    /// No listener accepts routes of this namespace, or of this kind.
    NotAllowed,
    /// No host name of the route matches a listener.
    NoHostname,
}

impl NotAttached {
    #[must_use]
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::NoGateway => "the Gateway does not exist",
            Self::NoListener => "the Gateway has no listener with this name and port",
            Self::NotAllowed => "no listener of the Gateway allows HTTPRoutes of this namespace",
            Self::NoHostname => "no hostname of the route matches a listener of the Gateway",
        }
    }
}

/// Returns the indexes of the listeners that a parent reference attaches a route to.
///
/// # Errors
///
/// Why it attaches to no listener; the reason of the listener that matched best.
pub fn attachments(
    state: &State,
    route: &Object,
    spec: &HttpRoute,
    parent: &ParentRef,
) -> Result<(Rc<Object>, Vec<usize>), NotAttached> {
    let from = route.key.namespace.as_deref().unwrap_or_default();
    let (namespace, name) = parent.gateway(from).ok_or(NotAttached::NoGateway)?;
    let key = crate::kube::identity::Key::namespaced(
        "gateway.networking.k8s.io",
        "Gateway",
        namespace,
        name,
    );
    let gateway = state.get(&key).ok_or(NotAttached::NoGateway)?;
    let Facet::Gateway(gateway_spec) = &gateway.facet else {
        return Err(NotAttached::NoGateway);
    };
    let mut nearest = NotAttached::NoListener;
    let mut attached = Vec::new();
    for (number, listener) in gateway_spec.listeners.iter().enumerate() {
        match allowed(state, namespace, listener, from, spec, parent) {
            Ok(()) => attached.push(number),
            Err(NotAttached::NoListener) => {}
            Err(NotAttached::NoHostname) if nearest == NotAttached::NotAllowed => {}
            Err(refused) => nearest = refused,
        }
    }
    if attached.is_empty() {
        Err(nearest)
    } else {
        Ok((Rc::clone(gateway), attached))
    }
}

fn allowed(
    state: &State,
    gateway_namespace: &str,
    listener: &Listener,
    from: &str,
    spec: &HttpRoute,
    parent: &ParentRef,
) -> Result<(), NotAttached> {
    let port = parent.port.is_none_or(|port| port == listener.port);
    let section = parent
        .section_name
        .as_ref()
        .is_none_or(|name| *name == listener.name);
    if !port || !section {
        return Err(NotAttached::NoListener);
    }
    if !matches!(listener.protocol.as_str(), "HTTP" | "HTTPS") || !takes_http_routes(listener) {
        return Err(NotAttached::NotAllowed);
    }
    if !takes_namespace(state, gateway_namespace, listener, from) {
        return Err(NotAttached::NotAllowed);
    }
    let own = listener.hostname.as_deref().unwrap_or(ANY);
    let meets = spec.hostnames.is_empty() || spec.hostnames.iter().any(|host| overlap(host, own));
    if meets {
        Ok(())
    } else {
        Err(NotAttached::NoHostname)
    }
}

fn takes_http_routes(listener: &Listener) -> bool {
    let kinds = listener
        .allowed_routes
        .as_ref()
        .map_or(&[][..], |allowed| &allowed.kinds);
    kinds.is_empty()
        || kinds.iter().any(|kind| {
            kind.kind == "HTTPRoute"
                && kind.group.as_deref().unwrap_or("gateway.networking.k8s.io")
                    == "gateway.networking.k8s.io"
        })
}

fn takes_namespace(
    state: &State,
    gateway_namespace: &str,
    listener: &Listener,
    from: &str,
) -> bool {
    let namespaces = listener
        .allowed_routes
        .as_ref()
        .and_then(|allowed| allowed.namespaces.as_ref());
    match namespaces.and_then(|n| n.from.as_deref()).unwrap_or("Same") {
        "All" => true,
        "Selector" => namespaces
            .and_then(|n| n.selector.as_ref())
            // Istio treats a missing selector as all namespaces (conversion.go, namespacesFromSelector).
            .is_none_or(|selector| {
                state.has_namespace(from) && selects(selector, &state.namespace_labels(from))
            }),
        _ => from == gateway_namespace,
    }
}

/// Returns the port of a Gateway for requests without a port.
pub(super) fn default_port(gateway: &Gateway) -> u64 {
    let on_80 = gateway.listeners.iter().any(|listener| listener.port == 80);
    if on_80 {
        80
    } else {
        gateway
            .listeners
            .first()
            .map_or(80, |listener| listener.port)
    }
}
