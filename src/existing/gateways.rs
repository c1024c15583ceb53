//! Gateways and waypoints that are there: how each changes hands, who owns its label, and what the plan has to say to that.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::{Reading, Writer};
use crate::istio::GatewayHandover;
use crate::istio::{GatewayClaim, Handover, tag_objects};
use crate::kube::identity::{Identity, Key};
use crate::plan::Owner;
use crate::state::{self, Address, Facet, Object, State};
use crate::text::finding::Finding;

/// How many Gateways and waypoints have a step of their own.
const MOST: usize = 40;

/// A Gateway or waypoint that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingGateway {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its class, `istio` or `istio-waypoint`.
    pub class: String,
    /// Its own `istio.io/rev`.
    pub revision: Option<String>,
    /// Who would write that label back.
    pub owner: Option<Writer>,
    /// How it changes hands.
    pub way: GatewayHandover,
    /// The Deployment that Istio makes for it; nothing where its pods are somebody else's.
    pub deployment: Option<Deployment>,
}

/// What Istio makes for a Gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// How many pods it has.
    pub replicas: u64,
    /// Whether its image is somebody's own, whose tag says no version.
    pub own_image: bool,
    /// Whether its pods' annotation names their revision, whatever the Gateway's label is.
    pub annotated: bool,
}

impl fmt::Display for ExistingGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gateway {}/{}", self.namespace, self.name)
    }
}

/// Returns how a Gateway changes its control plane.
fn gateway_handover(handover: Handover, labelled: bool) -> GatewayHandover {
    match handover {
        Handover::Tag | Handover::TagAfterRetirement if !labelled => GatewayHandover::Tag,
        _ => GatewayHandover::Label {
            lossy: handover != Handover::Relabel,
        },
    }
}

