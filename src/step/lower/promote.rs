//! 510 to 530: the canary gets what stable owned, while stable still runs.

use super::context::Context;
use super::routes::Traffic;
use super::traffic::{gateway_objects, routed};
use super::{Applier, Object, Phase, Step, back, step};
use crate::istio::Handover;
use crate::step::Restart;
use crate::step::action::{Action, Gate};

pub(super) fn steps(context: &Context, steps: &mut Vec<Step<Object>>) {
    let mut routes = routed(
        context,
        510,
        "routes-to-canary",
        Phase::Promote,
        Traffic::Canary,
        Traffic::Weight(100),
    );
    routes.title = "routes to the canary alone".to_owned();
    routes.why = "Stable had no share left; now no route names it any more, so that it can go. The header rule goes too: everybody is \
                  on the canary."
        .to_owned();
    routes.watch = "Nothing changes for any request.".to_owned();
    steps.push(routes);

    match context.stable.facts.handover {
        Handover::Relabel | Handover::SecondGateway => {
            steps.push(relabel(context));
            steps.push(tag(context, 530, false));
        }
        Handover::Tag => steps.push(tag(context, 530, true)),
        // The tag moves in 650, when the old control plane is gone.
        Handover::TagAfterRetirement => {}
    }
}

fn relabel(context: &Context) -> Step<Object> {
    let (stable, canary) = (&context.stable, &context.canary);
    let mut step = step(
        520,
        "gateway-owner",
        Phase::Promote,
        Applier::Kubectl,
        format!("gateways to revision {}", canary.name),
    );
    step.why = format!(
        "A Gateway belongs to one control plane and would be orphaned with stable's. Istio {} keeps serving its listeners until the new \
         owner's pods are ready, so the label can simply change.",
        stable.version
    );
    step.watch = "The Deployment carries the new revision and its rollout is complete. The Gateway's own status says `Programmed` all the \
                  time and proves nothing."
        .to_owned();
    step.actions = vec![Action::Apply {
        files: gateway_objects(context, &canary.name),
    }];
    step.gates = vec![Gate::Applied];
    step.gates.extend(owner_gates(context, true));
    step.gates.extend(context.probes(false));
    step.restarts = gateway_restarts(context);
    let mut commands = vec!["kubectl apply -f 170-gateway/".to_owned()];
    for gateway in context.gateways() {
        let (deployment, namespace) = (&gateway.deployment, &gateway.namespace);
        commands.push(format!(
            "kubectl wait deployment/{deployment} -n {namespace} --for=jsonpath='{{.spec.template.metadata.labels.istio\\.io/rev}}'={}",
            stable.name
        ));
        commands.push(format!(
            "kubectl rollout status deployment/{deployment} -n {namespace}"
        ));
    }
    step.back = back(
        format!(
            "Give the Gateways back to {}; their pods roll once more.",
            stable.name
        ),
        commands,
    );
    step
}

/// Every Gateway's Deployment is the canary's work.
pub(super) fn owner_gates(context: &Context, labelled: bool) -> Vec<Gate> {
    let canary = &context.canary;
    context
        .gateways()
        .map(|gateway| Gate::GatewayOwner {
            gateway,
            version: canary.version.clone(),
            revision: labelled.then(|| canary.name.clone()),
        })
        .collect()
}

fn gateway_restarts(context: &Context) -> Vec<Restart> {
    context
        .gateways()
        .map(|gateway| Restart {
            object: format!("Deployment {}/{}", gateway.namespace, gateway.deployment),
            touches: "a rolling update of the gateway's pods, new ones first; its Service and address stay, long-lived connections end \
                      with their pod"
                .to_owned(),
        })
        .collect()
}

/// 530, or 650 where stable has to be gone first. `hands_over`: whether the Gateways change hands with the tag.
pub(super) fn tag(context: &Context, number: u16, hands_over: bool) -> Step<Object> {
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
        step.gates.extend(owner_gates(context, false));
        step.restarts = gateway_restarts(context);
    }
    step.gates.extend(context.probes(false));
    if number == 530 {
        step.back = back(
            format!(
                "Point the tag at {} again, with istioctl {}.",
                stable.name, stable.version
            ),
            [format!(
                "istioctl-{} tag set default --revision {} --overwrite --skip-confirmation",
                stable.version, stable.name
            )],
        );
    } else {
        // The Gateways must not find two control planes that want them.
        step.requires = vec![super::retire::istiod_gone(context)];
        step.reversible = false;
        step.back = back("There is no other control plane left to go back to.", []);
    }
    step
}
