//! Applies some files of a step one by one, in different orders, before the step itself, and compares what
//! the API server accepts and rejects with the replay.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use super::observe::objects;
use super::{Direction, Leg, Rehearsal};
use crate::kube::identity::Key;
use crate::replay::Part;
use crate::state::State;
use crate::step::Action;
use crate::tree::IndexStep;

/// The orders in which files are applied: half of them backwards, then all of them; in the second run other
/// orders.
fn orders(count: usize, way: Direction) -> [Vec<usize>; 2] {
    match way {
        Direction::Again => [
            (0..count).rev().filter(|number| number % 2 == 0).collect(),
            (0..count)
                .map(|number| (number + count / 2) % count)
                .collect(),
        ],
        _ => [
            (0..count).rev().filter(|number| number % 2 == 1).collect(),
            (0..count).rev().collect(),
        ],
    }
}

impl Rehearsal<'_> {
    /// Applies files of a step one by one. Does nothing if the first action of the step is not about files.
    pub(super) fn parts(
        &self,
        step: &IndexStep,
        before: &State,
        known: &BTreeSet<Key>,
        leg: &mut Leg,
    ) -> Result<()> {
        let Some(Action::Apply { files }) = step.step.actions.first() else {
            return Ok(());
        };
        let replay = self.upgrade.replay();
        let mut state = before.clone();
        for order in orders(files.len(), leg.direction) {
            for number in order {
                let part = Part {
                    done: 0,
                    units: vec![number],
                };
                let (after, refused) =
                    replay.run(&state, &step.step, &step.step.actions, Some(&part));
                state = after;
                let refused = refused.into_iter().next().map(|refusal| refusal.why);
                let said = self.one(step, files[number].path())?;
                leg.tried += 1;
                match (refused, said) {
                    (None, Some(said)) => leg.surprises.push(format!(
                        "the API server rejects {} alone: {said}",
                        files[number]
                    )),
                    (Some(why), None) => leg.surprises.push(format!(
                        "the API server accepts {} alone, although {why}",
                        files[number]
                    )),
                    (Some(_), Some(_)) => leg.refused += 1,
                    (None, None) => {}
                }
            }
            let differ = objects(&self.cluster, &state, known)?;
            leg.surprises.extend(
                differ
                    .into_iter()
                    .map(|said| format!("in a part of the step: {said}")),
            );
        }
        Ok(())
    }

    /// Applies one file; returns the message if the API server rejects it.
    fn one(&self, step: &IndexStep, file: &str) -> Result<Option<String>> {
        let path = self.tree.join(&step.step.name).join(file);
        let output = self
            .cluster
            .command()
            .arg("apply")
            .arg("-f")
            .arg(&path)
            .output()
            .with_context(|| format!("applying {}", path.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        Ok((!output.status.success()).then(|| said.trim().replace('\n', " / ")))
    }
}
