//! The plan: what its author wrote, where each word stands, and whether it makes sense.
//!
//! [`parse`] reads a text into [`Parts`], one for each table, and says everything that is wrong with its shape; [`check`]
//! says what is wrong with its sense. A plan without an error is a [`Plan`].

mod check;
mod duration;
mod not_yet;
mod parse;
mod pool;
mod schema;
mod shape;
mod written;

pub use check::{Checked, Files, check};
pub use duration::parse_duration;
pub use parse::{Parsed, Part, Parts, parse};
pub use pool::{Pool, PoolTable};
pub use schema::plan_schema;
pub use shape::nearest;
pub use written::{
    Backend, Canary, Expect, Gateway, GatewayApi, Header, Installer, Istio, Kind, Lab, Listener,
    Match, Metallb, Plan, Port, Probe, Protocol, Revision, Route, Shift, Stable, Weight, Workload,
    ZtunnelForm,
};
