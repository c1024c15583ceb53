//! Shared lookups for lowering: the two revisions with their names, facts and nodes.

use std::collections::BTreeMap;

use crate::existing::{Existing, deployment};
use crate::istio::{
    Bundle, Facts, GatewayHandover, Handover, ISTIO_SYSTEM, ListenerFilter, tag_webhook,
};
use crate::kube::Selector;
use crate::kube::manifest::Manifest;
use crate::plan::{
    Checked, Crds, GatewayTable, HandoverChoice, Plan, Pool, Revision, Route, Values,
};
use crate::step::{Gate, GatewayRef, Istioctl, Kind, ServiceRef};
use serde_json::{Value, json};

/// The label that assigns a node to a pool; its value is `stable` or `canary`.
pub(super) const POOL: &str = "meshplan.dev/pool";

/// The label that assigns the pods of a ztunnel to a revision.
pub(super) const REVISION: &str = "meshplan.dev/revision";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Stable,
    Canary,
}

/// One object of a route, for one Gateway.
pub(super) struct RouteCopy {
    pub name: String,
    pub gateway: GatewayRef,
    /// The value of `istio.io/rev`; set only if each Gateway's routes belong to the revision of that Gateway.
    pub revision: Option<String>,
}

/// The Gateways that a route is attached to, if there is a second Gateway next to the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttachedTo {
    First,
    Both,
    Second,
}

/// A revision of the plan, with everything that lowering needs.
pub(super) struct Rev {
    pub role: Role,
    /// `stable` or `canary`.
    pub word: &'static str,
    pub name: String,
    pub version: String,
    pub facts: &'static Facts,
    /// Node names, if the plan lists them.
    pub nodes: Option<Vec<String>>,
    /// The labels of its nodes; empty for all other nodes.
    pub pool: BTreeMap<String, String>,
    /// The names of its objects, if an existing mesh already has them.
    named: Option<GivenNames>,
}

/// Names in an existing mesh.
struct GivenNames {
    istiod: String,
    ztunnel: String,
    account: String,
}

impl Rev {
    fn new(role: Role, revision: &Revision, facts: &'static Facts) -> Self {
        let (nodes, pool) = match revision.pool.get_ref() {
            Pool::Table(table) => match (&table.nodes, &table.selector) {
                (_, Some(selector)) => (
                    None,
                    selector
                        .iter()
                        .map(|(k, v)| (k.clone(), v.get_ref().clone()))
                        .collect(),
                ),
                (nodes, None) => (
                    nodes
                        .as_ref()
                        .map(|nodes| nodes.iter().map(|n| n.get_ref().clone()).collect()),
                    BTreeMap::from([(POOL.to_owned(), revision.role.to_owned())]),
                ),
            },
            Pool::Rest => (None, BTreeMap::new()),
        };
        Self {
            role,
            word: revision.role,
            name: revision.name(),
            version: revision.version.get_ref().clone(),
            facts,
            nodes,
            pool,
            named: None,
        }
    }

    /// The revision's name as a part of other names; nothing for the revision without a name.
    pub fn in_names(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| *name != "default")
    }

    /// Returns the name of its ztunnel's DaemonSet.
    pub fn ztunnel(&self) -> String {
        let named = self.named.as_ref().map(|named| named.ztunnel.clone());
        named.unwrap_or_else(|| format!("ztunnel-{}", self.name))
    }

    /// Returns the name of its ztunnel's ServiceAccount.
    pub fn ztunnel_account(&self) -> String {
        let named = self.named.as_ref().map(|named| named.account.clone());
        named.unwrap_or_else(|| self.ztunnel())
    }

    /// Returns the name of its control plane's Deployment and Service.
    pub fn istiod(&self) -> String {
        let named = self.named.as_ref().map(|named| named.istiod.clone());
        named.unwrap_or_else(|| format!("istiod-{}", self.name))
    }

    /// Returns the kind of step for this revision's role.
    pub fn kind(&self, stable: &'static Kind, canary: &'static Kind) -> &'static Kind {
        match self.role {
            Role::Stable => stable,
            Role::Canary => canary,
        }
    }

    /// Returns the values for the templates of step texts.
    pub fn prose(&self) -> Value {
        json!({
            "role": self.word,
            "name": self.name,
            "version": self.version,
            "istiod": self.istiod(),
            "ztunnel": self.ztunnel(),
            "selector": self.selector(),
        })
    }

    pub fn selector(&self) -> Selector {
        self.pool.clone().into_iter().collect()
    }

    pub fn ztunnel_pods(&self) -> Selector {
        Selector::from_iter([("app", "ztunnel"), (REVISION, &self.name)])
    }
}

