//! What actions and gates name: nodes that move together, Gateways, routes and Services.

use serde::{Deserialize, Serialize};

use crate::kube::Selector;

/// Nodes that change their pool together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohort {
    /// The labels of the group, as `key=value,…`: whichever nodes carry them when the step runs.
    pub selector: Selector,
    /// Which of them can have a ztunnel at all, as `kubectl get nodes -l` takes it.
    pub hosts: String,
    /// Labels that a namespace needs so that both control planes see it, besides the one by which it is part of the mesh; as `key=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// The nodes that carried them when the plan was compiled.
    pub nodes: Vec<String>,
    /// The key of the label by which a node belongs to the canary's pool.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Whether the nodes go back: the label goes instead of coming.
    pub back: bool,
    /// Where new nodes come in the place of these, which are drained and go: the labels of the new ones, as `key=value,…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surge: Option<Selector>,
    /// How many nodes at a time: a number, or a share as `25%`.
    pub batch: String,
    /// How long to wait between batches, in seconds; nothing for not at all.
    pub soak: Option<u64>,
    /// How long the drain of one node may take, in seconds.
    pub drain_timeout: u64,
    /// The namespace of istio-cni and of the ztunnels.
    pub namespace: String,
    /// The labels of the ztunnel that a node has afterwards, as `key=value,…`.
    pub ztunnel: Selector,
    /// Those of the one that it has before.
    pub before: Selector,
}

/// A CRD and the version in which its objects are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredVersion {
    /// The CRD's name.
    pub crd: String,
    /// The version.
    pub version: String,
}

/// A Gateway by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The Deployment that Istio makes for it, in the same namespace.
    pub deployment: String,
}

/// An HTTPRoute by name, and the Gateway it is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The Gateway's name.
    pub gateway: String,
}

/// A Service by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}
