//! Compares two trees file by file and returns unified diffs; files of a renamed step are compared with their
//! previous version.

use std::collections::BTreeSet;

use similar::{ChangeTag, TextDiff};

use super::Tree;

/// The number of context lines around a change.
const CONTEXT: usize = 3;
/// The minimum average similarity of the files of two steps at which one counts as the renamed other.
const ALIKE: f32 = 0.6;

/// A file that differs between the trees.
#[derive(Debug, Clone, PartialEq)]
pub struct FileDifference {
    /// Its path in the old tree, if it exists there.
    pub old: Option<String>,
    /// Its path in the new tree, if it exists there.
    pub new: Option<String>,
    /// The similarity of both files, from 0 to 1.
    pub similarity: f32,
    /// The changed lines with context; empty if only the name changed.
    pub hunks: String,
    /// The number of lines that exist only in the new file.
    pub added: usize,
    /// The number of lines that exist only in the old file.
    pub removed: usize,
}

impl FileDifference {
    /// Returns the new path, or the old path of a deleted file.
    #[must_use]
    pub fn path(&self) -> &str {
        self.new
            .as_deref()
            .or(self.old.as_deref())
            .unwrap_or_default()
    }

    /// Returns whether the file was renamed.
    #[must_use]
    pub fn is_rename(&self) -> bool {
        self.old.is_some() && self.new.is_some() && self.old != self.new
    }

    /// Returns a unified diff; `names` are the labels of both sides.
    #[must_use]
    pub fn unified(&self, names: (&str, &str)) -> String {
        let side = |path: &Option<String>, name: &str| match path {
            Some(path) => format!("{name}/{path}"),
            None => "/dev/null".to_owned(),
        };
        let mut text = String::new();
        if let (true, Some(old), Some(new)) = (self.is_rename(), &self.old, &self.new) {
            text = format!(
                "similarity {:.0}%\nrename from {old}\nrename to {new}\n",
                (self.similarity * 100.0).floor()
            );
        }
        if self.hunks.is_empty() && self.is_rename() {
            return text;
        }
        text + &format!(
            "--- {}\n+++ {}\n{}",
            side(&self.old, names.0),
            side(&self.new, names.1),
            self.hunks
        )
    }
}

/// Compares two trees path by path.
#[must_use]
pub fn compare(old: &Tree, new: &Tree) -> Vec<FileDifference> {
    compare_renamed(old, new, &[])
}

/// Compares two trees, and the files of renamed steps with each other.
#[must_use]
pub fn review(old: &Tree, new: &Tree) -> Vec<FileDifference> {
    compare_renamed(old, new, &renamed_steps(old, new))
}

fn compare_renamed(old: &Tree, new: &Tree, renamed: &[(String, String)]) -> Vec<FileDifference> {
    let moved = |path: &str| {
        renamed.iter().find_map(|(from, to)| {
            let target = format!("{to}{}", path.strip_prefix(from.as_str())?);
            (new.get(path).is_none() && new.get(&target).is_some() && old.get(&target).is_none())
                .then_some(target)
        })
    };
    let mut differences = Vec::new();
    let mut met: BTreeSet<String> = BTreeSet::new();
    for (path, _) in old.iter() {
        let target = moved(path).or_else(|| new.get(path).map(|_| path.clone()));
        differences.extend(difference(old, new, Some(path.clone()), target.clone()));
        met.extend(target);
    }
    for (path, _) in new.iter().filter(|(path, _)| !met.contains(*path)) {
        differences.extend(difference(old, new, None, Some(path.clone())));
    }
    differences.sort_by(|a, b| a.path().cmp(b.path()));
    differences
}

fn difference(
    old: &Tree,
    new: &Tree,
    from: Option<String>,
    to: Option<String>,
) -> Option<FileDifference> {
    let before = from.as_ref().and_then(|path| old.get(path));
    let after = to.as_ref().and_then(|path| new.get(path));
    let text = |file: Option<&super::File>| file.map_or(String::new(), |file| file.text.clone());
    let (before, after) = (text(before), text(after));
    if from == to && before == after {
        return None;
    }
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let count = |tag| {
        diff.iter_all_changes()
            .filter(|change| change.tag() == tag)
            .count()
    };
    Some(FileDifference {
        similarity: diff.ratio(),
        hunks: diff.unified_diff().context_radius(CONTEXT).to_string(),
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
        old: from,
        new: to,
    })
}

/// The folders of a tree's steps, with a `/` at the end.
fn steps(tree: &Tree) -> Vec<String> {
    let mut steps: Vec<String> = tree
        .iter()
        .filter(|(path, _)| path.starts_with(|c: char| c.is_ascii_digit()))
        .filter_map(|(path, _)| Some(format!("{}/", path.split_once('/')?.0)))
        .collect();
    steps.dedup();
    steps
}

/// Removed steps, each with the most similar new step.
fn renamed_steps(old: &Tree, new: &Tree) -> Vec<(String, String)> {
    let (before, after) = (steps(old), steps(new));
    let gone: Vec<&String> = before.iter().filter(|step| !after.contains(step)).collect();
    let mut come: Vec<&String> = after.iter().filter(|step| !before.contains(step)).collect();
    let mut renamed = Vec::new();
    for from in gone {
        let best = come
            .iter()
            .map(|to| (likeness(old, from, new, to), *to))
            .filter(|(alike, _)| *alike >= ALIKE)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, to)) = best {
            come.retain(|step| *step != to);
            renamed.push((from.clone(), to.clone()));
        }
    }
    renamed
}

/// The similarity of two steps: the share of their distinct files' content that is the same.
fn likeness(old: &Tree, from: &str, new: &Tree, to: &str) -> f32 {
    let below = |tree: &Tree, step: &str| -> Vec<(String, String)> {
        let inside = |(path, file): (&String, &super::File)| {
            Some((path.strip_prefix(step)?.to_owned(), file.text.clone()))
        };
        tree.iter().filter_map(inside).collect()
    };
    let (before, after) = (below(old, from), below(new, to));
    let mut names: Vec<&String> = before.iter().chain(&after).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    let text = |files: &[(String, String)], name: &str| {
        files
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, text)| text.clone())
    };
    let alike: f32 = names
        .iter()
        .map(|name| match (text(&before, name), text(&after, name)) {
            (Some(before), Some(after)) => {
                TextDiff::from_lines(before.as_str(), after.as_str()).ratio()
            }
            _ => 0.0,
        })
        .sum();
    // A step has only a few files.
    #[allow(clippy::cast_precision_loss)]
    let files = names.len().max(1) as f32;
    alike / files
}
