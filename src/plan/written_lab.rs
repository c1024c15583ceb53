//! `[lab]` as its author wrote it.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// A machine of one's own to try the plan on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Lab")]
pub struct LabTable {
    /// A kind cluster.
    pub kind: KindTable,
    /// `MetalLB`, which gives addresses to the gateways' Services.
    pub metallb: Option<Metallb>,
}

/// A kind cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Kind")]
pub struct KindTable {
    /// The cluster's name; its nodes are `<name>-worker`, `<name>-worker2`, …
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// How many worker nodes it has.
    #[schemars(with = "Workers")]
    pub workers: Spanned<Workers>,
    /// Address and port on which this machine serves the cluster's API; kind's choice if not given.
    #[schemars(with = "Option<String>")]
    pub api_server: Option<Spanned<String>>,
}

/// A number of worker nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Workers(#[schemars(range(min = 1, max = 100))] pub u16);

/// `MetalLB` and its addresses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Metallb {
    /// The release, as `v0.13.7`.
    #[schemars(with = "String")]
    pub version: Spanned<String>,
    /// Ranges as `172.18.255.200-172.18.255.250` or `172.18.255.0/24`.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub addresses: Vec<Spanned<String>>,
}
