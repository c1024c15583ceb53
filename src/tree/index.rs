//! `index.json`: the tree for machines, enough to replay it without the plan.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::kube::identity::Identity;
use crate::step::{Kind, Step};

/// The version of the format; a number higher than this one was written by a later meshplan.
pub const FORMAT_VERSION: u32 = 1;

/// A file of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// From the top of the tree.
    pub path: String,
    /// Of its bytes, in hex.
    pub sha256: String,
    /// The object in it, if it holds one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// One step, its files and what it deletes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexStep {
    /// The step; its actions name files from the step's directory.
    #[serde(flatten)]
    pub step: Step,
    /// Every file of the step with an object in it.
    pub files: Vec<FileEntry>,
    /// What the step deletes.
    pub deletes: Vec<Identity>,
}

/// The whole tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// See [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The plan's name.
    pub plan: String,
    /// The state of knowledge by which the tree was made.
    pub facts_version: String,
    /// The rules that the plan breaks on purpose, by code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allows: Vec<String>,
    /// The steps, in order.
    pub steps: Vec<IndexStep>,
    /// Every file of the tree but the index itself.
    pub files: Vec<FileEntry>,
}

impl Index {
    /// Returns the step that has the number of a kind.
    #[must_use]
    pub fn step(&self, kind: &Kind) -> Option<&IndexStep> {
        self.steps
            .iter()
            .find(|step| step.step.number == kind.number)
    }
}

/// Returns the digest of bytes in hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
            hex
        })
}
