//! Reads a compiled tree from disk. Links are not followed: their targets are not part of the tree.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::disk::Root;
use super::layout::{is_ours, is_step};
use super::{FORMAT_VERSION, Index, sha256};
use super::{PENDING, Tree};
use crate::text::finding::Finding;

/// A compiled tree on disk, open for reading.
pub struct WrittenTree {
    root: Root,
    pub index: Index,
}

impl WrittenTree {
    /// Opens a compiled tree; nothing if there is no `index.json`, or if it does not come from meshplan.
    ///
    /// # Errors
    ///
    /// If the index cannot be read, or a compile was interrupted.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        if !path.is_dir() {
            return Ok(None);
        }
        let root = Root::open(path)?;
        // A list of changes without an index comes from a first compile that was interrupted.
        refuse_half_written(&root, path)?;
        let Some(bytes) = root.read("index.json")? else {
            return Ok(None);
        };
        let cannot = || format!("{} cannot be read", root.shown("index.json"));
        let value: serde_json::Value = serde_json::from_slice(&bytes).with_context(cannot)?;
        if let Some(version) = value["format_version"].as_u64()
            && version > u64::from(FORMAT_VERSION)
        {
            bail!(
                "{}: it was written by a later meshplan, in format {version}; this one reads up to {FORMAT_VERSION}",
                cannot()
            );
        }
        if value.get("format_version").is_none() && value.get("facts_version").is_none() {
            return Ok(None);
        }
        let index: Index = serde_json::from_value(value)
            .map_err(|error| anyhow::anyhow!("it is not an index of meshplan ({error})"))
            .with_context(cannot)?;
        if let Some(other) = index.files.iter().find(|file| !is_ours(&file.path)) {
            bail!(
                "{}: it lists `{}`, which no compile writes",
                cannot(),
                other.path
            );
        }
        Ok(Some(Self { root, index }))
    }

    /// Reads a file of the tree; nothing if it does not exist.
    ///
    /// # Errors
    ///
    /// If it is a link, or cannot be read.
    pub fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.root.read(path)
    }

    /// Compares the tree with its index: edited scripts and runbook, missing files, and manifests in the
    /// folder of a step that the index does not list. The proof checks for edited manifests, because it reads
    /// them.
    ///
    /// # Errors
    ///
    /// If a path of the tree is a link, or cannot be read.
    pub fn differences(&self) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for entry in &self.index.files {
            let step = entry.path.split_once('/').map(|(step, _)| step);
            let known = step.is_some_and(|step| self.has_step(step));
            if known && is_manifest(&entry.path) {
                continue;
            }
            let finding = match self.bytes(&entry.path)? {
                None => Finding::error("missing-file", format!("`{}` is missing", entry.path))
                    .label("index.json lists it")
                    .help("compile the plan again"),
                Some(bytes) if sha256(&bytes) == entry.sha256 => continue,
                Some(_) => {
                    let message = format!("`{}` was changed after it was compiled", entry.path);
                    let is_script = Path::new(&entry.path)
                        .extension()
                        .is_some_and(|extension| extension == "sh");
                    let edited = if is_script {
                        Finding::error("edited-file", message)
                    } else {
                        Finding::warning("edited-file", message)
                    };
                    edited
                        .label("its digest differs from the one in index.json")
                        .help("change the plan or the template instead, and compile again")
                }
            };
            findings.push(Finding {
                step: step.filter(|_| known).map(str::to_owned),
                ..finding
            });
        }
        findings.extend(self.steps()?);
        for step in &self.index.steps {
            let name = &step.step.name;
            for (file, kind) in self.root.list(name)? {
                let path = format!("{name}/{file}");
                let listed = self.index.files.iter().any(|entry| entry.path == path);
                let is_script = Path::new(&file).extension().is_some_and(|end| end == "sh");
                if kind.is_dir() || listed || !(is_manifest(&path) || is_script) {
                    continue;
                }
                let message = format!("index.json does not list `{path}`");
                let finding = Finding::error("unlisted-file", message)
                    .label(if is_script {
                        "it is not a script of the step"
                    } else {
                        "`kubectl apply -f` of the step would apply it, but the proof does not include it"
                    })
                    .help("move it out of the compiled directory");
                findings.push(Finding {
                    step: Some(name.clone()),
                    ..finding
                });
            }
        }
        Ok(findings)
    }

    /// Compares the folders of steps with the steps in the index, which must be in the order of their
    /// numbers.
    fn steps(&self) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let mut say = |message: String| {
            findings.push(
                Finding::error("steps-differ", message)
                    .label("the proof does not include it")
                    .help("compile the plan again"),
            );
        };
        for pair in self.index.steps.windows(2) {
            let [one, next] = [&pair[0].step, &pair[1].step];
            if one.number >= next.number {
                say(format!(
                    "index.json has `{}` before `{}`",
                    one.name, next.name
                ));
            }
        }
        let mut folders: BTreeSet<String> = BTreeSet::new();
        for (name, kind) in self.root.list("")? {
            if kind.is_dir() && is_step(&name) {
                folders.insert(name);
            }
        }
        let listed = self.index.files.iter();
        let listed = listed.filter_map(|entry| Some(entry.path.split_once('/')?.0));
        folders.extend(listed.filter(|name| is_step(name)).map(str::to_owned));
        for folder in folders.iter().filter(|folder| !self.has_step(folder)) {
            say(format!("`{folder}` is not a step of index.json"));
        }
        Ok(findings)
    }

    fn has_step(&self, name: &str) -> bool {
        self.index.steps.iter().any(|step| step.step.name == name)
    }
}

/// Whether `kubectl apply -f` of a folder applies a file.
fn is_manifest(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|end| ["yaml", "yml", "json"].iter().any(|own| end == *own))
}

/// Reads all files of a compiled tree except hidden ones.
///
/// # Errors
///
/// If a compile was interrupted, the index cannot be read, or a path of the tree is a link.
pub fn read(path: &Path) -> Result<Tree> {
    let root = Root::open(path)?;
    refuse_half_written(&root, path)?;
    if root.kind("index.json")?.is_some() {
        WrittenTree::open(path)?;
    }
    let mut tree = Tree::default();
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        for (name, kind) in root.list(&folder)? {
            if name.starts_with('.') {
                continue;
            }
            let own = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            if kind.is_dir() {
                open.push(own);
            } else if let Some(bytes) = root.read(&own)? {
                tree.add(own, String::from_utf8_lossy(&bytes));
            }
        }
    }
    Ok(tree)
}

fn refuse_half_written(root: &Root, path: &Path) -> Result<()> {
    if root.kind(PENDING)?.is_some() {
        bail!(
            "a compile into {} was interrupted; run it again first",
            path.display()
        );
    }
    Ok(())
}
