//! What every part of lowering looks up: the two revisions with their names, facts and nodes.

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

/// The label by which a node belongs to a pool; its value is `stable` or `canary`.
pub(super) const POOL: &str = "meshplan.dev/pool";

/// The label by which a ztunnel's pods belong to a revision.
pub(super) const REVISION: &str = "meshplan.dev/revision";

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Stable,
    Canary,
}

/// A route on one Gateway.
pub(super) struct RouteCopy {
    pub name: String,
    pub gateway: GatewayRef,
    /// `istio.io/rev`, where each Gateway's routes belong to its revision.
    pub revision: Option<String>,
}

/// Which Gateways a route is attached to, where there is a second one beside the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttachedTo {
    First,
    Both,
    Second,
}

/// One revision, ready to be written.
pub(super) struct Rev {
    pub role: Role,
    /// `stable` or `canary`.
    pub word: &'static str,
    pub name: String,
    pub version: String,
    pub facts: &'static Facts,
    /// Node names, where the plan lists them.
    pub nodes: Option<Vec<String>>,
    /// The labels that its nodes carry.
    pub pool: BTreeMap<String, String>,
    /// What its parts are called, where somebody else named them.
    named: Option<GivenNames>,
}

/// Names that somebody else gave.
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

    /// What the revision is called where names are made of it: the one without a name is in none.
    pub fn in_names(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| *name != "default")
    }

    /// Its ztunnel's DaemonSet and ServiceAccount.
    pub fn ztunnel(&self) -> String {
        let named = self.named.as_ref().map(|named| named.ztunnel.clone());
        named.unwrap_or_else(|| format!("ztunnel-{}", self.name))
    }

    /// Its ztunnel's ServiceAccount.
    pub fn ztunnel_account(&self) -> String {
        let named = self.named.as_ref().map(|named| named.account.clone());
        named.unwrap_or_else(|| self.ztunnel())
    }

    /// Its control plane's Deployment and Service.
    pub fn istiod(&self) -> String {
        let named = self.named.as_ref().map(|named| named.istiod.clone());
        named.unwrap_or_else(|| format!("istiod-{}", self.name))
    }

    /// The kind of a step that both revisions have.
    pub fn kind(&self, stable: &'static Kind, canary: &'static Kind) -> &'static Kind {
        match self.role {
            Role::Stable => stable,
            Role::Canary => canary,
        }
    }

    /// What the texts of steps say of it.
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

    /// The labels of its nodes.
    pub fn selector(&self) -> Selector {
        self.pool.clone().into_iter().collect()
    }

    /// The labels of its ztunnel's pods.
    pub fn ztunnel_pods(&self) -> Selector {
        Selector::from_iter([("app", "ztunnel"), (REVISION, &self.name)])
    }
}

pub(super) struct Context<'a> {
    pub plan: &'a Plan,
    pub bundle: &'a Bundle,
    pub manifests: &'a [Vec<Manifest>],
    /// Where the Gateway API CRDs come from.
    pub crds: &'a Crds,
    /// The user's own chart values.
    pub values: &'a Values,
    /// How Gateways go from stable to canary without losing requests.
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

    /// The namespace of the control planes, istio-cni and the ztunnels.
    pub fn istio_namespace(&self) -> &'a str {
        self.plan
            .istio
            .namespace
            .as_ref()
            .map_or(ISTIO_SYSTEM, |n| n.get_ref())
    }

    /// The registry of a revision's images.
    pub fn hub(&self, rev: &Rev) -> String {
        let own = self.plan.istio.hub.as_ref();
        own.map_or_else(|| rev.facts.hub.to_owned(), |hub| hub.get_ref().clone())
    }

    /// The istioctl of one revision.
    pub fn istioctl(&self, rev: &Rev) -> Istioctl {
        Istioctl {
            version: rev.version.clone(),
            revision: rev.name.clone(),
            namespace: self.istio_namespace().to_owned(),
        }
    }

    /// Namespaces of one revision's workloads, each once, in the plan's order.
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

    /// The namespace of a route's backend in one revision. A checked route names a workload of the plan.
    pub fn backend_namespace(&self, route: &Route, rev: &Rev) -> String {
        let workload = self
            .plan
            .workload
            .iter()
            .find(|w| w.name.get_ref() == route.backend.workload.get_ref());
        let base = workload.map_or("", |w| w.namespace.get_ref());
        format!("{base}-{}", rev.name)
    }

    /// The tag `default` points to a revision.
    pub fn default_tag(&self, rev: &Rev) -> Gate {
        Gate::Tag {
            tag: "default".to_owned(),
            webhook: tag_webhook("default", self.istio_namespace()),
            revision: rev.name.clone(),
        }
    }

    /// The Services that routes name, in one revision.
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

    /// The gateway of a route. A checked route names a gateway of the plan.
    pub fn gateway_of(&self, route: &Route) -> Option<&'a GatewayTable> {
        self.plan
            .gateway
            .iter()
            .find(|g| g.name.get_ref() == route.gateway.get_ref())
    }

    /// Whether Gateways that change hands in a way lose their listeners when they leave the canary again.
    pub fn goes_back_with_loss(&self, way: GatewayHandover) -> bool {
        match self.canary.facts.listeners {
            ListenerFilter::All => false,
            ListenerFilter::Owned => true,
            // What has no label is in every revision.
            ListenerFilter::Revision => way != GatewayHandover::Tag,
        }
    }

    /// How a gateway changes hands.
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

    /// The first Gateway of the plan's, by name.
    pub fn first(gateway: &GatewayTable) -> GatewayRef {
        Self::gateway_ref(gateway, gateway.name.get_ref().clone())
    }

    /// The second Gateway beside one of the plan's, by name.
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

    /// The Gateways of the plan that change hands in some way.
    pub fn gateways(
        &self,
        has: impl Fn(GatewayHandover) -> bool,
    ) -> impl Iterator<Item = &'a GatewayTable> {
        let plan = self.plan;
        plan.gateway
            .iter()
            .filter(move |gateway| has(self.way(gateway)))
    }

    /// The copies of a route: one for the Gateway that it is attached to, and one for the second Gateway where there is one.
    pub fn copies(&self, route: &Route, entrance: AttachedTo) -> Vec<RouteCopy> {
        let Some(gateway) = self.gateway_of(route) else {
            return Vec::new();
        };
        let name = route.name.get_ref();
        let second = self.way(gateway) == GatewayHandover::SecondGateway;
        let copy = |rev: &Rev, name: String, gateway| RouteCopy {
            name,
            gateway,
            // Each is read, and its status written, by the revision of its Gateway alone.
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

    /// The header that leads to the canary; a plan that shifts no traffic has none.
    pub fn header(&self) -> Option<(String, String)> {
        let header = &self.plan.shift.as_ref()?.header;
        Some((
            header.name.get_ref().clone(),
            header.value.get_ref().clone(),
        ))
    }
}

/// A Gateway's class.
pub(super) fn class(gateway: &GatewayTable) -> &str {
    gateway.class.as_ref().map_or("istio", |c| c.get_ref())
}
