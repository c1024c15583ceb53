//! What a dump of an existing mesh consists of.

use serde_json::{Map, Value};

use super::read::{only, workload};
use crate::state::{Facet, Object};

/// The file that says what was asked for.
pub const DUMP_FILE: &str = "dump.json";

/// The kinds that decide about a state: group, kind, and the name that kubectl takes. Secrets, pods and all others are not
/// read.
pub const KINDS: [(&str, &str, &str); 16] = [
    ("", "Namespace", "namespaces"),
    ("", "Node", "nodes"),
    ("", "Service", "services"),
    ("", "ServiceAccount", "serviceaccounts"),
    ("apps", "DaemonSet", "daemonsets"),
    ("apps", "Deployment", "deployments"),
    ("apps", "StatefulSet", "statefulsets"),
    ("policy", "PodDisruptionBudget", "poddisruptionbudgets"),
    ("gateway.networking.k8s.io", "Gateway", "gateways"),
    (
        "gateway.networking.k8s.io",
        "GatewayClass",
        "gatewayclasses",
    ),
    ("gateway.networking.k8s.io", "HTTPRoute", "httproutes"),
    (
        "gateway.networking.k8s.io",
        "ReferenceGrant",
        "referencegrants",
    ),
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
    ),
    (
        "security.istio.io",
        "AuthorizationPolicy",
        "authorizationpolicies",
    ),
    (
        "security.istio.io",
        "PeerAuthentication",
        "peerauthentications",
    ),
];

/// Returns a kind as kubectl takes it, such as `deployments.apps`.
#[must_use]
pub fn resource(group: &str, plural: &str) -> String {
    if group.is_empty() {
        plural.to_owned()
    } else {
        format!("{plural}.{group}")
    }
}

/// The CRD whose annotations name the Gateway API bundle.
pub const GATEWAY_CRD: &str = "gateways.gateway.networking.k8s.io";

/// Holds a whole copy of the object, with its environment.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Returns what a dump keeps of an object: Istio's own workloads whole, of all others what a state consists of. Metadata stays, with
/// the managed fields that tell who wrote the object.
#[must_use]
pub fn printed(object: &Object) -> Value {
    let istio = matches!(
        object.facet,
        Facet::Ztunnel(_) | Facet::Cni(_) | Facet::Istiod(_)
    );
    let mut value = object.value().clone();
    let Some(map) = value.as_object_mut() else {
        return value;
    };
    map.shift_remove("status");
    if !istio {
        let metadata = map.get_mut("metadata").and_then(Value::as_object_mut);
        let annotations = metadata.and_then(|metadata| metadata.get_mut("annotations"));
        if let Some(annotations) = annotations.and_then(Value::as_object_mut) {
            annotations.shift_remove(LAST_APPLIED);
        }
    }
    match object.key.kind.as_str() {
        // A dump of a node is its labels and taints.
        "Node" => {
            only(map, &["spec"]);
            if let Some(spec) = map.get_mut("spec").and_then(Value::as_object_mut) {
                keep(spec, &["taints", "unschedulable", "providerID"]);
            }
        }
        "ServiceAccount" => only(map, &["imagePullSecrets"]),
        "CustomResourceDefinition" => only(map, &[]),
        "Deployment" | "DaemonSet" | "StatefulSet" if !istio => workload(map),
        _ => {}
    }
    value
}

fn keep(map: &mut Map<String, Value>, fields: &[&str]) {
    map.retain(|name, _| fields.contains(&name.as_str()));
}
