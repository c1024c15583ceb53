//! Tests against real software: a control plane, istioctl, istiod, Envoy and Helm. Each test is skipped, with a
//! message, if its software is missing.

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
