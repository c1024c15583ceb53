//! The objects of steps before they are rendered: the data for their templates.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::references::GatewayRef;
use crate::istio;
use crate::kube::identity::Identity;

/// The prefix of the name of a ReferenceGrant; the name of the Service follows.
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
    /// `identity.yaml`: the fields that `kubectl delete -f` needs.
    Identity(Identity),
    /// An object of the user, written unchanged.
    Given(Value),
    /// A file of an earlier step, byte for byte.
    Copy(Copy),
}

/// A file of an earlier step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copy {
    pub text: String,
    /// Its name, if it does not follow from the object.
    pub name: Option<String>,
}

impl Draft {
    /// Returns the template; nothing for objects that are written unchanged.
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamespaceManifest {
    pub name: String,
    /// Whether its pods are part of the ambient mesh.
    pub ambient: bool,
}

/// The ztunnel of one revision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ZtunnelManifest {
    /// The name of DaemonSet and ServiceAccount.
    pub name: String,
    pub namespace: String,
    pub revision: String,
    pub hub: String,
    /// The image's tag, which is the version.
    pub tag: String,
    /// `host:port` of its own istiod, with the scheme if the version requires it.
    pub address: String,
    pub pool: BTreeMap<String, String>,
    /// The facts of the version.
    pub facts: &'static istio::ZtunnelFacts,
    /// The settings from the chart's values; the user's values override those of the version.
    pub settings: ZtunnelSettings,
}

/// The effect of the ztunnel chart's values in a plain DaemonSet.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ZtunnelSettings {
    /// The suffix of the image's tag, such as `-distroless`; empty for none.
    pub suffix: String,
    /// Environment variables with a fixed value.
    pub env: Vec<(String, String)>,
    /// Environment variables with a resource request or limit of the container.
    pub resource_env: Vec<&'static istio::ResourceEnv>,
    /// `resources` of the container; empty for none.
    pub resources: Value,
    /// Annotations of the pod, including those of the chart.
    pub pod_annotations: BTreeMap<String, String>,
    /// Labels of the pod, in addition to those of the chart.
    pub pod_labels: BTreeMap<String, String>,
    /// Labels of DaemonSet and ServiceAccount.
    pub labels: BTreeMap<String, String>,
    /// Annotations of DaemonSet and ServiceAccount.
    pub annotations: BTreeMap<String, String>,
    /// `terminationGracePeriodSeconds`.
    pub termination_grace_period: Option<u64>,
    /// `imagePullSecrets` of the ServiceAccount, by name.
    pub image_pull_secrets: Vec<String>,
    /// All other fields of the DaemonSet that values can set; null for what the chart leaves to the API.
    pub other: BTreeMap<&'static str, Value>,
}

/// An input of `istioctl install`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IstioOperator {
    /// Unique by component and revision, because istioctl prunes by name.
    pub name: String,
    /// The namespace of the component.
    pub namespace: String,
    /// The registry of the images.
    pub hub: String,
    /// The images' tag, which is the version.
    pub tag: String,
    /// The revision; nothing for base and istio-cni, which have none.
    pub revision: Option<String>,
    /// `spec.values`: the plan's values, merged over the user's.
    pub values: Value,
    /// `spec.unvalidatedValues`: the user's values that istioctl's types do not contain; empty for none.
    pub unvalidated: Value,
    /// `spec.components.ztunnel.k8s`, if ztunnel is an IstioOperator.
    pub k8s: Option<Value>,
}

/// The namespaces from which a listener accepts routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowedFrom {
    /// Only the Gateway's own namespace.
    pub same: bool,
    /// Otherwise these namespaces.
    pub namespaces: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListenerManifest {
    pub name: String,
    pub port: u16,
    pub protocol: &'static str,
    /// Its host name; nothing for every host.
    pub hostname: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayManifest {
    /// The API version that the bundle serves.
    pub api_version: &'static str,
    pub name: String,
    pub namespace: String,
    pub class: String,
    /// The revision in its label, if it has one.
    pub revision: Option<String>,
    /// Its address, if the plan sets one.
    pub address: Option<String>,
    pub listeners: Vec<ListenerManifest>,
    /// The routes that they accept.
    pub allowed: AllowedFrom,
}

/// One match of an HTTPRoute's rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpMatch {
    /// `Exact` or `PathPrefix`.
    pub path_type: &'static str,
    pub path: String,
    /// A header that must match as well: name and value.
    pub header: Option<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpBackend {
    pub name: String,
    pub namespace: String,
    pub port: u16,
    /// Its share of the rule's requests; the weights of a rule add up to 100.
    pub weight: u16,
}

/// One rule of an HTTPRoute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpRule {
    /// A request must satisfy one of these.
    pub matches: Vec<HttpMatch>,
    /// Where the requests go.
    pub backends: Vec<HttpBackend>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpRouteManifest {
    /// The API version that the bundle serves.
    pub api_version: &'static str,
    pub name: String,
    pub namespace: String,
    /// The revision in its label, if it has one; only this revision reads the route.
    pub revision: Option<String>,
    /// The Gateway that it is attached to.
    pub gateway: GatewayRef,
    /// Its host names; without any, those of the listener apply.
    pub hostnames: Vec<String>,
    pub rules: Vec<HttpRule>,
}

/// Allows routes of other namespaces to reference one Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceGrantManifest {
    pub name: String,
    /// Its namespace, which is that of the Service.
    pub namespace: String,
    /// The routes' namespaces.
    pub from: Vec<String>,
    pub service: String,
}

/// The kustomization that contains the CRDs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kustomization {
    /// Remote resources.
    pub resources: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindCluster {
    pub name: String,
    /// The number of workers.
    pub workers: u16,
    /// Address and port of the API server on this machine.
    pub api_server: Option<(String, u16)>,
}

/// The address pool of `MetalLB`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressPool {
    pub name: String,
    /// The address ranges.
    pub addresses: Vec<String>,
}

/// The L2 announcement of addresses by `MetalLB`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct L2Advertisement {
    pub name: String,
    /// The pool whose addresses are announced.
    pub pool: String,
}
