//! `meshplan compile`: writes the directories of a plan.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::input;
use super::output::{Exit, Format, Shell, weigh};
use crate::output::Output;
use crate::text::finding::{self, Finding, rows};
use crate::tree::{self, Disk, WriteReport};

#[derive(Debug, Args)]
pub(super) struct Compile {
    /// Compile these plans; `-` reads one from standard input
    #[arg(required = true, value_name = "PLAN")]
    plans: Vec<String>,
    /// Write to this directory, with one subdirectory for each of several plans (default: `./<name>`)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Use the templates in this directory instead of the built-in ones of the same name
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// Keep files that an earlier compile wrote and this one does not
    #[arg(long)]
    no_prune: bool,
    /// Print findings in this format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Compile {
    pub fn run(self, shell: &mut Shell) -> Result<Exit> {
        let format = self.format;
        let templates = input::templates(self.templates.as_deref())?;
        let sources = self
            .plans
            .iter()
            .map(|plan| input::plan(plan))
            .collect::<Result<Vec<_>>>()?;

        let mut outcome = Exit::Fine;
        let mut ready: Vec<(Output, Option<String>)> = Vec::new();
        let mut said: Vec<Value> = Vec::new();
        for source in sources {
            let name = source.name.clone();
            let compiled = input::compile_plan(&source, &templates);
            let mut findings = compiled.findings;
            if let Some(output) = &compiled.output
                && ready
                    .iter()
                    .any(|(other, _)| other.index.plan == output.index.plan)
            {
                findings.push(
                    Finding::error(
                        "duplicate-name",
                        format!("another plan has the name `{}` too", output.index.plan),
                    )
                    .label("both plans would write the same directory")
                    .help("give one of the plans another `name`")
                    .at(&name, compiled.name.clone().unwrap_or(0..0)),
                );
            }
            let shown = match format {
                Format::Json => {
                    said.extend(rows(&findings, &compiled.sources));
                    weigh(&findings, false)
                }
                Format::Text => shell.findings(&findings, &compiled.sources, format, false)?,
            };
            outcome = outcome.max(if compiled.is_toml {
                shown
            } else {
                Exit::CouldNot
            });
            if format == Format::Text {
                shell.unknown_kinds(&compiled.unknown_kinds);
                shell.own_scripts(&compiled.own_scripts);
            }
            let output = compiled.output.filter(|_| !finding::has_errors(&findings));
            ready.extend(output.map(|output| (output, compiled.dump)));
        }
        if format == Format::Json {
            // All plans go into one JSON document.
            let all = serde_json::to_string_pretty(&json!({ "findings": said }))
                .context("writing findings as JSON")?;
            shell.print(&(all + "\n"))?;
        }
        if outcome != Exit::Fine {
            return Ok(outcome);
        }

        let several = self.plans.len() > 1;
        for (output, dump) in &ready {
            let name = Path::new(&output.index.plan);
            let folder = match (&self.out, several) {
                (Some(out), false) => out.clone(),
                (Some(out), true) => out.join(name),
                (None, _) => name.to_path_buf(),
            };
            apart(&folder, dump.as_deref())?;
            let report = tree::write(&Disk::default(), &folder, &output.tree, !self.no_prune)?;
            if format == Format::Text {
                shell.print(&steps(output, &folder, &report))?;
            }
            for path in &report.kept {
                shell.say(&format!(
                    "kept {}: meshplan no longer writes this file, but it was edited",
                    folder.join(path).display()
                ));
            }
        }
        Ok(outcome)
    }
}

/// Refuses to write the output into the directory of the dump that the plan reads.
fn apart(folder: &Path, dump: Option<&str>) -> Result<()> {
    let whole = |path: &Path| path.canonicalize().ok();
    let dump = dump.and_then(|dump| whole(Path::new(dump)));
    if dump.is_some_and(|dump| whole(folder) == Some(dump)) {
        bail!(
            "nothing was written to {}: the plan reads the dump of the existing mesh from this \
             directory; choose another one with --out",
            folder.display()
        );
    }
    Ok(())
}

/// Returns one line for each step, and a summary.
fn steps(output: &Output, folder: &Path, report: &WriteReport) -> String {
    let mut text = String::new();
    let width = output
        .index
        .steps
        .iter()
        .map(|step| step.step.name.len())
        .max()
        .unwrap_or_default();
    for step in &output.index.steps {
        let step = &step.step;
        writeln!(
            text,
            "{:width$}  {:8}  {}",
            step.name,
            step.applier.as_str(),
            step.title
        )
        .expect("writing to a string cannot fail");
    }
    if report.finished_earlier {
        text.push_str("completed an earlier compile that was interrupted\n");
    }
    writeln!(
        text,
        "{}: {} steps, {} files: {} written, {} unchanged, {} removed",
        folder.display(),
        output.index.steps.len(),
        output.tree.len(),
        report.written.len(),
        report.unchanged,
        report.removed.len()
    )
    .expect("writing to a string cannot fail");
    text
}
