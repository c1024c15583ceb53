//! Gates before a step that only check whether the step may start.

use crate::kube::identity::Key;
use crate::state::{BackendRef, Facet, HttpRoute, Object, RouteRule, State};
use crate::step::Gate;

/// Returns why a guard never lets a step start in a state, or nothing if it does or if only a cluster or a
/// person can tell.
pub(super) fn closed(state: &State, gate: &Gate) -> Option<String> {
    match gate {
        Gate::Upgradable {
            bundle, channel, ..
        } => {
            let (own, own_channel) = state.bundle.as_ref()?;
            let newest = semver::Version::parse(bundle.trim_start_matches('v')).ok()?;
            if own_channel != channel {
                let has = own_channel.as_str();
                let wanted = channel.as_str();
                return Some(format!(
                    "the CRDs are of the {has} channel, not the {wanted} channel"
                ));
            }
            (*own > newest).then(|| format!("the bundle v{own} is newer than {bundle}"))
        }
        Gate::Detached { gateways } => {
            let attached = |(object, route): (&Object, &HttpRoute)| {
                let own = object.key.namespace.as_deref().unwrap_or_default();
                let parents = route.parents.iter();
                let mut named = parents.filter_map(|parent| parent.gateway(own));
                named
                    .any(|(namespace, name)| {
                        gateways
                            .iter()
                            .any(|one| one.namespace == namespace && one.name == name)
                    })
                    .then(|| format!("{} is still attached", object.key))
            };
            routes(state).find_map(attached)
        }
        Gate::OnlyZtunnels { known } => {
            let name = |key: &Key| format!("{}/{}", namespace(key), key.name);
            let mut others = state.ztunnels().map(|(object, _)| &object.key);
            others
                .find(|key| !known.contains(&name(key)))
                .map(|key| format!("{key} exists"))
        }
        Gate::OnlyMesh { revisions, .. } => {
            let mut others = state.istiods();
            others
                .find(|(_, istiod)| !revisions.contains(&istiod.revision))
                .map(|(object, _)| format!("{} exists", object.key))
        }
        Gate::Unpooled { nodes, key, value } => nodes.iter().find_map(|node| {
            let found = state.nodes.get(node)?.get(key)?;
            (found != value).then(|| format!("node {node} already has {key}={found}"))
        }),
        Gate::Unrouted { namespaces } => routes(state).find_map(|(object, route)| {
            let own = namespace(&object.key);
            let goes = |name: &str| namespaces.iter().any(|one| one == name);
            let parents = route.parents.iter();
            let elsewhere = !goes(own)
                || parents
                    .filter_map(|parent| parent.gateway(own))
                    .any(|(of, _)| !goes(of));
            let to = route.rules.iter().flat_map(sent_to).find(|backend| {
                backend.is_service() && goes(backend.namespace.as_deref().unwrap_or(own))
            });
            to.filter(|_| elsewhere)
                .map(|backend| format!("{} references Service {}", object.key, backend.name))
        }),
        Gate::AllOwned { revision, follow } => {
            let mut others = state.gateways().filter_map(|(object, _)| {
                let own = object.label("istio.io/rev");
                let owned = own == Some(revision) || own.is_none() && *follow;
                (!owned).then(|| match own {
                    Some(own) => format!("{} has the label of revision {own}", object.key),
                    None => format!("{} has no label", object.key),
                })
            });
            others.next()
        }
        _ => None,
    }
}

fn routes(state: &State) -> impl Iterator<Item = (&Object, &HttpRoute)> {
    let all = state.of_kind("gateway.networking.k8s.io", "HTTPRoute");
    all.filter_map(|object| match &object.facet {
        Facet::Route(route) => Some((&**object, &**route)),
        _ => None,
    })
}

/// The backends and mirrors of a rule.
fn sent_to(rule: &RouteRule) -> impl Iterator<Item = &BackendRef> {
    let mirrors = rule.filters.iter();
    let mirrors = mirrors.filter_map(|filter| Some(&filter.request_mirror.as_ref()?.backend_ref));
    rule.backend_refs.iter().chain(mirrors)
}

fn namespace(key: &Key) -> &str {
    key.namespace.as_deref().unwrap_or_default()
}
