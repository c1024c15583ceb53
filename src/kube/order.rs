//! The order in which kinds are applied.

use super::identity::Identity;

/// Returns the position of a kind in the order; kinds that others depend on come first.
#[must_use]
pub fn order(identity: &Identity) -> u8 {
    match (identity.group(), identity.kind.as_str()) {
        ("", "Namespace") => 0,
        ("admissionregistration.k8s.io", _) => 2,
        ("", "LimitRange" | "ResourceQuota") => 5,
        ("", "ServiceAccount") => 10,
        ("rbac.authorization.k8s.io", _) => 15,
        ("", "ConfigMap" | "PersistentVolumeClaim" | "Secret") => 20,
        ("", "Service") => 30,
        ("apps" | "batch", _) | ("", "Pod" | "ReplicationController") => 40,
        ("gateway.networking.k8s.io", "ReferenceGrant") => 60,
        ("gateway.networking.k8s.io", "Gateway") => 65,
        ("gateway.networking.k8s.io", _) => 70,
        _ => 50,
    }
}
