//! The tables of a plan, with the position of each value. The module `check` says what a value must be
//! besides its type.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::pool::Pool;
use super::values::Component;
use super::written_lab::LabTable;
use super::written_nodes::{Batch, NodeGroup, Origin, Owners, Placement};
use super::written_shift::{Allow, Probe, Shift};
use crate::istio::Channel;

/// An upgrade of an Istio ambient mesh from a stable to a canary revision.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend(
    "if" = {"required": ["stable"], "properties": {"stable": {"required": ["origin"], "properties": {"origin": {"const": "existing"}}}}},
    "then" = {"required": ["node-group"]},
    "else" = {"required": ["workload", "gateway", "route", "shift"]}
))]
pub struct Plan {
    /// The name of the plan. It is the name of the output directory and the value of the annotation
    /// `meshplan.dev/plan` of all objects.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// A directory of templates, relative to the plan, that replace the built-in ones of the same name. The
    /// option `--templates` overrides it.
    #[schemars(with = "Option<String>")]
    pub templates: Option<Spanned<String>>,
    /// Settings of the Istio installation.
    #[schemars(default)]
    pub istio: Istio,
    /// The Gateway API CRDs that both revisions use.
    pub gateway_api: GatewayApi,
    /// The revision that serves before the upgrade.
    pub stable: Stable,
    /// The revision that serves after the upgrade.
    pub canary: Canary,
    /// The workloads in the mesh. Each revision gets its own copy.
    #[schemars(default, length(min = 1))]
    pub workload: Vec<Workload>,
    /// The Gateways where requests enter.
    #[schemars(default, length(min = 1))]
    pub gateway: Vec<GatewayTable>,
    /// The routes from Gateways to workloads.
    #[schemars(default, length(min = 1))]
    pub route: Vec<Route>,
    /// How traffic shifts from stable to canary.
    pub shift: Option<Shift>,
    /// Requests that must succeed at every step.
    #[schemars(default)]
    pub probe: Vec<Probe>,
    /// Rules that the plan breaks on purpose.
    #[schemars(default)]
    pub allow: Vec<Allow>,
    /// A local kind cluster to try the plan on.
    pub lab: Option<LabTable>,
    /// Groups of nodes that move to the canary one after the other. Only for an existing mesh.
    #[schemars(default, length(min = 1))]
    pub node_group: Vec<NodeGroup>,
}

/// Settings of the Istio installation.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Istio {
    /// The namespace of the control planes. Default: `istio-system`.
    #[schemars(with = "Option<String>")]
    pub namespace: Option<Spanned<String>>,
    /// The tool that installs Istio; only `istioctl` is supported. Default: `istioctl`.
    #[schemars(extend("x-not-yet-values" = ["helm", "sail", "manifests"]))]
    pub installer: Option<Installer>,
    /// The form in which ztunnel is written. Default: `daemonset`.
    pub ztunnel: Option<ZtunnelForm>,
    /// Settings of istio-cni, of which the cluster has only one.
    #[serde(default)]
    pub cni: CniTable,
    /// The registry of all images, such as `registry.example/istio`. Default: Istio's own registry.
    #[schemars(with = "Option<String>")]
    pub hub: Option<Spanned<String>>,
    /// Files of Helm chart values. The settings of the plan take precedence.
    pub values: Option<ChartValues>,
    /// The tools that manage the existing Istio objects, such as Helm or Flux. Only for an existing mesh.
    pub owner: Option<Owners>,
}

/// Files of Helm chart values, one for each component. Paths are relative to the plan.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChartValues {
    /// Chart values of istiod.
    #[schemars(with = "Option<String>")]
    pub istiod: Option<Spanned<String>>,
    /// Chart values of istio-cni.
    #[schemars(with = "Option<String>")]
    pub cni: Option<Spanned<String>>,
    /// Chart values of ztunnel.
    #[schemars(with = "Option<String>")]
    pub ztunnel: Option<Spanned<String>>,
}

impl ChartValues {
    #[must_use]
    pub fn of(&self, component: Component) -> Option<&Spanned<String>> {
        match component {
            Component::Istiod => self.istiod.as_ref(),
            Component::Cni => self.cni.as_ref(),
            Component::Ztunnel => self.ztunnel.as_ref(),
        }
    }
}

/// The tool that installs Istio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Installer {
    /// `istioctl install`, with the istioctl of each revision's version.
    Istioctl,
    /// Helm releases.
    Helm,
    /// Resources of the Sail operator.
    Sail,
    /// Plain manifests.
    Manifests,
}

/// The form in which ztunnel is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZtunnelForm {
    /// A plain DaemonSet and a ServiceAccount for each revision.
    Daemonset,
    /// An IstioOperator with overlays.
    IstioOperator,
}

/// Settings of istio-cni.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Cni")]
pub struct CniTable {
    /// Namespaces whose pods istio-cni ignores. Default: `["kube-system"]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub exclude_namespaces: Option<Vec<Spanned<String>>>,
}

