//! Writes a tree: only files that differ, and never over files that meshplan did not write.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::disk::{Disk, Root};
use super::layout::{KEPT, is_ours};
use super::{FORMAT_VERSION, FileEntry, sha256};
use super::{File, Tree, journal};

/// The changes that were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteReport {
    pub written: Vec<String>,
    /// The number of files that did not change.
    pub unchanged: usize,
    /// Stale files that were removed.
    pub removed: Vec<String>,
    /// Stale files that stay because they were edited.
    pub kept: Vec<String>,
    /// Whether an interrupted run was finished first.
    pub finished_earlier: bool,
}

/// Why nothing was written; the user must fix each of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub Vec<String>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for Refused {}

/// One change from the old tree to the new one.
#[derive(Debug)]
pub(super) enum Change {
    Write { path: String, file: File },
    Remove { path: String, sha256: String },
}

/// Writes a tree into a folder, and creates the folder if it does not exist. With `prune`, files that an
/// earlier run wrote and this one does not are removed, unless they were edited.
///
/// # Errors
///
/// [`Refused`] if files that meshplan did not write are in the way, and errors of the file system, with the
/// operation and whether something was written. In every case, the folder contains the old tree, the new
/// tree, or one that the next call finishes.
pub fn write(disk: &Disk, path: &Path, tree: &Tree, prune: bool) -> Result<WriteReport> {
    let unwritten = || format!("nothing was written to {}", path.display());
    let half_written = || {
        format!(
            "{} is incomplete; compile again to finish it",
            path.display()
        )
    };
    let new_folder = disk.create_root(path).with_context(unwritten)?;
    let root = Root::open(path).with_context(unwritten)?;
    let _lock = root.lock().with_context(unwritten)?;
    let was_pending = journal::is_pending(&root).with_context(unwritten)?;
    let mut report = WriteReport {
        finished_earlier: journal::recover(disk, &root).with_context(|| {
            if was_pending {
                format!(
                    "an earlier compile into {} cannot be finished",
                    path.display()
                )
            } else {
                unwritten()
            }
        })?,
        ..WriteReport::default()
    };
    let planned = old_index(&root, tree)
        .and_then(|old| Owned::new(&root, old.as_ref()))
        .and_then(|owned| changes(&root, tree, &owned, prune, &mut report))
        .with_context(unwritten)?;
    if !planned.is_empty()
        && let Err(error) = journal::run(disk, &root, &planned)
    {
        let pending = journal::is_pending(&root).unwrap_or(true);
        if new_folder {
            let _ = disk.remove_empty_root(path);
        }
        return Err(error.context(if pending { half_written() } else { unwritten() }));
    }
    Ok(report)
}

/// The fields of an index that identify the tree. Steps are not read, because their format may differ in
/// other releases.
#[derive(Deserialize)]
pub(super) struct Ownership {
    format_version: u32,
    plan: String,
    pub(super) files: Vec<FileEntry>,
}

/// The existing index, if it comes from meshplan and from the same plan.
fn old_index(root: &Root, tree: &Tree) -> Result<Option<Ownership>> {
    const INDEX: &str = "index.json";
    if root.kind(INDEX)?.is_some_and(|kind| !kind.is_file()) {
        return Ok(None);
    }
    let Some(bytes) = root.read(INDEX)? else {
        return Ok(None);
    };
    let refuse = |why: String| Err(Refused(vec![why]).into());
    let Ok(old) = serde_json::from_slice::<Ownership>(&bytes) else {
        return refuse(format!(
            "{} was not written by meshplan; use another --out, or move it away",
            root.shown(INDEX)
        ));
    };
    if old.format_version > FORMAT_VERSION {
        return refuse(format!(
            "{} was written by a later meshplan; use that version",
            root.shown(INDEX)
        ));
    }
    if let Some(other) = old.files.iter().find(|file| !is_ours(&file.path)) {
        return refuse(format!(
            "{} lists `{}`, which no compile writes; use another --out, or move it away",
            root.shown(INDEX),
            other.path
        ));
    }
    let new = tree
        .get(INDEX)
        .and_then(|file| serde_json::from_str::<Ownership>(&file.text).ok());
    if new.is_some_and(|new| new.plan != old.plan) {
        return refuse(format!(
            "{} contains the plan `{}`; use another --out",
            root.shown(INDEX),
            old.plan
        ));
    }
    Ok(Some(old))
}

