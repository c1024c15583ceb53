//! Reads the arguments and returns an exit code. Each subcommand has its own file, and only this module
//! prints.

mod check;
mod compile;
mod diff;
mod explain;
mod hops;
mod input;
mod output;
mod rehearse;
mod schema;
mod subject;
mod trace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::{Exit, Shell};

/// Compile an upgrade plan for an Istio ambient mesh into ordered directories of Kubernetes YAML
#[derive(Debug, Parser)]
#[command(name = "meshplan", version, about, disable_help_subcommand = true)]
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
        Verb::Hops { from, to } => hops::run(&from, &to, &mut shell),
        Verb::Explain { code } => explain::run(&code, &mut shell),
        Verb::Schema => schema::run(&mut shell),
    };
    match outcome {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            shell.error(&error);
            Exit::CouldNot.into()
        }
    }
}
