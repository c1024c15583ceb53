//! Reads the arguments and returns an exit code. Each subcommand has its own file, and only this module
//! prints.

mod check;
mod compile;
mod completions;
mod diff;
mod dump;
mod explain;
mod hops;
mod init;
mod input;
mod output;
mod rehearse;
mod schema;
mod subject;
mod trace;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use output::{Exit, Shell};

/// Compile an upgrade plan for an Istio ambient mesh into ordered directories of Kubernetes YAML
#[derive(Debug, Parser)]
#[command(name = "meshplan", version, about)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write the directories of a plan
    Compile(compile::Compile),
    /// Check a plan, a compiled directory, or any manifests
    Check(check::Check),
    /// Show the differences between two plans, two directories, or a plan and a directory
    Diff(diff::Diff),
    /// Show which backend answers a request at each step
    Trace(trace::Trace),
    /// Run all steps of a plan on a cluster of simulated nodes, and compare the result with the prediction
    Rehearse(rehearse::Rehearse),
    /// Print an existing mesh into a directory, for a plan with origin = "existing"
    ///
    /// Runs the kubectl that the environment variable KUBECTL names, or kubectl on the path. It only reads.
    Dump(dump::Dump),
    /// Print a plan to start from: for the mesh in a dump, or for a new mesh
    Init(init::Init),
    /// Print the upgrades from one Istio version to another, one on each line
    Hops {
        /// Start from this version, such as 1.27.9
        #[arg(value_name = "FROM")]
        from: String,
        /// End at this version, such as 1.30.3
        #[arg(value_name = "TO")]
        to: String,
    },
    /// Print the page of a rule: the reason, a wrong example and a right example
    Explain {
        /// Print the page of this rule, such as MP0007
        #[arg(value_name = "CODE")]
        code: String,
    },
    /// Print the JSON Schema of a plan
    Schema,
    /// Print a script that completes meshplan's arguments in a shell
    Completions {
        /// Shell to complete in
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
}

/// How docs/cli.md begins.
const REFERENCE: &str = "\
# Command line

The help of each verb. `MESHPLAN_BLESS=1 cargo test --test suite cli::` generates this file.
";

/// Returns the reference of the command line, as docs/cli.md has it: the help of each verb.
#[must_use]
pub fn reference() -> String {
    let mut text = REFERENCE.to_owned();
    let mut command = Arguments::command().term_width(100);
    command.build();
    let mut section = |command: &mut clap::Command, name: &str| {
        let help = command.render_help().to_string();
        text.push_str("\n## ");
        text.push_str(name);
        text.push_str("\n\n```text\n");
        for line in help.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push_str("```\n");
    };
    let mut whole = command.clone();
    section(&mut whole, "meshplan");
    let verbs: Vec<String> = command
        .get_subcommands()
        .map(|verb| verb.get_name().to_owned())
        .filter(|name| name != "help")
        .collect();
    for name in verbs {
        if let Some(verb) = command.find_subcommand_mut(&name) {
            section(verb, &format!("meshplan {name}"));
        }
    }
    text
}

/// Runs one command. The exit code is 0 without findings, 1 for findings or a difference, and 2 if the
/// command failed.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    let mut shell = Shell::new();
    let outcome = match arguments.verb {
        Verb::Compile(compile) => compile.run(&mut shell),
        Verb::Check(check) => check.run(&mut shell),
        Verb::Diff(diff) => diff.run(&mut shell),
        Verb::Trace(trace) => trace.run(&mut shell),
        Verb::Rehearse(rehearse) => rehearse.run(&mut shell),
        Verb::Dump(dump) => dump.run(&mut shell),
        Verb::Init(init) => init.run(&mut shell),
        Verb::Hops { from, to } => hops::run(&from, &to, &mut shell),
        Verb::Explain { code } => explain::run(&code, &mut shell),
        Verb::Schema => schema::run(&mut shell),
        Verb::Completions { shell: kind } => completions::run(kind, &mut shell),
    };
    match outcome {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            shell.error(&error);
            Exit::CouldNot.into()
        }
    }
}
