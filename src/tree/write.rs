//! Writing a tree: only what differs, over nothing that is not meshplan's own.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path};

use anyhow::Result;
use serde::Deserialize;

use super::disk::{self, Disk};
use super::{File, Tree, journal};
use crate::target::{FORMAT_VERSION, FileEntry, sha256};

/// The list of stale files that are still there.
const KEPT: &str = ".meshplan-kept";

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were written.
    pub written: Vec<String>,
    /// Files that were right already.
    pub unchanged: usize,
    /// Stale files that were removed.
    pub removed: Vec<String>,
    /// Stale files that stay, since somebody edited them.
    pub kept: Vec<String>,
    /// Whether an earlier run had to be finished first.
    pub finished_earlier: bool,
}

/// Why nothing was written: each of these has to be mended by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub Vec<String>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for Refused {}

/// One change on the way from the old tree to the new one.
#[derive(Debug)]
pub(super) enum Change {
    Write { path: String, file: File },
    Remove { path: String },
}

/// Writes a tree into a folder, which is made if it is not there. With `prune`, files that an earlier run wrote and this
/// one does not are removed, unless somebody edited them.
///
/// # Errors
///
/// [`Refused`] where foreign files are in the way, and what the file system says, with what was being done. Whatever
/// happens, the folder holds the old tree, the new tree, or one that the next call finishes.
pub fn write(disk: &Disk, root: &Path, tree: &Tree, prune: bool) -> Result<Report> {
    let new_folder = disk::kind(root)?.is_none();
    disk.create_folder(root)?;
    let _lock = disk::lock(root)?;
    let mut report = Report {
        finished_earlier: journal::recover(disk, root)?,
        ..Report::default()
    };
    let old = old_index(root, tree)?;
    let owned = Owned::new(root, old.as_ref())?;
    let changes = changes(root, tree, &owned, prune, &mut report)?;
    if !changes.is_empty()
        && let Err(error) = journal::run(disk, root, &changes)
    {
        if new_folder {
            let _ = disk.remove_empty_folder(root);
        }
        return Err(error);
    }
    Ok(report)
}

/// What an index says of whose a tree is. Steps are left alone: what other releases say there is no reason to disown a tree.
#[derive(Deserialize)]
struct Ownership {
    format_version: u32,
    plan: String,
    files: Vec<FileEntry>,
}

/// The index that is there, if it is meshplan's and of the same plan.
fn old_index(root: &Path, tree: &Tree) -> Result<Option<Ownership>> {
    let path = root.join("index.json");
    if disk::kind(&path)?.is_some_and(|kind| !kind.is_file()) {
        return Ok(None);
    }
    let Some(bytes) = disk::read(&path)? else {
        return Ok(None);
    };
    let refuse = |why: String| Err(Refused(vec![why]).into());
    let Ok(old) = serde_json::from_slice::<Ownership>(&bytes) else {
        return refuse(format!(
            "{} is not meshplan's; give another --out, or move it away",
            path.display()
        ));
    };
    if old.format_version > FORMAT_VERSION {
        return refuse(format!(
            "{} was written by a later meshplan; use that one",
            path.display()
        ));
    }
    let new = tree
        .get("index.json")
        .and_then(|file| serde_json::from_str::<Ownership>(&file.text).ok());
    if new.is_some_and(|new| new.plan != old.plan) {
        return refuse(format!(
            "{} holds the plan `{}`; give another --out",
            root.display(),
            old.plan
        ));
    }
    Ok(Some(old))
}

/// The files that meshplan wrote here and their digests: those of the last index, and those that stayed beside it.
struct Owned(BTreeMap<String, String>);

impl Owned {
    fn new(root: &Path, old: Option<&Ownership>) -> Result<Self> {
        let kept = disk::read(&root.join(KEPT))?;
        let kept: Vec<FileEntry> = kept
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let listed = old.iter().flat_map(|index| &index.files).chain(&kept);
        let mut files: BTreeMap<String, String> = listed
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

/// Compares the folder with the tree. Foreign files in the way are all found before anything is refused.
fn changes(
    root: &Path,
    tree: &Tree,
    owned: &Owned,
    prune: bool,
    report: &mut Report,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let mut refused = Vec::new();
    for (path, file) in tree.iter() {
        if let Some(why) = blocked(root, path)? {
            refused.push(why);
            continue;
        }
        match disk::read(&root.join(path))? {
            Some(bytes) if bytes == file.text.as_bytes() => report.unchanged += 1,
            Some(_) if !owned.0.contains_key(path) => {
                refused.push(format!(
                    "{} is not meshplan's own; move it away",
                    root.join(path).display()
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
        if !is_inside(path) || blocked(root, path)?.is_some() {
            continue;
        }
        let Some(bytes) = disk::read(&root.join(path))? else {
            continue;
        };
        if prune && sha256(&bytes) == *digest {
            report.removed.push(path.clone());
            changes.push(Change::Remove { path: path.clone() });
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

/// The change to the list of files that stay though the index no longer names them: without it the next compile would take
/// them for somebody else's.
fn kept_list(root: &Path, owned: &Owned, kept: &[FileEntry]) -> Result<Option<Change>> {
    if kept.is_empty() {
        let there = owned.0.contains_key(KEPT);
        return Ok(there.then(|| Change::Remove {
            path: KEPT.to_owned(),
        }));
    }
    let text = serde_json::to_string_pretty(kept)? + "\n";
    if disk::read(&root.join(KEPT))?.is_some_and(|bytes| bytes == text.as_bytes()) {
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

/// Whether a path from the top stays below it.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// Says why a file cannot be at a path: something on the way to it is no folder, or it is no file itself.
fn blocked(root: &Path, path: &str) -> Result<Option<String>> {
    let target = root.join(path);
    let mut folders: Vec<&Path> = target
        .ancestors()
        .skip(1)
        .take_while(|folder| *folder != root)
        .collect();
    folders.reverse();
    for folder in folders {
        match disk::kind(folder)? {
            None => return Ok(None),
            Some(kind) if kind.is_symlink() => {
                return Ok(Some(format!(
                    "{} is a link; meshplan writes only into folders of its tree",
                    folder.display()
                )));
            }
            Some(kind) if !kind.is_dir() => {
                return Ok(Some(format!(
                    "{} is not meshplan's own; move it away",
                    folder.display()
                )));
            }
            Some(_) => {}
        }
    }
    Ok(match disk::kind(&target)? {
        Some(kind) if kind.is_symlink() => {
            Some(format!("{} is a link; move it away", target.display()))
        }
        Some(kind) if !kind.is_file() => {
            Some(format!("{} is not a file; move it away", target.display()))
        }
        _ => None,
    })
}
