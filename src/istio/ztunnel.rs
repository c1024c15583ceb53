//! How each version's ztunnel runs, as far as versions differ. What all of them share stands in the template.

use serde::Serialize;

/// The parts of a ztunnel DaemonSet that differ between versions.
///
/// Source of every row: `istio/istio@TAG:manifests/charts/ztunnel/templates/daemonset.yaml` and its values.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Ztunnel {
    /// Written before `istiod-<revision>.<namespace>.svc:15012`. 1.18.0-alpha.0 refuses an address without a scheme
    /// (`istio/ztunnel@1.18.0-alpha.0:src/config.rs`); later versions take both.
    pub address_scheme: &'static str,
    /// Environment with a fixed value.
    pub env: &'static [(&'static str, &'static str)],
    /// Environment that holds a limit of the container.
    pub limit_env: &'static [(&'static str, &'static str)],
    /// Labels of the pod, beside `app: ztunnel` and the revision's own.
    pub labels: &'static [(&'static str, &'static str)],
    /// Annotations of the pod.
    pub annotations: &'static [(&'static str, &'static str)],
    /// Whether DaemonSet, pod and ServiceAccount carry the annotation `istio.io/rev` (istio/istio#51692, from 1.23).
    pub revision_annotation: bool,
    /// Linux capabilities that are added.
    pub capabilities: &'static [&'static str],
    /// `allowPrivilegeEscalation`.
    pub allow_privilege_escalation: bool,
    /// What the container asks for; nothing where the chart asks for nothing.
    pub requests: Option<Requests>,
    /// The port 15020, named.
    pub stats_port: Option<&'static str>,
    /// The pod's priority class.
    pub priority_class: Option<&'static str>,
    /// In seconds.
    pub termination_grace_period: Option<u32>,
    /// The node's folder in which istio-cni listens for ztunnel; where there is one, pods are redirected from within.
    pub socket_folder: Option<&'static str>,
}

/// Resource requests of the container.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// CPU, as Kubernetes writes it.
    pub cpu: &'static str,
    /// Memory, as Kubernetes writes it.
    pub memory: &'static str,
}

pub(super) const V1_18_0_ALPHA_0: Ztunnel = Ztunnel {
    address_scheme: "https://",
    env: &[("CLUSTER_ID", "Kubernetes")],
    limit_env: &[],
    labels: &[],
    annotations: &[("ambient.istio.io/redirection", "disabled")],
    revision_annotation: false,
    capabilities: &["NET_ADMIN"],
    allow_privilege_escalation: false,
    requests: None,
    stats_port: None,
    priority_class: None,
    termination_grace_period: None,
    socket_folder: None,
};

pub(super) const V1_18: Ztunnel = Ztunnel {
    annotations: &[
        ("ambient.istio.io/redirection", "disabled"),
        (
            "cni.projectcalico.org/allowedSourcePrefixes",
            "[\"0.0.0.0/0\"]",
        ),
    ],
    requests: Some(Requests {
        cpu: "500m",
        memory: "2048Mi",
    }),
    ..V1_18_0_ALPHA_0
};

pub(super) const V1_29: Ztunnel = Ztunnel {
    address_scheme: "",
    env: &[
        ("RUST_LOG", "info"),
        ("RUST_BACKTRACE", "1"),
        ("ISTIO_META_CLUSTER_ID", "Kubernetes"),
        ("INPOD_ENABLED", "true"),
        ("TERMINATION_GRACE_PERIOD_SECONDS", "30"),
    ],
    limit_env: &[("ZTUNNEL_CPU_LIMIT", "limits.cpu")],
    labels: &[("istio.io/dataplane-mode", "none")],
    annotations: &[],
    revision_annotation: true,
    capabilities: &["NET_ADMIN", "SYS_ADMIN", "NET_RAW"],
    allow_privilege_escalation: true,
    requests: Some(Requests {
        cpu: "200m",
        memory: "512Mi",
    }),
    stats_port: Some("ztunnel-stats"),
    priority_class: Some("system-node-critical"),
    termination_grace_period: Some(30),
    socket_folder: Some("/var/run/ztunnel"),
};
