//! The objects of a revision of Istio, so that its retirement can delete each by name.
//!
//! Sources: the istiod chart of each tag; istioctl's own tag objects (`istioctl/pkg/tag`), and the Leases
//! that a running istiod creates (`pilot/pkg/leaderelection`), as seen on an API server with istiod 1.31.

use serde_json::Value;

use super::Facts;
use crate::kube::identity::Identity;

const RBAC: &str = "rbac.authorization.k8s.io/v1";
const ADMISSION: &str = "admissionregistration.k8s.io/v1";

/// The name of a webhook configuration. Charts append the namespace if it is not `istio-system`
/// (`manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`, `revision-tags.yaml`).
fn webhook(name: String, namespace: &str) -> String {
    if namespace == "istio-system" {
        name
    } else {
        format!("{name}-{namespace}")
    }
}

#[must_use]
pub fn tag_webhook(tag: &str, namespace: &str) -> String {
    webhook(format!("istio-revision-tag-{tag}"), namespace)
}

/// The chart values that determine which objects an istiod has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IstiodSettings {
    /// Whether it has a `HorizontalPodAutoscaler`.
    autoscaler: bool,
    /// Whether it always has more than one replica.
    several: bool,
    /// Whether it may have `PodDisruptionBudgets`.
    budgets: bool,
}

impl IstiodSettings {
    /// Reads them from `spec.values` of an IstioOperator (`templates/autoscale.yaml`,
    /// `poddisruptionbudget.yaml`).
    #[must_use]
    pub fn of(values: Option<&Value>) -> Self {
        let number = |pointer: &str, default: u64| {
            let value = values.and_then(|values| values.pointer(pointer));
            value.and_then(Value::as_u64).unwrap_or(default)
        };
        let on = |pointer: &str| {
            let value = values.and_then(|values| values.pointer(pointer));
            value.and_then(Value::as_bool).unwrap_or(true)
        };
        let autoscales = on("/pilot/autoscaleEnabled");
        let least = number("/pilot/autoscaleMin", 1);
        let most = number("/pilot/autoscaleMax", 5);
        Self {
            autoscaler: autoscales && least > 0 && most > 0,
            several: if autoscales {
                least > 1
            } else {
                number("/pilot/replicaCount", 1) > 1
            },
            budgets: on("/global/defaultPodDisruptionBudget/enabled"),
        }
    }
}

impl Default for IstiodSettings {
    fn default() -> Self {
        Self::of(None)
    }
}

/// Returns the objects that only one revision of istiod uses, in the order of their deletion: webhooks that
/// call it first, then workloads, then the objects that these use.
#[must_use]
pub fn istiod_objects(
    facts: &Facts,
    settings: IstiodSettings,
    revision: Option<&str>,
    namespace: &str,
) -> Vec<Identity> {
    // A control plane without a revision has the same names without the suffix.
    let end = revision.map_or_else(String::new, |revision| format!("-{revision}"));
    let istiod = format!("istiod{end}");
    let own = |api_version, kind| Identity::namespaced(api_version, kind, namespace, &istiod);
    let cluster_roles = [
        "istiod-clusterrole",
        "istiod-gateway-controller",
        "istio-reader-clusterrole",
    ];
    let config_maps = ["values", "istio", "istio-sidecar-injector"];

    let mut objects = vec![
        Identity::cluster(
            ADMISSION,
            "MutatingWebhookConfiguration",
            webhook(format!("istio-sidecar-injector{end}"), namespace),
        ),
        Identity::cluster(
            ADMISSION,
            "ValidatingWebhookConfiguration",
            format!("istio-validator{end}-{namespace}"),
        ),
    ];
    if settings.autoscaler {
        objects.push(own("autoscaling/v2", "HorizontalPodAutoscaler"));
    }
    if settings.budgets && (facts.istiod.pod_disruption_budget || settings.several) {
        objects.push(own("policy/v1", "PodDisruptionBudget"));
    }
    objects.push(own("apps/v1", "Deployment"));
    objects.push(own("v1", "Service"));
    for name in config_maps {
        if name != "values" || facts.istiod.values_config_map {
            objects.push(Identity::namespaced(
                "v1",
                "ConfigMap",
                namespace,
                format!("{name}{end}"),
            ));
        }
    }
    objects.push(own(RBAC, "RoleBinding"));
    objects.push(own(RBAC, "Role"));
    for kind in ["ClusterRoleBinding", "ClusterRole"] {
        for name in cluster_roles {
            objects.push(Identity::cluster(
                RBAC,
                kind,
                format!("{name}{end}-{namespace}"),
            ));
        }
    }
    objects.push(own("v1", "ServiceAccount"));
    objects
}

