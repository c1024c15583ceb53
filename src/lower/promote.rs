//! 510 to 540: the canary gets what stable owned, while stable still runs.

use super::context::Context;
use super::routes::Stage;
use super::traffic::routed;
use super::{Applier, Draft, Phase, Step, gateways, step};
use crate::istio::GatewayHandover;
use crate::istio::Handover;
use crate::step::Action;

pub(super) fn steps(context: &Context, steps: &mut Vec<Step<Draft>>) {
    let mut routes = routed(
        context,
        510,
        "routes-to-canary",
        Phase::Promote,
        Stage::Canary,
    );
    routes.title = "routes to the canary alone".to_owned();
    routes.why = "Stable had no share left; now no route names it any more, so that it can go. The header rule goes too: everybody is \
                  on the canary."
        .to_owned();
    routes.watch = "Nothing changes for any request.".to_owned();
    steps.push(routes);

    steps.extend(gateways::relabelled(context));
    match context.handover {
        Handover::Relabel | Handover::SecondGateway => steps.push(tag(context, 530, false)),
        Handover::Tag => steps.push(tag(context, 530, true)),
        // The tag moves in 650, when the old control plane is gone.
        Handover::TagAfterRetirement => {}
    }
    steps.extend(gateways::first_gone(context));
}

/// 530, or 650 where stable has to be gone first. `hands_over`: whether the Gateways change hands with the tag.
pub(super) fn tag(context: &Context, number: u16, hands_over: bool) -> Step<Draft> {
    let (stable, canary) = (&context.stable, &context.canary);
    let phase = if number < 600 {
        Phase::Promote
    } else {
        Phase::Retire
    };
    let mut step = step(
        number,
        "default-tag",
        phase,
        Applier::Istioctl,
        format!("tag default to revision {}", canary.name),
    );
    step.why = match (number, hands_over) {
        (530, false) => format!(
            "istioctl made the tag `default` silently when it installed {}, the first revision. Its webhooks would call a control plane \
             that is about to go, and with them every change of Istio's own objects would be refused.",
            stable.name
        ),
        (530, true) => format!(
            "The Gateways carry no label and follow the tag `default`. Every control plane knows their listeners, so only their pods \
             change hands, from {} to {}.",
            stable.name, canary.name
        ),
        _ => format!(
            "The Gateways carry no label and follow the tag `default`. Istio {} checks no revision at all and would have fought for them, \
             so {} gets the tag only now.",
            stable.version, canary.name
        ),
    };
    step.watch = if hands_over {
        "The gateways' Deployments get the canary's image and their rollout completes; requests answer all the while.".to_owned()
    } else {
        "The tag's webhook names the canary. No Gateway changes hands: each carries its own label."
            .to_owned()
    };
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
    if number == 530 {
        step.rollback.gates = vec![context.default_tag(stable)];
        if hands_over {
            step.rollback.gates.extend(gateways::owner_gates(
                context,
                stable,
                GatewayHandover::Tag,
            ));
        }
        step.rollback.gates.extend(context.probes(false));
        step.back = format!("The tag points at {} again.", stable.name);
        if hands_over && context.goes_back_with_loss(GatewayHandover::Tag) {
            step.back.push_str(LOSSY_BACK);
        }
    } else {
        // The Gateways must not find two control planes that want them.
        step.requires = vec![super::retire::istiod_gone(context)];
        step.back = format!(
            "The tag goes, and the Gateways' pods run without a control plane until 640 is rolled back, which brings {} back.",
            stable.istiod()
        );
    }
    step
}

/// Added to a way back on which the canary's version loses what stable's does not.
pub(super) const LOSSY_BACK: &str = " The canary's version drops the listeners of what leaves it: on the way back requests are refused until \
                                     the new pods are ready, up to 30 seconds.";
