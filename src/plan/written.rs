//! The plan as its author wrote it: names, numbers and where each one stands. What a value must be beyond its type is
//! said in `check`.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::pool::Pool;
use super::values::Component;
use super::written_lab::LabTable;
use super::written_nodes::{Batch, NodeGroup, Origin, Owners, Placement};
use super::written_shift::{Allow, Probe, Shift};
use crate::istio::Channel;

/// An upgrade of an Istio ambient mesh from the stable to the canary revision.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend(
    "if" = {"required": ["stable"], "properties": {"stable": {"required": ["origin"], "properties": {"origin": {"const": "existing"}}}}},
    "then" = {"required": ["node-group"]},
    "else" = {"required": ["workload", "gateway", "route", "shift"]}
))]
pub struct Plan {
    /// Names the plan: its output directory and the annotation `meshplan.dev/plan` of its objects.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// A folder of templates that replace meshplan's own of the same name, relative to the plan; `--templates` names another.
    #[schemars(with = "Option<String>")]
    pub templates: Option<Spanned<String>>,
    /// How Istio is installed.
    #[schemars(default)]
    pub istio: Istio,
    /// The Gateway API CRDs that both revisions use.
    pub gateway_api: GatewayApi,
    /// The revision that serves before the upgrade.
    pub stable: Stable,
    /// The revision that serves after it.
    pub canary: Canary,
    /// What runs in the mesh; one copy a revision.
    #[schemars(default, length(min = 1))]
    pub workload: Vec<Workload>,
    /// Where requests come in.
    #[schemars(default, length(min = 1))]
    pub gateway: Vec<GatewayTable>,
    /// Which requests go to which workload.
    #[schemars(default, length(min = 1))]
    pub route: Vec<Route>,
    /// How traffic moves from stable to canary.
    pub shift: Option<Shift>,
    /// Requests that must succeed at every step.
    #[schemars(default)]
    pub probe: Vec<Probe>,
    /// Rules that the plan breaks on purpose.
    #[schemars(default)]
    pub allow: Vec<Allow>,
    /// A machine of one's own to try the plan on.
    pub lab: Option<LabTable>,
    /// Groups of nodes that move to the canary one after the other, in a mesh that is there.
    #[schemars(default, length(min = 1))]
    pub node_group: Vec<NodeGroup>,
}

/// How Istio is installed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Istio {
    /// The namespace of the control planes; `istio-system` if not given.
    #[schemars(with = "Option<String>")]
    pub namespace: Option<Spanned<String>>,
    /// Who installs Istio; `istioctl` if not given.
    #[schemars(extend("x-not-yet-values" = ["helm", "sail", "manifests"]))]
    pub installer: Option<Installer>,
    /// What ztunnel is written as; `daemonset` if not given.
    pub ztunnel: Option<ZtunnelForm>,
    /// Settings of istio-cni, which the cluster has one of.
    #[serde(default)]
    pub cni: CniTable,
    /// The registry of all images; Istio's own if not given.
    #[schemars(with = "Option<String>")]
    pub hub: Option<Spanned<String>>,
    /// Files of chart values that go under what the plan sets.
    pub values: Option<ChartValues>,
    /// Who else writes Istio's objects, where they are there already.
    pub owner: Option<Owners>,
}

/// Files of chart values, one a component, relative to the plan.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChartValues {
    /// For istiod.
    #[schemars(with = "Option<String>")]
    pub istiod: Option<Spanned<String>>,
    /// For istio-cni.
    #[schemars(with = "Option<String>")]
    pub cni: Option<Spanned<String>>,
    /// For ztunnel.
    #[schemars(with = "Option<String>")]
    pub ztunnel: Option<Spanned<String>>,
}

impl ChartValues {
    /// Returns the file of a component.
    #[must_use]
    pub fn of(&self, component: Component) -> Option<&Spanned<String>> {
        match component {
            Component::Istiod => self.istiod.as_ref(),
            Component::Cni => self.cni.as_ref(),
            Component::Ztunnel => self.ztunnel.as_ref(),
        }
    }
}

/// Who installs Istio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Installer {
    /// `istioctl install`, one of each revision's version.
    Istioctl,
    /// Helm releases.
    Helm,
    /// The Sail operator's resources.
    Sail,
    /// Plain manifests.
    Manifests,
}

/// What ztunnel is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZtunnelForm {
    /// A plain DaemonSet and ServiceAccount a revision.
    Daemonset,
    /// An IstioOperator with overlays.
    IstioOperator,
}

/// Settings of istio-cni.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Cni")]
pub struct CniTable {
    /// Namespaces whose pods istio-cni leaves alone; `kube-system` if not given.
    #[schemars(with = "Option<Vec<String>>")]
    pub exclude_namespaces: Option<Vec<Spanned<String>>>,
}

