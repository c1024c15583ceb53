//! The files of a step, and their folders.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Draft, ROLLBACK};

/// A file of a step: an object that is not rendered yet, or the path of its file relative to the step's
/// directory.
#[derive(Debug, Clone, PartialEq)]
pub enum StepFile {
    Draft(Box<Draft>),
    Path(String),
}

impl StepFile {
    /// Returns its path; empty for a draft.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Draft(_) => "",
            Self::Path(path) => path,
        }
    }
}

impl From<Draft> for StepFile {
    fn from(draft: Draft) -> Self {
        Self::Draft(Box::new(draft))
    }
}

impl fmt::Display for StepFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

impl Serialize for StepFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Draft(_) => Err(serde::ser::Error::custom("a draft has no path yet")),
            Self::Path(path) => serializer.serialize_str(path),
        }
    }
}

impl<'de> Deserialize<'de> for StepFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::Path)
    }
}

/// Files in the order in which an action uses them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepFiles(Vec<StepFile>);

impl StepFiles {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Deref for StepFiles {
    type Target = [StepFile];

    fn deref(&self) -> &[StepFile] {
        &self.0
    }
}

impl DerefMut for StepFiles {
    fn deref_mut(&mut self) -> &mut [StepFile] {
        &mut self.0
    }
}

impl FromIterator<Draft> for StepFiles {
    fn from_iter<I: IntoIterator<Item = Draft>>(drafts: I) -> Self {
        Self(drafts.into_iter().map(StepFile::from).collect())
    }
}

impl FromIterator<String> for StepFiles {
    fn from_iter<I: IntoIterator<Item = String>>(paths: I) -> Self {
        Self(paths.into_iter().map(StepFile::Path).collect())
    }
}

impl From<Vec<Draft>> for StepFiles {
    fn from(drafts: Vec<Draft>) -> Self {
        drafts.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a StepFiles {
    type Item = &'a StepFile;
    type IntoIter = std::slice::Iter<'a, StepFile>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A folder of a step, by the use of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// The step's own directory: `kubectl apply -f`.
    Apply,
    /// Identities of deleted objects.
    Delete,
    /// Objects of the dump.
    Existing,
    /// Objects of the dump that a rollback restores.
    Restore,
    /// Fields of objects that were not created by the plan.
    Patch,
    /// Inputs of istioctl.
    Istioctl,
    /// Inputs of `kubectl apply -k`.
    Kustomize,
}

impl Folder {
    /// Returns the prefix of its paths.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "",
            Self::Delete => "delete/",
            Self::Existing => "existing/",
            Self::Restore => "restore/",
            Self::Patch => "patch/",
            Self::Istioctl => "istioctl/",
            Self::Kustomize => "kustomize/",
        }
    }

    /// Returns the folder of a file, by its path relative to the tree's root.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let inside = path.split_once('/').map_or("", |(_, inside)| inside);
        let inside = inside.strip_prefix(ROLLBACK).unwrap_or(inside);
        let folders = [
            Self::Delete,
            Self::Existing,
            Self::Restore,
            Self::Patch,
            Self::Istioctl,
            Self::Kustomize,
        ];
        let mut own = folders.into_iter();
        own.find(|folder| inside.starts_with(folder.as_str()))
            .unwrap_or(Self::Apply)
    }
}

/// Returns whether a file belongs to the rollback of its step, by its path relative to the tree's root.
#[must_use]
pub fn is_rollback(path: &str) -> bool {
    path.split_once('/')
        .is_some_and(|(_, inside)| inside.starts_with(ROLLBACK))
}