pub(super) struct Context<'a> {
    pub plan: &'a Plan,
    pub bundle: &'a Bundle,
    pub manifests: &'a [Vec<Manifest>],
    /// The source of the Gateway API CRDs.
    pub crds: &'a Crds,
    /// The user's chart values.
    pub values: &'a Values,
    /// How Gateways switch from stable to canary without losing requests.
    pub handover: Handover,
    pub stable: Rev,
    pub canary: Rev,
}

impl<'a> Context<'a> {
    pub fn new(checked: &'a Checked, existing: Option<&Existing>) -> Self {
        let named = existing.map(|existing| GivenNames {
            istiod: existing.istiod.clone(),
            ztunnel: existing.ztunnel.clone(),
            account: existing.ztunnel_account.clone(),
        });
        let stable = Rev::new(
            Role::Stable,
            &checked.plan.stable.revision(),
            checked.stable,
        );
        Self {
            plan: &checked.plan,
            bundle: &checked.bundle,
            manifests: &checked.manifests,
            crds: &checked.crds,
            values: &checked.values,
            handover: checked.handover,
            stable: Rev { named, ..stable },
            canary: Rev::new(
                Role::Canary,
                &checked.plan.canary.revision(),
                checked.canary,
            ),
        }
    }

    /// Returns the namespace of the control planes, istio-cni and the ztunnels.
    pub fn istio_namespace(&self) -> &'a str {
        self.plan
            .istio
            .namespace
            .as_ref()
            .map_or(ISTIO_SYSTEM, |n| n.get_ref())
    }

    /// Returns the registry of a revision's images.
    pub fn hub(&self, rev: &Rev) -> String {
        let own = self.plan.istio.hub.as_ref();
        own.map_or_else(|| rev.facts.hub.to_owned(), |hub| hub.get_ref().clone())
    }

    pub fn istioctl(&self, rev: &Rev) -> Istioctl {
        Istioctl {
            version: rev.version.clone(),
            revision: rev.name.clone(),
            namespace: self.istio_namespace().to_owned(),
        }
    }

    /// Returns the namespaces of one revision's workloads, each once, in the order of the plan.
    pub fn namespaces(&self, rev: &Rev) -> Vec<String> {
        let mut namespaces = Vec::new();
        for workload in &self.plan.workload {
            let namespace = format!("{}-{}", workload.namespace.get_ref(), rev.name);
            if !namespaces.contains(&namespace) {
                namespaces.push(namespace);
            }
        }
        namespaces
    }

    /// Returns the namespace of a route's backend in one revision. In a checked plan the backend's workload
    /// exists.
    pub fn backend_namespace(&self, route: &Route, rev: &Rev) -> String {
        let workload = self
            .plan
            .workload
            .iter()
            .find(|w| w.name.get_ref() == route.backend.workload.get_ref());
        let base = workload.map_or("", |w| w.namespace.get_ref());
        format!("{base}-{}", rev.name)
    }

    /// Returns the gate that waits until the tag `default` points to a revision.
    pub fn default_tag(&self, rev: &Rev) -> Gate {
        Gate::Tag {
            tag: "default".to_owned(),
            webhook: tag_webhook("default", self.istio_namespace()),
            revision: rev.name.clone(),
        }
    }

    /// Returns the gate for the Services that routes reference, in one revision.
    pub fn services(&self, rev: &Rev) -> Gate {
        let mut services: Vec<ServiceRef> = Vec::new();
        for route in &self.plan.route {
            let service = ServiceRef {
                namespace: self.backend_namespace(route, rev),
                name: route.backend.service.get_ref().clone(),
            };
            if !services.contains(&service) {
                services.push(service);
            }
        }
        Gate::Services { services }
    }

    /// Returns the gateway of a route. In a checked plan it exists.
    pub fn gateway_of(&self, route: &Route) -> Option<&'a GatewayTable> {
        self.plan
            .gateway
            .iter()
            .find(|g| g.name.get_ref() == route.gateway.get_ref())
    }

    /// Whether Gateways that switch in this way lose their listeners when they switch back from the canary.
    pub fn goes_back_with_loss(&self, way: GatewayHandover) -> bool {
        match self.canary.facts.listeners {
            ListenerFilter::All => false,
            ListenerFilter::Owned => true,
            // Gateways without a label have listeners in every revision.
            ListenerFilter::Revision => way != GatewayHandover::Tag,
        }
    }

    /// Returns how a gateway switches to the canary.
    pub fn way(&self, gateway: &GatewayTable) -> GatewayHandover {
        let choice = gateway.handover.as_ref().map(|choice| *choice.get_ref());
        match (self.handover, choice) {
            (Handover::Tag | Handover::TagAfterRetirement, _) => GatewayHandover::Tag,
            (Handover::SecondGateway, Some(HandoverChoice::Second)) => {
                GatewayHandover::SecondGateway
            }
            (way, _) => GatewayHandover::Label {
                lossy: way == Handover::SecondGateway,
            },
        }
    }

    /// Returns the first Gateway for a gateway of the plan.
    pub fn first(gateway: &GatewayTable) -> GatewayRef {
        Self::gateway_ref(gateway, gateway.name.get_ref().clone())
    }

    /// Returns the second Gateway for a gateway of the plan.
    pub fn second(&self, gateway: &GatewayTable) -> GatewayRef {
        Self::gateway_ref(gateway, gateway.second_name(&self.canary.name))
    }

    fn gateway_ref(gateway: &GatewayTable, name: String) -> GatewayRef {
        let class = class(gateway);
        GatewayRef {
            namespace: gateway.namespace.get_ref().clone(),
            deployment: deployment(&name, class),
            name,
        }
    }

    /// Returns the gateways of the plan that switch in a certain way.
    pub fn gateways(
        &self,
        has: impl Fn(GatewayHandover) -> bool,
    ) -> impl Iterator<Item = &'a GatewayTable> {
        let plan = self.plan;
        plan.gateway
            .iter()
            .filter(move |gateway| has(self.way(gateway)))
    }

    /// Returns the objects of a route: one for the Gateway that it is attached to, and one for the second
    /// Gateway if there is one.
    pub fn copies(&self, route: &Route, entrance: AttachedTo) -> Vec<RouteCopy> {
        let Some(gateway) = self.gateway_of(route) else {
            return Vec::new();
        };
        let name = route.name.get_ref();
        let second = self.way(gateway) == GatewayHandover::SecondGateway;
        let copy = |rev: &Rev, name: String, gateway| RouteCopy {
            name,
            gateway,
            // Only the revision of its Gateway reads each of the two and writes its status.
            revision: second.then(|| rev.name.clone()),
        };
        let first = || copy(&self.stable, name.clone(), Self::first(gateway));
        let other = || {
            copy(
                &self.canary,
                route.second_name(&self.canary.name),
                self.second(gateway),
            )
        };
        match (entrance, second) {
            (AttachedTo::Both, true) => vec![first(), other()],
            (AttachedTo::Second, true) => vec![other()],
            _ => vec![first()],
        }
    }

    /// Returns the header that leads to the canary; nothing if the plan shifts no traffic.
    pub fn header(&self) -> Option<(String, String)> {
        let header = &self.plan.shift.as_ref()?.header;
        Some((
            header.name.get_ref().clone(),
            header.value.get_ref().clone(),
        ))
    }
}

/// Returns the class of a Gateway; the default is `istio`.
pub(super) fn class(gateway: &GatewayTable) -> &str {
    gateway.class.as_ref().map_or("istio", |c| c.get_ref())
}