/// The Gateway API CRDs that both revisions use.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GatewayApi {
    /// The release, as `v1.4.1`.
    #[schemars(with = "String")]
    pub bundle: Spanned<String>,
    /// The release channel.
    #[schemars(with = "Channel")]
    pub channel: Spanned<Channel>,
    /// The release that the cluster has before, where it has one; what was stored by it is migrated where the new one needs that.
    #[schemars(with = "Option<String>")]
    pub from: Option<Spanned<String>>,
    /// A local copy of the CRDs, in one file, instead of the official remote resource.
    #[schemars(with = "Option<String>")]
    pub crds: Option<Spanned<String>>,
    /// Whether the plan installs the CRDs; if not, somebody else has, and the plan looks. `true` if not given.
    #[schemars(with = "Option<bool>")]
    pub manage: Option<Spanned<bool>>,
}

/// The revision that serves before the upgrade.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stable {
    /// The Istio version.
    #[schemars(with = "String")]
    pub version: Spanned<String>,
    /// The newest minor that meshplan knows, as `1.31`: what a newer version is taken to be like.
    #[schemars(with = "Option<String>")]
    pub like: Option<Spanned<String>>,
    /// The revision's name; the version with `.`, `+` and `_` turned to `-` if not given.
    #[schemars(with = "Option<String>")]
    pub revision: Option<Spanned<String>>,
    /// Whether the plan installs the revision or finds it there; `install` if not given.
    #[schemars(with = "Option<Origin>")]
    pub origin: Option<Spanned<Origin>>,
    /// A folder with what `kubectl get … -o yaml` printed of the mesh that is there.
    #[schemars(with = "Option<String>")]
    pub existing: Option<Spanned<String>>,
    /// Its nodes.
    #[schemars(with = "Pool")]
    pub pool: Spanned<Pool>,
}

/// The revision that serves after the upgrade.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Canary {
    /// The Istio version.
    #[schemars(with = "String")]
    pub version: Spanned<String>,
    /// The newest minor that meshplan knows, as `1.31`: what a newer version is taken to be like.
    #[schemars(with = "Option<String>")]
    pub like: Option<Spanned<String>>,
    /// The revision's name; the version with `.`, `+` and `_` turned to `-` if not given.
    #[schemars(with = "Option<String>")]
    pub revision: Option<Spanned<String>>,
    /// Its nodes.
    #[schemars(with = "Pool")]
    pub pool: Spanned<Pool>,
    /// How many nodes move at a time; one if not given.
    #[schemars(with = "Option<Batch>")]
    pub batch: Option<Spanned<Batch>>,
    /// How long to wait between batches.
    #[schemars(with = "Option<String>")]
    pub soak: Option<Spanned<String>>,
    /// How long the drain of a node may take; five minutes if not given.
    #[schemars(with = "Option<String>")]
    pub drain_timeout: Option<Spanned<String>>,
    /// In a mesh that is there: what to do with Gateways and waypoints whose control plane cannot change without losing requests.
    #[schemars(with = "Option<HandoverChoice>")]
    pub handover: Option<Spanned<HandoverChoice>>,
}

/// What the stable and the canary revision have in common.
#[derive(Debug, Clone, Copy)]
pub struct Revision<'a> {
    /// `stable` or `canary`.
    pub role: &'static str,
    /// The Istio version.
    pub version: &'a Spanned<String>,
    /// The revision's name, where the plan gives one.
    pub given: Option<&'a Spanned<String>>,
    /// Its nodes.
    pub pool: &'a Spanned<Pool>,
    /// Whether it is there already.
    pub existing: bool,
}

impl Stable {
    /// Returns whether it is there already.
    #[must_use]
    pub fn is_existing(&self) -> bool {
        self.origin.as_ref().map(|origin| *origin.get_ref()) == Some(Origin::Existing)
    }

    /// Returns the part that a canary has as well.
    #[must_use]
    pub fn revision(&self) -> Revision<'_> {
        Revision {
            role: "stable",
            version: &self.version,
            given: self.revision.as_ref(),
            pool: &self.pool,
            existing: self.is_existing(),
        }
    }
}

impl Canary {
    /// Returns the part that a stable revision has as well.
    #[must_use]
    pub fn revision(&self) -> Revision<'_> {
        Revision {
            role: "canary",
            version: &self.version,
            given: self.revision.as_ref(),
            pool: &self.pool,
            existing: false,
        }
    }
}

impl Revision<'_> {
    /// Returns the revision's name: as given, or from the version.
    #[must_use]
    pub fn name(&self) -> String {
        match self.given {
            Some(name) => name.get_ref().clone(),
            None => self.version.get_ref().replace(['.', '+', '_'], "-"),
        }
    }
}

