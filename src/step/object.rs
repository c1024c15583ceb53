//! The objects that steps hold before they are rendered: each is the data that its template asks for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::references::GatewayRef;
use crate::istio;
use crate::kube::identity::Identity;

/// How the name of a ReferenceGrant starts, before the Service's.
pub const GRANT: &str = "routes-to-";

/// An object of the output, not yet rendered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Draft {
    /// `namespace.yaml`
    Namespace(NamespaceManifest),
    /// `ztunnel/serviceaccount.yaml`
    ZtunnelAccount(Box<ZtunnelManifest>),
    /// `ztunnel/daemonset.yaml`
    ZtunnelDaemonSet(Box<ZtunnelManifest>),
    /// `istio/base.yaml`
    IstioBase(IstioOperator),
    /// `istio/istio-cni.yaml`
    IstioCni(IstioOperator),
    /// `istio/istiod.yaml`
    Istiod(IstioOperator),
    /// `istio/ztunnel.yaml`
    ZtunnelOperator(IstioOperator),
    /// `gateway-api/gateway.yaml`
    Gateway(GatewayManifest),
    /// `gateway-api/httproute.yaml`
    HttpRoute(HttpRouteManifest),
    /// `gateway-api/referencegrant.yaml`
    ReferenceGrant(ReferenceGrantManifest),
    /// `gateway-api/kustomization.yaml`
    Kustomization(Kustomization),
    /// `lab/kind.yaml`
    Kind(KindCluster),
    /// `lab/ipaddresspool.yaml`
    AddressPool(AddressPool),
    /// `lab/l2advertisement.yaml`
    L2Advertisement(L2Advertisement),
    /// `identity.yaml`: what `kubectl delete -f` needs to know of an object.
    Identity(Identity),
    /// An object of the user's, written as it is.
    Given(Value),
    /// A file of an earlier step, byte for byte.
    Copy(Copy),
}

/// A file of an earlier step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copy {
    /// Its text.
    pub text: String,
    /// Its name, where that does not follow from the object.
    pub name: Option<String>,
}

impl Draft {
    /// Returns the template that makes it; nothing for what is written as it is.
    #[must_use]
    pub fn template(&self) -> Option<&'static str> {
        Some(match self {
            Self::Namespace(_) => "namespace.yaml",
            Self::ZtunnelAccount(_) => "ztunnel/serviceaccount.yaml",
            Self::ZtunnelDaemonSet(_) => "ztunnel/daemonset.yaml",
            Self::IstioBase(_) => "istio/base.yaml",
            Self::IstioCni(_) => "istio/istio-cni.yaml",
            Self::Istiod(_) => "istio/istiod.yaml",
            Self::ZtunnelOperator(_) => "istio/ztunnel.yaml",
            Self::Gateway(_) => "gateway-api/gateway.yaml",
            Self::HttpRoute(_) => "gateway-api/httproute.yaml",
            Self::ReferenceGrant(_) => "gateway-api/referencegrant.yaml",
            Self::Kustomization(_) => "gateway-api/kustomization.yaml",
            Self::Kind(_) => "lab/kind.yaml",
            Self::AddressPool(_) => "lab/ipaddresspool.yaml",
            Self::L2Advertisement(_) => "lab/l2advertisement.yaml",
            Self::Identity(_) => "identity.yaml",
            Self::Given(_) | Self::Copy(_) => return None,
        })
    }
}

/// A namespace that meshplan makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamespaceManifest {
    /// Its name.
    pub name: String,
    /// Whether its pods are part of the ambient mesh.
    pub ambient: bool,
}

/// The ztunnel of one revision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ZtunnelManifest {
    /// Name of DaemonSet and ServiceAccount.
    pub name: String,
    /// Their namespace.
    pub namespace: String,
    /// The revision's name.
    pub revision: String,
    /// The registry.
    pub hub: String,
    /// The image's tag, which is the version.
    pub tag: String,
    /// `host:port` of its own istiod, with the scheme that the version wants.
    pub address: String,
    /// The labels of its nodes.
    pub pool: BTreeMap<String, String>,
    /// What is true of the version.
    pub facts: &'static istio::ZtunnelFacts,
    /// What the chart's values come to, the user's own over the version's.
    pub settings: ZtunnelSettings,
}

