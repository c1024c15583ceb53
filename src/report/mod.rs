//! What people read about an upgrade.

mod differences;

pub use differences::{Difference, differences};
