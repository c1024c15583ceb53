//! From a checked plan to the steps, in their order. A checked plan always lowers.

mod context;
mod copies;
mod gateway_api;
mod in_place;
mod installer;
mod lab;
mod probes;

use crate::existing::Existing;
use crate::plan::Checked;

use crate::step::{Applier, Draft, Step, kind};
use context::Context;
pub use lab::Lab;

/// Everything that a plan comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Procedure {
    /// The plan's name.
    pub plan: String,
    /// What the texts of every step may say: the two revisions, and where the mesh is.
    pub prose: serde_json::Value,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The oldest Kubernetes that the canary's istioctl installs on, where it is known.
    pub kubernetes: Option<&'static str>,
    /// The rules that the plan breaks on purpose, by code.
    pub allows: Vec<String>,
    /// The machine to try them on.
    pub lab: Option<Lab>,
}

/// Turns a plan into its steps: what both revisions stand on, stable and traffic to it, canary, traffic to the canary,
/// ownership to the canary, stable away; or, of a mesh that is there, node after node in place.
#[must_use]
pub fn lower(checked: &Checked, existing: Option<&Existing>) -> Procedure {
    let context = Context::new(checked, existing);
    let mut steps = Vec::new();
    if let Some(existing) = existing {
        in_place::steps(&context, existing, &mut steps);
    } else {
        copies::steps(&context, &mut steps);
    }
    Procedure {
        plan: checked.plan.name.get_ref().clone(),
        prose: serde_json::json!({
            "stable": context.stable.prose(),
            "canary": context.canary.prose(),
            "istio_namespace": context.istio_namespace(),
        }),
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
