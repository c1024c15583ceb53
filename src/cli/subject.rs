//! What a command is about: a plan or a compiled directory as its steps, or manifests of any origin.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail};

use super::input;
use super::output::{Format, Outcome, Shell};
use crate::finding::{self, Finding};
use crate::proof::Course;
use crate::source::{Source, Sources};
use crate::state::{Object, load};
use crate::target::{FORMAT_VERSION, Index};
use crate::tree::PENDING;

/// What a command is about.
pub(super) enum Subject {
    /// Steps.
    Course {
        course: Course,
        findings: Vec<Finding>,
        sources: Sources,
    },
    /// Objects that are all there at once.
    Manifests {
        objects: Vec<Rc<Object>>,
        findings: Vec<Finding>,
        sources: Sources,
    },
}

/// Returns whether an argument names a plan.
pub(super) fn is_plan(argument: &str) -> bool {
    Path::new(argument)
        .extension()
        .is_some_and(|extension| extension == "toml")
}

/// Reads what an argument names; `Err` is the outcome of a plan that does not compile, which was said.
pub(super) fn subject(
    argument: &str,
    shell: &mut Shell,
    format: Format,
) -> Result<Result<Subject, Outcome>> {
    if argument == "-" || is_plan(argument) {
        return plan(argument, shell, format);
    }
    let path = Path::new(argument);
    if path.join("index.json").is_file()
        && let Some(course) = compiled(path)?
    {
        return Ok(Ok(course));
    }
    Ok(Ok(manifests(argument, shell)?))
}

fn plan(argument: &str, shell: &mut Shell, format: Format) -> Result<Result<Subject, Outcome>> {
    let compiled = input::compile_plan(&input::plan(argument)?, &BTreeMap::new());
    if compiled.output.is_none() || finding::has_errors(&compiled.findings) {
        let outcome = shell.findings(&compiled.findings, &compiled.sources, format, false)?;
        return Ok(Err(if compiled.is_toml {
            outcome
        } else {
            Outcome::CouldNot
        }));
    }
    let mut sources = compiled.sources;
    let output = compiled
        .output
        .context("a plan without an error has output")?;
    let text = |path: &str| output.tree.get(path).map(|file| file.text.clone());
    let (course, findings) = Course::of(output.index, &text, &str::to_owned, &mut sources);
    Ok(Ok(Subject::Course {
        course,
        findings,
        sources,
    }))
}

/// A directory that meshplan compiled; nothing where the index is somebody else's.
fn compiled(path: &Path) -> Result<Option<Subject>> {
    let index = path.join("index.json");
    let text =
        fs::read_to_string(&index).with_context(|| format!("reading {}", index.display()))?;
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let (Some(version), Some(_)) = (
        value["format_version"].as_u64(),
        value["facts_version"].as_str(),
    ) else {
        return Ok(None);
    };
    if version > u64::from(FORMAT_VERSION) {
        bail!(
            "{} was written by a later meshplan, in format {version}; this one reads up to {FORMAT_VERSION}",
            index.display()
        );
    }
    if path.join(PENDING).exists() {
        bail!(
            "a compile stopped half-way in {}; run it again first",
            path.display()
        );
    }
    let index: Index = serde_json::from_value(value)
        .with_context(|| format!("reading {} as an index of meshplan", index.display()))?;
    let mut sources = Sources::default();
    let text = |name: &str| fs::read_to_string(path.join(name)).ok();
    let shown = |name: &str| path.join(name).display().to_string();
    let (course, mut findings) = Course::of(index, &text, &shown, &mut sources);
    findings.extend(unlisted(path, &course));
    Ok(Some(Subject::Course {
        course,
        findings,
        sources,
    }))
}

/// Files in a step's directory that `kubectl apply -f` of it would apply, and that no action names.
fn unlisted(path: &Path, course: &Course) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in &course.index.steps {
        let folder = path.join(&step.step.name);
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        for name in names {
            let applied = ["yaml", "yml", "json"]
                .iter()
                .any(|end| Path::new(&name).extension().is_some_and(|e| e == *end));
            let known = course
                .index
                .files
                .iter()
                .any(|file| file.path == format!("{}/{name}", step.step.name));
            if applied && !known {
                let mut finding = Finding::warning("unlisted-file", format!("`{}/{name}` is in no index", step.step.name))
                    .label("`kubectl apply -f` of the step would apply it, and nothing here was proved with it")
                    .help("keep it outside of the compiled directory");
                finding.step = Some(step.step.name.clone());
                findings.push(finding);
            }
        }
    }
    findings
}

fn manifests(argument: &str, shell: &mut Shell) -> Result<Subject> {
    let path = Path::new(argument);
    let mut files: Vec<PathBuf> = Vec::new();
    if path.is_dir() {
        let mut open = vec![path.to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in
                fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))?
            {
                let path = entry
                    .with_context(|| format!("listing {}", folder.display()))?
                    .path();
                let hidden = path
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with('.'));
                let manifest = path
                    .extension()
                    .is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
                if hidden {
                    continue;
                }
                if path.is_dir() {
                    open.push(path);
                } else if manifest {
                    files.push(path);
                }
            }
        }
        files.sort();
        if files.is_empty() {
            bail!("{argument} holds no manifest: no file in it ends in .yaml, .yml or .json");
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
    Ok(of_sources(all, shell))
}

/// Manifests from standard input.
pub(super) fn standard_input(shell: &mut Shell) -> Result<Subject> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("reading manifests from standard input")?;
    Ok(of_sources(vec![Source::new("-", text)], shell))
}

fn of_sources(all: Vec<Source>, shell: &mut Shell) -> Subject {
    let mut sources = Sources::default();
    let (mut objects, mut findings) = (Vec::new(), Vec::new());
    for source in all {
        let loaded = load(&source);
        for skipped in loaded.skipped {
            shell.say(&format!("skipped {skipped}"));
        }
        objects.extend(loaded.objects);
        findings.extend(loaded.findings);
        sources.add(source);
    }
    Subject::Manifests {
        objects,
        findings,
        sources,
    }
}
