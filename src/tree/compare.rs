//! What differs between two trees, file by file, as unified diffs.

use std::fmt::Write as _;

use similar::TextDiff;

use super::Tree;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// One file that is not the same in both trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its path.
    pub path: String,
    /// A unified diff, with a line that ends in `/dev/null` where one side has no such file.
    pub diff: String,
}

/// Compares two trees; `names` are what the diffs call the sides.
#[must_use]
pub fn compare(old: &Tree, new: &Tree, names: (&str, &str)) -> Vec<Difference> {
    let mut paths: Vec<&String> = old.iter().chain(new.iter()).map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    paths
        .into_iter()
        .filter_map(|path| {
            let (before, after) = (old.get(path), new.get(path));
            let text =
                |file: Option<&super::File>| file.map_or(String::new(), |file| file.text.clone());
            if before.is_some() == after.is_some() && text(before) == text(after) {
                return None;
            }
            let side = |file: Option<&super::File>, name: &str| {
                file.map_or_else(|| "/dev/null".to_owned(), |_| format!("{name}/{path}"))
            };
            let (before_text, after_text) = (text(before), text(after));
            let mut diff = String::new();
            write!(
                diff,
                "{}",
                TextDiff::from_lines(before_text.as_str(), after_text.as_str())
                    .unified_diff()
                    .context_radius(CONTEXT)
                    .header(&side(before, names.0), &side(after, names.1))
            )
            .expect("writing to a string cannot fail");
            Some(Difference {
                path: path.clone(),
                diff,
            })
        })
        .collect()
}
