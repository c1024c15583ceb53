//! What a plan says of a mesh that is there, and of nodes that move in place; and what plans will hold one day, which is refused as
//! "not yet".

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// Whether the plan installs a revision or finds it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The plan installs it.
    Install,
    /// It is there already.
    Existing,
}

/// Who else writes a component's objects, as `flux:mesh/istiod`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Owners {
    /// Those of istiod.
    pub istiod: Option<String>,
    /// Those of istio-cni.
    pub cni: Option<String>,
    /// Those of ztunnel.
    pub ztunnel: Option<String>,
}

/// A number of nodes, or a share of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Batch {
    /// So many nodes.
    Nodes(#[schemars(range(min = 1, max = 1000))] u16),
    /// Such a share, as `25%`.
    Share(String),
}

/// Where the pods of a workload live during the upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Each revision has a copy in a namespace of its own.
    PerRevision,
    /// One copy, which moves with the nodes.
    InPlace,
}

/// A group of nodes that moves to the canary as one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NodeGroup {
    /// Its name.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The labels of its nodes.
    #[serde(rename = "match")]
    #[schemars(with = "std::collections::BTreeMap<String, String>", extend("minProperties" = 1))]
    pub labels: Spanned<std::collections::BTreeMap<String, String>>,
    /// How its nodes get to the canary.
    #[serde(rename = "move")]
    #[schemars(extend("x-not-yet-values" = ["surge"]))]
    pub movement: Move,
}

/// How nodes get to the canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// Drained, then labelled.
    Relabel,
    /// New nodes come labelled, old ones are drained.
    Surge,
}
