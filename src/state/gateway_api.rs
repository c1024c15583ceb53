//! Gateway, HTTPRoute and ReferenceGrant of the Gateway API, with their defaults; the same in `v1beta1` and
//! `v1`.
//!
//! Source: `kubernetes-sigs/gateway-api@v1.6.1:apis/v1`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    let spec = value
        .get("spec")
        .cloned()
        .unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    serde_json::from_value(spec).map_err(|error| error.to_string())
}

fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The field `spec` of a Gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    #[serde(rename = "gatewayClassName", default)]
    pub class: String,
    #[serde(default)]
    pub listeners: Vec<Listener>,
    #[serde(default)]
    pub addresses: Vec<Address>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Address {
    #[serde(default)]
    pub value: String,
    /// `IPAddress` or `Hostname`; the default is `IPAddress`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
}

impl Address {
    /// Returns whether it is a host name.
    #[must_use]
    pub fn is_hostname(&self) -> bool {
        self.kind.as_deref() == Some("Hostname")
    }
}

impl Gateway {
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        read(value)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    #[serde(default)]
    pub name: String,
    /// The host name; nothing for all hosts.
    #[serde(default)]
    pub hostname: Option<String>,
    pub port: u64,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, …
    #[serde(default)]
    pub protocol: String,
    /// Which routes may attach.
    #[serde(default)]
    pub allowed_routes: Option<AllowedRoutes>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct AllowedRoutes {
    /// The allowed namespaces.
    #[serde(default)]
    pub namespaces: Option<AllowedNamespaces>,
    /// The allowed kinds; the default is the kinds of the protocol.
    #[serde(default)]
    pub kinds: Vec<AllowedKind>,
}

/// The namespaces whose routes may attach.
#[derive(Debug, Clone, Deserialize)]
pub struct AllowedNamespaces {
    /// `Same` (the default), `All`, or `Selector`.
    #[serde(default)]
    pub from: Option<String>,
    /// For `Selector`: the labels of the namespaces.
    #[serde(default)]
    pub selector: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct AllowedKind {
    /// The API group; the default is that of Gateway API.
    #[serde(default)]
    pub group: Option<String>,
    pub kind: String,
}

#[derive(Debug, Clone)]
pub struct HttpRoute {
    pub parents: Vec<ParentRef>,
    pub hostnames: Vec<String>,
    /// `spec.rules`; without this field, the rule that the API adds by default.
    pub rules: Vec<RouteRule>,
    /// `metadata.creationTimestamp`; empty if unknown.
    pub created: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpRouteSpec {
    #[serde(default)]
    parent_refs: Vec<ParentRef>,
    #[serde(default)]
    hostnames: Vec<String>,
    rules: Option<Vec<RouteRule>>,
}

impl HttpRoute {
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let spec: HttpRouteSpec = read(value)?;
        Ok(Self {
            parents: spec.parent_refs,
            hostnames: spec.hostnames,
            rules: spec.rules.unwrap_or_else(|| vec![RouteRule::default()]),
            created: text(value, "/metadata/creationTimestamp"),
        })
    }
}

/// The Gateway that a route attaches to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentRef {
    /// The default is that of Gateway API.
    #[serde(default)]
    pub group: Option<String>,
    /// The default is `Gateway`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The default is the namespace of the route.
    #[serde(default)]
    pub namespace: Option<String>,
    pub name: String,
    /// Selects a listener by name.
    #[serde(default)]
    pub section_name: Option<String>,
    /// Selects listeners by port.
    #[serde(default)]
    pub port: Option<u64>,
}

impl ParentRef {
    /// Returns namespace and name of the Gateway that it references from a namespace; nothing if it is not a
    /// Gateway.
    #[must_use]
    pub fn gateway<'a>(&'a self, from: &'a str) -> Option<(&'a str, &'a str)> {
        let group = self.group.as_deref().unwrap_or("gateway.networking.k8s.io");
        let kind = self.kind.as_deref().unwrap_or("Gateway");
        (group == "gateway.networking.k8s.io" && kind == "Gateway").then(|| {
            (
                self.namespace.as_deref().unwrap_or(from),
                self.name.as_str(),
            )
        })
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteRule {
    /// A request must satisfy one of these; none means every request.
    #[serde(default)]
    pub matches: Vec<Match>,
    #[serde(default)]
    pub filters: Vec<Filter>,
    #[serde(default)]
    pub backend_refs: Vec<BackendRef>,
}

/// A request must satisfy all conditions of a match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Match {
    /// The default is PathPrefix `/`.
    #[serde(default)]
    pub path: Option<PathMatch>,
    /// The default is every method.
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub headers: Vec<NamedMatch>,
    #[serde(default)]
    pub query_params: Vec<NamedMatch>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct PathMatch {
    /// `Exact`, `PathPrefix` (the default) or `RegularExpression`.
    #[serde(rename = "type", default)]
    pub type_: Option<String>,
    /// The default is `/`.
    #[serde(default)]
    pub value: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NamedMatch {
    /// `Exact` (the default) or `RegularExpression`.
    #[serde(rename = "type", default)]
    pub type_: Option<String>,
    pub name: String,
    #[serde(default)]
    pub value: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendRef {
    /// The default is the core group.
    #[serde(default)]
    pub group: Option<String>,
    /// The default is `Service`.
    #[serde(default)]
    pub kind: Option<String>,
    pub name: String,
    /// The default is the namespace of the route.
    #[serde(default)]
    pub namespace: Option<String>,
    #[serde(default)]
    pub port: Option<u64>,
    /// The default is 1.
    #[serde(default)]
    pub weight: Option<u64>,
    #[serde(default)]
    pub filters: Vec<Filter>,
}

impl BackendRef {
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.group.as_deref().unwrap_or_default().is_empty()
            && self.kind.as_deref().unwrap_or("Service") == "Service"
    }

    /// Returns its weight with the default.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.weight.unwrap_or(1)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filter {
    #[serde(rename = "type", default)]
    pub type_: String,
    #[serde(default)]
    pub request_redirect: Option<Redirect>,
    #[serde(default, rename = "urlRewrite")]
    pub url_rewrite: Option<Rewrite>,
    #[serde(default)]
    pub request_mirror: Option<Mirror>,
}

/// The parameters of a redirect.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redirect {
    #[serde(default)]
    pub scheme: Option<String>,
    #[serde(default)]
    pub hostname: Option<String>,
    #[serde(default)]
    pub path: Option<PathModifier>,
    #[serde(default)]
    pub port: Option<u64>,
    /// The default is 302.
    #[serde(default)]
    pub status_code: Option<u16>,
}

/// The parameters of a rewrite.
#[derive(Debug, Clone, Deserialize)]
pub struct Rewrite {
    #[serde(default)]
    pub hostname: Option<String>,
    #[serde(default)]
    pub path: Option<PathModifier>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathModifier {
    #[serde(default)]
    pub replace_full_path: Option<String>,
    #[serde(default)]
    pub replace_prefix_match: Option<String>,
}

/// The parameters of a mirror.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mirror {
    pub backend_ref: BackendRef,
    /// The percentage of requests that are copied.
    #[serde(default)]
    pub percent: Option<u64>,
    /// The fraction of requests that are copied.
    #[serde(default)]
    pub fraction: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ReferenceGrant {
    #[serde(default)]
    pub from: Vec<GrantFrom>,
    #[serde(default)]
    pub to: Vec<GrantTo>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct GrantFrom {
    #[serde(default)]
    pub group: String,
    pub kind: String,
    pub namespace: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct GrantTo {
    #[serde(default)]
    pub group: String,
    pub kind: String,
    /// The name of one object; nothing for all.
    #[serde(default)]
    pub name: Option<String>,
}

impl ReferenceGrant {
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        read(value)
    }

    /// Returns whether it allows the HTTPRoutes of a namespace to reference a Service.
    ///
    /// `names_overwrite`: Istio 1.26.0 to 1.29.6 keeps only the last name of each kind in a grant
    /// (`istio/istio@1.29.6:pilot/pkg/config/kube/gateway/references_collection.go`).
    #[must_use]
    pub fn allows(&self, from: &str, service: &str, names_overwrite: bool) -> bool {
        let who = self.from.iter().any(|f| {
            f.group == "gateway.networking.k8s.io" && f.kind == "HTTPRoute" && f.namespace == from
        });
        let mut services = self
            .to
            .iter()
            .filter(|t| t.group.is_empty() && t.kind == "Service");
        let names = |to: &GrantTo| to.name.as_deref().is_none_or(|name| name == service);
        who && if names_overwrite {
            services.next_back().is_some_and(names)
        } else {
            services.any(names)
        }
    }
}
