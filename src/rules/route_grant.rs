//! MP0011: a route references a Service of another namespace without a ReferenceGrant.

use super::route_backend::{backends, problem};
use super::{Report, Rule, Scope, View};
use crate::istio::route_dialect;
use crate::route::{Resolved, resolve};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0011",
    severity: Severity::Error,
    page: include_str!("MP0011.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    let newest = state
        .istiods()
        .filter_map(|(_, istiod)| istiod.version.as_ref());
    // Every istiod reads every route, so each must find the grant.
    let mut dialects: Vec<_> = newest.map(|version| route_dialect(Some(version))).collect();
    dialects.push(route_dialect(view.istio));
    for (object, backend, pointer) in backends(state) {
        let from = object.key.namespace.as_deref().unwrap_or_default();
        let namespace = backend.namespace.as_deref().unwrap_or(from);
        if problem(state, from, backend).is_some() {
            continue;
        }
        if !dialects
            .iter()
            .any(|dialect| resolve(state, from, backend, *dialect) == Resolved::NotGranted)
        {
            continue;
        }
        let message = format!(
            "no ReferenceGrant allows routes of `{from}` to reference `{namespace}/{}`",
            backend.name
        );
        report
            .say(&RULE, object, &format!("{pointer}/namespace"), message)
            .label = "its share of the requests gets 500".to_owned();
        report.help(format!(
            "add a ReferenceGrant in `{namespace}`: from HTTPRoute in `{from}`, to Service `{}`",
            backend.name
        ));
    }
}
