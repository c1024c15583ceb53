//! Steps 510 to 540: the canary takes over Gateways and the default tag while stable still runs.

use crate::istio::GatewayHandover;
use crate::istio::Handover;
use crate::lower::context::Context;
use crate::lower::copies::gateways;
use crate::lower::copies::routes::Stage;
use crate::lower::copies::traffic::routed;
use crate::step::Action;
use crate::step::Kind;
use crate::step::{Applier, Step, kind};
use serde_json::json;

pub(in crate::lower) fn steps(context: &Context, steps: &mut Vec<Step>) {
    let routes = Step::of(&kind::ROUTES_TO_CANARY, Applier::Kubectl);
    steps.push(routed(context, routes, Stage::Canary));

    steps.extend(gateways::relabelled(context));
    match context.handover {
        Handover::Relabel | Handover::SecondGateway => {
            steps.push(tag(context, &kind::DEFAULT_TAG, false));
        }
        Handover::Tag => steps.push(tag(context, &kind::DEFAULT_TAG, true)),
        // Step 650 moves the tag, after the old control plane is deleted.
        Handover::TagAfterRetirement => {}
    }
    steps.extend(gateways::first_gone(context));
}

/// Moves the tag `default`; late if stable must be deleted first. `hands_over`: whether Gateways switch
/// together with the tag.
pub(in crate::lower) fn tag(context: &Context, kind: &Kind, hands_over: bool) -> Step {
    let (stable, canary) = (&context.stable, &context.canary);
    let late = *kind == kind::LATE_DEFAULT_TAG;
    let mut step = Step::of(kind, Applier::Istioctl);
    step.says(json!({
        "late": late,
        "hands_over": hands_over,
        "loses_on_the_way_back": hands_over && context.goes_back_with_loss(GatewayHandover::Tag),
    }));
    step.actions = vec![Action::SetTag {
        tag: "default".to_owned(),
        istioctl: context.istioctl(canary),
    }];
    step.gates = vec![context.default_tag(canary)];
    if hands_over {
        step.gates
            .extend(gateways::owner_gates(context, canary, GatewayHandover::Tag));
        step.restarts = gateways::restarts(context, |way| way == GatewayHandover::Tag);
    }
    step.gates.extend(context.probes(false));
    if late {
        // Two control planes must never claim the Gateways at the same time.
        step.requires = vec![crate::lower::copies::retire::istiod_gone(context)];
    } else {
        step.rollback.gates = vec![context.default_tag(stable)];
        if hands_over {
            step.rollback.gates.extend(gateways::owner_gates(
                context,
                stable,
                GatewayHandover::Tag,
            ));
        }
        step.rollback.gates.extend(context.probes(false));
    }
    step
}
