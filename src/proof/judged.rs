//! What the rules say of states, without asking a rule again that saw nothing of what is different.

use crate::rules::{Judged, RULES, Report, Scope, View};
use crate::state::{Kinds, State};

/// A state, and what each rule says of it.
pub(super) struct Basis {
    pub state: State,
    /// By rule, in the order of the table: which kinds of objects it asked for, and what it said.
    found: Vec<(Kinds, Vec<Judged>)>,
}

impl Basis {
    /// Judges a state, as a change of others.
    pub fn of(state: State, others: &[&Self]) -> Self {
        let found = judge(&state, others);
        Self { state, found }
    }

    /// Returns everything that the rules say.
    pub fn judged(&self) -> Vec<Judged> {
        let found = self.found.iter().flat_map(|(_, found)| found);
        found.cloned().collect()
    }
}

/// Returns what the rules say of a state that differs a little from others.
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
