//! Every touch of the file system below the folder of a tree. Each folder is opened from the one above it, so that no link is
//! followed, also not one that appears while a compile runs.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _};
use cap_std::fs::{Dir, FileType, OpenOptions};

use super::layout::parts;

/// How often a lock that another compile holds is tried again: a compile takes a fraction of this.
const LOCK_TRIES: u32 = 40;
/// How long to wait in between.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The folder of a tree, open. Paths from it have `/` between folders.
pub(super) struct Root {
    folder: Dir,
    /// How messages call it.
    shown: PathBuf,
}

impl Root {
    /// Opens the folder of a tree, which may itself be reached by a link.
    pub fn open(path: &Path) -> Result<Self> {
        // Opened by the standard library: a folder that cap-std opens cannot be locked.
        let folder =
            File::open(path).with_context(|| format!("opening the folder {}", path.display()))?;
        Ok(Self {
            folder: Dir::from_std_file(folder),
            shown: path.to_path_buf(),
        })
    }

    /// Returns how messages call a path of the tree.
    pub fn shown(&self, path: &str) -> String {
        self.shown.join(path).display().to_string()
    }

    /// Opens a folder of the tree; nothing where there is none.
    fn folder(&self, parts: &[&str]) -> Result<Option<Dir>> {
        let mut folder = self.folder.try_clone().context("opening a folder twice")?;
        for (depth, part) in parts.iter().enumerate() {
            let shown = || self.shown(&parts[..=depth].join("/"));
            match folder.symlink_metadata(part) {
                Ok(found) if found.is_symlink() => {
                    bail!("{} is a link, which is not followed", shown())
                }
                Ok(found) if !found.is_dir() => bail!("{} is not a folder", shown()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => {
                    return Err(error).with_context(|| format!("looking at {}", shown()));
                }
            }
            folder = folder
                .open_dir_nofollow(part)
                .with_context(|| format!("opening the folder {}", shown()))?;
        }
        Ok(Some(folder))
    }

    /// Opens the folder that holds a file, and returns the file's name in it; nothing where there is no such folder.
    fn parent<'p>(&self, path: &'p str) -> Result<Option<(Dir, &'p str)>> {
        let parts = parts(path)
            .with_context(|| format!("`{path}` is not a path inside {}", self.shown.display()))?;
        let Some((name, folders)) = parts.split_last() else {
            return Ok(None);
        };
        Ok(self.folder(folders)?.map(|folder| (folder, *name)))
    }

    /// Says what is at a path, without following a link; nothing where there is nothing.
    pub fn kind(&self, path: &str) -> Result<Option<FileType>> {
        let Some((folder, name)) = self.parent(path)? else {
            return Ok(None);
        };
        match folder.symlink_metadata(name) {
            Ok(found) => Ok(Some(found.file_type())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("looking at {}", self.shown(path))),
        }
    }

    /// Reads a file; nothing where there is none. A link is an error.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some((folder, name)) = self.parent(path)? else {
            return Ok(None);
        };
        let what = || format!("reading {}", self.shown(path));
        match folder.symlink_metadata(name) {
            Ok(found) if found.is_symlink() => {
                bail!("{} is a link, which is not followed", self.shown(path))
            }
            // A pipe would never end.
            Ok(found) if !found.is_file() => bail!("{} is not a file", self.shown(path)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(what),
        }
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No);
        let mut bytes = Vec::new();
        let read = folder
            .open_with(name, &options)
            .and_then(|mut file| file.read_to_end(&mut bytes));
        read.with_context(what)?;
        Ok(Some(bytes))
    }

    /// Lists a folder, by name; nothing where there is no folder.
    pub fn list(&self, path: &str) -> Result<Vec<(String, FileType)>> {
        let parts = if path.is_empty() {
            Vec::new()
        } else {
            parts(path).with_context(|| format!("`{path}` is not a path"))?
        };
        let Some(folder) = self.folder(&parts)? else {
            return Ok(Vec::new());
        };
        let what = || format!("listing {}", self.shown(path));
        let mut all = Vec::new();
        for entry in folder.entries().with_context(what)? {
            let entry = entry.with_context(what)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            all.push((name, entry.file_type().with_context(what)?));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(all)
    }

    /// Keeps other compiles out of the folder for as long as the result lives.
    pub fn lock(&self) -> Result<File> {
        let what = |verb: &str| format!("{verb} the folder {}", self.shown.display());
        let file = self
            .folder
            .try_clone()
            .with_context(|| what("opening"))?
            .into_std_file();
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(fs::TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
                Err(fs::TryLockError::Error(error)) => {
                    return Err(error).with_context(|| what("locking"));
                }
            }
        }
        bail!(
            "another compile is writing {}; wait for it to end",
            self.shown.display()
        )
    }
}

