//! Checks rollbacks: from a step and from each part of it, the rollback restores the state before and harms
//! nothing in between.

use super::judged::{Basis, judged};
use super::{Proof, gates, joins, part_files, parts};
use std::rc::Rc;

use crate::replay::Part;
use crate::rules::{self, Judged, finding};
use crate::state::State;
use crate::step::{Gate, is_rollback};
use crate::text::finding::Finding;
use crate::tree::IndexStep;

/// The states before and after a step, with the findings in each.
pub(super) struct Transition<'a> {
    /// The index of the step.
    pub number: usize,
    pub start: &'a Basis,
    pub end: &'a Basis,
    pub before: &'a State,
    pub after: &'a State,
    pub known: &'a [Judged],
    pub now: &'a [Judged],
}

impl Proof<'_> {
    /// Proves the rollback of a step.
    pub(super) fn way_back(
        &mut self,
        step: &IndexStep,
        leg: &Transition<'_>,
        parts: &[(&Part, &State)],
    ) {
        // Kept objects were checked in the state after the step.
        if step.step.rollback.keeps {
            return;
        }
        if let Some(said) = self.leads_back(step, leg, parts) {
            self.say_of_way_back(step, said, &[]);
            return;
        }
        let rollback = &step.step.rollback;
        for gate in &rollback.requires {
            self.gate_of_way_back(step, leg.after, gate);
        }
        for gate in &rollback.gates {
            self.gate_of_way_back(step, leg.before, gate);
        }
        let replay = self.upgrade.replay();
        let states: Vec<(Part, State)> = parts::parts(&rollback.actions)
            .into_iter()
            .map(|part| {
                let (state, _) = replay.run(leg.after, &step.step, &rollback.actions, Some(&part));
                (part, state)
            })
            .collect();
        let is_in = |judged: &Judged, all: &[Judged]| all.iter().any(|other| other.is_same(judged));
        for (part, state) in &states {
            for judged in judged(state, &[leg.end, leg.start]) {
                let stays = leg.before.get(&judged.subject).is_some()
                    && leg.after.get(&judged.subject).is_some();
                // During a rollback, too, a Gateway's own pods may run without a control plane between two
                // steps.
                let between = leg.number > 0 && self.is_between(leg.number - 1, &judged);
                if stays
                    && !joins(step, &judged, state)
                    && !between
                    && !is_in(&judged, leg.known)
                    && !is_in(&judged, leg.now)
                {
                    let files = part_files(&rollback.actions, part);
                    let said = finding(
                        &rules::ROLLBACK_DIFFERS,
                        format!(
                            "the rollback of `{}` breaks {}",
                            step.step.name, judged.finding.code
                        ),
                    )
                    .label(judged.finding.message.clone())
                    .help("split the step if the order of its rollback matters");
                    self.say_of_way_back(step, said, &files);
                    return;
                }
            }
        }
        let states: Vec<(&Part, &State)> =
            states.iter().map(|(part, state)| (part, state)).collect();
        for (said, part) in self.traffic.on_the_way(leg.after, leg.before, &states) {
            let files = part_files(&rollback.actions, part);
            let object = gates::anchor(self.upgrade, step).cloned();
            self.say(step, said, object.as_ref(), "/spec", &files);
        }
    }

    /// Returns why the rollback does not restore the state before the step, starting from the state after it
    /// or from a part of it.
    fn leads_back(
        &self,
        step: &IndexStep,
        leg: &Transition<'_>,
        parts: &[(&Part, &State)],
    ) -> Option<Finding> {
        let replay = self.upgrade.replay();
        let actions = &step.step.rollback.actions;
        let starts = parts.iter().map(|(_, state)| *state).chain([leg.after]);
        for start in starts {
            let (back, refused) = replay.run(start, &step.step, actions, None);
            let refused = refused.into_iter().next().map(|refusal| refusal.why);
            let Some(why) = difference(leg.before, &back).or(refused) else {
                continue;
            };
            return Some(
                finding(
                    &rules::ROLLBACK_DIFFERS,
                    format!(
                        "the rollback of `{}` does not restore the state before it",
                        step.step.name
                    ),
                )
                .label(why)
                .help("rollback/ must contain each object as it was before the step"),
            );
        }
        None
    }

    fn gate_of_way_back(&mut self, step: &IndexStep, state: &State, gate: &Gate) {
        if let Some(why) = gates::closed(step, state, gate) {
            let said = finding(
                &rules::GATE_FAILS,
                format!(
                    "the rollback of `{}` waits for something that never happens: {why}",
                    step.step.name
                ),
            )
            .label("rollback.sh never finishes")
            .help("make files and gates agree; compile the plan again if a file was edited");
            self.say_of_way_back(step, said, &[]);
        }
    }

    /// Adds a finding at a file of the rollback, or at one of the step if the rollback has none.
    fn say_of_way_back(&mut self, step: &IndexStep, said: Finding, part: &[String]) {
        let file = step.files.iter().find(|file| is_rollback(&file.path));
        let object = file.and_then(|file| self.upgrade.files.get(&file.path));
        let object = object
            .or_else(|| gates::anchor(self.upgrade, step))
            .cloned();
        self.say(step, said, object.as_ref(), "/spec", part);
    }
}

/// Returns the first difference between two states, in words.
fn difference(before: &State, after: &State) -> Option<String> {
    for object in before.objects() {
        match after.get(&object.key) {
            None => return Some(format!("{} does not exist any more", object.key)),
            // Most objects are shared between states and need no comparison.
            Some(other) if !Rc::ptr_eq(other, object) && other.value() != object.value() => {
                return Some(format!("{} is different", object.key));
            }
            Some(_) => {}
        }
    }
    // All previous objects exist; only if there are more than before, some are new.
    if after.objects().count() > before.objects().count() {
        let new = after
            .objects()
            .find(|object| before.get(&object.key).is_none());
        if let Some(object) = new {
            return Some(format!("{} did not exist before", object.key));
        }
    }
    for (node, labels) in &before.nodes {
        if after.nodes.get(node) != Some(labels) {
            return Some(format!("node {node} has different labels than before"));
        }
    }
    // A Gateway whose control plane was already gone is served by the latest one.
    let owner = |state: &State, key| {
        let served = state.served.get(key)?;
        served.owned.then(|| served.revision.clone())
    };
    let moved = before
        .served
        .keys()
        .find(|key| owner(before, key) != owner(after, key));
    moved.map(|key| format!("{key} is not served by the same revision as before"))
}
