//! Named texts, findings about places in them, and reading and writing YAML.

pub mod finding;
mod nearest;
pub mod source;
pub mod yaml;

pub use nearest::nearest;
