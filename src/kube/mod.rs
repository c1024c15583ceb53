//! Facts about any Kubernetes object: identity, names, schema, order of application and merging.

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
