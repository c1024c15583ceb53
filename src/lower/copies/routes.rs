//! The content of a route in each state of the traffic shift, and the grants that it needs.

use crate::lower::context::{Context, Rev, RouteCopy};
use crate::plan::Route;
use crate::step::GRANT;
use crate::step::{HttpBackend, HttpMatch, HttpRouteManifest, HttpRule, ReferenceGrantManifest};

/// The sum of the weights of a rule's backends.
const ALL: u16 = 100;

/// The destination of a route's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) enum Stage {
    /// All requests go to stable.
    Stable,
    /// Requests with the header go to the canary, all others to stable.
    Header,
    /// Requests with the header go to the canary, and this percentage of the others.
    Weight(u16),
    /// All requests go to the canary.
    Canary,
}

/// Returns the expected share of requests per revision in one state.
pub(in crate::lower) fn expected(context: &Context, traffic: Stage) -> crate::step::Traffic {
    let tested = matches!(traffic, Stage::Header | Stage::Weight(_));
    crate::step::Traffic {
        stable: context.namespaces(&context.stable),
        canary: context.namespaces(&context.canary),
        header: context.header().filter(|_| tested),
        weight: match traffic {
            Stage::Stable | Stage::Header => 0,
            Stage::Weight(percent) => percent,
            Stage::Canary => ALL,
        },
    }
}

/// Returns one object of a route in one state.
pub(in crate::lower) fn route(
    context: &Context,
    route: &Route,
    traffic: Stage,
    copy: RouteCopy,
) -> HttpRouteManifest {
    let to = |rev: &Rev, weight| HttpBackend {
        name: route.backend.service.get_ref().clone(),
        namespace: context.backend_namespace(route, rev),
        port: route.backend.port.get_ref().0,
        weight,
    };
    let (stable, canary) = (&context.stable, &context.canary);
    let (tested, others) = match traffic {
        Stage::Stable => (None, vec![to(stable, ALL)]),
        Stage::Header => (Some(to(canary, ALL)), vec![to(stable, ALL)]),
        Stage::Weight(percent) => (
            Some(to(canary, ALL)),
            vec![to(stable, ALL - percent), to(canary, percent)],
        ),
        Stage::Canary => (None, vec![to(canary, ALL)]),
    };
    // The path of a match takes precedence over its headers (Gateway API, HTTPRouteRule). So the header must
    // be repeated with every path: a rule with only the header would lose to each of them.
    let mut rules = Vec::new();
    if let Some(canary) = tested {
        rules.extend(split(context, &matches(context, route, true), &[canary]));
    }
    rules.extend(split(context, &matches(context, route, false), &others));
    HttpRouteManifest {
        api_version: context.bundle.api_version,
        name: copy.name,
        revision: copy.revision,
        namespace: route.namespace.get_ref().clone(),
        gateway: copy.gateway,
        hostnames: route
            .hostnames
            .iter()
            .map(|h| h.get_ref().clone())
            .collect(),
        rules,
    }
}

/// Splits a rule if it has more matches than the bundle allows. Precedence is per match, so the split changes
/// nothing.
fn split(context: &Context, matches: &[HttpMatch], backends: &[HttpBackend]) -> Vec<HttpRule> {
    matches
        .chunks(context.bundle.matches_per_rule)
        .map(|matches| HttpRule {
            matches: matches.to_vec(),
            backends: backends.to_vec(),
        })
        .collect()
}

fn matches(context: &Context, route: &Route, with_header: bool) -> Vec<HttpMatch> {
    route
        .matches
        .iter()
        .filter_map(|one| {
            let one = one.get_ref();
            let (path_type, path) = match (&one.exact, &one.prefix) {
                (Some(path), _) => ("Exact", path),
                (None, path) => ("PathPrefix", path.as_ref()?),
            };
            Some(HttpMatch {
                path_type,
                path: path.get_ref().clone(),
                header: context.header().filter(|_| with_header),
            })
        })
        .collect()
}

/// The grants in one revision's namespaces, one per Service, because Istio 1.26 to 1.29 ignores all but one
/// name of a grant (`istio/istio@1.29.6:pilot/pkg/config/kube/gateway/references_collection.go`).
pub(in crate::lower) fn grants(context: &Context, rev: &Rev) -> Vec<ReferenceGrantManifest> {
    let mut grants: Vec<ReferenceGrantManifest> = Vec::new();
    for route in &context.plan.route {
        let namespace = context.backend_namespace(route, rev);
        let (from, service) = (route.namespace.get_ref(), route.backend.service.get_ref());
        if *from == namespace {
            continue;
        }
        match grants
            .iter_mut()
            .find(|g| g.namespace == namespace && g.service == *service)
        {
            Some(grant) if grant.from.contains(from) => {}
            Some(grant) => grant.from.push(from.clone()),
            None => grants.push(ReferenceGrantManifest {
                name: format!("{GRANT}{service}"),
                namespace,
                from: vec![from.clone()],
                service: service.clone(),
            }),
        }
    }
    grants
}
