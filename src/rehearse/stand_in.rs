//! Stand-ins for the objects that istioctl would install: objects with the identities from the version facts,
//! and only the fields that an API server requires.

use serde_json::{Value, json};

use crate::state::Object;

/// Istio's kinds that steps wait for, and the kind in which istioctl up to 1.20 stores its installations.
const CRDS: [(&str, &str, &str); 5] = [
    (
        "security.istio.io",
        "authorizationpolicies",
        "AuthorizationPolicy",
    ),
    (
        "security.istio.io",
        "peerauthentications",
        "PeerAuthentication",
    ),
    ("telemetry.istio.io", "telemetries", "Telemetry"),
    ("networking.istio.io", "virtualservices", "VirtualService"),
    ("install.istio.io", "istiooperators", "IstioOperator"),
];

/// Completes an object of an installer; returns nothing for objects that only a running istiod creates.
#[must_use]
pub fn stand_in(object: &Object) -> Value {
    let mut value = object.value().clone();
    let name = object.key.name.clone();
    match object.key.kind.as_str() {
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            let webhooks = value["webhooks"].as_array_mut();
            for (number, webhook) in webhooks.into_iter().flatten().enumerate() {
                webhook["name"] = json!(webhook_name(&object.key.kind, &name, number));
                webhook["sideEffects"] = json!("None");
                webhook["admissionReviewVersions"] = json!(["v1"]);
                webhook["failurePolicy"] = json!("Ignore");
            }
            unasked(&mut value);
        }
        "HorizontalPodAutoscaler" => {
            value["spec"] = json!({"minReplicas": 1, "maxReplicas": 5,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}});
        }
        "ClusterRoleBinding" | "RoleBinding" => {
            // istio-cni's role binding for repairs has a different name than its role.
            let role = name.replace("-repair-rolebinding", "-repair-role");
            let kind = object.key.kind.trim_end_matches("Binding");
            value["roleRef"] =
                json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role});
        }
        "Service" => {
            let ports = value
                .pointer_mut("/spec/ports")
                .and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten() {
                port["name"] = json!(format!("p{}", port["port"]));
            }
        }
        "DaemonSet" | "Deployment" => {
            value["spec"]["template"]["spec"]["tolerations"] = json!([{"operator": "Exists"}]);
        }
        _ => {}
    }
    value
}

/// The name of a webhook in istioctl's charts. If a configuration is applied again, entries with the same
/// name are merged.
///
/// Source:
/// `istio/istio:manifests/charts/istio-control/istio-discovery/templates/{mutatingwebhook,validatingwebhookconfiguration}.yaml`,
/// `manifests/charts/default/templates/validatingwebhook.yaml`.
fn webhook_name(kind: &str, configuration: &str, number: usize) -> String {
    match (kind, configuration, number) {
        ("ValidatingWebhookConfiguration", "istiod-default-validator", 0) => {
            "validation.istio.io".to_owned()
        }
        ("ValidatingWebhookConfiguration", _, 0) => "rev.validation.istio.io".to_owned(),
        (_, _, 0) => "rev.namespace.sidecar-injector.istio.io".to_owned(),
        _ => format!("w{number}.stand-in.meshplan.dev"),
    }
}

/// Changes webhooks so that they are never called, because no server answers.
pub fn unasked(value: &mut Value) {
    let webhooks = value.get_mut("webhooks").and_then(Value::as_array_mut);
    for webhook in webhooks.into_iter().flatten() {
        webhook["objectSelector"] = json!({"matchLabels": {"meshplan.dev/never": "true"}});
    }
}

/// The CRDs of Istio's base, as far as steps need them.
#[must_use]
pub fn base() -> Vec<Value> {
    let version = |group| match group {
        "install.istio.io" => "v1alpha1",
        _ => "v1",
    };
    CRDS.iter()
        .map(|&(group, plural, kind)| crd((group, version(group)), plural, kind, "Namespaced"))
        .collect()
}

/// A CRD without validation, for objects of a kind that is not built into the API server.
#[must_use]
pub fn foreign(object: &Object) -> Option<Value> {
    let identity = &object.manifest.identity;
    let (group, version) = identity.api_version.split_once('/')?;
    let own = !group.contains('.') || group.ends_with(".k8s.io") || group.ends_with(".istio.io");
    if own {
        return None;
    }
    let scope = match object.key.namespace {
        Some(_) => "Namespaced",
        None => "Cluster",
    };
    let plural = super::observe::plural(&identity.kind);
    Some(crd((group, version), &plural, &identity.kind, scope))
}

fn crd((group, version): (&str, &str), plural: &str, kind: &str, scope: &str) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List")},
            "versions": [{"name": version, "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
        },
    })
}