/// The files that meshplan wrote here, with their digests: those of the last index, and stale files that
/// stayed.
struct Owned(BTreeMap<String, String>);

impl Owned {
    fn new(root: &Root, old: Option<&Ownership>) -> Result<Self> {
        let kept = root.read(KEPT)?;
        let kept: Vec<FileEntry> = kept
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let listed = old.iter().flat_map(|index| &index.files).chain(&kept);
        let mut files: BTreeMap<String, String> = listed
            .filter(|file| is_ours(&file.path))
            .map(|file| (file.path.clone(), file.sha256.clone()))
            .collect();
        if old.is_some() {
            files.insert("index.json".to_owned(), String::new());
        }
        if !kept.is_empty() {
            files.insert(KEPT.to_owned(), String::new());
        }
        Ok(Self(files))
    }
}

/// Compares the folder with the tree. All files in the way are collected before an error is returned.
fn changes(
    root: &Root,
    tree: &Tree,
    owned: &Owned,
    prune: bool,
    report: &mut WriteReport,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let mut refused = Vec::new();
    for (path, file) in tree.iter() {
        if let Some(why) = blocked(root, path)? {
            refused.push(why);
            continue;
        }
        match root.read(path)? {
            Some(bytes) if bytes == file.text.as_bytes() => report.unchanged += 1,
            Some(_) if !owned.0.contains_key(path) => {
                refused.push(format!(
                    "{} was not written by meshplan; move it away",
                    root.shown(path)
                ));
            }
            _ => {
                report.written.push(path.clone());
                changes.push(Change::Write {
                    path: path.clone(),
                    file: file.clone(),
                });
            }
        }
    }
    let mut kept: Vec<FileEntry> = Vec::new();
    let stale = owned
        .0
        .iter()
        .filter(|(path, digest)| !digest.is_empty() && tree.get(path).is_none());
    for (path, digest) in stale {
        if blocked(root, path)?.is_some() {
            continue;
        }
        let Some(bytes) = root.read(path)? else {
            continue;
        };
        if prune && sha256(&bytes) == *digest {
            report.removed.push(path.clone());
            changes.push(Change::Remove {
                path: path.clone(),
                sha256: digest.clone(),
            });
            continue;
        }
        if prune {
            report.kept.push(path.clone());
        }
        kept.push(FileEntry {
            path: path.clone(),
            sha256: digest.clone(),
            identity: None,
        });
    }
    changes.extend(kept_list(root, owned, &kept)?);
    if refused.is_empty() {
        Ok(changes)
    } else {
        Err(Refused(refused).into())
    }
}

/// The change to the list of stale files that stay. Without this list, the next compile would not recognise
/// them as its files.
fn kept_list(root: &Root, owned: &Owned, kept: &[FileEntry]) -> Result<Option<Change>> {
    let there = root.read(KEPT)?;
    if kept.is_empty() {
        let own = there.filter(|_| owned.0.contains_key(KEPT));
        return Ok(own.map(|bytes| Change::Remove {
            path: KEPT.to_owned(),
            sha256: sha256(&bytes),
        }));
    }
    let text = serde_json::to_string_pretty(kept)? + "\n";
    if there.is_some_and(|bytes| bytes == text.as_bytes()) {
        return Ok(None);
    }
    let file = File {
        text,
        executable: false,
    };
    Ok(Some(Change::Write {
        path: KEPT.to_owned(),
        file,
    }))
}

/// Returns why a file cannot be written to a path: a parent is not a folder, or the path exists and is not a
/// file.
fn blocked(root: &Root, path: &str) -> Result<Option<String>> {
    let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
    for folder in folders {
        match root.kind(folder)? {
            None => return Ok(None),
            Some(kind) if kind.is_symlink() => {
                return Ok(Some(format!(
                    "{} is a link; meshplan writes only into folders of its tree",
                    root.shown(folder)
                )));
            }
            Some(kind) if !kind.is_dir() => {
                return Ok(Some(format!(
                    "{} was not written by meshplan; move it away",
                    root.shown(folder)
                )));
            }
            Some(_) => {}
        }
    }
    Ok(match root.kind(path)? {
        Some(kind) if kind.is_symlink() => {
            Some(format!("{} is a link; move it away", root.shown(path)))
        }
        Some(kind) if !kind.is_file() => {
            Some(format!("{} is not a file; move it away", root.shown(path)))
        }
        _ => None,
    })
}
