//! Writes all parts as a tree of files: manifests, scripts, runbook and index.

mod layout;
mod naming;
mod rendered;
mod scripts;

pub use layout::{Output, lay_out};
pub use scripts::own_scripts;
