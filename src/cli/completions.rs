//! `meshplan completions`: what a shell needs to complete meshplan's arguments.

use anyhow::Result;
use clap::CommandFactory as _;
use clap_complete::Shell as Kind;

use super::Arguments;
use super::output::{Exit, Shell};

pub(super) fn run(kind: Kind, shell: &mut Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(kind, &mut Arguments::command(), "meshplan", &mut script);
    shell.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}
