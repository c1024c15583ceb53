//! MP0014: two routes of one Gateway have different hostnames that match the same host.

use std::collections::BTreeSet;

use super::{Report, Rule, Scope, View};
use crate::state::Facet;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0014",
    severity: Severity::Warning,
    page: include_str!("MP0014.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let routes: Vec<_> = view
        .state
        .of_kind("gateway.networking.k8s.io", "HTTPRoute")
        .filter_map(|object| match &object.facet {
            Facet::Route(route) => Some((object, route)),
            _ => None,
        })
        .collect();
    let parents: Vec<BTreeSet<(&str, &str)>> = routes
        .iter()
        .map(|(object, route)| {
            let from = object.key.namespace.as_deref().unwrap_or_default();
            let parents = route.parents.iter();
            parents.filter_map(|parent| parent.gateway(from)).collect()
        })
        .collect();
    let catch_all: Vec<bool> = routes
        .iter()
        .map(|(_, route)| {
            route.hostnames.is_empty() || route.hostnames.iter().any(|host| host.starts_with('*'))
        })
        .collect();
    for (index, (object, route)) in routes.iter().enumerate() {
        for (number, (other, theirs)) in routes.iter().enumerate() {
            // Only a route with a wildcard or without hostnames can be wider than another route.
            if index == number || !catch_all[number] || parents[index].is_disjoint(&parents[number])
            {
                continue;
            }
            for (number, host) in route.hostnames.iter().enumerate() {
                let wider = |wide: &String| {
                    wide.strip_prefix('*').is_some_and(|end| {
                        wide != host && host.trim_start_matches('*').ends_with(end)
                    })
                };
                let wide = if theirs.hostnames.is_empty() {
                    Some("every host")
                } else {
                    theirs
                        .hostnames
                        .iter()
                        .find(|h| wider(h))
                        .map(String::as_str)
                };
                let (Some(wide), false) = (wide, theirs.hostnames.contains(host)) else {
                    continue;
                };
                let message = format!(
                    "requests for `{host}` never reach `{}`, which is for {wide}",
                    other.key
                );
                report
                    .say(&RULE, object, &format!("/spec/hostnames/{number}"), message)
                    .label = "requests that no rule for this host matches get 404".to_owned();
                report.help(
                    "give both routes the same hostnames, or repeat the rules of the wider route here",
                );
            }
        }
    }
}
