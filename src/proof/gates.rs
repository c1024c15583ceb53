//! Checks whether the files of a step produce what its gates wait for, as far as a state can tell.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Upgrade, guards};
use crate::kube::identity::Key;
use crate::route::{Outcome, Request, Table};
use crate::state::{Facet, Object, State, image_version};
use crate::step::Gate;
use crate::tree::IndexStep;

/// Returns why a gate never passes in a state, or nothing if it passes or if only a cluster can tell.
#[must_use]
#[allow(clippy::too_many_lines, reason = "one arm a gate")]
pub fn closed(step: &IndexStep, state: &State, gate: &Gate) -> Option<String> {
    let missing = |key: &Key| {
        state
            .get(key)
            .is_none()
            .then(|| format!("{key} does not exist"))
    };
    let group = |kind: &str| match kind {
        "deployment" => Some("Deployment"),
        "daemonset" => Some("DaemonSet"),
        "statefulset" => Some("StatefulSet"),
        _ => None,
    };
    let workload = |kind: &str, namespace: &str, name: &str| {
        Key::namespaced("apps", group(kind).unwrap_or(kind), namespace, name)
    };
    match gate {
        Gate::Bundle {
            bundle, channel, ..
        } => {
            let own = state.bundle.as_ref();
            let own = own.map(|(version, channel)| (format!("v{version}"), *channel));
            (own.as_ref() != Some(&(bundle.clone(), *channel))).then(|| {
                format!(
                    "the kustomization does not bring {bundle}, {} channel",
                    channel.as_str()
                )
            })
        }
        Gate::Crds { .. } => state
            .base
            .is_none()
            .then(|| "nothing installs Istio's CRDs".to_owned()),
        Gate::Pool { selector } => (!state.nodes.values().any(|node| selector.selects(node)))
            .then(|| format!("no node has {selector}")),
        Gate::NodesLabelled { nodes, key, value } => nodes
            .iter()
            .find(|node| state.nodes.get(*node).and_then(|labels| labels.get(key)) != Some(value))
            .map(|node| format!("node {node} does not have {key}={value}")),
        Gate::Rollout {
            kind,
            namespace,
            name,
        } => missing(&workload(kind, namespace, name)),
        Gate::PoolCovered {
            namespace,
            name,
            selector,
        } => {
            let key = workload("daemonset", namespace, name);
            let Some(pods) = state.get(&key).and_then(|object| object.pods().cloned()) else {
                return missing(&key).or(Some(format!("{key} creates no pods")));
            };
            let bare = state
                .nodes
                .iter()
                .find(|(_, labels)| selector.selects(labels) && !pods.place.allows(labels));
            bare.map(|(node, _)| format!("{key} has no pod on {node}"))
        }
        Gate::Field {
            kind,
            namespace,
            name,
            field,
            value,
        } => {
            let shown = namespace.iter().chain([name]).map(String::as_str);
            let shown = format!("{kind} {}", shown.collect::<Vec<_>>().join("/"));
            let Some(object) = state.named(kind, namespace.as_deref(), name) else {
                return Some(format!("{shown} does not exist"));
            };
            let own = object.value().pointer(field).and_then(Value::as_str);
            (own.unwrap_or_default() != value).then(|| {
                let own = own.map_or_else(|| "unset".to_owned(), |own| format!("`{own}`"));
                format!("`{field}` of {shown} is {own}, not `{value}`")
            })
        }
        Gate::NoPods {
            namespace,
            selector,
        } => {
            let stays = state.workloads().find(|(object, pods)| {
                object.key.namespace.as_deref() == Some(namespace)
                    && pods.replicas > 0
                    && selector
                        .as_ref()
                        .is_none_or(|selector| selector.selects(&pods.labels))
            });
            stays.map(|(object, _)| format!("{} still creates pods", object.key))
        }
        Gate::NotEnrolled { namespace } => {
            let labels = state.namespace_labels(namespace);
            (labels.get("istio.io/dataplane-mode").map(String::as_str) == Some("ambient"))
                .then(|| format!("namespace {namespace} is part of the mesh"))
        }
        Gate::Enrolled { namespace } => {
            let out = state.workloads().find(|(object, pods)| {
                object.key.namespace.as_deref() == Some(namespace)
                    && !state.is_enrolled(object, pods)
            });
            out.map(|(object, _)| format!("{} is not part of the mesh", object.key))
        }
        Gate::Services { services } => services.iter().find_map(|service| {
            missing(&Key::namespaced(
                "",
                "Service",
                &service.namespace,
                &service.name,
            ))
        }),
        Gate::Image {
            kind,
            namespace,
            name,
            version,
        } => {
            let key = workload(kind, namespace, name);
            let object = state.get(&key);
            let own = object.and_then(|object| version_in(object));
            if object.is_none() {
                return missing(&key);
            }
            (own.as_deref() != Some(version))
                .then(|| format!("{key} has version {}", own.unwrap_or_default()))
        }
        Gate::KeptOff {
            namespace,
            name,
            key: label,
            value,
            back,
        } => {
            let key = workload("daemonset", namespace, name);
            let Some(object) = state.get(&key) else {
                return missing(&key);
            };
            let node = BTreeMap::from([(label.clone(), value.clone())]);
            let on = object.pods().is_some_and(|pods| pods.place.allows(&node));
            (on != *back).then(|| {
                let may = if on { "may" } else { "cannot" };
                format!("{key} {may} run on nodes with {label}={value}")
            })
        }
        Gate::BaseVersion { version, .. } => {
            let own = state.base.as_ref().map(ToString::to_string);
            (own.as_ref() != Some(version)).then(|| {
                format!(
                    "Istio's CRDs have version {}",
                    own.unwrap_or_else(|| "none".to_owned())
                )
            })
        }
        Gate::Validator {
            name,
            service,
            revision,
        } => {
            let key = Key::cluster(
                "admissionregistration.k8s.io",
                "ValidatingWebhookConfiguration",
                name,
            );
            let Some(object) = state.get(&key) else {
                return missing(&key);
            };
            let webhooks = object.value()["webhooks"].as_array();
            let asked = |webhook: &serde_json::Value| {
                webhook
                    .pointer("/clientConfig/service/name")
                    .and_then(|name| name.as_str())
                    == Some(service)
            };
            let named = object.label("istio.io/rev") == Some(revision);
            (!named || !webhooks.is_some_and(|webhooks| webhooks.iter().all(asked)))
                .then(|| format!("{key} calls another control plane than {service}"))
        }
        Gate::ReplicasReady { namespace, name } => {
            missing(&workload("statefulset", namespace, name))
        }
        Gate::OnDelete { namespace, name } => {
            let key = workload("daemonset", namespace, name);
            missing(&key).or_else(|| {
                let strategy = state
                    .get(&key)?
                    .value()
                    .pointer("/spec/updateStrategy/type");
                (strategy.and_then(Value::as_str) != Some("OnDelete"))
                    .then(|| format!("{key} replaces its pods automatically: its update strategy is not `OnDelete`"))
            })
        }
        Gate::NodesMoved {
            selector,
            key,
            value,
            back,
            ..
        } => {
            let other = state.nodes.iter().find(|(_, labels)| {
                selector.selects(labels) && (labels.get(key) == Some(value)) == *back
            });
            other.map(|(node, _)| {
                let still = if *back { "still has" } else { "does not have" };
                format!("node {node} {still} {key}={value}")
            })
        }
        Gate::Gone => {
            let stays = step
                .deletes
                .iter()
                .find(|identity| state.get(&identity.key()).is_some());
            stays.map(|identity| format!("{identity} still exists"))
        }
        Gate::Absent {
            kind,
            namespace,
            name,
        } => state
            .named(kind, namespace.as_deref(), name)
            .map(|object| format!("{} exists", object.key)),
        Gate::Gateway { gateway, .. } => missing(&Key::namespaced(
            "gateway.networking.k8s.io",
            "Gateway",
            &gateway.namespace,
            &gateway.name,
        )),
        Gate::GatewayOwner {
            gateway, version, ..
        } => {
            let key = Key::namespaced(
                "gateway.networking.k8s.io",
                "Gateway",
                &gateway.namespace,
                &gateway.name,
            );
            let served = state.served.get(&key);
            let own = served
                .and_then(|served| served.version.as_ref())
                .map(ToString::to_string);
            (own.as_deref() != Some(version)).then(|| {
                format!(
                    "{key} is served by version {}",
                    own.unwrap_or_else(|| "none".to_owned())
                )
            })
        }
        Gate::Route { route } => {
            let key = Key::namespaced(
                "gateway.networking.k8s.io",
                "HTTPRoute",
                &route.namespace,
                &route.name,
            );
            missing(&key).or_else(|| {
                let Facet::Route(parsed) = &state.get(&key)?.facet else {
                    return None;
                };
                let mut names = parsed
                    .parents
                    .iter()
                    .filter_map(|parent| parent.gateway(&route.namespace));
                // MP0013 checks whether the Gateway accepts the route.
                let Some((namespace, name)) = names.find(|(_, name)| *name == route.gateway) else {
                    return Some(format!("{key} references no Gateway `{}`", route.gateway));
                };
                // A labelled route is read by that revision only, which also writes its status.
                let asked = state.get(&key)?.label("istio.io/rev")?;
                let owner =
                    Key::namespaced("gateway.networking.k8s.io", "Gateway", namespace, name);
                let owner = &state.served.get(&owner)?.revision;
                (owner != asked).then(|| {
                    format!("{key} is for revision {asked}, but its Gateway belongs to {owner}")
                })
            })
        }
        Gate::Tag { tag, revision, .. } => {
            let own = state
                .tags()
                .find(|(_, t)| t.name == *tag)
                .map(|(_, t)| t.revision.clone());
            (own.as_ref() != Some(revision)).then(|| {
                format!(
                    "tag {tag} points to {}",
                    own.unwrap_or_else(|| "nothing".to_owned())
                )
            })
        }
        Gate::TagLeft { tag, revision, .. } => {
            let mut own = state.tags().filter(|(_, t)| t.name == *tag);
            own.any(|(_, t)| t.revision == *revision)
                .then(|| format!("tag {tag} still points to {revision}"))
        }
        Gate::Probe {
            url,
            status,
            header,
            ..
        } => probe(state, url, *status, header.as_deref()),
        Gate::Upgradable { .. }
        | Gate::Detached { .. }
        | Gate::OnlyZtunnels { .. }
        | Gate::OnlyMesh { .. }
        | Gate::Unpooled { .. }
        | Gate::Unrouted { .. }
        | Gate::AllOwned { .. } => guards::closed(state, gate),
        // Only a cluster or a person can tell, for example in which versions objects are stored.
        Gate::Applied
        | Gate::Soak { .. }
        | Gate::Stored { .. }
        | Gate::Sample { .. }
        | Gate::ClientsMoved { .. }
        | Gate::RolledOutFirst { .. } => None,
    }
}

