//! Facts about each Istio and Gateway API version: rows of data, each with its source.
//!
//! Sources are named as `repository@tag:path`; "charts" are what `helm template` renders from
//! `istio/istio@TAG:manifests/charts` with profile ambient.

mod bundle;
mod gateways;
mod objects;
mod rows;
mod skew;
mod versions;
mod ztunnel;

/// The default namespace of control planes.
pub const ISTIO_SYSTEM: &str = "istio-system";

pub use bundle::{
    BUNDLES, Bundle, BundlePath, Channel, Stored, bundle, bundle_of_crd, bundle_of_resource,
    serves, way,
};
pub use gateways::{
    GatewayClaim, ListenerFilter, RouteDialect, claims_by_validator, route_dialect,
};
pub use objects::{
    IstiodSettings, cni_objects, installed_state, istiod_objects, leftovers, tag_objects,
    tag_webhook,
};
pub use skew::{Hop, Illegal, example_after, judge};
pub use versions::{
    Bundles, CniChart, Facts, GatewayHandover, Handover, IstiodChart, ZtunnelTrust, ZtunnelValues,
    facts, facts_near, handover, is_untried, minors, newest_minor,
};
pub use ztunnel::{ResourceEnv, ResourceRequests, ZtunnelFacts};

/// The version of the facts in the rows; part of `index.json`.
pub const FACTS_VERSION: &str = "2026-08";