impl Reading<'_> {
    /// Every Gateway and waypoint of Istio's.
    pub(super) fn gateways(&self, state: &State) -> Vec<ExistingGateway> {
        let of = |(object, gateway): (&Rc<Object>, &state::Gateway)| {
            let revision = object.label("istio.io/rev").map(str::to_owned);
            let writer = Writer::of(object.value());
            // A Kustomization of Flux takes a label away that is not its own; others leave it.
            let takes = matches!(writer, Writer::Kustomization(_));
            let owned = takes || revision.is_some() && writer.writes_back();
            ExistingGateway {
                owner: owned.then_some(writer),
                way: gateway_handover(self.handover, state.claims(object).asked.is_some()),
                revision,
                class: gateway.class.clone(),
                namespace: object.key.namespace.clone().unwrap_or_default(),
                name: object.key.name.clone(),
                deployment: self.made(state, object, gateway),
            }
        };
        state.gateways().map(of).collect()
    }

    /// What Istio makes for a Gateway, as the dump has it.
    ///
    /// Source: `istio/istio:pilot/pkg/config/kube/gateway/deploymentcontroller.go`, `getDefaultName`, and `IsManaged`: an address that is a host name
    /// is that of somebody's own pods.
    fn made(&self, state: &State, object: &Object, gateway: &state::Gateway) -> Option<Deployment> {
        let own = gateway.addresses.iter();
        if gateway.class == "istio-remote" || own.clone().any(Address::is_hostname) {
            return None;
        }
        let annotations = object.value().pointer("/metadata/annotations");
        let given = annotations.and_then(|all| all.get("gateway.istio.io/name-override")?.as_str());
        let name = given.map_or_else(
            || deployment(&object.key.name, &gateway.class),
            str::to_owned,
        );
        let namespace = object.key.namespace.as_deref().unwrap_or_default();
        let key = Key::namespaced("apps", "Deployment", namespace, &name);
        let pods = state.get(&key).and_then(|object| object.pods());
        let stable = state::version_of(self.plan.stable.version.get_ref());
        let is_stable = |image: &String| state::image_version(image) == stable;
        Some(Deployment {
            name,
            replicas: pods.map_or(0, |pods| pods.replicas),
            own_image: pods.is_some_and(|pods| !pods.images.iter().any(is_stable)),
            annotated: pods.is_some_and(|pods| pods.annotations.contains_key("istio.io/rev")),
        })
    }

    /// Each Gateway is of a class that is known, and belongs to a control plane that is there.
    pub(super) fn belong(&mut self, state: &State) {
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        let all = state.of_kind("gateway.networking.k8s.io", "Gateway");
        for object in all {
            let Facet::Gateway(gateway) = &object.facet else {
                continue;
            };
            let said = match state.is_istios(&gateway.class) {
                None => Finding::error(
                    "existing-gateway",
                    format!(
                        "{} is of class `{}`, and `{}` has no GatewayClass of that name",
                        object.key,
                        gateway.class,
                        folder.get_ref()
                    ),
                )
                .label("whether Istio makes it real is not known")
                .help("print them into the folder: `kubectl get gatewayclasses -o yaml`"),
                Some(true) if state.claims(object).revisions.is_empty() => {
                    let asked = state.claims(object).asked;
                    Finding::error(
                        "existing-gateway",
                        format!("{} belongs to no control plane that is there", object.key),
                    )
                    .label(asked.map_or_else(
                        || "it has no `istio.io/rev`, and nothing is the default".to_owned(),
                        |asked| format!("it asks for `{asked}`, which is no revision or tag"),
                    ))
                    .help(format!(
                        "mend that first: label it `istio.io/rev={}`, or take its label off where the tag `default` is there; and print it again",
                        self.plan.stable.revision().name()
                    ))
                }
                _ => continue,
            };
            self.say(said.object(object.key.to_string()), folder);
        }
    }

    /// Tags that somebody would write back: those of istiod's owner, where the plan names it, change there.
    pub(super) fn owned_tags(&mut self, state: &State) -> BTreeMap<String, Vec<Identity>> {
        let named = self.plan.istio.owner.as_ref();
        let named = named.and_then(|owners| Owner::parse(owners.istiod.as_ref()?.get_ref()));
        let mut owned: BTreeMap<String, Vec<Identity>> = BTreeMap::new();
        let Some(folder) = self.plan.stable.existing.clone() else {
            return owned;
        };
        for (object, tag) in state.tags() {
            let writer = Writer::of(object.value());
            if !writer.writes_back() {
                continue;
            }
            if named.as_ref().is_some_and(|owner| writer.is(owner)) {
                let facts = self.stable;
                let namespace = self.namespace();
                let all = tag_objects(facts, &tag.name, namespace).into_iter();
                let own = all.filter(|identity| {
                    let there = state.get(&identity.key());
                    there.is_some_and(|object| Writer::of(object.value()) == writer)
                });
                owned.insert(tag.name.clone(), own.collect());
                continue;
            }
            self.say(
                Finding::error("existing-owner", format!("{} is written by {}", object.key, writer.in_words()))
                    .label("a step gives it to the canary's revision, and its owner would take it back")
                    .help("where istiod's release makes it, name that, `owner = { istiod = … }`; else take it out at its owner, and set it with `istioctl tag set` before you print the dump")
                    .object(object.key.to_string()),
                &folder,
            );
        }
        owned
    }

    /// Gateways can change hands, each in a step of its own, and whoever owns their labels is named.
    pub(super) fn handover(&mut self, gateways: &[ExistingGateway]) {
        let labelled: Vec<&ExistingGateway> = gateways
            .iter()
            .filter(|one| one.way != GatewayHandover::Tag)
            .collect();
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        if let Some(gateway) = labelled.get(MOST) {
            self.say(
                Finding::error(
                    "not-yet",
                    format!(
                        "`{}` has {} Gateways and waypoints",
                        folder.get_ref(),
                        labelled.len()
                    ),
                )
                .label(format!("steps 520 to 559 are one each, {MOST} at most"))
                .help("more of them in one plan is decided but not built yet")
                .object(gateway.to_string()),
                folder,
            );
        }
        self.taken(gateways);
        self.loss(&labelled);
        self.labels(&labelled);
    }

    /// The canary takes nothing before it is its turn.
    fn taken(&mut self, gateways: &[ExistingGateway]) {
        let own = &self.plan.canary.version;
        let bare = gateways.iter().find(|gateway| gateway.revision.is_none());
        let Some(gateway) = bare.filter(|_| self.canary.claims == GatewayClaim::Unlabelled) else {
            return;
        };
        self.say(
            Finding::error(
                "existing-handover",
                format!(
                    "Istio {} takes every Gateway without a label",
                    own.get_ref()
                ),
            )
            .label("two control planes would want it as soon as the canary's is there")
            .help("upgrade to another patch: 1.23.5, 1.24.2 and later take what is theirs alone")
            .object(gateway.to_string()),
            own,
        );
    }

    /// Whether the plan accepts what cannot be had without loss, and only that.
    fn loss(&mut self, labelled: &[&ExistingGateway]) {
        let lossy = labelled
            .iter()
            .filter(|one| one.way == GatewayHandover::Label { lossy: true });
        let (stable, choice) = (&self.plan.stable.version, &self.plan.canary.handover);
        let version = stable.get_ref();
        match (lossy.clone().next(), choice) {
            (Some(first), _) if self.handover == Handover::TagAfterRetirement => self.say(
                Finding::error(
                    "existing-handover",
                    format!("Istio {version} takes every Gateway, whatever its label says"),
                )
                .label("two control planes would want it once it is labelled away")
                .help("take its label `istio.io/rev` off, and print the Gateways again: it then follows the tag `default`")
                .object(first.to_string()),
                stable,
            ),
            (Some(first), None) => self.say(
                Finding::error(
                    "handover-missing",
                    format!("{} of the Gateways and waypoints that are there cannot leave Istio {version} without losing requests", lossy.count()),
                )
                .label("their pods lose their listeners as soon as they are labelled away, until new ones are ready")
                .help(
                    "upgrade to 1.29.5, 1.30.2 or a later patch of these in the way that you know first; or write `handover = \"relabel\"` in `[canary]`, \
                     to lose up to 30 seconds of requests of each",
                )
                .object(first.to_string()),
                stable,
            ),
            (None, Some(choice)) => self.say(
                Finding::warning(
                    "handover-not-needed",
                    format!("no Gateway or waypoint that is there loses a request when it leaves Istio {version}"),
                )
                .label("does nothing here")
                .help("take `handover` out"),
                choice,
            ),
            _ => {}
        }
    }

    /// Labels that are there already, and somebody else's.
    fn labels(&mut self, labelled: &[&ExistingGateway]) {
        let named = self.plan.istio.owner.as_ref();
        let named = named.map_or(&[][..], |owners| owners.gateways.as_slice());
        let owners: Vec<_> = named
            .iter()
            .map(|name| (name, Owner::parse(name.get_ref())))
            .collect();
        let owned = labelled.iter();
        let writers: Vec<(&ExistingGateway, &Writer)> = owned
            .filter_map(|gateway| Some((*gateway, gateway.owner.as_ref()?)))
            .collect();
        for (gateway, writer) in &writers {
            let mut known = owners.iter().filter_map(|(_, owner)| owner.as_ref());
            let Some(folder) = self.plan.stable.existing.as_ref() else {
                return;
            };
            if !known.any(|owner| writer.is(owner)) {
                let finding = Finding::error("existing-owner", format!("{gateway} is written by {}", writer.in_words()))
                    .label("a step labels it for the canary's revision, and its owner would write its own label back")
                    .help(format!(
                        "name it in `[istio]`, `owner = {{ gateways = [\"{}\"] }}`: the step is then a change to make there",
                        writer.as_owner()
                    ))
                    .object(gateway.to_string());
                self.say(finding, folder);
            }
        }
        for (name, owner) in owners {
            if let Some(owner) = owner
                && !writers.iter().any(|(_, writer)| writer.is(&owner))
            {
                let finding = Finding::error(
                    "existing-owner",
                    format!(
                        "`{}` writes no Gateway or waypoint whose label a step changes",
                        name.get_ref()
                    ),
                )
                .label("nothing is to be done there")
                .help("take it out");
                self.say(finding, name);
            }
        }
    }
}

/// The tags that point to a control plane that is there.
pub(super) fn tags(state: &State) -> Vec<String> {
    let own = |revision: &str| state.has_istiod(revision);
    let tags = state.tags().filter(|(_, tag)| own(&tag.revision));
    tags.map(|(_, tag)| tag.name.clone()).collect()
}

/// The Deployment that Istio makes for a Gateway.
///
/// Source: `istio/istio:pilot/pkg/config/kube/gateway/deploymentcontroller.go`, `getDefaultName`: waypoints and east-west gateways are called as they are.
#[must_use]
pub fn deployment(name: &str, class: &str) -> String {
    if ["istio-waypoint", "istio-east-west"].contains(&class) {
        name.to_owned()
    } else {
        format!("{name}-{class}")
    }
}
