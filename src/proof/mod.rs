//! What is proved of a compiled tree: every state, every transition, and part of a step holds the rules.

mod course;

pub use course::{After, Course};
