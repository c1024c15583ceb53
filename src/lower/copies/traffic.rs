//! Steps 180, 190 and 300 to 400: routes, and the traffic shift from stable to canary.

use crate::lower::context::{AttachedTo, Context};
use crate::lower::copies::routes::{Stage, expected, route};
use crate::lower::copies::workloads::{captured, enrolled, namespaces};
use crate::plan::parse_duration;
use crate::step::Restart;
use crate::step::{Action, Gate, RouteRef};
use crate::step::{Applier, Draft, Step, kind};
use serde_json::json;

/// Steps 180 and 190.
pub(in crate::lower) fn entrance(context: &Context, steps: &mut Vec<Step>) {
    steps.push(plain_route(context));
    steps.push(enrolment(context));
}

/// Steps 300 to 400.
pub(in crate::lower) fn shift(context: &Context, steps: &mut Vec<Step>) {
    let Some(shift) = &context.plan.shift else {
        return;
    };
    let (name, value) = (shift.header.name.get_ref(), shift.header.value.get_ref());
    let mut header = Step::of(&kind::HEADER, Applier::Kubectl);
    header.says(json!({ "header": format!("{name}: {value}") }));
    let header = routed(context, header, Stage::Header);
    steps.push(header);

    for weight in &shift.weights {
        let percent = weight.get_ref().0;
        let now = Stage::Weight(percent);
        let name = percent.to_string();
        let mut step = Step::numbered(&kind::WEIGHT, percent, &name, Applier::Kubectl);
        step.says(json!({ "percent": percent }));
        let mut step = routed(context, step, now);
        step.soak = shift
            .soak
            .as_ref()
            .and_then(|s| parse_duration(s.get_ref()));
        step.gates
            .extend(step.soak.map(|seconds| Gate::Soak { seconds }));
        steps.push(step);
    }
}

fn plain_route(context: &Context) -> Step {
    let mut step = Step::of(&kind::ROUTE, Applier::Kubectl);
    step.actions = vec![Action::Apply {
        files: route_objects(context, Stage::Stable, AttachedTo::First).into(),
    }];
    step.traffic = Some(expected(context, Stage::Stable));
    step.requires = vec![context.services(&context.stable)];
    step.gates = route_gates(context, AttachedTo::First);
    step.gates.extend(context.probes(false));
    step
}

fn enrolment(context: &Context) -> Step {
    let names = context.namespaces(&context.stable);
    let mut step = Step::of(&kind::ENROLMENT, Applier::Kubectl);
    step.says(json!({ "namespaces": names.join(", ") }));
    step.actions = vec![Action::Apply {
        files: namespaces(&names, true).into(),
    }];
    step.gates = enrolled(&names, true);
    step.gates.extend(captured(&names));
    step.gates.extend(context.probes(false));
    step.restarts = names
        .iter()
        .map(|namespace| Restart {
            object: format!("Namespace {namespace}"),
            touches: "no pod restarts; open connections of a pod are reset when it joins the mesh"
                .to_owned(),
        })
        .collect();
    step.rollback.gates = enrolled(&names, false);
    step.rollback.gates.extend(context.probes(false));
    step
}

/// Returns every route of the plan in one state.
pub(in crate::lower) fn route_objects(
    context: &Context,
    traffic: Stage,
    entrance: AttachedTo,
) -> Vec<Draft> {
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

/// The gates that wait until every route of the plan is accepted and its references are resolved, on each of
/// its Gateways.
pub(in crate::lower) fn route_gates(context: &Context, entrance: AttachedTo) -> Vec<Gate> {
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
    // The status alone is not enough: the route of the previous step is accepted too.
    std::iter::once(Gate::Applied).chain(routes).collect()
}

/// A step that sets every route to one state. Its rollback sets the previous state, which comes from the
/// replay.
pub(in crate::lower) fn routed(context: &Context, mut step: Step, now: Stage) -> Step {
    step.actions = vec![Action::Apply {
        files: route_objects(context, now, AttachedTo::Both).into(),
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
    step
}
