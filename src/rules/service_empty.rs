//! MP0012: a Service that a route references selects no pods.

use std::collections::BTreeSet;

use super::route_backend::backends;
use super::{Report, Rule, Scope, View};
use crate::kube::identity::Key;
use crate::state::Facet;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0012",
    severity: Severity::Error,
    page: include_str!("MP0012.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    let routed: BTreeSet<Key> = backends(state)
        .filter(|(_, backend, _)| backend.weight() > 0)
        .map(|(object, backend, _)| {
            let from = object.key.namespace.as_deref().unwrap_or_default();
            let namespace = backend.namespace.as_deref().unwrap_or(from);
            Key::namespaced("", "Service", namespace, &backend.name)
        })
        .collect();
    for service in state
        .of_kind("", "Service")
        .filter(|service| !service.implied)
    {
        let (Facet::Service(spec), Some(namespace)) = (&service.facet, &service.key.namespace)
        else {
            continue;
        };
        let is_routed = routed.contains(&service.key);
        let elsewhere =
            !state.whole && (!is_routed || state.workloads_of(namespace).next().is_none());
        if spec.selector.is_empty()
            || elsewhere
            || state
                .selected(namespace, &spec.selector)
                .any(|(_, pods)| pods.replicas > 0)
        {
            continue;
        }
        let selector: Vec<String> = spec
            .selector
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let which = if is_routed {
            ", which a route references,"
        } else {
            ""
        };
        let message = format!(
            "Service `{namespace}/{}`{which} selects no pods",
            service.key.name
        );
        let finding = report.say(&RULE, service, "/spec/selector", message);
        finding.label = format!(
            "no running pod of `{namespace}` has {}",
            selector.join(", ")
        );
        if !is_routed {
            finding.severity = Severity::Warning;
        }
        report.help("set the selector to labels of a workload's pods, and give that workload at least one replica");
    }
}