/// Returns objects that a control plane leaves behind in addition to those of its chart, and that no other
/// revision uses: the Leases of a running istiod, and the installation state that istioctl stored.
#[must_use]
pub fn leftovers(facts: &Facts, revision: &str, namespace: &str) -> Vec<Identity> {
    let mut objects = ["istio-gateway-deployment", "istio-gateway-status-leader"]
        .map(|name| {
            let name = format!("{name}-{revision}");
            Identity::namespaced("coordination.k8s.io/v1", "Lease", namespace, name)
        })
        .to_vec();
    objects.extend(installed_state(
        facts,
        &format!("istiod-{revision}"),
        Some(revision),
        namespace,
    ));
    objects
}

/// Returns the object in which istioctl stores an installation, by the name of the IstioOperator; nothing if
/// it stores none.
#[must_use]
pub fn installed_state(
    facts: &Facts,
    operator: &str,
    revision: Option<&str>,
    namespace: &str,
) -> Option<Identity> {
    let end = revision.map_or_else(String::new, |revision| format!("-{revision}"));
    facts.installed_state.then(|| {
        Identity::namespaced(
            "install.istio.io/v1alpha1",
            "IstioOperator",
            namespace,
            format!("installed-state-{operator}{end}"),
        )
    })
}

/// Returns the objects of a tag; `default` also has a validating webhook.
#[must_use]
pub fn tag_objects(facts: &Facts, tag: &str, namespace: &str) -> Vec<Identity> {
    let mut objects = vec![Identity::cluster(
        ADMISSION,
        "MutatingWebhookConfiguration",
        tag_webhook(tag, namespace),
    )];
    if tag == "default" {
        objects.push(Identity::cluster(
            ADMISSION,
            "ValidatingWebhookConfiguration",
            "istiod-default-validator",
        ));
    }
    if facts.tag_service {
        objects.push(Identity::namespaced(
            "v1",
            "Service",
            namespace,
            format!("istiod-revision-tag-{tag}"),
        ));
    }
    objects
}

/// Returns the objects of istio-cni, which has no revision.
#[must_use]
pub fn cni_objects(facts: &Facts, namespace: &str) -> Vec<Identity> {
    let mut objects = vec![
        Identity::namespaced("v1", "ServiceAccount", namespace, "istio-cni"),
        Identity::namespaced("v1", "ConfigMap", namespace, "istio-cni-config"),
        Identity::cluster(RBAC, "ClusterRole", "istio-cni"),
        Identity::cluster(RBAC, "ClusterRole", "istio-cni-repair-role"),
        Identity::cluster(RBAC, "ClusterRoleBinding", "istio-cni"),
        Identity::cluster(RBAC, "ClusterRoleBinding", "istio-cni-repair-rolebinding"),
    ];
    if facts.cni.ambient_role {
        objects.push(Identity::cluster(RBAC, "ClusterRole", "istio-cni-ambient"));
        objects.push(Identity::cluster(
            RBAC,
            "ClusterRoleBinding",
            "istio-cni-ambient",
        ));
    }
    objects.push(Identity::namespaced(
        "apps/v1",
        "DaemonSet",
        namespace,
        "istio-cni-node",
    ));
    objects
}
