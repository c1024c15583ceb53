//! Reads the argument of a command: a plan or a compiled directory as steps, or any manifests as one state.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail};

use super::input;
use super::output::{Exit, Format, Shell};
use crate::proof::{Upgrade, schemas};
use crate::state::{Object, load};
use crate::text::finding::{self, Finding, Severity};
use crate::text::source::{Source, Sources};
use crate::tree::WrittenTree;

pub(super) enum Subject {
    /// A plan or a compiled directory, as steps.
    Upgrade {
        upgrade: Upgrade,
        findings: Vec<Finding>,
        sources: Sources,
    },
    /// Manifests, as one state.
    Manifests {
        objects: Vec<Rc<Object>>,
        findings: Vec<Finding>,
        sources: Sources,
    },
}

impl Subject {
    /// Prints the errors of files that cannot be read and of objects that the API server would reject, and
    /// returns the exit code. With such errors no request can be answered.
    pub fn unreadable(&self, shell: &mut Shell) -> Result<Option<Exit>> {
        let (mut findings, sources) = match self {
            Self::Upgrade {
                findings, sources, ..
            } => (findings.clone(), sources),
            Self::Manifests {
                objects,
                findings,
                sources,
            } => {
                let (refused, _) = schemas(objects);
                ([findings.as_slice(), &refused].concat(), sources)
            }
        };
        findings.retain(|finding| finding.severity == Severity::Error);
        if findings.is_empty() {
            return Ok(None);
        }
        shell
            .findings(&findings, sources, Format::Text, false)
            .map(Some)
    }
}

/// Returns whether an argument is the path of a plan.
pub(super) fn is_plan(argument: &str) -> bool {
    Path::new(argument)
        .extension()
        .is_some_and(|extension| extension == "toml")
}

/// Reads an argument. `Err` is the exit code of a plan that does not compile; its findings are already
/// printed.
pub(super) fn subject(
    argument: &str,
    shell: &mut Shell,
    format: Format,
) -> Result<Result<Subject, Exit>> {
    if argument == "-" || is_plan(argument) {
        return plan(argument, shell, format);
    }
    let path = Path::new(argument);
    if let Some(upgrade) = compiled(path)? {
        return Ok(Ok(upgrade));
    }
    Ok(Ok(manifests(argument, shell)?))
}

fn plan(argument: &str, shell: &mut Shell, format: Format) -> Result<Result<Subject, Exit>> {
    let compiled = input::lay_out_plan(&input::plan(argument)?);
    if compiled.output.is_none() || finding::has_errors(&compiled.findings) {
        let outcome = shell.findings(&compiled.findings, &compiled.sources, format, false)?;
        return Ok(Err(if compiled.is_toml {
            outcome
        } else {
            Exit::CouldNot
        }));
    }
    let sources = compiled.sources;
    let output = compiled
        .output
        .context("the plan has no errors, but no output either")?;
    let upgrade = Upgrade::laid_out(&output);
    let findings = compiled.findings;
    Ok(Ok(Subject::Upgrade {
        upgrade,
        findings,
        sources,
    }))
}

/// Reads a directory that meshplan compiled; `None` for a directory of other manifests.
fn compiled(path: &Path) -> Result<Option<Subject>> {
    let Some(tree) = WrittenTree::open(path)? else {
        return Ok(None);
    };
    let mut texts = BTreeMap::new();
    for entry in &tree.index.files {
        if let Some(bytes) = tree.bytes(&entry.path)? {
            let text = String::from_utf8(bytes)
                .with_context(|| format!("{} is not UTF-8", path.join(&entry.path).display()))?;
            texts.insert(entry.path.clone(), text);
        }
    }
    let mut sources = Sources::default();
    let text = |name: &str| texts.get(name).cloned();
    let shown = |name: &str| path.join(name).display().to_string();
    let mut findings = tree.differences()?;
    let (upgrade, found) = Upgrade::of(tree.index, &text, &shown, &mut sources);
    findings.extend(found);
    finding::sort_by_step(&mut findings);
    Ok(Some(Subject::Upgrade {
        upgrade,
        findings,
        sources,
    }))
}

fn manifests(argument: &str, shell: &mut Shell) -> Result<Subject> {
    let path = Path::new(argument);
    let mut files: Vec<PathBuf> = Vec::new();
    if path.is_dir() {
        let top = fs::canonicalize(path).with_context(|| format!("resolving {argument}"))?;
        let mut met = BTreeSet::from([top.clone()]);
        let mut open = vec![path.to_path_buf()];
        while let Some(folder) = open.pop() {
            let listing = || format!("listing {}", folder.display());
            let entries = fs::read_dir(&folder).with_context(listing)?;
            let mut paths = entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<std::io::Result<Vec<_>>>()
                .with_context(listing)?;
            paths.sort();
            for path in paths {
                let hidden = path
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with('.'));
                let manifest = path
                    .extension()
                    .is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
                if hidden || !(path.is_dir() || manifest) {
                    continue;
                }
                let real = fs::canonicalize(&path)
                    .with_context(|| format!("finding {}", path.display()))?;
                if !real.starts_with(&top) {
                    bail!(
                        "{} is a link that leads out of {argument}, and meshplan does not follow \
                         it; name its target as another argument",
                        path.display()
                    );
                }
                // A target of two links is read once.
                if !met.insert(real) {
                    continue;
                }
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.push(path);
                }
            }
        }
        files.sort();
        if files.is_empty() {
            bail!("{argument} contains no manifest: no file in it ends in .yaml, .yml or .json");
        }
    } else {
        files.push(path.to_path_buf());
    }
    let mut all = Vec::new();
    for file in files {
        let text =
            fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        all.push(Source::new(file.display().to_string(), text));
    }
    of_sources(argument, all, shell)
}

/// Reads manifests from standard input.
pub(super) fn standard_input(shell: &mut Shell) -> Result<Subject> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("reading manifests from standard input")?;
    of_sources("standard input", vec![Source::new("-", text)], shell)
}

fn of_sources(what: &str, all: Vec<Source>, shell: &mut Shell) -> Result<Subject> {
    let mut sources = Sources::default();
    let (mut objects, mut findings) = (Vec::new(), Vec::new());
    let mut any_skipped = false;
    for source in all {
        let loaded = load(&source);
        for skipped in loaded.skipped {
            any_skipped = true;
            shell.say(&format!("skipped {skipped}"));
        }
        objects.extend(loaded.objects);
        findings.extend(loaded.findings);
        sources.add(source);
    }
    if objects.is_empty() && findings.is_empty() && !any_skipped {
        bail!("{what} contains no Kubernetes object");
    }
    Ok(Subject::Manifests {
        objects,
        findings,
        sources,
    })
}
