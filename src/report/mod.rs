//! What people read about an upgrade.

mod differences;

pub use differences::{RevisionDifference, differences};
