//! Answers a request by the Gateway API as Istio implements it: a pure function from a state and a request to
//! outcomes.
//!
//! Sources: the Gateway API specification (`kubernetes-sigs/gateway-api@v1.6.1:apis/v1`) and, where Istio
//! differs from it, `istio/istio:pilot/pkg/config/kube/gateway` and `pilot/pkg/networking/core`; the answers
//! of a real istiod and Envoy take precedence. Differences between versions are rows of
//! [`crate::istio::RouteDialect`].

mod attach;
mod backend;
mod hosts;
mod listing;
mod matching;
mod modify;
mod table;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

pub use attach::{NotAttached, attachments};
pub use backend::{Resolved, resolve};
pub use listing::{Listed, Wanted};
pub use table::Table;

/// One HTTP request, as it arrives at a Gateway.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `namespace/name`; may be omitted if there is only one Gateway.
    #[serde(default)]
    pub gateway: Option<String>,
    /// The default is 80, or the first port of the Gateway if it has no listener on 80.
    #[serde(default)]
    pub port: Option<u64>,
    /// The Host header; empty for the address of the Gateway.
    #[serde(default)]
    pub host: String,
    /// The path; text after a `?` is read as query parameters.
    pub path: String,
    /// The default is `GET`.
    #[serde(default = "get")]
    pub method: String,
    #[serde(default)]
    pub headers: Map<String, Value>,
    #[serde(default)]
    pub query: Map<String, Value>,
}

fn get() -> String {
    "GET".to_owned()
}

impl Request {
    /// Returns a GET request of a path, for any host.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            gateway: None,
            port: None,
            host: String::new(),
            path: path.into(),
            method: get(),
            headers: Map::new(),
            query: Map::new(),
        }
    }

    /// Returns the request on one line: `GET /productpage, traffic: test`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let host = if self.host.is_empty() {
            String::new()
        } else {
            format!("{} ", self.host)
        };
        let pairs = |map: &Map<String, Value>, between: &str| -> Vec<String> {
            map.iter()
                .map(|(key, value)| format!("{key}{between}{}", value.as_str().unwrap_or_default()))
                .collect()
        };
        let mut query = pairs(&self.query, "=").join("&");
        if !query.is_empty() {
            query.insert(0, '?');
        }
        let mut words = vec![format!("{} {host}{}{query}", self.method, self.path)];
        words.extend(pairs(&self.headers, ": "));
        words.join(", ")
    }
}

/// One outcome of a request, with its share.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// A Service answers.
    Backend {
        /// `namespace/name`.
        backend: String,
        port: u64,
        /// The share of the requests, from 0 to 1.
        #[serde(serialize_with = "float")]
        fraction: f64,
    },
    /// The gateway itself answers.
    Status {
        status: u16,
        /// The share of the requests, from 0 to 1.
        #[serde(serialize_with = "float")]
        fraction: f64,
        /// The reason for the status.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// A fraction is never written as an integer.
#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn float<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*value)
}

impl Outcome {
    /// Returns the share of the requests, from 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        match self {
            Self::Backend { fraction, .. } | Self::Status { fraction, .. } => *fraction,
        }
    }
}

/// A Service that gets copies of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MirrorTarget {
    /// `namespace/name`.
    pub backend: String,
    pub port: u64,
}

/// The request at the backend, if it differs from the one that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Forwarded {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// All possible outcomes; their shares add up to 1.
    pub outcomes: Vec<Outcome>,
    /// The HTTPRoute that matched, as `namespace/name`.
    pub route: Option<String>,
    /// The index of its rule, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// The location of a redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The request at the backend, if it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<Forwarded>,
    /// The Services that get copies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<MirrorTarget>,
}

impl Answer {
    /// An answer of the gateway itself, without a route.
    fn status(status: u16, reason: impl Into<String>) -> Self {
        Self {
            outcomes: vec![Outcome::Status {
                status,
                fraction: 1.0,
                reason: Some(reason.into()),
            }],
            route: None,
            rule: None,
            location: None,
            forwarded: None,
            mirrors: Vec::new(),
        }
    }

    /// Returns the share of requests without a backend or redirect.
    #[must_use]
    pub fn refused(&self) -> f64 {
        let bad = self
            .outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Status { status, .. } if *status >= 400));
        bad.map(Outcome::fraction).sum()
    }
}
