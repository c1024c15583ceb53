//! From a checked plan to the steps, in their order. A checked plan always lowers.

mod context;
mod gateway_api;
mod gateways;
mod lab;
mod mesh;
mod prepare;
mod promote;
mod retire;
mod revision;
mod routes;
mod traffic;
mod workloads;
mod ztunnel;

use crate::plan::Checked;

use super::object::Object;
use super::{Applier, Phase, Rollback, Step};
use context::Context;
pub use lab::Lab;
pub use routes::GRANT;

/// Everything that a plan comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Procedure {
    /// The plan's name.
    pub plan: String,
    /// The steps, in order.
    pub steps: Vec<Step<Object>>,
    /// The oldest Kubernetes that the canary's istioctl installs on, where it is known.
    pub kubernetes: Option<&'static str>,
    /// The rules that the plan breaks on purpose, by code.
    pub allows: Vec<String>,
    /// The machine to try them on.
    pub lab: Option<Lab>,
}

/// Turns a plan into its steps: what both revisions stand on, stable and traffic to it, canary, traffic to the canary,
/// ownership to the canary, stable away.
#[must_use]
pub fn lower(checked: &Checked) -> Procedure {
    let context = Context::new(checked);
    let mut steps = Vec::new();
    prepare::steps(&context, &mut steps);
    revision::stable(&context, &mut steps);
    steps.push(gateways::gateways(&context));
    traffic::entrance(&context, &mut steps);
    revision::canary(&context, &mut steps);
    gateways::second(&context, &mut steps);
    traffic::shift(&context, &mut steps);
    promote::steps(&context, &mut steps);
    retire::steps(&context, &mut steps);
    Procedure {
        plan: checked.plan.name.get_ref().clone(),
        steps,
        kubernetes: checked.canary.kubernetes,
        allows: checked
            .plan
            .allow
            .iter()
            .map(|allow| allow.rule.get_ref().clone())
            .collect(),
        lab: lab::lower(&checked.plan),
    }
}

/// Starts a step; what most steps lack is empty.
fn step(
    number: u16,
    name: &str,
    phase: Phase,
    applier: Applier,
    title: impl Into<String>,
) -> Step<Object> {
    Step {
        number,
        name: format!("{number:03}-{name}"),
        phase,
        title: title.into(),
        why: String::new(),
        watch: String::new(),
        applier,
        requires: Vec::new(),
        actions: Vec::new(),
        gates: Vec::new(),
        restarts: Vec::new(),
        reversible: true,
        back: String::new(),
        rollback: Rollback::default(),
        stays: Vec::new(),
        soak: None,
        traffic: None,
        accepts: Vec::new(),
    }
}
