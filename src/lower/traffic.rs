//! 180, 190 and 300 to 400: routes, and traffic from stable to canary.

use super::context::{AttachedTo, Context};
use super::routes::{Stage, expected, route};
use super::workloads::{captured, enrolled, namespaces};
use super::{Applier, Draft, Phase, Step, step};
use crate::plan::parse_duration;
use crate::step::Restart;
use crate::step::{Action, Gate, RouteRef};

/// 180, 190.
pub(super) fn entrance(context: &Context, steps: &mut Vec<Step<Draft>>) {
    steps.push(plain_route(context));
    steps.push(enrolment(context));
}

/// 300 to 400.
pub(super) fn shift(context: &Context, steps: &mut Vec<Step<Draft>>) {
    let Some(shift) = &context.plan.shift else {
        return;
    };
    let (name, value) = (shift.header.name.get_ref(), shift.header.value.get_ref());
    let mut header = routed(context, 300, "header", Phase::Shift, Stage::Header);
    header.title = format!("requests with {name}: {value} to the canary");
    header.why = "Testers reach the canary by a header while everybody else stays on stable. The header stands beside every path of \
                  the route: a rule with the header alone would lose to every path, as paths come first in precedence."
        .to_owned();
    header.watch = format!(
        "Send requests with and without `{name}: {value}` and look in the logs of the canary's pods that only the first arrive: both \
         revisions answer alike."
    );
    steps.push(header);

    for weight in &shift.weights {
        let percent = weight.get_ref().0;
        let now = Stage::Weight(percent);
        let mut step = routed(
            context,
            300 + percent,
            &format!("weight-{percent}"),
            Phase::Shift,
            now,
        );
        step.title = format!("{percent} % of requests to the canary");
        step.why = if percent == 100 {
            "The canary takes everything while stable is still whole: going back is one apply."
                .to_owned()
        } else {
            format!(
                "{percent} of 100 requests are drawn for the canary, each anew. Requests with the header still all go there."
            )
        };
        step.watch =
            "Error rate and latency of the canary against stable's, for as long as the soak says."
                .to_owned();
        step.soak = shift
            .soak
            .as_ref()
            .and_then(|s| parse_duration(s.get_ref()));
        step.gates
            .extend(step.soak.map(|seconds| Gate::Soak { seconds }));
        steps.push(step);
    }
}

fn plain_route(context: &Context) -> Step<Draft> {
    let mut step = step(
        180,
        "route",
        Phase::Stable,
        Applier::Kubectl,
        "routes to the stable workloads",
    );
    step.why =
        "The way in is complete and can be tried before the mesh takes part in it.".to_owned();
    step.watch = "The route is accepted and its references resolve; every path answers.".to_owned();
    step.actions = vec![Action::Apply {
        files: route_objects(context, Stage::Stable, AttachedTo::First),
    }];
    step.traffic = Some(expected(context, Stage::Stable));
    step.requires = vec![context.services(&context.stable)];
    step.gates = route_gates(context, AttachedTo::First);
    step.gates.extend(context.probes(false));
    step.back =
        "Nobody should depend on these routes yet; they may go, and with them what they answer."
            .to_owned();
    step
}

fn enrolment(context: &Context) -> Step<Draft> {
    let names = context.namespaces(&context.stable);
    let mut step = step(
        190,
        "enrolment",
        Phase::Stable,
        Applier::Kubectl,
        format!("namespace {} joins the mesh", names.join(", ")),
    );
    step.why =
        "The stable workloads answer without the mesh; from here on ztunnel carries their traffic."
            .to_owned();
    step.watch = "The same requests as before still answer. Connections that were open when a pod was enrolled are reset.".to_owned();
    step.actions = vec![Action::Apply {
        files: namespaces(&names, true),
    }];
    step.gates = enrolled(&names, true);
    step.gates.extend(captured(&names));
    step.gates.extend(context.probes(false));
    step.restarts = names
        .iter()
        .map(|namespace| Restart {
            object: format!("Namespace {namespace}"),
            touches: "no pod restarts; connections that are open when a pod joins are reset"
                .to_owned(),
        })
        .collect();
    step.back =
        "The label goes; pods leave the mesh without a restart, open connections are reset."
            .to_owned();
    step.rollback.gates = enrolled(&names, false);
    step.rollback.gates.extend(context.probes(false));
    step
}

/// Every route of the plan in one state.
pub(super) fn route_objects(context: &Context, traffic: Stage, entrance: AttachedTo) -> Vec<Draft> {
    context
        .plan
        .route
        .iter()
        .flat_map(|one| {
            let copies = context.copies(one, entrance).into_iter();
            copies.map(move |copy| Draft::HttpRoute(route(context, one, traffic, copy)))
        })
        .collect()
}

/// Every route of the plan is accepted and resolves, on each Gateway that it is attached to.
pub(super) fn route_gates(context: &Context, entrance: AttachedTo) -> Vec<Gate> {
    let routes = context.plan.route.iter().flat_map(|route| {
        let copies = context.copies(route, entrance).into_iter();
        copies.map(|copy| Gate::Route {
            route: RouteRef {
                namespace: route.namespace.get_ref().clone(),
                name: copy.name,
                gateway: copy.gateway.name,
            },
        })
    });
    // A route that the step before wrote is accepted just as well.
    std::iter::once(Gate::Applied).chain(routes).collect()
}

/// A step that puts every route into one state; its rollback puts them into the one before, which the replay knows.
pub(super) fn routed(
    context: &Context,
    number: u16,
    name: &str,
    phase: Phase,
    now: Stage,
) -> Step<Draft> {
    let mut step = step(number, name, phase, Applier::Kubectl, "");
    step.actions = vec![Action::Apply {
        files: route_objects(context, now, AttachedTo::Both),
    }];
    step.traffic = Some(expected(context, now));
    step.requires = vec![context.services(&context.canary)];
    step.gates = route_gates(context, AttachedTo::Both);
    step.gates.extend(context.probes(false));
    if matches!(now, Stage::Header | Stage::Weight(_)) {
        step.gates.extend(context.probes(true));
    }
    step.gates.extend(match now {
        Stage::Header => context.samples(0, true),
        Stage::Weight(percent) => context.samples(percent, true),
        Stage::Canary => context.samples(100, false),
        Stage::Stable => Vec::new(),
    });
    let mut gates = route_gates(context, AttachedTo::Both);
    gates.extend(context.probes(false));
    step.rollback.requires = vec![context.services(&context.stable)];
    step.rollback.gates = gates;
    step.back = "Until 610 at any moment: the routes as they were one step before. New requests follow within a second or so; nothing \
         restarts. From the later weights on, go back step by step.".to_owned();
    step
}
