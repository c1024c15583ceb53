//! `meshplan diff`: shows how a change of a plan changes its output.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;

use super::input;
use super::output::{Exit, Format, Shell};
use crate::tree::{self, FileDifference, Tree, review};

/// The maximum width of a bar of plus and minus signs.
const BAR: usize = 40;

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// Compare this plan or compiled directory; `-` reads a plan from standard input
    #[arg(value_name = "OLD")]
    old: String,
    /// Compare with this plan or compiled directory
    #[arg(value_name = "NEW")]
    new: String,
    /// Print the number of changed lines instead of the lines
    #[arg(long)]
    stat: bool,
}

impl Diff {
    pub fn run(self, shell: &mut Shell) -> Result<Exit> {
        if self.old == "-" && self.new == "-" {
            bail!("OLD and NEW cannot both be standard input");
        }
        let (old, new) = (side(&self.old, shell)?, side(&self.new, shell)?);
        let (Ok(old), Ok(new)) = (&old, &new) else {
            return Ok(worse(&old, &new));
        };
        let mut differences = review(old, new);
        if differences.is_empty() {
            return Ok(Exit::Fine);
        }
        // The index contains a digest of every file, so it changes with any file and adds no information.
        if differences.len() > 1 {
            differences.retain(|difference| difference.path() != "index.json");
        }
        let text = if self.stat {
            stat(&differences)
        } else {
            full(&differences)
        };
        shell.print(&text)?;
        Ok(Exit::Found)
    }
}

/// Returns the worse outcome of two plans, if one of them does not compile.
fn worse(old: &Result<Tree, Exit>, new: &Result<Tree, Exit>) -> Exit {
    let of = |side: &Result<Tree, Exit>| side.as_ref().err().copied().unwrap_or(Exit::Fine);
    of(old).max(of(new))
}

/// Compiles a plan in memory, or reads a directory.
fn side(argument: &str, shell: &mut Shell) -> Result<Result<Tree, Exit>> {
    let is_plan = argument == "-"
        || Path::new(argument)
            .extension()
            .is_some_and(|extension| extension == "toml");
    if !is_plan {
        return Ok(Ok(tree::read(Path::new(argument))?));
    }
    let compiled = input::lay_out_plan(&input::plan(argument)?);
    let outcome = shell.findings(&compiled.findings, &compiled.sources, Format::Text, false)?;
    Ok(match compiled.output {
        Some(output) => Ok(output.tree),
        None => Err(if compiled.is_toml {
            outcome
        } else {
            Exit::CouldNot
        }),
    })
}

/// Returns the whole diff in colour; the stream removes the colour if it is not a terminal.
fn full(differences: &[FileDifference]) -> String {
    let mut text = String::new();
    for difference in differences {
        for line in difference.unified(("old", "new")).split_inclusive('\n') {
            let style = match line.as_bytes() {
                [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] | [b's' | b'r', ..] => "\u{1b}[1m",
                [b'@', ..] => "\u{1b}[36m",
                [b'-', ..] => "\u{1b}[31m",
                [b'+', ..] => "\u{1b}[32m",
                _ => "",
            };
            let (line, end) = line
                .strip_suffix('\n')
                .map_or((line, ""), |line| (line, "\n"));
            let reset = if style.is_empty() { "" } else { "\u{1b}[0m" };
            text.push_str(style);
            text.push_str(line);
            text.push_str(reset);
            text.push_str(end);
        }
    }
    text
}

/// Returns one line for each file, and the totals.
fn stat(differences: &[FileDifference]) -> String {
    let name = |difference: &FileDifference| match (&difference.old, &difference.new) {
        (Some(old), Some(new)) if old != new => format!("{old} => {new}"),
        _ => difference.path().to_owned(),
    };
    let width = differences
        .iter()
        .map(|difference| name(difference).chars().count())
        .max()
        .unwrap_or_default();
    let most = differences
        .iter()
        .map(|d| d.added + d.removed)
        .max()
        .unwrap_or_default()
        .max(1);
    let bar = |count: usize| {
        if most <= BAR {
            count
        } else {
            (count * BAR).div_ceil(most)
        }
    };
    let mut text = String::new();
    for difference in differences {
        let (plus, minus) = (
            "+".repeat(bar(difference.added)),
            "-".repeat(bar(difference.removed)),
        );
        writeln!(
            text,
            " {:width$} | {:>5} \u{1b}[32m{plus}\u{1b}[0m\u{1b}[31m{minus}\u{1b}[0m",
            name(difference),
            difference.added + difference.removed
        )
        .expect("writing to a string cannot fail");
    }
    let sum = |count: fn(&FileDifference) -> usize| differences.iter().map(count).sum::<usize>();
    let (files, added, removed) = (differences.len(), sum(|d| d.added), sum(|d| d.removed));
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    writeln!(
        text,
        " {files} file{} changed, {added} insertion{}(+), {removed} deletion{}(-)",
        plural(files),
        plural(added),
        plural(removed)
    )
    .expect("writing to a string cannot fail");
    text
}
