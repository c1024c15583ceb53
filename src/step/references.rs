//! References of actions and gates: groups of nodes, Gateways, routes and Services.

use serde::{Deserialize, Serialize};

use crate::kube::Selector;

/// A group of nodes that moves to another pool together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohort {
    /// The labels of the group, as `key=value,…`; they select the nodes when the step runs.
    pub selector: Selector,
    /// The nodes among them that can run ztunnel, as a selector for `kubectl get nodes -l`.
    pub hosts: String,
    /// Labels as `key=value` that a namespace needs so that both control planes discover it, in addition to
    /// the label that enrols it in the mesh.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// The nodes that had the labels when the plan was compiled.
    pub nodes: Vec<String>,
    /// The key of the label that assigns a node to the canary's pool.
    pub key: String,
    /// The value of this label.
    pub value: String,
    /// Whether the nodes move back: the label is removed instead of set.
    pub back: bool,
    /// If new nodes replace these, the labels of the new ones, as `key=value,…`; the old nodes are drained
    /// and removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surge: Option<Selector>,
    /// The number of nodes per batch: a number, or a percentage such as `25%`.
    pub batch: String,
    /// The time between batches in seconds; nothing for no wait.
    pub soak: Option<u64>,
    /// The timeout for the drain of one node, in seconds.
    pub drain_timeout: u64,
    /// The namespace of istio-cni and the ztunnels.
    pub namespace: String,
    /// The labels of the ztunnel that a node has afterwards, as `key=value,…`.
    pub ztunnel: Selector,
    /// The labels of the ztunnel that it has before.
    pub before: Selector,
}

/// A CRD and the version in which its objects are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredVersion {
    pub crd: String,
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayRef {
    pub namespace: String,
    pub name: String,
    /// The Deployment that Istio creates for it, in the same namespace.
    pub deployment: String,
}

/// An HTTPRoute, and the Gateway that it is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteRef {
    pub namespace: String,
    pub name: String,
    pub gateway: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRef {
    pub namespace: String,
    pub name: String,
}
