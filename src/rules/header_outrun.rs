//! MP0015: the paths of another rule take precedence over a rule with a header.

use super::{Report, Rule, Scope, View};
use crate::state::{Facet, Match, RouteRule};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0015",
    severity: Severity::Error,
    page: include_str!("MP0015.md"),
    check: Scope::State(check),
};

/// Type and value of a match's path; default is `PathPrefix` `/`.
fn path(one: &Match) -> (&str, &str) {
    let path = one.path.as_ref();
    let kind = path
        .and_then(|p| p.type_.as_deref())
        .unwrap_or("PathPrefix");
    (kind, path.and_then(|p| p.value.as_deref()).unwrap_or("/"))
}

/// Whether the outer path matches every request of the inner path, and the inner path takes precedence.
fn outruns(inner: &Match, outer: &Match) -> bool {
    let ((inner_kind, inner), (outer_kind, outer)) = (path(inner), path(outer));
    let prefix = outer.trim_end_matches('/');
    outer_kind == "PathPrefix"
        && (inner_kind, inner) != (outer_kind, outer)
        && matches!(inner_kind, "Exact" | "PathPrefix")
        && inner
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a match has all headers of another match.
fn has_all(one: &Match, other: &Match) -> bool {
    other.headers.iter().all(|header| {
        one.headers
            .iter()
            .any(|h| h.name.eq_ignore_ascii_case(&header.name) && h.value == header.value)
    })
}

fn backends(rule: &RouteRule) -> Vec<(Option<&str>, &str)> {
    rule.backend_refs
        .iter()
        .filter(|b| b.weight() > 0)
        .map(|b| (b.namespace.as_deref(), b.name.as_str()))
        .collect()
}

fn check(view: &View<'_>, report: &mut Report) {
    for object in view.state.of_kind("gateway.networking.k8s.io", "HTTPRoute") {
        let Facet::Route(route) = &object.facet else {
            continue;
        };
        for (number, rule) in route.rules.iter().enumerate() {
            let with_header =
                !rule.matches.is_empty() && rule.matches.iter().all(|one| !one.headers.is_empty());
            if !with_header {
                continue;
            }
            let outrun = route.rules.iter().enumerate().find(|(other, theirs)| {
                *other != number
                    && backends(theirs) != backends(rule)
                    && !theirs.matches.is_empty()
                    && theirs.matches.iter().all(|base| {
                        base.headers.is_empty()
                            && rule.matches.iter().any(|own| outruns(base, own))
                            && !rule
                                .matches
                                .iter()
                                .any(|own| path(own) == path(base) && has_all(own, base))
                    })
            });
            let Some((other, theirs)) = outrun else {
                continue;
            };
            let paths: Vec<&str> = theirs.matches.iter().map(|one| path(one).1).collect();
            let message =
                format!("the header of rule {number} has no effect on the paths of rule {other}");
            report
                .say(
                    &RULE,
                    object,
                    &format!("/spec/rules/{number}/matches"),
                    message,
                )
                .label = format!(
                "paths that take precedence, whatever the headers are: {}",
                paths.join(", ")
            );
            report.help("repeat each of these paths in this rule, together with the header");
        }
    }
}
