//! All access to the file system below the folder of a tree. Each folder is opened from its parent, so that
//! no link is followed, even one that is created while a compile runs.

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

/// How often meshplan retries a lock that another compile holds; a compile takes only a fraction of this
/// time.
const LOCK_TRIES: u32 = 40;
/// The time between two retries.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The open folder of a tree. Relative paths use `/` between folders.
pub(super) struct Root {
    folder: Dir,
    /// Its name in messages.
    shown: PathBuf,
}

impl Root {
    /// Opens the folder of a tree; the path to it may contain links.
    pub fn open(path: &Path) -> Result<Self> {
        // Opened by the standard library, because a folder that cap-std opens cannot be locked.
        let folder =
            File::open(path).with_context(|| format!("opening the folder {}", path.display()))?;
        Ok(Self {
            folder: Dir::from_std_file(folder),
            shown: path.to_path_buf(),
        })
    }

    /// Returns the name of a path of the tree in messages.
    pub fn shown(&self, path: &str) -> String {
        self.shown.join(path).display().to_string()
    }

    /// Opens a folder of the tree; nothing if it does not exist.
    fn folder(&self, parts: &[&str]) -> Result<Option<Dir>> {
        let mut folder = self.folder.try_clone().context("opening a folder twice")?;
        for (depth, part) in parts.iter().enumerate() {
            let shown = || self.shown(&parts[..=depth].join("/"));
            match folder.symlink_metadata(part) {
                Ok(found) if found.is_symlink() => {
                    bail!("{} is a link, and meshplan follows no links", shown())
                }
                Ok(found) if !found.is_dir() => bail!("{} is not a folder", shown()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => {
                    return Err(error).with_context(|| format!("checking {}", shown()));
                }
            }
            folder = folder
                .open_dir_nofollow(part)
                .with_context(|| format!("opening the folder {}", shown()))?;
        }
        Ok(Some(folder))
    }

    /// Opens the folder that contains a file, and returns the file's name in it; nothing if the folder does
    /// not exist.
    fn parent<'p>(&self, path: &'p str) -> Result<Option<(Dir, &'p str)>> {
        let parts = parts(path)
            .with_context(|| format!("`{path}` is not a path inside {}", self.shown.display()))?;
        let Some((name, folders)) = parts.split_last() else {
            return Ok(None);
        };
        Ok(self.folder(folders)?.map(|folder| (folder, *name)))
    }

    /// Returns the type of a path without following a link; nothing if the path does not exist.
    pub fn kind(&self, path: &str) -> Result<Option<FileType>> {
        let Some((folder, name)) = self.parent(path)? else {
            return Ok(None);
        };
        match folder.symlink_metadata(name) {
            Ok(found) => Ok(Some(found.file_type())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("checking {}", self.shown(path))),
        }
    }

    /// Reads a file; nothing if it does not exist. A link is an error.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some((folder, name)) = self.parent(path)? else {
            return Ok(None);
        };
        let what = || format!("reading {}", self.shown(path));
        match folder.symlink_metadata(name) {
            Ok(found) if found.is_symlink() => {
                bail!(
                    "{} is a link, and meshplan follows no links",
                    self.shown(path)
                )
            }
            // Reading a pipe would never end.
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

    /// Lists a folder by name; nothing if it does not exist.
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

    /// Locks the folder against other compiles until the result is dropped.
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
            "another compile is writing to {}; wait until it ends",
            self.shown.display()
        )
    }
}

/// Operations that change the file system. Tests can make any operation fail, as a kill or a full disk would.
#[derive(Debug, Default)]
pub struct Disk {
    /// The remaining number of successful operations; nothing for no limit.
    left: Cell<Option<usize>>,
    /// The index of the only operation that fails.
    fails: Option<usize>,
    done: Cell<usize>,
}

impl Disk {
    /// Returns a file system whose operations all fail after the given number.
    #[must_use]
    pub fn stopping_after(operations: usize) -> Self {
        Self {
            left: Cell::new(Some(operations)),
            ..Self::default()
        }
    }

    /// Returns a file system in which one operation fails and the others succeed, such as the first write
    /// over a quota.
    #[must_use]
    pub fn failing_at(operation: usize) -> Self {
        Self {
            fails: Some(operation),
            ..Self::default()
        }
    }

    /// Returns the number of operations that changed something.
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

    /// Creates the folder of a tree and its parents; returns whether it is new.
    pub(super) fn create_root(&self, path: &Path) -> Result<bool> {
        if path.is_dir() {
            return Ok(false);
        }
        self.change()?;
        fs::create_dir_all(path)
            .with_context(|| format!("creating the folder {}", path.display()))?;
        Ok(true)
    }

    /// Removes the folder of a tree if it is empty.
    pub(super) fn remove_empty_root(&self, path: &Path) -> Result<()> {
        self.change()?;
        fs::remove_dir(path).with_context(|| format!("removing the folder {}", path.display()))
    }

    /// Creates a folder of a tree and its parents.
    pub(super) fn create_folder(&self, root: &Root, path: &str) -> Result<()> {
        let parts = parts(path).with_context(|| format!("`{path}` is not a path"))?;
        for depth in 0..parts.len() {
            let own = parts[..=depth].join("/");
            let Some((folder, name)) = root.parent(&own)? else {
                bail!(
                    "the folder above {} was removed while it was needed",
                    root.shown(&own)
                );
            };
            if folder.symlink_metadata(name).is_ok() {
                continue;
            }
            self.change()?;
            folder
                .create_dir(name)
                .with_context(|| format!("creating the folder {}", root.shown(&own)))?;
        }
        // Checks that the existing path is a folder and not a link.
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
            .with_context(|| format!("the folder of {} does not exist", root.shown(path)))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        set_mode(&mut options, executable);
        folder
            .open_with(name, &options)
            .and_then(|mut file| file.write_all(bytes))
            .with_context(|| format!("writing {}", root.shown(path)))
    }

    /// Moves a file to its final path, and replaces an existing file.
    pub(super) fn rename(&self, root: &Root, from: &str, to: &str) -> Result<()> {
        self.change()?;
        let what = || format!("renaming {} to {}", root.shown(from), root.shown(to));
        let (Some((from, own)), Some((to, name))) = (root.parent(from)?, root.parent(to)?) else {
            bail!("{}: a folder is missing", what());
        };
        from.rename(own, &to, name).with_context(what)
    }

    /// Removes a file, if it exists.
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

    /// Removes a folder of a tree, if it exists and is empty.
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

/// Users who may read a script may also run it.
#[cfg(unix)]
fn set_mode(options: &mut OpenOptions, executable: bool) {
    use cap_std::fs::OpenOptionsExt as _;
    options.mode(if executable { 0o777 } else { 0o666 });
}

#[cfg(not(unix))]
fn set_mode(_: &mut OpenOptions, _: bool) {}
