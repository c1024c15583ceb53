//! Turns a checked plan into steps. This cannot fail for a checked plan.

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

/// The result of lowering.
#[derive(Debug, Clone, PartialEq)]
pub struct Procedure {
    pub plan: String,
    /// Values for the texts of every step: the two revisions, and the namespace of the mesh.
    pub prose: serde_json::Value,
    pub steps: Vec<Step>,
    /// The oldest Kubernetes version on which the canary's istioctl installs, if known.
    pub kubernetes: Option<&'static str>,
    /// The codes of the rules that the plan allows.
    pub allows: Vec<String>,
    /// The test cluster.
    pub lab: Option<Lab>,
}

/// Returns the steps of a plan: what both revisions need, stable with its traffic, the canary, the traffic
/// shift, the promotion of the canary, the retirement of stable. For an existing mesh that is upgraded in
/// place: node after node.
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
