//! What is true of each Istio and Gateway API version: rows of data, each with its source.
//!
//! Sources are named as `repository@tag:path`; "charts" are what `helm template` renders from
//! `istio/istio@TAG:manifests/charts` with profile ambient.

mod bundle;
mod objects;
mod versions;
mod ztunnel;

pub use bundle::{BUNDLES, Bundle, Channel, bundle};
pub use objects::{istiod_objects, leftovers, tag_objects, tag_webhook};
pub use versions::{Facts, Handover, IstiodChart, facts, known_versions};
pub use ztunnel::{Requests, Ztunnel};

/// The state of knowledge that the rows hold; part of `index.json`.
pub const FACTS_VERSION: &str = "2026-08";