/// The Gateway API CRDs that both revisions use.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GatewayApi {
    /// The release of the CRDs, such as `v1.4.1`.
    #[schemars(with = "String")]
    pub bundle: Spanned<String>,
    /// The release channel of the CRDs.
    #[schemars(with = "Channel")]
    pub channel: Spanned<Channel>,
    /// The release that the cluster has before the upgrade, if any. Objects that it stored are migrated if
    /// the new release requires this.
    #[schemars(with = "Option<String>")]
    pub from: Option<Spanned<String>>,
    /// A file with a local copy of the CRDs, relative to the plan. It replaces the official remote resource.
    #[schemars(with = "Option<String>")]
    pub crds: Option<Spanned<String>>,
    /// Whether the plan installs the CRDs. With `false`, the plan only checks that they are installed.
    /// Default: `true`.
    #[schemars(with = "Option<bool>")]
    pub manage: Option<Spanned<bool>>,
}

/// The revision that serves before the upgrade.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stable {
    /// The Istio version, such as `1.29.6`.
    #[schemars(with = "String")]
    pub version: Spanned<String>,
    /// The newest minor that meshplan knows, such as `1.31`. Set it if `version` is newer: meshplan then
    /// treats the version as this minor.
    #[schemars(with = "Option<String>")]
    pub like: Option<Spanned<String>>,
    /// The name of the revision. Default: the version, with `-` in place of `.`, `+` and `_`.
    #[schemars(with = "Option<String>")]
    pub revision: Option<Spanned<String>>,
    /// Whether the plan installs this revision (`install`) or it already exists (`existing`). Default:
    /// `install`.
    #[schemars(with = "Option<Origin>")]
    pub origin: Option<Spanned<Origin>>,
    /// A directory with a dump of the existing mesh: the output of `kubectl get … -o yaml`. Relative to the
    /// plan.
    #[schemars(with = "Option<String>")]
    pub existing: Option<Spanned<String>>,
    /// The nodes of this revision. For an existing mesh: `rest`.
    #[schemars(with = "Pool")]
    pub pool: Spanned<Pool>,
}

/// The revision that serves after the upgrade.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Canary {
    /// The Istio version, such as `1.30.3`.
    #[schemars(with = "String")]
    pub version: Spanned<String>,
    /// The newest minor that meshplan knows, such as `1.31`. Set it if `version` is newer: meshplan then
    /// treats the version as this minor.
    #[schemars(with = "Option<String>")]
    pub like: Option<Spanned<String>>,
    /// The name of the revision. Default: the version, with `-` in place of `.`, `+` and `_`.
    #[schemars(with = "Option<String>")]
    pub revision: Option<Spanned<String>>,
    /// The nodes of this revision. For an existing mesh: a selector with one label, which each node gets when
    /// it moves.
    #[schemars(with = "Pool")]
    pub pool: Spanned<Pool>,
    /// How many nodes move at a time: a number or a share such as `25%`. Only for an existing mesh. Default:
    /// 1.
    #[schemars(with = "Option<Batch>")]
    pub batch: Option<Spanned<Batch>>,
    /// How long to wait between batches, such as `15m` or `1h30m`. Only for an existing mesh.
    #[schemars(with = "Option<String>")]
    pub soak: Option<Spanned<String>>,
    /// How long the drain of a node may take, such as `10m`. Only for an existing mesh. Default: `5m`.
    #[schemars(with = "Option<String>")]
    pub drain_timeout: Option<Spanned<String>>,
    /// What to do if a Gateway or waypoint cannot switch to the canary revision without losing requests. Only
    /// for an existing mesh.
    #[schemars(with = "Option<HandoverChoice>")]
    pub handover: Option<Spanned<HandoverChoice>>,
}

/// The fields that the stable and the canary revision have in common.
#[derive(Debug, Clone, Copy)]
pub struct Revision<'a> {
    /// `stable` or `canary`.
    pub role: &'static str,
    pub version: &'a Spanned<String>,
    /// The name of the revision, if the plan sets one.
    pub given: Option<&'a Spanned<String>>,
    pub pool: &'a Spanned<Pool>,
    /// Whether the revision already exists.
    pub existing: bool,
}

impl Stable {
    /// Returns whether the revision already exists.
    #[must_use]
    pub fn is_existing(&self) -> bool {
        self.origin.as_ref().map(|origin| *origin.get_ref()) == Some(Origin::Existing)
    }

    /// Returns the fields that a canary has too.
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
    /// Returns the fields that a stable revision has too.
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
    /// Returns the name of the revision: the given one, or the default from the version.
    #[must_use]
    pub fn name(&self) -> String {
        match self.given {
            Some(name) => name.get_ref().clone(),
            None => self.version.get_ref().replace(['.', '+', '_'], "-"),
        }
    }
}

/// A workload in the mesh. Each revision gets its own copy.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Workload {
    /// The name of the workload, which routes refer to.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The namespace of the workload. Each revision gets its own namespace `<namespace>-<revision>`.
    #[schemars(with = "String")]
    pub namespace: Spanned<String>,
    /// Files of Kubernetes objects, relative to the plan.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub manifests: Vec<Spanned<String>>,
    /// Whether each revision has its own copy, or one copy moves with the nodes. Not supported yet.
    #[schemars(extend("x-not-yet" = true))]
    pub placement: Option<Placement>,
}

