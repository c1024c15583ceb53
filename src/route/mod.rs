//! Who answers a request: Gateway API as Istio carries it out, a pure function from a state and a request to outcomes.
//!
//! Sources: the Gateway API specification (`kubernetes-sigs/gateway-api@v1.6.1:apis/v1`) and, where Istio differs from it,
//! `istio/istio:pilot/pkg/config/kube/gateway` and `pilot/pkg/networking/core`; what a real istiod and Envoy answered is
//! what counts. Differences between versions are rows of [`crate::istio::RouteDialect`].

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
    /// `namespace/name`; may be left out where there is one Gateway.
    #[serde(default)]
    pub gateway: Option<String>,
    /// 80, or the first port of the Gateway where it has no listener on 80.
    #[serde(default)]
    pub port: Option<u64>,
    /// The Host header; empty for the address of the Gateway.
    #[serde(default)]
    pub host: String,
    /// The path; what follows a `?` is read as query parameters.
    pub path: String,
    /// `GET` if not given.
    #[serde(default = "get")]
    pub method: String,
    /// Headers.
    #[serde(default)]
    pub headers: Map<String, Value>,
    /// Query parameters.
    #[serde(default)]
    pub query: Map<String, Value>,
}

fn get() -> String {
    "GET".to_owned()
}

impl Request {
    /// Makes a GET of a path, for any host.
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

    /// Says it in a line: `GET /productpage, traffic: test`.
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

/// One thing that can become of a request, and how often.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// A Service gets it.
    Backend {
        /// `namespace/name`.
        backend: String,
        /// The Service's port.
        port: u64,
        /// Of all such requests, up to 1.
        #[serde(serialize_with = "float")]
        fraction: f64,
    },
    /// The gateway answers by itself.
    Status {
        /// The HTTP status.
        status: u16,
        /// Of all such requests, up to 1.
        #[serde(serialize_with = "float")]
        fraction: f64,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// A fraction is never written as a whole number.
#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn float<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*value)
}

impl Outcome {
    /// Returns the share of requests that it is.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        match self {
            Self::Backend { fraction, .. } | Self::Status { fraction, .. } => *fraction,
        }
    }
}

/// A Service that gets copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MirrorTarget {
    /// `namespace/name`.
    pub backend: String,
    /// The Service's port.
    pub port: u64,
}

/// What the backend sees where that is not what was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Forwarded {
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Everything that can become of it; fractions add up to 1.
    pub outcomes: Vec<Outcome>,
    /// The HTTPRoute that decides, as `namespace/name`.
    pub route: Option<String>,
    /// Its rule, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// Where a redirect sends the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What the backend sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<Forwarded>,
    /// Who gets copies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<MirrorTarget>,
}

impl Answer {
    /// The gateway answers by itself, and no route decides.
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

    /// Returns the share of requests that no backend answers and that are no redirect.
    #[must_use]
    pub fn refused(&self) -> f64 {
        let bad = self
            .outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Status { status, .. } if *status >= 400));
        bad.map(Outcome::fraction).sum()
    }
}
