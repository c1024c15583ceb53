//! Everything about YAML: reading it as Kubernetes does, with the position of each value, and writing it so
//! that every parser reads the same. No other module uses a YAML crate.

mod read;
mod scalar;
mod spans;
mod write;

pub use read::{Document, Problem, read, read_strict};
pub use scalar::quote;
pub use write::write;
