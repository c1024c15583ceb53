//! The plan: its tables, the position of each value, and all checks.
//!
//! [`parse`] reads a text into [`Parts`], one for each table, and reports everything that is wrong with its
//! shape. [`check`] reports what is wrong with its content. A plan without an error is a [`Plan`].

mod check;
mod condition;
mod duration;
mod owner;
mod parse;
mod pool;
mod sample;
mod schema;
mod shape;
mod values;
mod written;
mod written_lab;
mod written_nodes;
mod written_shift;
mod ztunnel_values;

pub use check::{Checked, Crds, Files, Migration, NEEDED, check};
pub use duration::parse_duration;
pub use owner::{By, Owner};
pub use parse::{Parsed, Parts, Shaped, parse};
pub use pool::{Pool, PoolTable};
pub use sample::bounds;
pub use schema::published_schema;

pub use values::{Component, Values, ValuesFile, merge_under, split};
pub use written::{
    Backend, Canary, GatewayApi, GatewayTable, HandoverChoice, Installer, Istio, ListenerTable,
    MatchTable, Plan, Port, Protocol, Revision, Route, Stable, Workload, ZtunnelForm,
};
pub use written_lab::{KindTable, LabTable, Metallb, Workers};
pub use written_nodes::{Batch, Move, NodeGroup, Owners};
pub use written_shift::{Allow, Expect, Header, Mark, Probe, Sample, Shift, Status, Weight};
pub use ztunnel_values::{ChartValue, chart_has};
