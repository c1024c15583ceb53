//! Changes many files atomically: all new files are staged, a list of the changes is written, and then the
//! changes are made. If meshplan stops before the list is complete, the tree is the old one; after that, the
//! list says how to finish.
//!
//! A list may also come from elsewhere, for example with a commit. So it is checked against the indexes and
//! digests before it is used.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::disk::{Disk, Root};
use super::layout::{KEPT, is_ours};
use super::sha256;
use super::write::{Change, Ownership, Refused};

/// The list of changes; while it exists, the tree is neither the old nor the new one.
pub const PENDING: &str = ".meshplan-pending";
/// The folder of staged files, and of the list while it is written.
const STAGED: &str = ".meshplan-staged";
/// The name of the list while it is written.
const LIST: &str = "list";
/// The index is written last: until then the old one says which files may be removed.
const INDEX: &str = "index.json";

/// Files are named by their index in the list.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    writes: Vec<PendingChange>,
    removes: Vec<PendingChange>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PendingChange {
    path: String,
    /// The digest of the new file, or of the file to remove.
    sha256: String,
}

/// Returns whether a list of changes exists.
pub(super) fn is_pending(root: &Root) -> Result<bool> {
    Ok(root.kind(PENDING)?.is_some())
}

/// Finishes an interrupted run, or removes the files that it has only staged. Returns whether there was a
/// list.
pub(super) fn recover(disk: &Disk, root: &Root) -> Result<bool> {
    let Some(bytes) = root.read(PENDING)? else {
        clear(disk, root)?;
        return Ok(false);
    };
    let refuse = |why: String| {
        Refused(vec![format!(
            "{} was not created by a compile of this tree: {why}; remove it and {} by hand",
            root.shown(PENDING),
            root.shown(STAGED)
        )])
    };
    let pending: Pending = serde_json::from_slice(&bytes)
        .map_err(|error| refuse(format!("it cannot be read ({error})")))?;
    believed(root, &pending).map_err(|error| refuse(format!("{error:#}")))?;
    finish(disk, root, &pending)?;
    Ok(true)
}

/// Returns why a list cannot come from meshplan.
fn believed(root: &Root, pending: &Pending) -> Result<()> {
    let all = || pending.writes.iter().chain(&pending.removes);
    if let Some(other) = all().find(|listed| !is_ours(&listed.path)) {
        bail!("no compile writes `{}`", other.path);
    }
    let mut known: Vec<(String, String)> = Vec::new();
    let mut note = |bytes: Option<Vec<u8>>, what: &str| -> Result<()> {
        let Some(bytes) = bytes else { return Ok(()) };
        let index: Ownership =
            serde_json::from_slice(&bytes).with_context(|| format!("reading {what}"))?;
        known.extend(index.files.into_iter().map(|file| (file.path, file.sha256)));
        Ok(())
    };
    note(root.read(INDEX)?, INDEX)?;
    if let Some(kept) = root.read(KEPT)? {
        let kept: Vec<PendingChange> =
            serde_json::from_slice(&kept).with_context(|| format!("reading {KEPT}"))?;
        known.extend(kept.into_iter().map(|file| (file.path, file.sha256)));
    }
    let mut fresh: Vec<(String, String)> = Vec::new();
    for (number, listed) in pending.writes.iter().enumerate() {
        // A missing staged file was already moved to its final path.
        let Some(bytes) = root.read(&staged(number))? else {
            continue;
        };
        if sha256(&bytes) != listed.sha256 {
            bail!("{} does not match the list", root.shown(&staged(number)));
        }
        if listed.path == INDEX {
            let index: Ownership = serde_json::from_slice(&bytes)
                .with_context(|| format!("reading {}", root.shown(&staged(number))))?;
            fresh.extend(index.files.into_iter().map(|file| (file.path, file.sha256)));
        }
    }
    let lists = |all: &[(String, String)], one: &PendingChange| {
        all.iter()
            .any(|(path, digest)| (path, digest) == (&one.path, &one.sha256))
    };
    let own = |path: &str| path == INDEX || path == KEPT;
    for listed in &pending.writes {
        if own(&listed.path) {
            continue;
        }
        if !lists(&fresh, listed) && !lists(&known, listed) {
            bail!("no index contains `{}` with its digest", listed.path);
        }
        // An existing file belongs to the old tree, or is already the new file.
        let there = root.read(&listed.path)?;
        let ours = known.iter().any(|(path, _)| *path == listed.path);
        if there.is_some_and(|bytes| !ours && sha256(&bytes) != listed.sha256) {
            bail!("`{}` was not written by meshplan", listed.path);
        }
    }
    for listed in &pending.removes {
        let Some(bytes) = root.read(&listed.path)? else {
            continue;
        };
        if listed.path == KEPT {
            continue;
        }
        if !lists(&known, listed) {
            bail!("the old index does not list `{}`", listed.path);
        }
        if sha256(&bytes) != listed.sha256 {
            bail!("`{}` was edited", listed.path);
        }
    }
    Ok(())
}

