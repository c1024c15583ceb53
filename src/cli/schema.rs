//! `meshplan schema`: prints the schema that editors check a plan against.

use anyhow::{Context, Result};

use super::output::{Exit, Shell};
use crate::plan::published_schema;

pub(super) fn run(shell: &mut Shell) -> Result<Exit> {
    let text =
        serde_json::to_string_pretty(&published_schema()).context("writing the schema as JSON")?;
    shell.print(&(text + "\n"))?;
    Ok(Exit::Fine)
}
