//! MP0044: a Service targets a port that no container of its pods declares.

use super::{Report, Rule, Scope, View};
use crate::state::Facet;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0044",
    severity: Severity::Warning,
    page: include_str!("MP0044.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    for object in state
        .of_kind("", "Service")
        .filter(|object| !object.implied)
    {
        let (Facet::Service(service), Some(namespace)) = (&object.facet, &object.key.namespace)
        else {
            continue;
        };
        for (number, port) in service.ports.iter().enumerate() {
            let without = state
                .selected(namespace, &service.selector)
                .find(|(_, pods)| {
                    let declared = |(name, number): &(Option<String>, u64)| match &port.target {
                        Ok(target) => number == target,
                        Err(target) => name.as_ref() == Some(target),
                    };
                    // The ports of an Istio gateway are the listeners of its Gateway, not its container
                    // ports.
                    if pods
                        .labels
                        .contains_key("gateway.networking.k8s.io/gateway-name")
                    {
                        return false;
                    }
                    let speaks = port.target.is_err() || !pods.ports.is_empty();
                    speaks && !pods.ports.iter().any(declared)
                });
            let Some((workload, pods)) = without else {
                continue;
            };
            let target = port
                .target
                .as_ref()
                .map_or_else(Clone::clone, ToString::to_string);
            let message = format!(
                "port {} of Service `{}` targets `{target}`, which `{}` does not declare",
                port.port, object.key.name, workload.key.name
            );
            let declared: Vec<String> = pods
                .ports
                .iter()
                .map(|(_, number)| number.to_string())
                .collect();
            report
                .say(&RULE, object, &format!("/spec/ports/{number}"), message)
                .label = format!("it declares {}", declared.join(", "));
            report.help("set `targetPort` to a port of the pods");
        }
    }
}
