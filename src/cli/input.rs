//! Reads plans and templates from disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::plan::Files;
use crate::text::source::Source;
use crate::{Compiled, compile, lay_out};

/// Reads a plan from a file, or from standard input for `-`.
pub(super) fn plan(path: &str) -> Result<Source> {
    if path == "-" {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .context("reading a plan from standard input")?;
        return Ok(Source::new("-", text));
    }
    let text = fs::read_to_string(path).with_context(|| format!("reading plan {path}"))?;
    Ok(Source::new(path, text))
}

/// Compiles a plan with the files next to it, and proves the steps.
pub(super) fn compile_plan(source: &Source, templates: &BTreeMap<String, Source>) -> Compiled {
    with_files(source, |files| compile(source, files, templates.clone()))
}

/// Compiles a plan with the files next to it, without the proof.
pub(super) fn lay_out_plan(source: &Source) -> Compiled {
    with_files(source, |files| lay_out(source, files, BTreeMap::new()))
}

fn with_files(source: &Source, work: impl FnOnce(&Files<'_>) -> Compiled) -> Compiled {
    let folder = Path::new(&source.name)
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf);
    let read = |name: &str| fs::read_to_string(folder.join(name));
    let list = |name: &str| -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder.join(name))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = fs::metadata(entry.path())?;
            if kind.is_dir() {
                names.push(format!("{name}/"));
            } else if kind.is_file() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    };
    let files = Files {
        folder: folder.to_string_lossy().into_owned(),
        read: &read,
        list: &list,
    };
    work(&files)
}

/// Reads every file below a directory of user templates, keyed by its path relative to the directory.
pub(super) fn templates(folder: Option<&Path>) -> Result<BTreeMap<String, Source>> {
    let mut found = BTreeMap::new();
    let Some(folder) = folder else {
        return Ok(found);
    };
    if !folder.is_dir() {
        bail!("{} is not a directory of templates", folder.display());
    }
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)
            .with_context(|| format!("listing templates in {}", next.display()))?
        {
            let path = entry
                .with_context(|| format!("listing templates in {}", next.display()))?
                .path();
            let hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = fs::read_to_string(&path)
                .with_context(|| format!("reading template {}", path.display()))?;
            let parts = path.strip_prefix(folder).unwrap_or(&path).components();
            let name: Vec<String> = parts
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            found.insert(
                name.join("/"),
                Source::new(path.display().to_string(), text),
            );
        }
    }
    Ok(found)
}
