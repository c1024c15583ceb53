//! MP0003: a workload runs on a node with the ztunnel of another revision.

use super::{Report, Rule, Scope, View};
use crate::step::Phase;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0003",
    severity: Severity::Error,
    page: include_str!("MP0003.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let ztunnels: Vec<_> = view.state.ztunnels().collect();
    for (object, pods) in view.state.enrolled() {
        let other = ztunnels.iter().find(|(ztunnel, facts)| {
            // Existing workloads move together with their nodes.
            ztunnel.phase.is_some()
                && object.phase.is_some_and(|phase| phase != Phase::Existing)
                && ztunnel.phase != object.phase
                && view
                    .state
                    .nodes
                    .values()
                    .any(|node| pods.place.allows(node) && facts.pods.place.allows(node))
        });
        let Some((ztunnel, _)) = other else { continue };
        let pointer = format!("{}/nodeSelector", pods.spec);
        let message = format!(
            "`{}` runs on the same nodes as `{}`, the ztunnel of the other revision",
            object.key.name, ztunnel.key.name
        );
        report.say(&RULE, object, &pointer, message).label = pods.place.in_words();
        report.help("pin the workload to the nodes of its own revision");
    }
}