/// What runs in the mesh; one copy a revision.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Workload {
    /// The name by which routes refer to it.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Becomes `<namespace>-<revision>`, one a revision.
    #[schemars(with = "String")]
    pub namespace: Spanned<String>,
    /// Files of Kubernetes objects, relative to the plan.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub manifests: Vec<Spanned<String>>,
    /// Whether each revision has its own copy, or one copy moves with the nodes.
    #[schemars(extend("x-not-yet" = true))]
    pub placement: Option<Placement>,
}

/// Where requests come in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Gateway")]
pub struct GatewayTable {
    /// `metadata.name`.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// `metadata.namespace`.
    #[schemars(with = "String")]
    pub namespace: Spanned<String>,
    /// `spec.gatewayClassName`; `istio` if not given.
    #[schemars(with = "Option<String>")]
    pub class: Option<Spanned<String>>,
    /// `spec.addresses`: an IP address that its Service asks the load balancer for.
    #[schemars(with = "Option<String>")]
    pub address: Option<Spanned<String>>,
    /// `spec.listeners`.
    #[schemars(length(min = 1, max = 64))]
    pub listener: Vec<ListenerTable>,
    /// What to do where its control plane cannot change without losing requests.
    #[schemars(with = "Option<HandoverChoice>")]
    pub handover: Option<Spanned<HandoverChoice>>,
    /// The address of the second Gateway: an IP address that its Service asks the load balancer for.
    #[schemars(with = "Option<String>")]
    pub canary_address: Option<Spanned<String>>,
}

impl GatewayTable {
    /// Returns the name of the second Gateway beside this one, which a revision owns.
    #[must_use]
    pub fn second_name(&self, revision: &str) -> String {
        format!("{}-{revision}", self.name.get_ref())
    }
}

/// What to do where a Gateway's control plane cannot change without losing requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HandoverChoice {
    /// Change its label all the same, and lose requests until its new pods are ready.
    Relabel,
    /// A second Gateway of the canary revision beside it, to which its clients are moved.
    Second,
}

/// One listener of a Gateway.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Listener")]
pub struct ListenerTable {
    /// Its name, unique in the Gateway.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Its port.
    #[schemars(with = "Port")]
    pub port: Spanned<Port>,
    /// Its protocol.
    #[schemars(extend("x-not-yet-values" = ["HTTPS"]))]
    pub protocol: Protocol,
    /// The host that it answers for; every host if not given.
    #[schemars(with = "Option<String>")]
    pub hostname: Option<Spanned<String>>,
}

/// A TCP port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub struct Port(#[schemars(range(min = 1, max = 65535))] pub u16);

/// The protocol of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Protocol {
    /// Plain HTTP.
    #[serde(rename = "HTTP")]
    Http,
    /// HTTP over TLS.
    #[serde(rename = "HTTPS")]
    Https,
}

/// Which requests go to which workload.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Route {
    /// `metadata.name` of the `HTTPRoute`.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// `metadata.namespace` of the `HTTPRoute`.
    #[schemars(with = "String")]
    pub namespace: Spanned<String>,
    /// The gateway it is attached to, by name.
    #[schemars(with = "String")]
    pub gateway: Spanned<String>,
    /// Where its requests go.
    pub backend: Backend,
    /// Which requests are its own; any one of these.
    #[serde(rename = "match")]
    #[schemars(with = "Vec<MatchTable>", length(min = 1, max = 64))]
    pub matches: Vec<Spanned<MatchTable>>,
    /// The hosts it is for; those of the listener if not given.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 16))]
    pub hostnames: Vec<Spanned<String>>,
    /// A file with an `HTTPRoute` that one has.
    #[schemars(with = "Option<String>", extend("x-not-yet" = true))]
    pub manifest: Option<Spanned<String>>,
    /// Whether meshplan writes the route.
    #[schemars(with = "Option<bool>", extend("x-not-yet" = true))]
    pub touch: Option<Spanned<bool>>,
}

impl Route {
    /// Returns the name of its copy on a second Gateway, which a revision owns.
    #[must_use]
    pub fn second_name(&self, revision: &str) -> String {
        format!("{}-{revision}", self.name.get_ref())
    }
}

/// Where the requests of a route go.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Backend {
    /// The workload, by name.
    #[schemars(with = "String")]
    pub workload: Spanned<String>,
    /// A Service in the workload's manifests.
    #[schemars(with = "String")]
    pub service: Spanned<String>,
    /// A port of that Service.
    #[schemars(with = "Port")]
    pub port: Spanned<Port>,
}

/// One way for a request to match: exactly one of the two.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Match")]
pub struct MatchTable {
    /// The whole path.
    #[schemars(with = "Option<String>")]
    pub exact: Option<Spanned<String>>,
    /// The path, or its beginning up to a `/`.
    #[schemars(with = "Option<String>")]
    pub prefix: Option<Spanned<String>>,
}
