//! Applies the rules to states. A rule runs again only if an object that it reads has changed.

use crate::rules::{Judged, RULES, Report, Scope, View};
use crate::state::{Kinds, State};

/// A state and the findings of each rule.
pub(super) struct Basis {
    pub state: State,
    /// One entry per rule, in the order of the table: the kinds of objects that the rule read, and its
    /// findings.
    found: Vec<(Kinds, Vec<Judged>)>,
}

impl Basis {
    /// Applies the rules to a state and reuses the findings of similar states.
    pub fn of(state: State, others: &[&Self]) -> Self {
        let found = judge(&state, others);
        Self { state, found }
    }

    pub fn judged(&self) -> Vec<Judged> {
        let found = self.found.iter().flat_map(|(_, found)| found);
        found.cloned().collect()
    }
}

/// Returns the findings in a state and reuses those of similar states.
pub(super) fn judged(state: &State, others: &[&Basis]) -> Vec<Judged> {
    let found = judge(state, others).into_iter();
    found.flat_map(|(_, found)| found).collect()
}

fn judge(state: &State, others: &[&Basis]) -> Vec<(Kinds, Vec<Judged>)> {
    let changes: Vec<(Kinds, &Basis)> = others
        .iter()
        .map(|basis| (basis.state.changes(state), *basis))
        .collect();
    let checks = RULES.iter().filter_map(|rule| match rule.check {
        Scope::State(check) => Some(check),
        Scope::Proof => None,
    });
    checks
        .enumerate()
        .map(|(number, check)| {
            let known = changes.iter().find_map(|(changed, basis)| {
                let (reads, found) = basis.found.get(number)?;
                (reads & changed == 0).then(|| (*reads, found.clone()))
            });
            known.unwrap_or_else(|| {
                let view = View {
                    state,
                    given: &[],
                    istio: None,
                };
                let mut report = Report::default();
                let (reads, ()) = state.recorded(|| check(&view, &mut report));
                (reads, report.into_found())
            })
        })
        .collect()
}