fn version_in(object: &Object) -> Option<String> {
    let image = object.pods()?.images.first()?;
    image_version(image).map(|version| version.to_string())
}

/// A probe to the address of a Gateway must reach a backend.
fn probe(state: &State, url: &str, status: u16, header: Option<&str>) -> Option<String> {
    let rest = url.strip_prefix("http://")?;
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let addressed = state
        .gateways()
        .any(|(_, gateway)| !gateway.addresses.is_empty());
    let own = state.gateways().find(|(_, gateway)| {
        gateway
            .addresses
            .iter()
            .any(|address| address.value == host)
    });
    let Some((object, _)) = own else {
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        return (addressed && is_address).then(|| format!("no Gateway has the address {host}"));
    };
    let mut request = Request::get(path);
    request.gateway = Some(format!(
        "{}/{}",
        object.key.namespace.as_deref().unwrap_or_default(),
        object.key.name
    ));
    request.port = port.parse().ok();
    if let Some((name, value)) = header.and_then(|header| header.split_once(": ")) {
        request.headers.insert(name.to_owned(), value.into());
    }
    let answer = Table::new(state, None).answer(&request);
    let routed = answer.outcomes.iter().all(|outcome| match outcome {
        Outcome::Backend { .. } => true,
        Outcome::Status { status: own, .. } => *own == status,
    });
    (!routed).then(|| format!("no backend answers {url}"))
}

/// Returns the object of a step at which a finding about a gate is shown.
pub(super) fn anchor<'a>(
    upgrade: &'a Upgrade,
    step: &IndexStep,
) -> Option<&'a std::rc::Rc<Object>> {
    let first = step
        .files
        .iter()
        .find(|file| !matches!(file.path.split('/').nth(1), Some("rollback")));
    let object = upgrade.files.get(&first?.path)?;
    (!matches!(object.facet, Facet::Unreadable(_))).then_some(object)
}
