//! The differences between the ztunnels of Istio versions. Everything that all of them share is in the
//! template.

use serde::Serialize;

/// The parts of a ztunnel DaemonSet that differ between versions.
///
/// Source of every row: `istio/istio@TAG:manifests/charts/ztunnel/templates/daemonset.yaml` and its values.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ZtunnelFacts {
    /// The prefix of `istiod-<revision>.<namespace>.svc:15012`. 1.18.0-alpha.0 rejects an address without a
    /// scheme (`istio/ztunnel@1.18.0-alpha.0:src/config.rs`); later versions accept both.
    pub address_scheme: &'static str,
    /// Environment variables with a fixed value.
    pub env: &'static [(&'static str, &'static str)],
    /// Environment variables with a resource request or limit of the container.
    pub resource_env: &'static [ResourceEnv],
    /// Labels of the pod, in addition to `app: ztunnel` and the label of the revision.
    pub labels: &'static [(&'static str, &'static str)],
    pub annotations: &'static [(&'static str, &'static str)],
    /// Whether DaemonSet, pod and ServiceAccount have the annotation `istio.io/rev` (istio/istio#51692, from
    /// 1.23).
    pub revision_annotation: bool,
    /// Linux capabilities to add.
    pub capabilities: &'static [&'static str],
    /// `allowPrivilegeEscalation`.
    pub allow_privilege_escalation: bool,
    /// The resource requests of the container; nothing if the chart sets none.
    pub requests: Option<ResourceRequests>,
    /// The name of port 15020.
    pub stats_port: Option<&'static str>,
    pub priority_class: Option<&'static str>,
    /// In seconds.
    pub termination_grace_period: Option<u32>,
    /// The folder on the node with the socket on which istio-cni listens for ztunnel; if it is set, pods are
    /// redirected inside their network namespace.
    pub socket_folder: Option<&'static str>,
    /// Whether it has a writable `/tmp`.
    pub tmp: bool,
}

/// An environment variable with a resource of the container.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ResourceEnv {
    pub name: &'static str,
    /// The resource, such as `limits.cpu`.
    pub resource: &'static str,
    /// The divisor; nothing if the chart leaves it to the API.
    pub divisor: Option<&'static str>,
    /// Whether it is set only if the container has that resource.
    pub if_there: bool,
}

impl ResourceEnv {
    /// Returns the location of the resource in `resources`, as a JSON pointer.
    #[must_use]
    pub fn pointer(&self) -> String {
        format!("/{}", self.resource.replace('.', "/"))
    }
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ResourceRequests {
    /// CPU, as a Kubernetes quantity.
    pub cpu: &'static str,
    /// Memory, as a Kubernetes quantity.
    pub memory: &'static str,
}

const OPT_OUT: (&str, &str) = ("ambient.istio.io/redirection", "disabled");
const CALICO: (&str, &str) = (
    "cni.projectcalico.org/allowedSourcePrefixes",
    "[\"0.0.0.0/0\"]",
);
const CLUSTER: (&str, &str) = ("ISTIO_META_CLUSTER_ID", "Kubernetes");
const IN_POD: (&str, &str) = ("INPOD_ENABLED", "true");
const LOG: (&str, &str) = ("RUST_LOG", "info");
const LARGE: Option<ResourceRequests> = Some(ResourceRequests {
    cpu: "500m",
    memory: "2048Mi",
});
const SMALL: Option<ResourceRequests> = Some(ResourceRequests {
    cpu: "200m",
    memory: "512Mi",
});

pub(super) const V1_18_0_ALPHA_0: ZtunnelFacts = ZtunnelFacts {
    address_scheme: "https://",
    env: &[("CLUSTER_ID", "Kubernetes")],
    resource_env: &[],
    labels: &[],
    annotations: &[OPT_OUT],
    revision_annotation: false,
    capabilities: &["NET_ADMIN"],
    allow_privilege_escalation: false,
    requests: None,
    stats_port: None,
    priority_class: None,
    termination_grace_period: None,
    socket_folder: None,
    tmp: false,
};

pub(super) const V1_18: ZtunnelFacts = ZtunnelFacts {
    annotations: &[OPT_OUT, CALICO],
    requests: LARGE,
    ..V1_18_0_ALPHA_0
};

pub(super) const V1_19: ZtunnelFacts = ZtunnelFacts {
    stats_port: Some("ztunnel-stats"),
    termination_grace_period: Some(30),
    ..V1_18
};

/// From this version on, the chart sets the addresses, without a scheme.
pub(super) const V1_20: ZtunnelFacts = ZtunnelFacts {
    address_scheme: "",
    ..V1_19
};

/// From this version on, pods are redirected inside their network namespace.
pub(super) const V1_21: ZtunnelFacts = ZtunnelFacts {
    env: &[
        LOG,
        CLUSTER,
        IN_POD,
        ("ISTIO_META_DNS_PROXY_ADDR", "127.0.0.1:15053"),
    ],
    annotations: &[OPT_OUT],
    capabilities: &["NET_ADMIN", "SYS_ADMIN", "NET_RAW"],
    priority_class: Some("system-node-critical"),
    socket_folder: Some("/var/run/ztunnel"),
    ..V1_20
};

pub(super) const V1_22_0: ZtunnelFacts = ZtunnelFacts {
    labels: &[("istio.io/dataplane-mode", "none")],
    annotations: &[],
    tmp: true,
    ..V1_21
};

pub(super) const V1_22: ZtunnelFacts = ZtunnelFacts {
    requests: SMALL,
    ..V1_22_0
};

pub(super) const V1_23: ZtunnelFacts = ZtunnelFacts {
    env: &[
        LOG,
        ("RUST_BACKTRACE", "1"),
        CLUSTER,
        IN_POD,
        ("TERMINATION_GRACE_PERIOD_SECONDS", "30"),
    ],
    revision_annotation: true,
    ..V1_22
};

pub(super) const V1_24: ZtunnelFacts = ZtunnelFacts {
    allow_privilege_escalation: true,
    ..V1_23
};

pub(super) const V1_27: ZtunnelFacts = ZtunnelFacts {
    resource_env: &[ResourceEnv {
        name: "ZTUNNEL_CPU_LIMIT",
        resource: "limits.cpu",
        divisor: None,
        if_there: false,
    }],
    ..V1_24
};

const CPU_LIMIT: ResourceEnv = ResourceEnv {
    name: "ZTUNNEL_CPU_LIMIT",
    resource: "limits.cpu",
    divisor: Some("1"),
    if_there: false,
};

pub(super) const V1_29: ZtunnelFacts = ZtunnelFacts {
    resource_env: &[CPU_LIMIT],
    ..V1_27
};

pub(super) const V1_31: ZtunnelFacts = ZtunnelFacts {
    resource_env: &[
        CPU_LIMIT,
        ResourceEnv {
            name: "ZTUNNEL_RESOURCE_CPU_LIMIT",
            if_there: true,
            ..CPU_LIMIT
        },
        ResourceEnv {
            name: "ZTUNNEL_RESOURCE_CPU_REQUEST",
            resource: "requests.cpu",
            divisor: Some("1"),
            if_there: true,
        },
    ],
    ..V1_29
};
