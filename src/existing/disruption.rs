//! Finds workloads that a drain disrupts: workloads with one pod, with volumes, with pods that must not be
//! evicted, or with a disruption budget that allows no eviction.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::kube::selects;
use crate::state::{Facet, Object};

/// A workload that a drain disrupts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragile {
    /// Such as `Deployment shop/cart`.
    pub object: String,
    /// How the drain disrupts it, in words.
    pub how: String,
}

/// Annotations that ask not to evict a pod.
///
/// Sources: Karpenter's documentation (`concepts/disruption`, "Pod-Level Controls");
/// `kubernetes/autoscaler:cluster-autoscaler/FAQ.md`.
const LEFT_ALONE: [(&str, &str); 2] = [
    ("karpenter.sh/do-not-disrupt", "true"),
    ("cluster-autoscaler.kubernetes.io/safe-to-evict", "false"),
];

/// Returns the workloads of a dump that a drain disrupts, sorted by name.
pub(super) fn of(objects: &[Rc<Object>]) -> Vec<Fragile> {
    let workloads = objects.iter().filter(|object| {
        matches!(&object.facet, Facet::Pods(_) | Facet::Istiod(_))
            && ["Deployment", "StatefulSet"].contains(&object.key.kind.as_str())
    });
    let mut budgets: BTreeMap<Option<&str>, Vec<&Rc<Object>>> = BTreeMap::new();
    for budget in objects
        .iter()
        .filter(|object| object.key.kind == "PodDisruptionBudget")
    {
        let own = budgets.entry(budget.key.namespace.as_deref()).or_default();
        own.push(budget);
    }
    let mut all: Vec<Fragile> = workloads
        .filter_map(|object| {
            let mut how = ways(object.value());
            let own = budgets.get(&object.key.namespace.as_deref());
            let full = own
                .into_iter()
                .flatten()
                .find(|budget| is_full(budget, object));
            how.extend(full.map(|budget| {
                format!(
                    "{} allows no eviction: the drain waits until it does",
                    budget.key
                )
            }));
            (!how.is_empty()).then(|| Fragile {
                object: object.key.to_string(),
                how: how.join("; "),
            })
        })
        .collect();
    all.sort_by(|one, other| one.object.cmp(&other.object));
    all
}

/// Returns whether a disruption budget of the same namespace allows no eviction of a workload's pods.
fn is_full(budget: &Object, workload: &Object) -> bool {
    let (Some(pods), spec) = (workload.pods(), budget.value().get("spec")) else {
        return false;
    };
    let field = |name: &str| spec.and_then(|spec| spec.get(name));
    let own = field("selector").is_some_and(|selector| selects(selector, &pods.labels));
    if !own {
        return false;
    }
    let none = |value: &Value| value == 0 || value == "0" || value == "0%";
    let all = |value: &Value| {
        value == "100%" || value.as_u64().is_some_and(|least| least >= pods.replicas)
    };
    pods.replicas > 0
        && (field("maxUnavailable").is_some_and(none) || field("minAvailable").is_some_and(all))
}

fn ways(workload: &Value) -> Vec<String> {
    let mut how = Vec::new();
    let replicas = workload
        .pointer("/spec/replicas")
        .and_then(Value::as_u64)
        .unwrap_or(1);
    if replicas == 1 {
        how.push("its only pod is unavailable while it moves".to_owned());
    }
    let template = workload.pointer("/spec/template");
    let annotations = template.and_then(|template| template.pointer("/metadata/annotations"));
    for (key, value) in LEFT_ALONE {
        if annotations.and_then(|all| all.get(key)?.as_str()) == Some(value) {
            how.push(format!(
                "its pods carry {key}={value}, which kubectl ignores"
            ));
        }
    }
    let volumes = template.and_then(|template| template.pointer("/spec/volumes")?.as_array());
    let claims = volumes
        .into_iter()
        .flatten()
        .any(|volume| volume.get("persistentVolumeClaim").is_some());
    if claims || workload.pointer("/spec/volumeClaimTemplates").is_some() {
        how.push(
            "its volumes may be bound to a zone or a node, and its pods wait for capacity there"
                .to_owned(),
        );
    }
    how
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ways;

    #[test]
    fn what_a_drain_hits_hard_is_known() {
        assert_eq!(ways(&json!({"spec": {"replicas": 2}})), [] as [&str; 0]);
        assert_eq!(ways(&json!({"spec": {"replicas": 0}})), [] as [&str; 0]);
        let one = ways(
            &json!({"spec": {"template": {"metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "true"}}}}}),
        );
        assert_eq!(
            one,
            [
                "its only pod is unavailable while it moves",
                "its pods carry karpenter.sh/do-not-disrupt=true, which kubectl ignores",
            ]
        );
        let volumes =
            ways(&json!({"spec": {"replicas": 3, "volumeClaimTemplates": [{}], "template": {}}}));
        assert_eq!(volumes.len(), 1);
    }
}
