//! `meshplan init`: a plan to start from.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, anyhow};
use clap::Args;

use super::input;
use super::output::{Exit, Shell};
use crate::existing::{DUMP_FILE, outline};
use crate::state::load;
use crate::text::source::Source;

/// A plan with copies of the workloads.
const COPIES: &str = include_str!("init.toml");

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Dump of an existing mesh, to write a plan that upgrades it; default: print a plan for a new mesh
    #[arg(long, value_name = "DIR")]
    from: Option<String>,
}

impl Init {
    pub fn run(self, shell: &mut Shell) -> Result<Exit> {
        let Some(from) = &self.from else {
            shell.print(COPIES)?;
            return Ok(Exit::Fine);
        };
        let folder = from.trim_end_matches('/');
        let mut objects = Vec::new();
        let what = || format!("reading the dump {folder}");
        let mut files: Vec<_> = fs::read_dir(folder)
            .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
            .with_context(what)?
            .into_iter()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        for path in files {
            let ending = path.extension().and_then(|ending| ending.to_str());
            let is_dump = ending.is_some_and(|ending| ["yaml", "yml", "json"].contains(&ending));
            if !is_dump || path.ends_with(DUMP_FILE) {
                continue;
            }
            let text =
                fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let loaded = load(&Source::new(path.to_string_lossy(), text));
            if let Some(finding) = loaded.findings.first() {
                return Err(anyhow!("{}: {}", path.display(), finding.message)).with_context(what);
            }
            objects.extend(loaded.objects);
        }
        let plan = outline(&objects, "upgrade", folder)
            .map_err(|why| anyhow!(why))
            .with_context(what)?;
        // What the plan still needs is in its first lines.
        let source = Source::new("plan.toml", plan.as_str());
        let compiled = input::compile_plan(&source, &BTreeMap::new());
        let mut text = String::new();
        for finding in &compiled.findings {
            let help = finding.help.as_deref().unwrap_or_default();
            for line in [format!("TODO: {}", finding.message), format!("  {help}")] {
                let _ = writeln!(text, "# {}", line.replace('\n', " "));
            }
        }
        if !text.is_empty() {
            text.push('\n');
        }
        shell.print(&(text + &plan))?;
        Ok(Exit::Fine)
    }
}
