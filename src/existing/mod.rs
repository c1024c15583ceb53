//! What is there: the mesh that a plan finds, read from what `kubectl get … -o yaml` printed, and held against the plan.

mod contradictions;
mod disruption;
mod dump;
mod gateways;
mod installed_values;
mod nodes;
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
pub use dump::{DUMP_FILE, GATEWAY_CRD, KINDS, printed};
pub use gateways::{Deployment, ExistingGateway, deployment};
pub use writer::Writer;

/// A mesh that is there.
#[derive(Debug, Clone)]
pub struct Existing {
    /// What of the dump decides about a state, without what only a cluster fills in; in the order of their identities.
    pub objects: Vec<Manifest>,
    /// The namespace of the control plane, istio-cni and ztunnel.
    pub namespace: String,
    /// The control plane's Deployment.
    pub istiod: String,
    /// ztunnel's DaemonSet.
    pub ztunnel: String,
    /// The ServiceAccount of ztunnel.
    pub ztunnel_account: String,
    /// The whole DaemonSet of ztunnel.
    pub ztunnel_object: Value,
    /// The whole DaemonSet of istio-cni.
    pub cni_object: Value,
    /// Who else writes what the steps change.
    pub owners: OwnedBy,
    /// The tags of the control plane that is there.
    pub tags: Vec<String>,
    /// Of these, the ones that istiod's owner makes, each with the objects that it made.
    pub owned_tags: BTreeMap<String, Vec<Identity>>,
    /// The Gateway API CRDs, as bundle and channel, where the dump has them.
    pub bundle: Option<(String, String)>,
    /// What a drain will hit hardest.
    pub fragile: Vec<Fragile>,
    /// Which nodes can have a ztunnel at all, as `kubectl get nodes -l` takes it.
    pub hosts: String,
    /// Labels that a namespace needs so that both control planes see it.
    pub seen: Vec<String>,
    /// What there is of each group of the plan.
    pub groups: Vec<Group>,
    /// Every Gateway and waypoint of Istio's.
    pub gateways: Vec<ExistingGateway>,
}

/// A group of nodes.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Its nodes, by name.
    pub nodes: Vec<String>,
    /// What makes its new nodes, where the plan says it.
    pub makers: Vec<Manifest>,
}

/// The owners that the plan names.
#[derive(Debug, Clone, Default)]
pub struct OwnedBy {
    /// Of istiod, and of the base chart.
    pub istiod: Option<Owner>,
    /// Of istio-cni.
    pub cni: Option<Owner>,
    /// Of ztunnel.
    pub ztunnel: Option<Owner>,
    /// Of the base chart, which istiod's owner has as well: where the dump shows no name of it, the one of Istio's documentation.
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

/// How to print a dump; what findings name where it lacks something.
pub const DUMP: &str = "kubectl get nodes,namespaces,services,serviceaccounts,deployments,daemonsets,statefulsets,poddisruptionbudgets,\
gateways.gateway.networking.k8s.io,gatewayclasses,httproutes,referencegrants,authorizationpolicies,peerauthentications,mutatingwebhookconfigurations,validatingwebhookconfigurations,customresourcedefinitions -A \
--show-managed-fields -o yaml";

/// Reads the dump of a plan and holds it against the plan; nothing where something contradicts it.
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
        self.is_whole(&state);
        let (istiod, ztunnel) = (self.control_plane(&state), self.ztunnel(&state));
        self.cni(&state);
        self.nodes(&state);
        let groups = self.groups(&state, files, sources);
        let (istiod, ztunnel) = (istiod?, ztunnel?);
        let gateways = self.gateways(&state);
        self.belong(&state);
        self.handover(&gateways);
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

/// The owner of the base chart, which makes the account of readers.
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

/// The Gateway API CRDs of a dump, by the annotations of the one for Gateways.
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
