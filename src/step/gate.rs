//! What must hold before the next step: each gate is a check of `verify.sh`, and of the replay.

use serde::{Deserialize, Serialize};

use crate::istio::Channel;
use crate::kube::Selector;

use super::references::{GatewayRef, RouteRef, ServiceRef, StoredVersion};

/// What must hold before the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gate", rename_all = "kebab-case")]
pub enum Gate {
    /// The cluster has no newer bundle of CRDs than this one, and no other channel.
    Upgradable {
        /// The plan's bundle, as `v1.4.1`.
        bundle: String,
        /// The plan's channel.
        channel: Channel,
        /// Versions in which the cluster may have stored ReferenceGrants and which this bundle no longer has.
        gone: Vec<String>,
        /// Whether it is not the plan's own bundle, but one on the way to it.
        between: bool,
    },
    /// No route is attached to these Gateways.
    Detached {
        /// The Gateways.
        gateways: Vec<GatewayRef>,
    },
    /// The cluster has no ztunnel but these: another one would share nodes with the plan's.
    OnlyZtunnels {
        /// As `namespace/name`.
        known: Vec<String>,
    },
    /// The cluster has no Istio but the plan's.
    OnlyMesh {
        /// The plan's revisions.
        revisions: Vec<String>,
        /// Their versions.
        versions: Vec<String>,
    },
    /// Somebody has said that the clients of Gateways have moved to others.
    ClientsMoved {
        /// The Gateways that go.
        from: Vec<GatewayRef>,
        /// Those that serve instead, in the same order.
        to: Vec<GatewayRef>,
    },
    /// Nodes belong to no other pool.
    Unpooled {
        /// Their names.
        nodes: Vec<String>,
        /// The label's key.
        key: String,
        /// The value that it may have.
        value: String,
    },
    /// No HTTPRoute of anybody's names a Service of these namespaces, whatever the weight.
    Unrouted {
        /// The namespaces.
        namespaces: Vec<String>,
    },
    /// A gateway's rollout is complete, as long as the Deployment of its control plane is there.
    RolledOutFirst {
        /// The namespace of both Deployments' gateway.
        namespace: String,
        /// The gateway's Deployment.
        name: String,
        /// The control plane's namespace.
        istio_namespace: String,
        /// The control plane's Deployment.
        istiod: String,
    },
    /// Every Gateway of Istio's is labelled for a revision: others would lose their control plane.
    AllOwned {
        /// The revision.
        revision: String,
        /// Whether some without a label follow a tag instead.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        follow: bool,
    },
    /// The cluster's CRDs are of this bundle and channel, and served.
    Bundle {
        /// As `v1.4.1`.
        bundle: String,
        /// The channel.
        channel: Channel,
        /// The CRDs.
        crds: Vec<String>,
    },
    /// The objects of CRDs are stored in one version alone.
    Stored {
        /// The CRDs and their versions.
        crds: Vec<StoredVersion>,
    },
    /// CRDs are served.
    Crds {
        /// Their names.
        crds: Vec<String>,
    },
    /// A pool has nodes.
    Pool {
        /// The pool's labels, as `key=value,…`.
        selector: Selector,
    },
    /// These nodes carry this label.
    NodesLabelled {
        /// Their names.
        nodes: Vec<String>,
        /// The label's key.
        key: String,
        /// The label's value.
        value: String,
    },
    /// A rollout is complete.
    Rollout {
        /// `deployment`, `daemonset` or `statefulset`.
        kind: String,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A DaemonSet has a ready pod on each node of a pool, and the pool has nodes.
    PoolCovered {
        /// The DaemonSet's namespace.
        namespace: String,
        /// The DaemonSet's name.
        name: String,
        /// The pool's labels, as `key=value,…`.
        selector: Selector,
    },
    /// A field of an object has a value.
    Field {
        /// Its kind, as kubectl takes it.
        kind: String,
        /// Its namespace, where its kind has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        /// Its name.
        name: String,
        /// A JSON pointer.
        field: String,
        /// Empty where the field must not be there.
        value: String,
    },
    /// No pod is left in a namespace, or none with these labels.
    NoPods {
        /// The namespace.
        namespace: String,
        /// As `key=value,…`.
        selector: Option<Selector>,
    },
    /// A namespace is not part of the mesh, or not there.
    NotEnrolled {
        /// Its name.
        namespace: String,
    },
    /// Every running pod of a namespace is part of the mesh.
    Enrolled {
        /// Its name.
        namespace: String,
    },
    /// Services have a ready endpoint.
    Services {
        /// The Services.
        services: Vec<ServiceRef>,
    },
    /// What the step applies is what the cluster has.
    Applied,
    /// A workload runs an image of this version.
    Image {
        /// `deployment` or `daemonset`.
        kind: String,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The image's tag, or its beginning up to a `-`.
        version: String,
    },
    /// A DaemonSet replaces no pod by itself, and all that it has are ready.
    OnDelete {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A DaemonSet is kept off the nodes of a pool, or no longer.
    KeptOff {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The pool's label.
        key: String,
        /// Its value.
        value: String,
        /// Whether it is no longer.
        back: bool,
    },
    /// CRDs are those of a version of Istio's base chart.
    BaseVersion {
        /// Their names.
        crds: Vec<String>,
        /// The version.
        version: String,
    },
    /// The validation of Istio's own objects asks a control plane.
    Validator {
        /// The webhook configuration.
        name: String,
        /// The Service of the control plane.
        service: String,
        /// Its revision, which the label says.
        revision: String,
    },
    /// Every node with these labels has another one too, or none has; and none is on its way.
    NodesMoved {
        /// The labels, as `key=value,…`; empty for every node.
        selector: Selector,
        /// Which of them can have a ztunnel at all, as `kubectl get nodes -l` takes it.
        hosts: String,
        /// The other label's key.
        key: String,
        /// The other label's value.
        value: String,
        /// Whether none has it.
        back: bool,
    },
    /// What the step deletes is gone.
    Gone,
    /// A Gateway is not there.
    GatewayGone {
        /// Which Gateway.
        gateway: GatewayRef,
    },
    /// A Gateway reports a condition.
    Gateway {
        /// Which Gateway.
        gateway: GatewayRef,
        /// The condition that must be true.
        condition: String,
    },
    /// A Gateway's Deployment is the work of this revision, and rolled out.
    GatewayOwner {
        /// Which Gateway.
        gateway: GatewayRef,
        /// The revision's Istio version, which its image carries.
        version: String,
        /// The revision, which the label or the annotation of its pods names, where there is one to look for.
        revision: Option<String>,
        /// Whether its image is somebody's own, whose tag says no version.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        own_image: bool,
    },
    /// A route is accepted and all its references resolve, for its newest generation.
    Route {
        /// Which route.
        route: RouteRef,
    },
    /// A tag points to a revision.
    Tag {
        /// The tag.
        tag: String,
        /// Its webhook configuration.
        webhook: String,
        /// The revision.
        revision: String,
    },
    /// A tag is not there, or points to another revision by now.
    TagLeft {
        /// The tag.
        tag: String,
        /// Its webhook configuration.
        webhook: String,
        /// The revision that it no longer points to.
        revision: String,
    },
    /// A request gets the answer that the plan expects.
    Probe {
        /// What is asked for, in words.
        name: String,
        /// Where to ask.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Text that the body holds.
        contains: Option<String>,
        /// A header of the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<Answered>,
        /// A header to send, as `name: value`.
        header: Option<String>,
    },
    /// Of so many requests the canary answers a share, as far as so many can say.
    Sample {
        /// What is asked for, in words.
        name: String,
        /// Where to ask.
        url: String,
        /// A header to send, as `name: value`.
        header: Option<String>,
        /// How many requests.
        requests: u16,
        /// Text that the body of an answer of the canary's holds.
        contains: Option<String>,
        /// A header of an answer of the canary's.
        answers: Option<Answered>,
        /// How many of them the canary answers at least.
        least: u16,
        /// And at most.
        most: u16,
    },
    /// Time goes by.
    Soak {
        /// So much of it.
        seconds: u64,
    },
}

/// A header of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Its name, lower case.
    pub name: String,
    /// Its value; case counts.
    pub value: String,
}

impl Gate {
    /// Returns the gate of an object that has a label; an empty value means that it does not have it.
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
