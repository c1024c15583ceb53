//! MP0001: two ztunnels can run on the same node.

use super::{Report, Rule, Scope, View};
use crate::state::cells;
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0001",
    severity: Severity::Error,
    page: include_str!("MP0001.md"),
    check: Scope::State(check),
};

fn check(view: &View<'_>, report: &mut Report) {
    let ztunnels: Vec<_> = view.state.ztunnels().collect();
    for (number, (object, ztunnel)) in ztunnels.iter().enumerate() {
        for (other, theirs) in &ztunnels[..number] {
            let places = [&ztunnel.pods.place, &theirs.pods.place];
            let cells = cells(places.into_iter());
            let nodes = view.state.nodes.values().chain(&cells);
            let both = nodes
                .into_iter()
                .find(|node| places.iter().all(|place| place.allows(node)));
            if both.is_none() {
                continue;
            }
            let pointer = format!("{}/nodeSelector", ztunnel.pods.spec);
            let message = format!(
                "`{}` and `{}` can run on the same node",
                other.key.name, object.key.name
            );
            report.say(&RULE, object, &pointer, message).label = format!(
                "this one runs on {}; the other one runs on {}",
                ztunnel.pods.place.in_words(),
                theirs.pods.place.in_words()
            );
            report.help("pin each ztunnel to different nodes, with different values of one label");
        }
    }
}
