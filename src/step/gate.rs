//! Gates: the conditions that `verify.sh` and the replay check before the next step.

use serde::{Deserialize, Serialize};

use crate::istio::Channel;
use crate::kube::Selector;

use super::references::{GatewayRef, RouteRef, ServiceRef, StoredVersion};

/// A condition that must hold before the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gate", rename_all = "kebab-case")]
pub enum Gate {
    /// The cluster has no newer bundle of CRDs than this one, and no other channel.
    Upgradable {
        /// The plan's bundle, such as `v1.4.1`.
        bundle: String,
        channel: Channel,
        /// Versions in which the cluster may have stored ReferenceGrants and which this bundle does not
        /// serve.
        gone: Vec<String>,
        /// Whether it is an intermediate bundle and not the plan's own.
        between: bool,
    },
    /// No route is attached to these Gateways.
    Detached { gateways: Vec<GatewayRef> },
    /// The cluster has no other ztunnels than these, which would share nodes with the plan's.
    OnlyZtunnels {
        /// As `namespace/name`.
        known: Vec<String>,
    },
    /// The cluster has no other Istio than the plan's.
    OnlyMesh {
        revisions: Vec<String>,
        versions: Vec<String>,
    },
    /// The user has confirmed that the clients of Gateways have moved to other Gateways.
    ClientsMoved {
        /// The Gateways that are deleted.
        from: Vec<GatewayRef>,
        /// The Gateways that replace them, in the same order.
        to: Vec<GatewayRef>,
    },
    /// Nodes belong to no other pool.
    Unpooled {
        nodes: Vec<String>,
        key: String,
        /// The allowed value.
        value: String,
    },
    /// No HTTPRoute in the cluster references a Service of these namespaces, whatever the weight.
    Unrouted { namespaces: Vec<String> },
    /// A gateway's rollout is complete; checked as long as the Deployment of its control plane exists.
    RolledOutFirst {
        /// The namespace of the gateway's Deployment.
        namespace: String,
        /// The gateway's Deployment.
        name: String,
        /// The control plane's namespace.
        istio_namespace: String,
        /// The control plane's Deployment.
        istiod: String,
    },
    /// Every Istio Gateway is labelled for a revision; others would lose their control plane.
    AllOwned {
        revision: String,
        /// Whether some Gateways without a label follow a tag.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        follow: bool,
    },
    /// The cluster's CRDs are of this bundle and channel, and are served.
    Bundle {
        /// Such as `v1.4.1`.
        bundle: String,
        channel: Channel,
        crds: Vec<String>,
    },
    /// The objects of CRDs are stored in one version only.
    Stored {
        /// The CRDs and their versions.
        crds: Vec<StoredVersion>,
    },
    /// CRDs are served.
    Crds { crds: Vec<String> },
    /// A pool has nodes.
    Pool {
        /// The pool's labels, as `key=value,…`.
        selector: Selector,
    },
    /// These nodes have this label.
    NodesLabelled {
        nodes: Vec<String>,
        key: String,
        value: String,
    },
    /// A rollout is complete.
    Rollout {
        /// `deployment`, `daemonset` or `statefulset`.
        kind: String,
        namespace: String,
        name: String,
    },
    /// A DaemonSet has a ready pod on each node of a pool, and the pool has nodes.
    PoolCovered {
        namespace: String,
        name: String,
        /// The pool's labels, as `key=value,…`.
        selector: Selector,
    },
    /// A field of an object has a value.
    Field {
        /// Its kind, as kubectl accepts it.
        kind: String,
        /// Its namespace; nothing for cluster-scoped kinds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        name: String,
        /// A JSON pointer.
        field: String,
        /// Empty if the field must be unset.
        value: String,
    },
    /// No pod is left in a namespace, or none with these labels.
    NoPods {
        namespace: String,
        /// As `key=value,…`.
        selector: Option<Selector>,
    },
    /// A namespace is not part of the mesh, or does not exist.
    NotEnrolled { namespace: String },
    /// Every running pod of a namespace is part of the mesh.
    Enrolled { namespace: String },
    /// Services have a ready endpoint.
    Services { services: Vec<ServiceRef> },
    /// The cluster has the objects that the step applies.
    Applied,
    /// A workload runs an image of this version.
    Image {
        /// `deployment` or `daemonset`.
        kind: String,
        namespace: String,
        name: String,
        /// The image's tag, or its part before a `-`.
        version: String,
    },
    /// All replicas of a StatefulSet are ready, whatever its update strategy is.
    ReplicasReady { namespace: String, name: String },
    /// A DaemonSet has the update strategy `OnDelete`, and all its pods are ready.
    OnDelete { namespace: String, name: String },
    /// A DaemonSet is kept off the nodes of a pool, or with `back` no longer.
    KeptOff {
        namespace: String,
        name: String,
        /// The key of the pool's label.
        key: String,
        value: String,
        /// Whether the DaemonSet may run on these nodes again.
        back: bool,
    },
    /// CRDs have the version of Istio's base chart.
    BaseVersion { crds: Vec<String>, version: String },
    /// The validation webhook for Istio's own objects calls this control plane.
    Validator {
        /// The name of the webhook configuration.
        name: String,
        /// The Service of the control plane.
        service: String,
        /// Its revision, as in the label.
        revision: String,
    },
    /// Every node with these labels also has another label, or with `back` none has it; and no node is
    /// between both states.
    NodesMoved {
        /// The labels, as `key=value,…`; empty for every node.
        selector: Selector,
        /// The nodes among them that can run ztunnel, as a selector for `kubectl get nodes -l`.
        hosts: String,
        key: String,
        value: String,
        /// Whether no node may have the other label.
        back: bool,
    },
    /// The objects that the step deletes no longer exist.
    Gone,
    /// An object does not exist.
    Absent {
        /// Its kind, as kubectl takes it.
        kind: String,
        /// Its namespace, where its kind has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        name: String,
    },
    /// A Gateway reports a condition.
    Gateway {
        gateway: GatewayRef,
        /// The condition that must be true.
        condition: String,
    },
    /// This revision has written a Gateway's Deployment, and its rollout is complete.
    GatewayOwner {
        gateway: GatewayRef,
        /// The Istio version of the revision, as in the image.
        version: String,
        /// The revision in the label or annotation of its pods; nothing if there is none to check.
        revision: Option<String>,
        /// Whether it uses a custom image whose tag is not a version.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        own_image: bool,
    },
    /// A route is accepted and all its references are resolved, for its latest generation.
    Route { route: RouteRef },
    /// A tag points to a revision.
    Tag {
        tag: String,
        /// Its webhook configuration.
        webhook: String,
        revision: String,
    },
    /// A tag does not exist, or points to another revision.
    TagLeft {
        tag: String,
        /// Its webhook configuration.
        webhook: String,
        /// The revision that it no longer points to.
        revision: String,
    },
    /// A request gets the answer that the plan expects.
    Probe {
        /// A description of the request.
        name: String,
        /// The URL of the request.
        url: String,
        status: u16,
        /// Text that the body must contain.
        contains: Option<String>,
        /// A header that the answer must have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<Answered>,
        /// A header to send, as `name: value`.
        header: Option<String>,
    },
    /// The canary answers the expected share of a number of requests, within statistical limits.
    Sample {
        /// A description of the request.
        name: String,
        /// The URL of the requests.
        url: String,
        /// A header to send, as `name: value`.
        header: Option<String>,
        /// The number of requests.
        requests: u16,
        /// Text that the body of the canary's answers contains.
        contains: Option<String>,
        /// A header of the canary's answers.
        answers: Option<Answered>,
        /// The minimum number of requests that the canary answers.
        least: u16,
        /// The maximum number.
        most: u16,
    },
    /// Waits for a time.
    Soak { seconds: u64 },
}

/// A header of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Its name, in lower case.
    pub name: String,
    /// Its value; case-sensitive.
    pub value: String,
}

impl Gate {
    /// Returns the gate that an object has a label; an empty value means that the label is unset.
    #[must_use]
    pub fn labelled(kind: &str, object: (Option<&str>, &str), key: &str, value: &str) -> Self {
        Self::Field {
            kind: kind.to_owned(),
            namespace: object.0.map(str::to_owned),
            name: object.1.to_owned(),
            field: format!(
                "/metadata/labels/{}",
                key.replace('~', "~0").replace('/', "~1")
            ),
            value: value.to_owned(),
        }
    }
}
