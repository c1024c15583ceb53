//! Gateway, HTTPRoute and ReferenceGrant as the Gateway API writes them, with its defaults; the same in `v1beta1` and `v1`.
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

/// `spec` of a Gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// Who makes it real.
    #[serde(rename = "gatewayClassName", default)]
    pub class: String,
    /// Where requests come in.
    #[serde(default)]
    pub listeners: Vec<Listener>,
    /// The addresses that it asks for.
    #[serde(default)]
    pub addresses: Vec<Address>,
}

/// An address that a Gateway asks for.
#[derive(Debug, Clone, Deserialize)]
pub struct Address {
    /// The address.
    #[serde(default)]
    pub value: String,
    /// `IPAddress` or `Hostname`; the first if not given.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
}

impl Address {
    /// Returns whether it is the name of a host.
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

/// A listener of a Gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The host that it answers for; every host if not given.
    #[serde(default)]
    pub hostname: Option<String>,
    /// Its port.
    pub port: u64,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS`, …
    #[serde(default)]
    pub protocol: String,
    /// Which routes may attach.
    #[serde(default)]
    pub allowed_routes: Option<AllowedRoutes>,
}

/// Which routes may attach to a listener.
#[derive(Debug, Clone, Deserialize)]
pub struct AllowedRoutes {
    /// From which namespaces.
    #[serde(default)]
    pub namespaces: Option<AllowedNamespaces>,
    /// Of which kinds; those of the protocol if none is given.
    #[serde(default)]
    pub kinds: Vec<AllowedKind>,
}

/// From which namespaces routes may attach.
#[derive(Debug, Clone, Deserialize)]
pub struct AllowedNamespaces {
    /// `Same` if not given, `All`, or `Selector`.
    #[serde(default)]
    pub from: Option<String>,
    /// For `Selector`: the labels of the namespaces.
    #[serde(default)]
    pub selector: Option<Value>,
}

/// A kind of routes.
#[derive(Debug, Clone, Deserialize)]
pub struct AllowedKind {
    /// The API group; that of Gateway API if not given.
    #[serde(default)]
    pub group: Option<String>,
    /// The kind.
    pub kind: String,
}

/// An HTTPRoute.
#[derive(Debug, Clone)]
pub struct HttpRoute {
    /// `spec.parentRefs`.
    pub parents: Vec<ParentRef>,
    /// `spec.hostnames`.
    pub hostnames: Vec<String>,
    /// `spec.rules`; where the field is not there, the one rule that the API puts there.
    pub rules: Vec<RouteRule>,
    /// `metadata.creationTimestamp`; empty where it is not known.
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

/// What a route attaches to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentRef {
    /// That of Gateway API if not given.
    #[serde(default)]
    pub group: Option<String>,
    /// `Gateway` if not given.
    #[serde(default)]
    pub kind: Option<String>,
    /// That of the route if not given.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// One listener, by name.
    #[serde(default)]
    pub section_name: Option<String>,
    /// The listeners of one port.
    #[serde(default)]
    pub port: Option<u64>,
}

impl ParentRef {
    /// Returns namespace and name of the Gateway that it names, seen from a namespace; nothing where it is no Gateway.
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

/// A rule of a route.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteRule {
    /// Any one of these; every request where there is none.
    #[serde(default)]
    pub matches: Vec<Match>,
    /// What is done to a request or its answer.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Where requests go.
    #[serde(default)]
    pub backend_refs: Vec<BackendRef>,
}

/// All conditions of one match together.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Match {
    /// PathPrefix `/` if not given.
    #[serde(default)]
    pub path: Option<PathMatch>,
    /// Every method if not given.
    #[serde(default)]
    pub method: Option<String>,
    /// Headers.
    #[serde(default)]
    pub headers: Vec<NamedMatch>,
    /// Query parameters.
    #[serde(default)]
    pub query_params: Vec<NamedMatch>,
}

/// A condition on the path.
#[derive(Debug, Clone, Deserialize)]
pub struct PathMatch {
    /// `Exact`, `PathPrefix` (if not given) or `RegularExpression`.
    #[serde(rename = "type", default)]
    pub type_: Option<String>,
    /// `/` if not given.
    #[serde(default)]
    pub value: Option<String>,
}

/// A condition on a header or a query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NamedMatch {
    /// `Exact` (if not given) or `RegularExpression`.
    #[serde(rename = "type", default)]
    pub type_: Option<String>,
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// A reference to a backend.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendRef {
    /// The core group if not given.
    #[serde(default)]
    pub group: Option<String>,
    /// `Service` if not given.
    #[serde(default)]
    pub kind: Option<String>,
    /// Its name.
    pub name: String,
    /// That of the route if not given.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its port.
    #[serde(default)]
    pub port: Option<u64>,
    /// 1 if not given.
    #[serde(default)]
    pub weight: Option<u64>,
    /// What is done to requests of this backend.
    #[serde(default)]
    pub filters: Vec<Filter>,
}

impl BackendRef {
    /// Returns whether it names a Service.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.group.as_deref().unwrap_or_default().is_empty()
            && self.kind.as_deref().unwrap_or("Service") == "Service"
    }

    /// Returns its share of the sum of weights.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.weight.unwrap_or(1)
    }
}

/// A filter of a rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filter {
    /// Which filter.
    #[serde(rename = "type", default)]
    pub type_: String,
    /// For `RequestRedirect`.
    #[serde(default)]
    pub request_redirect: Option<Redirect>,
    /// For `URLRewrite`.
    #[serde(default, rename = "urlRewrite")]
    pub url_rewrite: Option<Rewrite>,
    /// For `RequestMirror`.
    #[serde(default)]
    pub request_mirror: Option<Mirror>,
}

/// An answer that sends the client elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redirect {
    /// Another scheme.
    #[serde(default)]
    pub scheme: Option<String>,
    /// Another host.
    #[serde(default)]
    pub hostname: Option<String>,
    /// Another path.
    #[serde(default)]
    pub path: Option<PathModifier>,
    /// Another port.
    #[serde(default)]
    pub port: Option<u64>,
    /// 302 if not given.
    #[serde(default)]
    pub status_code: Option<u16>,
}

/// What the backend sees instead of what was sent.
#[derive(Debug, Clone, Deserialize)]
pub struct Rewrite {
    /// Another host.
    #[serde(default)]
    pub hostname: Option<String>,
    /// Another path.
    #[serde(default)]
    pub path: Option<PathModifier>,
}

/// Another path.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathModifier {
    /// For `ReplaceFullPath`.
    #[serde(default)]
    pub replace_full_path: Option<String>,
    /// For `ReplacePrefixMatch`.
    #[serde(default)]
    pub replace_prefix_match: Option<String>,
}

/// A copy of each request goes elsewhere too.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mirror {
    /// Where.
    pub backend_ref: BackendRef,
    /// Of how many of a hundred.
    #[serde(default)]
    pub percent: Option<u64>,
    /// Of which share.
    #[serde(default)]
    pub fraction: Option<Value>,
}

/// A ReferenceGrant.
#[derive(Debug, Clone, Deserialize)]
pub struct ReferenceGrant {
    /// Who may refer.
    #[serde(default)]
    pub from: Vec<GrantFrom>,
    /// To what.
    #[serde(default)]
    pub to: Vec<GrantTo>,
}

/// Who may refer.
#[derive(Debug, Clone, Deserialize)]
pub struct GrantFrom {
    /// The API group.
    #[serde(default)]
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace.
    pub namespace: String,
}

/// To what.
#[derive(Debug, Clone, Deserialize)]
pub struct GrantTo {
    /// The API group.
    #[serde(default)]
    pub group: String,
    /// The kind.
    pub kind: String,
    /// One of them; all where it is not given.
    #[serde(default)]
    pub name: Option<String>,
}

impl ReferenceGrant {
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        read(value)
    }

    /// Returns whether it lets the HTTPRoutes of a namespace refer to a Service.
    ///
    /// `names_overwrite`: Istio 1.26.0 to 1.29.6 keeps but the last name of each kind in one grant
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
