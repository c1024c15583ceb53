//! The copies mode: each revision has its own copy of the workloads, and routes shift the traffic.

pub(in crate::lower) mod gateways;
pub(in crate::lower) mod prepare;
pub(in crate::lower) mod promote;
pub(in crate::lower) mod retire;
mod revision;
mod routes;
mod traffic;
mod workloads;

use super::context::Context;
use crate::step::Step;

/// Adds the steps, from the CRDs to the nodes of the retired revision.
pub(super) fn steps(context: &Context, steps: &mut Vec<Step>) {
    prepare::steps(context, steps);
    revision::stable(context, steps);
    steps.push(gateways::gateways(context));
    traffic::entrance(context, steps);
    revision::canary(context, steps);
    gateways::second(context, steps);
    traffic::shift(context, steps);
    promote::steps(context, steps);
    retire::steps(context, steps);
}
