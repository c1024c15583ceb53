//! MP0003: a pod beside the ztunnel of another revision.

use super::{Report, Rule, Scope, View};
use crate::step::Phase;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0003",
    title: "a workload runs beside the ztunnel of another revision",
    severity: Severity::Error,
    reason: "The canary's workloads are there to try the canary's ztunnel. On the other pool's nodes they would be carried by the old one, and \
             the upgrade would be watched without having happened. Two copies of one workload in one plan are told apart by their phase.",
    wrong: "The Deployment of step 250 (phase canary) has the nodeSelector of the stable pool, whose ztunnel step 130 (phase stable) installed.",
    right: "The Deployment of step 250 has the nodeSelector of the canary pool, whose ztunnel step 230 installed.",
    offline: "only in a compiled tree, whose steps say which revision an object is for.",
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let ztunnels: Vec<_> = view.state.ztunnels().collect();
    for (object, pods) in view.state.enrolled() {
        let other = ztunnels.iter().find(|(ztunnel, facts)| {
            // What was there before moves with its nodes.
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
            "`{}` runs beside `{}`, the ztunnel of the other revision",
            object.key.name, ztunnel.key.name
        );
        report.say(&RULE, object, &pointer, message).label = pods.place.in_words();
        report.help("pin it to the nodes of its own revision");
    }
}
