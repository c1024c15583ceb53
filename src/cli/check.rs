//! `meshplan check`: checks a plan (also against a golden directory), a compiled directory step by step, or
//! other manifests as one state.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use semver::Version;

use super::input;
use super::output::{Exit, Format, Shell};
use super::subject::{Subject, is_plan, standard_input, subject};
use crate::proof::{prove_manifests, prove_read, schemas};
use crate::text::finding::Finding;
use crate::tree::{self, FileDifference, Tree, compare};

/// How many diffs of files are printed; of the other files only the paths are.
const SHOWN: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Treat warnings as errors
    Warnings,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Check this plan, compiled directory, or manifests: a directory, a file, or `-` for standard input
    #[arg(value_name = "PLAN|DIR|FILE")]
    plan: String,
    /// Require that the plan compiles to exactly this directory, byte for byte
    #[arg(long, value_name = "DIR")]
    golden: Option<PathBuf>,
    /// Route requests as this Istio version does if the manifests name none (default: the newest known
    /// version)
    #[arg(long, value_name = "VERSION")]
    istio: Option<Version>,
    /// Treat these findings as errors
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Print findings in this format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Check {
    pub fn run(self, shell: &mut Shell) -> Result<Exit> {
        let format = self.format;
        if !is_plan(&self.plan) {
            return self.others(shell, format);
        }
        let compiled = input::compile_plan(&input::plan(&self.plan)?, &input::templates(None)?);
        if format == Format::Text {
            shell.unknown_kinds(&compiled.unknown_kinds);
            shell.own_scripts(&compiled.own_scripts);
        }
        let mut findings = compiled.findings;
        let mut differences = Vec::new();
        if let (Some(output), Some(golden)) = (&compiled.output, &self.golden) {
            differences = against(&output.tree, golden)?;
            findings.extend(differences.iter().map(|difference| {
                Finding::error(
                    "golden-differs",
                    format!(
                        "`{}` differs from what the plan compiles to",
                        difference.path()
                    ),
                )
                .help(format!(
                    "run `meshplan compile {} --out {}`",
                    self.plan,
                    golden.display()
                ))
            }));
        }
        if format == Format::Text && !differences.is_empty() {
            let golden = self
                .golden
                .as_ref()
                .map_or_else(String::new, |golden| golden.display().to_string());
            shell.print(&shown(&differences, &golden))?;
            findings.retain(|finding| finding.code != "golden-differs");
            shell.findings(&findings, &compiled.sources, format, false)?;
            return Ok(Exit::Found);
        }
        let outcome = shell.findings(&findings, &compiled.sources, format, self.deny.is_some())?;
        Ok(if compiled.is_toml {
            outcome
        } else {
            Exit::CouldNot
        })
    }
}

impl Check {
    /// Checks a compiled directory step by step, or other manifests as one state.
    fn others(&self, shell: &mut Shell, format: Format) -> Result<Exit> {
        if self.golden.is_some() {
            bail!("--golden needs a plan: it compares the output of a plan with a directory");
        }
        let subject = if self.plan == "-" {
            Ok(standard_input(shell)?)
        } else {
            subject(&self.plan, shell, format)?
        };
        let (findings, sources) = match subject {
            Err(outcome) => return Ok(outcome),
            Ok(Subject::Upgrade {
                upgrade,
                mut findings,
                sources,
            }) => {
                findings.extend(prove_read(&upgrade));
                (findings, sources)
            }
            Ok(Subject::Manifests {
                objects,
                mut findings,
                sources,
            }) => {
                let (refused, unknown) = schemas(&objects);
                findings.extend(refused);
                findings.extend(prove_manifests(&objects, self.istio.as_ref()));
                if format == Format::Text {
                    shell.unknown_kinds(&unknown);
                }
                (findings, sources)
            }
        };
        shell.findings(&findings, &sources, format, self.deny.is_some())
    }
}

/// Compares a tree with a directory; ignores hidden files of the directory.
fn against(tree: &Tree, golden: &Path) -> Result<Vec<FileDifference>> {
    Ok(compare(&tree::read(golden)?, tree))
}

fn shown(differences: &[FileDifference], golden: &str) -> String {
    let mut text: String = differences
        .iter()
        .take(SHOWN)
        .map(|difference| difference.unified((golden, "compiled")))
        .collect();
    if differences.len() > SHOWN {
        text.push_str("these files differ too:\n");
        for difference in &differences[SHOWN..] {
            text.push_str("  ");
            text.push_str(difference.path());
            text.push('\n');
        }
    }
    text
}