/// What may change the file system. In a test it can be made to stop at any operation, as a kill or a full disk would stop it.
#[derive(Debug, Default)]
pub struct Disk {
    /// How many more operations may change something; no limit if there is none.
    left: Cell<Option<usize>>,
    /// The one operation that fails, where the others go on.
    fails: Option<usize>,
    done: Cell<usize>,
}

impl Disk {
    /// Makes a file system whose changes all fail after so many of them.
    #[must_use]
    pub fn stopping_after(operations: usize) -> Self {
        Self {
            left: Cell::new(Some(operations)),
            ..Self::default()
        }
    }

    /// Makes a file system on which one change fails, as the first write beyond a quota would, and the others work.
    #[must_use]
    pub fn failing_at(operation: usize) -> Self {
        Self {
            fails: Some(operation),
            ..Self::default()
        }
    }

    /// Returns how many operations have changed something.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.done.get()
    }

    /// Counts an operation that changes something.
    fn change(&self) -> Result<()> {
        match self.left.get() {
            Some(0) => bail!("the disk was made to stop here"),
            Some(left) => self.left.set(Some(left - 1)),
            None => {}
        }
        self.done.set(self.done.get() + 1);
        if self.fails == Some(self.done.get() - 1) {
            bail!("the disk was made to fail here");
        }
        Ok(())
    }

    /// Makes the folder of a tree and those above it; returns whether it is new.
    pub(super) fn create_root(&self, path: &Path) -> Result<bool> {
        if path.is_dir() {
            return Ok(false);
        }
        self.change()?;
        fs::create_dir_all(path)
            .with_context(|| format!("making the folder {}", path.display()))?;
        Ok(true)
    }

    /// Removes the folder of a tree, if it is empty.
    pub(super) fn remove_empty_root(&self, path: &Path) -> Result<()> {
        self.change()?;
        fs::remove_dir(path).with_context(|| format!("removing the folder {}", path.display()))
    }

    /// Makes a folder of a tree and those above it.
    pub(super) fn create_folder(&self, root: &Root, path: &str) -> Result<()> {
        let parts = parts(path).with_context(|| format!("`{path}` is not a path"))?;
        for depth in 0..parts.len() {
            let own = parts[..=depth].join("/");
            let Some((folder, name)) = root.parent(&own)? else {
                bail!(
                    "the folder above {} went while it was needed",
                    root.shown(&own)
                );
            };
            if folder.symlink_metadata(name).is_ok() {
                continue;
            }
            self.change()?;
            folder
                .create_dir(name)
                .with_context(|| format!("making the folder {}", root.shown(&own)))?;
        }
        // What is there already is a folder and no link.
        root.folder(&parts).map(|_| ())
    }

    /// Writes a new file.
    pub(super) fn write(
        &self,
        root: &Root,
        path: &str,
        bytes: &[u8],
        executable: bool,
    ) -> Result<()> {
        self.change()?;
        let (folder, name) = root
            .parent(path)?
            .with_context(|| format!("there is no folder for {}", root.shown(path)))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        set_mode(&mut options, executable);
        folder
            .open_with(name, &options)
            .and_then(|mut file| file.write_all(bytes))
            .with_context(|| format!("writing {}", root.shown(path)))
    }

    /// Puts a file where it belongs, over what is there.
    pub(super) fn rename(&self, root: &Root, from: &str, to: &str) -> Result<()> {
        self.change()?;
        let what = || format!("renaming {} to {}", root.shown(from), root.shown(to));
        let (Some((from, own)), Some((to, name))) = (root.parent(from)?, root.parent(to)?) else {
            bail!("{}: a folder is missing", what());
        };
        from.rename(own, &to, name).with_context(what)
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, root: &Root, path: &str) -> Result<()> {
        if root.kind(path)?.is_none() {
            return Ok(());
        }
        self.change()?;
        let Some((folder, name)) = root.parent(path)? else {
            return Ok(());
        };
        folder
            .remove_file(name)
            .with_context(|| format!("removing {}", root.shown(path)))
    }

    /// Removes a folder of a tree, if it is there and empty.
    pub(super) fn remove_empty_folder(&self, root: &Root, path: &str) -> Result<()> {
        let is_folder = root.kind(path)?.is_some_and(|kind| kind.is_dir());
        if !is_folder || !root.list(path)?.is_empty() {
            return Ok(());
        }
        self.change()?;
        let Some((folder, name)) = root.parent(path)? else {
            return Ok(());
        };
        folder
            .remove_dir(name)
            .with_context(|| format!("removing the folder {}", root.shown(path)))
    }
}

/// Whoever may read a script may run it.
#[cfg(unix)]
fn set_mode(options: &mut OpenOptions, executable: bool) {
    use cap_std::fs::OpenOptionsExt as _;
    options.mode(if executable { 0o777 } else { 0o666 });
}

#[cfg(not(unix))]
fn set_mode(_: &mut OpenOptions, _: bool) {}
