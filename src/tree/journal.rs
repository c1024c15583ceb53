//! Changing many files as if at once: all new files are staged, a list of what is to happen is written, and then it
//! happens. Stopped before the list is there, the tree is the old one; after that, the list says how to finish.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::disk::{self, Disk};
use super::write::{Change, is_inside};

/// The list of what is to happen; while it is there, the tree is neither the old nor the new one.
pub const PENDING: &str = ".meshplan-pending";
/// Where new files wait, and the list while it is written.
const STAGED: &str = ".meshplan-staged";

#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    /// Staged file and its path.
    renames: Vec<(String, String)>,
    removes: Vec<String>,
}

/// Finishes what an earlier run has left, or throws away what it had only staged. Returns whether there was a list.
pub(super) fn recover(disk: &Disk, root: &Path) -> Result<bool> {
    let Some(bytes) = disk::read(&root.join(PENDING))? else {
        clear(disk, root)?;
        return Ok(false);
    };
    let pending: Pending = serde_json::from_slice(&bytes).with_context(|| {
        format!(
            "reading {}, which an earlier compile left",
            root.join(PENDING).display()
        )
    })?;
    finish(disk, root, &pending)?;
    Ok(true)
}

/// Makes all changes, or none.
pub(super) fn run(disk: &Disk, root: &Path, changes: &[Change]) -> Result<()> {
    let staged = root.join(STAGED);
    let result = stage(disk, root, changes);
    let pending = match result {
        Ok(pending) => pending,
        Err(error) => {
            // The old tree is whole; what was staged is of no use to anyone.
            let _ = clear(disk, root);
            return Err(error);
        }
    };
    let bytes = serde_json::to_vec(&pending).context("writing down what is to happen")?;
    disk.write(&staged.join("list"), &bytes, false)?;
    disk.rename(&staged.join("list"), &root.join(PENDING))?;
    finish(disk, root, &pending)
}

fn stage(disk: &Disk, root: &Path, changes: &[Change]) -> Result<Pending> {
    let staged = root.join(STAGED);
    disk.create_folder(&staged)?;
    let mut pending = Pending {
        renames: Vec::new(),
        removes: Vec::new(),
    };
    for (number, change) in changes.iter().enumerate() {
        match change {
            Change::Write { path, file } => {
                let name = format!("{number}");
                disk.write(&staged.join(&name), file.text.as_bytes(), file.executable)?;
                pending.renames.push((name, path.clone()));
            }
            Change::Remove { path } => pending.removes.push(path.clone()),
        }
    }
    Ok(pending)
}

/// Does what the list says; what has been done already is passed over.
fn finish(disk: &Disk, root: &Path, pending: &Pending) -> Result<()> {
    let staged = root.join(STAGED);
    for (name, path) in &pending.renames {
        let from = staged.join(name);
        if !is_inside(path) || !is_inside(name) || disk::kind(&from)?.is_none() {
            continue;
        }
        let to = root.join(path);
        if let Some(folder) = to.parent() {
            disk.create_folder(folder)?;
        }
        disk.rename(&from, &to)?;
    }
    for path in pending.removes.iter().filter(|path| is_inside(path)) {
        let path = root.join(path);
        disk.remove(&path)?;
        for folder in path
            .ancestors()
            .skip(1)
            .take_while(|folder| *folder != root)
        {
            disk.remove_empty_folder(folder)?;
        }
    }
    clear(disk, root)?;
    disk.remove(&root.join(PENDING))
}

/// Removes the staging folder.
fn clear(disk: &Disk, root: &Path) -> Result<()> {
    let staged = root.join(STAGED);
    for path in disk::list(&staged)? {
        disk.remove(&path)?;
    }
    disk.remove_empty_folder(&staged)
}
