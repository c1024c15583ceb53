//! The command `meshplan`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    meshplan::cli::run(meshplan::cli::Arguments::parse())
}
