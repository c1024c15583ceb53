//! Laying everything out as a tree of files: manifests, scripts, runbook and index.

mod back;
mod differences;
mod index;
mod layout;
mod naming;
mod rendered;
mod scripts;

pub use index::{FORMAT_VERSION, FileEntry, Index, IndexStep, sha256};
pub use layout::{Output, lay_out};
pub use naming::order;
pub use scripts::own_scripts;
