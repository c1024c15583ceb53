//! Reports about an upgrade for the user.

mod differences;

pub use differences::{RevisionDifference, differences};
