//! The table `[lab]` of a plan.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// A local kind cluster to try the plan on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Lab")]
pub struct LabTable {
    /// The kind cluster.
    pub kind: KindTable,
    /// MetalLB, which assigns addresses to the Services of the Gateways.
    pub metallb: Option<Metallb>,
}

/// A kind cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Kind")]
pub struct KindTable {
    /// The name of the cluster. Its nodes are `<name>-worker`, `<name>-worker2`, …
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The number of worker nodes.
    #[schemars(with = "Workers")]
    pub workers: Spanned<Workers>,
    /// The address and port of the cluster's API on this machine, such as `127.0.0.1:6443`. Default: chosen
    /// by kind.
    #[schemars(with = "Option<String>")]
    pub api_server: Option<Spanned<String>>,
}

/// A number of worker nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Workers(#[schemars(range(min = 1, max = 100))] pub u16);

/// MetalLB and its addresses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Metallb {
    /// The release of MetalLB, such as `v0.13.7`.
    #[schemars(with = "String")]
    pub version: Spanned<String>,
    /// Address ranges, such as `172.18.255.200-172.18.255.250` or `172.18.255.0/24`.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub addresses: Vec<Spanned<String>>,
}
