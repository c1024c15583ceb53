//! A tree of files in memory, which is written to disk or compared with one there.

mod compare;
mod disk;
mod index;
mod journal;
mod layout;
mod read;
mod write;

use std::collections::BTreeMap;

pub use compare::{FileDifference, compare, review};
pub use disk::Disk;
pub use index::{FORMAT_VERSION, FileEntry, Index, IndexStep, sha256};
pub use journal::PENDING;
pub use read::{WrittenTree, read};
pub use write::{Refused, WriteReport, write};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub text: String,
    /// Whether it is executable.
    pub executable: bool,
}

/// Files by their path from the top, with `/` between folders.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, File>);

impl Tree {
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) {
        let file = File {
            text: text.into(),
            executable: false,
        };
        self.0.insert(path.into(), file);
    }

    /// Adds an executable file.
    pub fn add_script(&mut self, path: impl Into<String>, text: impl Into<String>) {
        let file = File {
            text: text.into(),
            executable: true,
        };
        self.0.insert(path.into(), file);
    }

    #[must_use]
    pub fn get(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }

    /// Returns all files, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &File)> {
        self.0.iter()
    }

    /// Returns the number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
