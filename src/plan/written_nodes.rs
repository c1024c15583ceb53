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
    /// Those of istiod, and the base chart beside it.
    #[schemars(with = "Option<String>")]
    pub istiod: Option<Spanned<String>>,
    /// Those of istio-cni.
    #[schemars(with = "Option<String>")]
    pub cni: Option<Spanned<String>>,
    /// Those of ztunnel.
    #[schemars(with = "Option<String>")]
    pub ztunnel: Option<Spanned<String>>,
    /// Those of Gateways and waypoints that carry a label for their control plane already.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub gateways: Vec<Spanned<String>>,
}

impl Owners {
    /// Each of them, by the component's name.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &Spanned<String>)> {
        let all = [
            ("istiod", &self.istiod),
            ("cni", &self.cni),
            ("ztunnel", &self.ztunnel),
        ];
        let components = all
            .into_iter()
            .filter_map(|(component, owner)| Some((component, owner.as_ref()?)));
        components.chain(self.gateways.iter().map(|owner| ("gateways", owner)))
    }
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
    pub movement: Move,
    /// With `surge`: a file, relative to the plan, of what makes the new nodes (a Karpenter `NodePool`, say); its template gives them the canary's label.
    #[schemars(with = "Option<String>")]
    pub manifest: Option<Spanned<String>>,
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
