//! The tests that need only crates from crates.io.

#[path = "../common/mod.rs"]
mod common;

mod bad;
mod calls;
mod charts;
mod cli;
mod contexts;
mod defects;
mod diff;
mod dump;
mod golden;
mod hostile;
mod house;
mod in_place_versions;
mod init;
mod injection;
mod istiod_routes;
mod journal;
mod lowering;
mod mutants;
mod order;
mod proof;
mod properties;
mod pyyaml;
mod random_plans;
mod routes;
mod rules;
mod schema;
mod scripts;
mod shellcheck;
mod templates;
mod versions;
mod whole;
