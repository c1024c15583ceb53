//! Every touch of the file system that writing a tree needs, each saying what it was for.

use std::cell::Cell;
use std::fs::{self, File, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How often a lock that another compile holds is tried again: a compile takes a fraction of this.
const LOCK_TRIES: u32 = 40;
/// How long to wait in between.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The file system. In a test it can be made to stop at any operation, as a kill or a full disk would stop it.
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

    /// Makes a folder and those above it.
    pub(super) fn create_folder(&self, path: &Path) -> Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        self.change()?;
        fs::create_dir_all(path).with_context(|| format!("making the folder {}", path.display()))
    }

    /// Writes a file.
    pub(super) fn write(&self, path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
        self.change()?;
        fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
        set_mode(path, executable)
            .with_context(|| format!("setting the mode of {}", path.display()))
    }

    /// Puts a file where it belongs, over what is there.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.change()?;
        fs::rename(from, to)
            .with_context(|| format!("renaming {} to {}", from.display(), to.display()))
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, path: &Path) -> Result<()> {
        if kind(path)?.is_none() {
            return Ok(());
        }
        self.change()?;
        fs::remove_file(path).with_context(|| format!("removing {}", path.display()))
    }

    /// Removes a folder, if it is there and empty.
    pub(super) fn remove_empty_folder(&self, path: &Path) -> Result<()> {
        let Ok(mut entries) = fs::read_dir(path) else {
            return Ok(());
        };
        if entries.next().is_some() {
            return Ok(());
        }
        self.change()?;
        fs::remove_dir(path).with_context(|| format!("removing the folder {}", path.display()))
    }
}

/// Reads a file; nothing where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// Says what is at a path, without following a link; nothing where there is nothing.
pub(super) fn kind(path: &Path) -> Result<Option<FileType>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata.file_type())),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("looking at {}", path.display())),
    }
}

/// Lists the names in a folder; nothing where there is no folder.
pub(super) fn list(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("listing {}", path.display())),
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .with_context(|| format!("listing {}", path.display()))?;
    paths.sort();
    Ok(paths)
}

/// Keeps other compiles out of a folder for as long as the result lives.
pub(super) fn lock(folder: &Path) -> Result<File> {
    let file =
        File::open(folder).with_context(|| format!("opening the folder {}", folder.display()))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(fs::TryLockError::Error(error)) => {
                return Err(error)
                    .with_context(|| format!("locking the folder {}", folder.display()));
            }
        }
    }
    bail!(
        "another compile is writing {}; wait for it to end",
        folder.display()
    )
}

#[cfg(unix)]
fn set_mode(path: &Path, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if executable {
        let mode = fs::metadata(path)?.permissions().mode();
        // Whoever may read it may run it.
        fs::set_permissions(
            path,
            fs::Permissions::from_mode(mode | ((mode & 0o444) >> 2)),
        )?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: bool) -> io::Result<()> {
    Ok(())
}
