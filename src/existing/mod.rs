//! Reads the existing mesh from the output of `kubectl get … -o yaml`, and compares it with the plan.

mod complete;
mod contradictions;
mod disruption;
mod dump;
mod gateways;
mod installed_values;
mod nodes;
mod outline;
mod read;
mod settings;
mod writer;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::istio::{Facts, Handover};
use crate::kube::identity::Identity;
use crate::kube::manifest::Manifest;
use crate::plan::{Checked, Files, Owner, Owners, Plan, Values};
use crate::state::{Object, State};
use crate::text::finding::Finding;
use crate::text::source::Sources;

pub use disruption::Fragile;
pub use dump::{DUMP_FILE, GATEWAY_CRD, KINDS, printed, resource};
pub use gateways::{Deployment, ExistingGateway, deployment};
pub use outline::outline;
pub use writer::Writer;

#[derive(Debug, Clone)]
pub struct Existing {
    /// The objects of the dump that a state depends on, without fields that the cluster sets, sorted by
    /// identity.
    pub objects: Vec<Manifest>,
    /// The namespace of the control plane, istio-cni and ztunnel.
    pub namespace: String,
    /// The Deployment of the control plane.
    pub istiod: String,
    /// The DaemonSet of ztunnel.
    pub ztunnel: String,
    pub ztunnel_account: String,
    /// The whole DaemonSet of ztunnel.
    pub ztunnel_object: Value,
    /// The whole DaemonSet of istio-cni.
    pub cni_object: Value,
    /// The owners of the objects that the steps change.
    pub owners: OwnedBy,
    /// The tags of the existing control plane.
    pub tags: Vec<String>,
    /// The tags that the owner of istiod creates, each with its objects.
    pub owned_tags: BTreeMap<String, Vec<Identity>>,
    /// The bundle version and the channel of the Gateway API CRDs, if the dump has them.
    pub bundle: Option<(String, String)>,
    /// The workloads that a drain disrupts.
    pub fragile: Vec<Fragile>,
    /// The nodes that can have a ztunnel, as a selector for `kubectl get nodes -l`.
    pub hosts: String,
    /// The labels that a namespace needs so that both control planes discover it.
    pub seen: Vec<String>,
    /// The node groups of the plan, in the same order.
    pub groups: Vec<Group>,
    /// All Gateways and waypoints that Istio implements.
    pub gateways: Vec<ExistingGateway>,
}

#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The names of its nodes.
    pub nodes: Vec<String>,
    /// The objects that create its new nodes, if the plan names them.
    pub makers: Vec<Manifest>,
}

/// The owners that the plan names.
#[derive(Debug, Clone, Default)]
pub struct OwnedBy {
    /// The owner of istiod and of the base chart.
    pub istiod: Option<Owner>,
    pub cni: Option<Owner>,
    pub ztunnel: Option<Owner>,
    /// The owner of the base chart, of the same tool as that of istiod. If the dump does not show its name,
    /// this is the name in Istio's documentation.
    pub base: Option<Owner>,
}

impl OwnedBy {
    fn of(owners: Option<&Owners>, objects: &[Rc<Object>]) -> Self {
        let parsed =
            |owner: &Option<toml::Spanned<String>>| Owner::parse(owner.as_ref()?.get_ref());
        owners.map_or_else(Self::default, |owners| Self {
            base: parsed(&owners.istiod).map(|owner| base(owner, objects)),
            istiod: parsed(&owners.istiod),
            cni: parsed(&owners.cni),
            ztunnel: parsed(&owners.ztunnel),
        })
    }
}

/// The command that prints a dump; findings show it if the dump is incomplete.
pub const DUMP: &str = "meshplan dump --out DIR";

/// Reads the dump of a plan and compares it with the plan; returns no mesh if they contradict each other.
pub fn read(
    checked: &Checked,
    files: &Files<'_>,
    sources: &mut Sources,
) -> (Vec<Finding>, Option<Existing>) {
    let plan = &checked.plan;
    let Some(folder) = &plan.stable.existing else {
        return (Vec::new(), None);
    };
    let mut reading = Reading {
        plan_source: &checked.source,
        plan,
        handover: checked.handover,
        stable: checked.stable,
        canary: checked.canary,
        values: &checked.values,
        findings: Vec::new(),
        listed: None,
    };
    let objects = reading.objects(folder, files, sources);
    let existing = if reading.findings.is_empty() {
        reading.mesh(&objects, files, sources)
    } else {
        None
    };
    let existing = existing.filter(|_| !crate::text::finding::has_errors(&reading.findings));
    (reading.findings, existing)
}

