//! The tables for an existing mesh whose nodes move in place, and keys that are not supported yet.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// Whether the plan installs a revision, or it already exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The plan installs it.
    Install,
    /// It already exists.
    Existing,
}

/// Owners of Istio objects: `helm:`, `flux:` or `argocd:`, then namespace and name, such as
/// `flux:mesh/istiod`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Owners {
    /// The owner of istiod, and of the base chart.
    #[schemars(with = "Option<String>")]
    pub istiod: Option<Spanned<String>>,
    /// The owner of istio-cni.
    #[schemars(with = "Option<String>")]
    pub cni: Option<Spanned<String>>,
    /// The owner of ztunnel.
    #[schemars(with = "Option<String>")]
    pub ztunnel: Option<Spanned<String>>,
    /// The owners of Gateways and waypoints that already have a label for their control plane.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub gateways: Vec<Spanned<String>>,
}

impl Owners {
    /// Returns each owner with the name of its component.
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

/// A number of nodes, or a share of the nodes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Batch {
    /// A number of nodes.
    Nodes(#[schemars(range(min = 1, max = 1000))] u16),
    /// A share of the nodes, such as `25%`.
    Share(String),
}

/// Where the pods of a workload run during the upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Each revision has a copy in its own namespace.
    PerRevision,
    /// One copy moves with the nodes.
    InPlace,
}

/// A group of nodes that moves to the canary together.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NodeGroup {
    /// The name of the group, which becomes part of the name of its step.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Labels that select the nodes of the group.
    #[serde(rename = "match")]
    #[schemars(with = "std::collections::BTreeMap<String, String>", extend("minProperties" = 1))]
    pub labels: Spanned<std::collections::BTreeMap<String, String>>,
    /// How the nodes move to the canary: `relabel` drains and labels them, `surge` replaces them with new
    /// nodes.
    #[serde(rename = "move")]
    pub movement: Move,
    /// Only with `surge`: a file, relative to the plan, with the object that creates the new nodes, such as a
    /// Karpenter `NodePool`. Its node template must set the label of the canary pool.
    #[schemars(with = "Option<String>")]
    pub manifest: Option<Spanned<String>>,
}

/// How nodes move to the canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// The nodes are drained, then labelled.
    Relabel,
    /// New nodes start with the label, and old nodes are drained.
    Surge,
}