/// Makes all changes, or none.
pub(super) fn run(disk: &Disk, root: &Root, changes: &[Change]) -> Result<()> {
    let result = stage(disk, root, changes);
    let pending = match result {
        Ok(pending) => pending,
        Err(error) => {
            // Errors of the cleanup are ignored, because the first error counts.
            let _ = clear(disk, root);
            return Err(error);
        }
    };
    let bytes = serde_json::to_vec(&pending).context("writing the list of changes")?;
    let list = format!("{STAGED}/{LIST}");
    disk.write(root, &list, &bytes, false)?;
    disk.rename(root, &list, PENDING)?;
    finish(disk, root, &pending)
}

fn stage(disk: &Disk, root: &Root, changes: &[Change]) -> Result<Pending> {
    disk.create_folder(root, STAGED)?;
    let mut pending = Pending {
        writes: Vec::new(),
        removes: Vec::new(),
    };
    for change in changes {
        match change {
            Change::Write { path, file } => {
                let bytes = file.text.as_bytes();
                disk.write(root, &staged(pending.writes.len()), bytes, file.executable)?;
                pending.writes.push(PendingChange {
                    path: path.clone(),
                    sha256: sha256(bytes),
                });
            }
            Change::Remove { path, sha256 } => pending.removes.push(PendingChange {
                path: path.clone(),
                sha256: sha256.clone(),
            }),
        }
    }
    Ok(pending)
}

/// The path of the staged file with an index.
fn staged(number: usize) -> String {
    format!("{STAGED}/{number}")
}

/// Makes the changes in the list; changes that are already done are skipped.
fn finish(disk: &Disk, root: &Root, pending: &Pending) -> Result<()> {
    let place = |number: usize, path: &str| -> Result<()> {
        let from = staged(number);
        if root.kind(&from)?.is_none() {
            return Ok(());
        }
        if let Some((folder, _)) = path.rsplit_once('/') {
            disk.create_folder(root, folder)?;
        }
        disk.rename(root, &from, path)
    };
    let writes = || pending.writes.iter().enumerate();
    let first = |path: &str| path != INDEX && path != KEPT;
    for (number, listed) in writes().filter(|(_, listed)| first(&listed.path)) {
        place(number, &listed.path)?;
    }
    for listed in &pending.removes {
        disk.remove(root, &listed.path)?;
        let mut folder = listed.path.as_str();
        while let Some((above, _)) = folder.rsplit_once('/') {
            disk.remove_empty_folder(root, above)?;
            folder = above;
        }
    }
    for last in [KEPT, INDEX] {
        for (number, listed) in writes().filter(|(_, listed)| listed.path == last) {
            place(number, &listed.path)?;
        }
    }
    clear(disk, root)?;
    disk.remove(root, PENDING)
}

/// Removes the staging folder. If it contains other files, it does not come from a compile.
fn clear(disk: &Disk, root: &Root) -> Result<()> {
    let ours = match root.kind(STAGED)? {
        None => return Ok(()),
        Some(kind) if kind.is_dir() => root.list(STAGED)?.into_iter().all(|(name, kind)| {
            kind.is_file() && (name == LIST || name.bytes().all(|byte| byte.is_ascii_digit()))
        }),
        Some(_) => false,
    };
    if !ours {
        return Err(Refused(vec![format!(
            "{} was not created by meshplan; move it away",
            root.shown(STAGED)
        )])
        .into());
    }
    for (name, _) in root.list(STAGED)? {
        disk.remove(root, &format!("{STAGED}/{name}"))?;
    }
    disk.remove_empty_folder(root, STAGED)
}
