//! Gateways and waypoints that are there: how each changes hands, who owns its label, and what the plan has to say to that.

use std::fmt;

use super::{Reading, Writer};
use crate::finding::Finding;
use crate::identity::Key;
use crate::istio::{GatewayClaim, Handover};
use crate::plan::Owner;
use crate::state::{Object, State};

/// How many Gateways and waypoints have a step of their own.
const MOST: usize = 40;

/// A Gateway or waypoint that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
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
    pub way: Way,
    /// How many pods its Deployment has.
    pub replicas: u64,
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gateway {}/{}", self.namespace, self.name)
    }
}

/// How a Gateway that is there changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By its label, without losing a request.
    Label,
    /// By its label, and its pods lose their listeners until new ones are ready.
    LabelWithLoss,
    /// It has no label and follows the tag `default`.
    Tag,
}

impl Way {
    fn of(handover: Handover, labelled: bool) -> Self {
        match handover {
            Handover::Relabel => Self::Label,
            Handover::Tag | Handover::TagAfterRetirement if !labelled => Self::Tag,
            _ => Self::LabelWithLoss,
        }
    }
}

impl Reading<'_> {
    /// Every Gateway and waypoint of Istio's.
    pub(super) fn gateways(&self, state: &State) -> Vec<Gateway> {
        let of = |(object, gateway): (&std::rc::Rc<Object>, &crate::state::Gateway)| {
            let namespace = object.key.namespace.clone().unwrap_or_default();
            let name = object.key.name.clone();
            let deployment = deployment(&name, &gateway.class);
            let key = Key::namespaced("apps", "Deployment", &namespace, &deployment);
            let replicas = state
                .get(&key)
                .and_then(|object| Some(object.pods()?.replicas))
                .unwrap_or(0);
            let revision = object.label("istio.io/rev").map(str::to_owned);
            let writer = Writer::of(object.value());
            Gateway {
                owner: (revision.is_some() && writer.writes_back()).then_some(writer),
                way: Way::of(self.handover, revision.is_some()),
                revision,
                class: gateway.class.clone(),
                namespace,
                name,
                replicas,
            }
        };
        state.gateways().map(of).collect()
    }

    /// What changes hands by a tag is nobody's who would write that back.
    pub(super) fn tags(&mut self, state: &State) {
        let tags = state.tags().map(|(object, _)| object);
        let owned: Vec<_> = tags
            .map(|object| (object.key.to_string(), Writer::of(object.value())))
            .filter(|(_, writer)| writer.writes_back())
            .collect();
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        for (object, writer) in owned {
            self.say(
                Finding::error("existing-owner", format!("{object} is written by {}", writer.in_words()))
                    .label("a step gives it to the canary's revision, and its owner would take it back")
                    .help("take the tag out at its owner, and set it with `istioctl tag set` before you print the dump")
                    .object(object),
                folder,
            );
        }
    }

    /// Gateways can change hands, each in a step of its own, and whoever owns their labels is named.
    pub(super) fn handover(&mut self, gateways: &[Gateway]) {
        let labelled: Vec<&Gateway> = gateways.iter().filter(|one| one.way != Way::Tag).collect();
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
    fn taken(&mut self, gateways: &[Gateway]) {
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
    fn loss(&mut self, labelled: &[&Gateway]) {
        let lossy = labelled.iter().filter(|one| one.way == Way::LabelWithLoss);
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
    fn labels(&mut self, labelled: &[&Gateway]) {
        let named = self.plan.istio.owner.as_ref();
        let named = named.map_or(&[][..], |owners| owners.gateways.as_slice());
        let owners: Vec<_> = named
            .iter()
            .map(|name| (name, Owner::parse(name.get_ref())))
            .collect();
        let owned = labelled.iter();
        let writers: Vec<(&Gateway, &Writer)> = owned
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
                    format!("{owner} writes no label of a Gateway or waypoint that a step changes"),
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
/// Source: `istio/istio:pilot/pkg/config/kube/gateway/deploymentcontroller.go`, `getDefaultName`: waypoints are called as they are.
#[must_use]
pub fn deployment(name: &str, class: &str) -> String {
    if class == "istio-waypoint" {
        name.to_owned()
    } else {
        format!("{name}-{class}")
    }
}
