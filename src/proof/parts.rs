//! The parts of a step that are checked: all subsets of a small step; for a large one single files, all but
//! one file, beginnings, and a sample.

use crate::replay::{Part, units};
use crate::step::Action;

/// Steps with at most this number of files are checked in all subsets.
const SMALL: usize = 4;
/// The maximum number of single files, gaps and beginnings of one step.
const MOST: usize = 32;

/// Returns the parts of a step that leave it incomplete, the smallest first.
#[must_use]
pub fn parts(actions: &[Action]) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for (done, action) in actions.iter().enumerate() {
        let count = units(action);
        let whole_action = done + 1 < actions.len();
        let mut sets: Vec<Vec<usize>> = if count <= SMALL {
            (1..1usize << count)
                .map(|bits| (0..count).filter(|n| bits >> n & 1 == 1).collect())
                .collect()
        } else {
            let stride = count.div_ceil(MOST);
            let some = (0..count).step_by(stride);
            let mut sets: Vec<Vec<usize>> = some.clone().map(|n| vec![n]).collect();
            sets.extend(
                some.clone()
                    .map(|n| (0..count).filter(|m| *m != n).collect()),
            );
            sets.extend(some.map(|n| (0..n).collect()));
            // The sample is fixed, so that every run checks the same parts.
            sets.extend((2..6).map(|step| (0..count).step_by(step).collect::<Vec<usize>>()));
            sets.extend(
                (2..6).map(|step| (0..count).filter(|n| n % step != 0).collect::<Vec<usize>>()),
            );
            sets
        };
        sets.retain(|set| !set.is_empty() && (whole_action || set.len() < count));
        sets.sort_by_key(Vec::len);
        sets.dedup();
        all.extend(sets.into_iter().map(|units| Part { done, units }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::parts;
    use crate::step::Action;

    fn apply(count: usize) -> Action {
        Action::Apply {
            files: (0..count).map(|n| format!("{n}.yaml")).collect(),
        }
    }

    #[test]
    fn small_steps_are_looked_at_in_every_subset_and_large_ones_stay_bounded() {
        assert!(parts(&[apply(1)]).is_empty());
        assert_eq!(parts(&[apply(3)]).len(), 6);
        assert!(parts(&[apply(20)]).len() >= 58);
        assert!(parts(&[apply(5000)]).len() <= 4 * 32 + 8);
    }
}
