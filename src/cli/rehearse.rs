//! `meshplan rehearse`: runs every step of a plan on a cluster of simulated nodes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::input;
use super::output::{Exit, Format, Shell};
use super::subject::{Subject, is_plan, subject};
use crate::cluster::Cluster;
use crate::proof::{Upgrade, prove_read};
use crate::rehearse::Rehearsal;
use crate::text::finding::Severity;
use crate::tree::{self, Disk};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum ReportFormat {
    /// For a terminal
    #[default]
    Text,
    /// For programs
    Json,
    /// For a pull request
    Markdown,
}

#[derive(Debug, Args)]
pub(super) struct Rehearse {
    /// Rehearse this plan or compiled directory
    #[arg(value_name = "PLAN|DIR")]
    subject: String,
    /// Also roll back each step, and apply it again
    #[arg(long)]
    rollback: bool,
    /// Also apply the files of each step one at a time, in part and in other orders, and report what the API
    /// server rejects
    #[arg(long)]
    parts: bool,
    /// Start at the step with this number
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u16,
    /// Stop after the step with this number
    #[arg(long, value_name = "N", default_value_t = 999)]
    to: u16,
    /// Continue after an unexpected result
    #[arg(long)]
    keep_going: bool,
    /// Read the manifests that istioctl would install from this directory, one file for each `IstioOperator`
    /// or revision, named after it
    #[arg(long, value_name = "DIR")]
    istio: Option<PathBuf>,
    /// Use this kubeconfig (default: the one that kubectl uses)
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Use this context of the kubeconfig (default: the current context)
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Let each wait of a script time out after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// Print the report in this format
    #[arg(long, value_enum, value_name = "F", default_value_t)]
    format: ReportFormat,
}

/// Returns a progress bar; indicatif hides it if standard error is not a terminal.
fn progress_bar(runs: usize) -> ProgressBar {
    let bar = ProgressBar::new(runs as u64);
    let form = "{elapsed_precise} [{bar:30}] {pos}/{len} {msg}";
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

impl Rehearse {
    pub fn run(self, shell: &mut Shell) -> Result<Exit> {
        let scratch =
            tempfile::tempdir().context("creating a temporary directory for the rehearsal")?;
        let (tree, upgrade, foreseen) = if is_plan(&self.subject) {
            let compiled = input::compile_plan(&input::plan(&self.subject)?, &BTreeMap::new());
            let outcome =
                shell.findings(&compiled.findings, &compiled.sources, Format::Text, false)?;
            let Some(output) = compiled.output else {
                return Ok(if compiled.is_toml {
                    outcome
                } else {
                    Exit::CouldNot
                });
            };
            let tree = scratch.path().join("tree");
            tree::write(&Disk::default(), &tree, &output.tree, false)
                .context("writing the steps")?;
            // The steps were proved when the plan was compiled.
            (tree, Upgrade::laid_out(&output), Vec::new())
        } else {
            match subject(&self.subject, shell, Format::Text)? {
                Ok(Subject::Upgrade {
                    upgrade,
                    mut findings,
                    ..
                }) => {
                    findings.extend(prove_read(&upgrade));
                    findings.retain(|finding| finding.severity == Severity::Error);
                    (PathBuf::from(&self.subject), upgrade, findings)
                }
                Ok(Subject::Manifests { .. }) => {
                    bail!("{} is not a directory that meshplan compiled", self.subject)
                }
                Err(outcome) => return Ok(outcome),
            }
        };
        let rehearsal = Rehearsal {
            upgrade: &upgrade,
            foreseen: &foreseen,
            tree: &std::path::absolute(&tree)
                .with_context(|| format!("finding {}", tree.display()))?,
            cluster: Cluster::resolve(
                &std::env::var("KUBECTL").unwrap_or_else(|_| "kubectl".to_owned()),
                self.kubeconfig.as_deref(),
                self.context.as_deref(),
                scratch.path(),
            )?,
            from: self.from,
            to: self.to,
            rollback: self.rollback,
            parts: self.parts,
            keep_going: self.keep_going,
            istio: self.istio.clone(),
            patience: self.patience,
            scratch: scratch.path(),
        };
        let bar = progress_bar(rehearsal.runs());
        let report = rehearsal.run(&mut |step, way| {
            bar.set_message(format!("{step} {}", way.as_str()));
            bar.inc(1);
        });
        bar.finish_and_clear();
        let report = report?;
        shell.print(&match self.format {
            ReportFormat::Text => report.text(),
            ReportFormat::Json => report.json(),
            ReportFormat::Markdown => report.markdown(),
        })?;
        if report.legs.is_empty() {
            bail!("no step has a number from {} to {}", self.from, self.to);
        }
        Ok(if report.surprises() == 0 {
            Exit::Fine
        } else {
            Exit::Found
        })
    }
}
