//! What real software says: a control plane, istioctl, istiod, Envoy, Helm. Each skips, saying so, where that is missing.

#[path = "../common/mod.rs"]
mod common;

mod docs;
mod envoy;
mod faults;
mod golden_routes;
mod helm;
mod in_place;
mod istioctl;
mod istiod;
mod refusals;
mod witness;