struct Reading<'a> {
    plan_source: &'a str,
    plan: &'a Plan,
    handover: Handover,
    stable: &'static Facts,
    canary: &'static Facts,
    values: &'a Values,
    findings: Vec<Finding>,
    /// The text of `dump.json`, if the dump has one.
    listed: Option<String>,
}

impl Reading<'_> {
    fn say<T>(&mut self, finding: Finding, place: &toml::Spanned<T>) {
        let span = place.span();
        self.findings.push(finding.at(self.plan_source, span));
    }

    /// Finds the mesh among the objects.
    fn mesh(
        &mut self,
        objects: &[Rc<Object>],
        files: &Files<'_>,
        sources: &mut Sources,
    ) -> Option<Existing> {
        let objects = &nodes::of_the_mesh(objects);
        let state = State::of(objects);
        self.twice(objects);
        self.is_whole(&state);
        self.asked();
        self.refers(&state);
        self.bundle(objects);
        let (istiod, ztunnel) = (self.control_plane(&state), self.ztunnel(&state));
        self.cni(&state);
        self.nodes(&state);
        let groups = self.groups(&state, files, sources);
        let (istiod, ztunnel) = (istiod?, ztunnel?);
        let gateways = self.gateways(&state);
        self.belong(&state);
        self.handover(&gateways);
        self.movable(&state);
        let owned_tags = self.owned_tags(&state);
        self.settings(&state);
        self.discovery(&state);
        self.sidecars(&state);
        self.policies(&state);
        self.traces(objects, &state);
        let mut manifests: Vec<Manifest> = objects
            .iter()
            .filter_map(|object| read::kept(object))
            .collect();
        manifests.sort_by(|one, other| one.identity.cmp(&other.identity));
        Some(Existing {
            objects: manifests,
            namespace: istiod.0,
            istiod: istiod.1,
            ztunnel: ztunnel.0,
            ztunnel_account: ztunnel.1,
            ztunnel_object: ztunnel.2,
            cni_object: state
                .cnis()
                .next()
                .map(|(object, _)| object.value().clone())?,
            owners: OwnedBy::of(self.plan.istio.owner.as_ref(), objects),
            tags: gateways::tags(&state),
            owned_tags,
            bundle: bundle(objects),
            fragile: disruption::of(objects),
            hosts: nodes::hosts(&state),
            seen: self.seen(&state),
            groups,
            gateways,
        })
    }
}

/// Returns the owner of the base chart, which creates the ServiceAccount `istio-reader-service-account`.
fn base(owner: Owner, objects: &[Rc<Object>]) -> Owner {
    let account = objects.iter().find(|object| {
        object.key.kind == "ServiceAccount" && object.key.name == "istio-reader-service-account"
    });
    let writer = account.map(|object| Writer::of(object.value()));
    let named = writer.and_then(|writer| Owner::parse(&writer.as_owner()));
    let named = named.filter(|named| named.by == owner.by && named.name != "name");
    named.unwrap_or_else(|| Owner {
        name: "istio-base".to_owned(),
        ..owner
    })
}

/// Returns bundle and channel of the Gateway API CRDs in a dump, from the annotations of the CRD of Gateways.
fn bundle(objects: &[Rc<Object>]) -> Option<(String, String)> {
    let crd = objects.iter().find(|object| {
        object.key.kind == "CustomResourceDefinition"
            && object.key.name == "gateways.gateway.networking.k8s.io"
    })?;
    let annotations = crd.value().pointer("/metadata/annotations")?;
    let text = |name: &str| {
        let value = annotations.get(format!("gateway.networking.k8s.io/{name}"))?;
        value.as_str().map(str::to_owned)
    };
    Some((text("bundle-version")?, text("channel")?))
}