/// What the values of the ztunnel chart come to in a plain DaemonSet.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ZtunnelSettings {
    /// Put behind the image's tag, as `-distroless`; empty for none.
    pub suffix: String,
    /// Environment with a fixed value.
    pub env: Vec<(String, String)>,
    /// Environment that holds what the container asks for or may have.
    pub resource_env: Vec<&'static istio::ResourceEnv>,
    /// `resources` of the container; empty for none.
    pub resources: Value,
    /// Annotations of the pod, the chart's own included.
    pub pod_annotations: BTreeMap<String, String>,
    /// Labels of the pod, beside those that the chart writes.
    pub pod_labels: BTreeMap<String, String>,
    /// Labels of DaemonSet and ServiceAccount.
    pub labels: BTreeMap<String, String>,
    /// Annotations of DaemonSet and ServiceAccount.
    pub annotations: BTreeMap<String, String>,
    /// `terminationGracePeriodSeconds`.
    pub termination_grace_period: Option<u64>,
    /// `imagePullSecrets` of the ServiceAccount, by name.
    pub image_pull_secrets: Vec<String>,
    /// Everything else of the DaemonSet that values can set; null for what the chart leaves to the API.
    pub other: BTreeMap<&'static str, Value>,
}

/// An input of `istioctl install`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IstioOperator {
    /// Unique by component and revision, since istioctl prunes by it.
    pub name: String,
    /// Where the component is installed.
    pub namespace: String,
    /// The registry.
    pub hub: String,
    /// The images' tag, which is the version.
    pub tag: String,
    /// The revision; nothing for base and istio-cni, which have none.
    pub revision: Option<String>,
    /// `spec.values`: the plan's, and under them the user's own.
    pub values: Value,
    /// `spec.unvalidatedValues`: the user's own that istioctl's types do not know; empty for none.
    pub unvalidated: Value,
    /// `spec.components.ztunnel.k8s`, where ztunnel is an IstioOperator.
    pub k8s: Option<Value>,
}

/// Which namespaces' routes a listener takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowedFrom {
    /// Those of the Gateway's own namespace alone.
    pub same: bool,
    /// Otherwise: these.
    pub namespaces: Vec<String>,
}

/// One listener of a Gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListenerManifest {
    /// Its name.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// Its protocol.
    pub protocol: &'static str,
    /// Its host, if not every one.
    pub hostname: Option<String>,
}

/// A Gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayManifest {
    /// As the bundle serves it.
    pub api_version: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its class.
    pub class: String,
    /// The revision that owns it, where a label says so.
    pub revision: Option<String>,
    /// Its address, if the plan names one.
    pub address: Option<String>,
    /// Its listeners.
    pub listeners: Vec<ListenerManifest>,
    /// Whose routes they take.
    pub allowed: AllowedFrom,
}

/// One match of an HTTPRoute's rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpMatch {
    /// `Exact` or `PathPrefix`.
    pub path_type: &'static str,
    /// The path.
    pub path: String,
    /// A header that must be there as well: name and value.
    pub header: Option<(String, String)>,
}

/// One backend of an HTTPRoute's rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpBackend {
    /// The Service's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its port.
    pub port: u16,
    /// Its share of the rule's requests; the shares of a rule add up to 100.
    pub weight: u16,
}

/// One rule of an HTTPRoute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpRule {
    /// Any one of these.
    pub matches: Vec<HttpMatch>,
    /// Where the requests go.
    pub backends: Vec<HttpBackend>,
}

/// An HTTPRoute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpRouteManifest {
    /// As the bundle serves it.
    pub api_version: &'static str,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The revision that alone reads it, where a label says so.
    pub revision: Option<String>,
    /// The Gateway that it is attached to.
    pub gateway: GatewayRef,
    /// Its hosts; those of the listener if there are none.
    pub hostnames: Vec<String>,
    /// Its rules.
    pub rules: Vec<HttpRule>,
}

/// Leave for routes of other namespaces to send requests to one Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceGrantManifest {
    /// Its name.
    pub name: String,
    /// Its namespace, which is the Service's.
    pub namespace: String,
    /// The routes' namespaces.
    pub from: Vec<String>,
    /// The Service.
    pub service: String,
}

/// The kustomization that brings the CRDs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kustomization {
    /// Remote resources.
    pub resources: Vec<String>,
}

/// A kind cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindCluster {
    /// The cluster's name.
    pub name: String,
    /// How many workers.
    pub workers: u16,
    /// Address and port of the API on this machine.
    pub api_server: Option<(String, u16)>,
}

/// `MetalLB`'s addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressPool {
    /// Its name.
    pub name: String,
    /// Ranges.
    pub addresses: Vec<String>,
}

/// How `MetalLB` tells the network of its addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct L2Advertisement {
    /// Its name.
    pub name: String,
    /// The pool whose addresses are told.
    pub pool: String,
}