/// A Gateway where requests enter.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Gateway")]
pub struct GatewayTable {
    /// The name of the Gateway, which routes refer to (`metadata.name`).
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The namespace of the Gateway (`metadata.namespace`).
    #[schemars(with = "String")]
    pub namespace: Spanned<String>,
    /// The class of the Gateway (`spec.gatewayClassName`); only `istio` is supported. Default: `istio`.
    #[schemars(with = "Option<String>")]
    pub class: Option<Spanned<String>>,
    /// The IP address that the Gateway's Service requests from the load balancer (`spec.addresses`).
    #[schemars(with = "Option<String>")]
    pub address: Option<Spanned<String>>,
    /// The listeners of the Gateway (`spec.listeners`).
    #[schemars(length(min = 1, max = 64))]
    pub listener: Vec<ListenerTable>,
    /// What to do if the Gateway cannot switch to the canary revision without losing requests.
    #[schemars(with = "Option<HandoverChoice>")]
    pub handover: Option<Spanned<HandoverChoice>>,
    /// The IP address that the Service of the second Gateway requests from the load balancer. Only with
    /// `handover = "second"`.
    #[schemars(with = "Option<String>")]
    pub canary_address: Option<Spanned<String>>,
}

impl GatewayTable {
    /// Returns the name of the second Gateway, which belongs to a revision.
    #[must_use]
    pub fn second_name(&self, revision: &str) -> String {
        format!("{}-{revision}", self.name.get_ref())
    }
}

/// What to do if a Gateway cannot switch to another revision without losing requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HandoverChoice {
    /// Change its label anyway, and lose requests until its new pods are ready.
    Relabel,
    /// Create a second Gateway of the canary revision; its clients must move to it.
    Second,
}

/// A listener of a Gateway.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Listener")]
pub struct ListenerTable {
    /// The name of the listener, unique in the Gateway.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The port of the listener.
    #[schemars(with = "Port")]
    pub port: Spanned<Port>,
    /// The protocol of the listener; only `HTTP` is supported.
    #[schemars(extend("x-not-yet-values" = ["HTTPS"]))]
    pub protocol: Protocol,
    /// The hostname that the listener accepts, such as `shop.example.com` or `*.example.com`. Default: every
    /// hostname.
    #[schemars(with = "Option<String>")]
    pub hostname: Option<Spanned<String>>,
}

/// A TCP port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub struct Port(#[schemars(range(min = 1, max = 65535))] pub u16);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Protocol {
    #[serde(rename = "HTTP")]
    Http,
    #[serde(rename = "HTTPS")]
    Https,
}

/// A route from a Gateway to a workload.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Route {
    /// The name of the HTTPRoute (`metadata.name`).
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The namespace of the HTTPRoute (`metadata.namespace`).
    #[schemars(with = "String")]
    pub namespace: Spanned<String>,
    /// The name of the Gateway that the route is attached to.
    #[schemars(with = "String")]
    pub gateway: Spanned<String>,
    /// The Service that the requests go to.
    pub backend: Backend,
    /// The requests that the route matches; one of the matches is enough.
    #[serde(rename = "match")]
    #[schemars(with = "Vec<MatchTable>", length(min = 1, max = 64))]
    pub matches: Vec<Spanned<MatchTable>>,
    /// The hostnames that the route matches. Default: those of the listener.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(max = 16))]
    pub hostnames: Vec<Spanned<String>>,
    /// A file with an existing HTTPRoute. Not supported yet.
    #[schemars(with = "Option<String>", extend("x-not-yet" = true))]
    pub manifest: Option<Spanned<String>>,
    /// Whether meshplan writes the route. Not supported yet.
    #[schemars(with = "Option<bool>", extend("x-not-yet" = true))]
    pub touch: Option<Spanned<bool>>,
}

impl Route {
    /// Returns the name of its copy on a second Gateway, which belongs to a revision.
    #[must_use]
    pub fn second_name(&self, revision: &str) -> String {
        format!("{}-{revision}", self.name.get_ref())
    }
}

/// The Service that the requests of a route go to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Backend {
    /// The name of the workload.
    #[schemars(with = "String")]
    pub workload: Spanned<String>,
    /// The name of a Service in the manifests of the workload.
    #[schemars(with = "String")]
    pub service: Spanned<String>,
    /// A TCP port of this Service.
    #[schemars(with = "Port")]
    pub port: Spanned<Port>,
}

/// A path that a request must match; use exactly one of the two keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Match")]
pub struct MatchTable {
    /// The exact path, such as `/productpage`.
    #[schemars(with = "Option<String>")]
    pub exact: Option<Spanned<String>>,
    /// A path prefix: the path, or its beginning up to a `/`.
    #[schemars(with = "Option<String>")]
    pub prefix: Option<Spanned<String>>,
}
