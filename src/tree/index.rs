//! `index.json`: the machine-readable description of the tree, sufficient to replay it without the plan.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::kube::identity::Identity;
use crate::step::{Kind, Step};

/// The version of the format; a higher number comes from a later meshplan.
pub const FORMAT_VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The path relative to the top of the tree.
    pub path: String,
    /// The digest of its bytes, in hex.
    pub sha256: String,
    /// The object in the file, if it contains one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// One step, its files and the objects that it deletes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexStep {
    /// The step; the paths in its actions are relative to the step's directory.
    #[serde(flatten)]
    pub step: Step,
    /// All files of the step that contain an object.
    pub files: Vec<FileEntry>,
    /// The objects that the step deletes.
    pub deletes: Vec<Identity>,
}

/// The whole tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// See [`FORMAT_VERSION`].
    pub format_version: u32,
    pub plan: String,
    /// The version of the facts from which the tree was compiled.
    pub facts_version: String,
    /// The codes of the rules that the plan allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allows: Vec<String>,
    pub steps: Vec<IndexStep>,
    /// All files of the tree except the index itself.
    pub files: Vec<FileEntry>,
}

impl Index {
    /// Returns the step with the number of a kind.
    #[must_use]
    pub fn step(&self, kind: &Kind) -> Option<&IndexStep> {
        self.steps
            .iter()
            .find(|step| step.step.number == kind.number)
    }
}

/// Returns the SHA-256 digest of bytes, in hex.
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
