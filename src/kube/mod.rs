//! What is true of any Kubernetes object: its identity, its names, its schema, how it is applied and merged.

pub mod identity;
pub mod manifest;
mod merge;
pub mod names;
mod order;
pub mod schema;
mod selector;

pub use merge::merge;
pub use order::order;
pub use selector::{Selector, selects};
