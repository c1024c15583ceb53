//! Finds existing Gateways and waypoints, how each one switches to the canary revision, and who owns its
//! label.

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

/// How many Gateways and waypoints can have their own step.
const MOST: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingGateway {
    pub namespace: String,
    pub name: String,
    /// `istio` or `istio-waypoint`.
    pub class: String,
    /// The value of its label `istio.io/rev`.
    pub revision: Option<String>,
    /// The owner that would change this label back.
    pub owner: Option<Writer>,
    /// How it switches to the canary revision.
    pub way: GatewayHandover,
    /// The Deployment that Istio creates for it; `None` if its pods are managed by someone else.
    pub deployment: Option<Deployment>,
}

/// The Deployment that Istio creates for a Gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    pub name: String,
    pub replicas: u64,
    /// Whether its image is a custom one, whose tag does not show the version.
    pub own_image: bool,
    /// Whether an annotation of its pods names their revision, independent of the label of the Gateway.
    pub annotated: bool,
}

impl fmt::Display for ExistingGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gateway {}/{}", self.namespace, self.name)
    }
}

fn gateway_handover(handover: Handover, labelled: bool) -> GatewayHandover {
    match handover {
        Handover::Tag | Handover::TagAfterRetirement if !labelled => GatewayHandover::Tag,
        _ => GatewayHandover::Label {
            lossy: handover != Handover::Relabel,
        },
    }
}

impl Reading<'_> {
    /// Returns all Gateways and waypoints that Istio implements.
    pub(super) fn gateways(&self, state: &State) -> Vec<ExistingGateway> {
        let of = |(object, gateway): (&Rc<Object>, &state::Gateway)| {
            let revision = object.label("istio.io/rev").map(str::to_owned);
            let writer = Writer::of(object.value());
            // A Flux Kustomization removes labels that it did not set; other owners keep them.
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

    /// Returns the Deployment that Istio created for a Gateway, as in the dump.
    ///
    /// Source: `istio/istio:pilot/pkg/config/kube/gateway/deploymentcontroller.go`, `getDefaultName`, and
    /// `IsManaged`: a Gateway with a host name as address has pods that Istio does not manage.
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

    /// Requires that each Gateway has a known class and belongs to an existing control plane.
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
                        "{} has class `{}`, and `{}` contains no GatewayClass of that name",
                        object.key,
                        gateway.class,
                        folder.get_ref()
                    ),
                )
                .label("it is unknown whether Istio implements this class")
                .help("write the GatewayClasses into the directory: `kubectl get gatewayclasses -o yaml`"),
                Some(true) if state.claims(object).revisions.is_empty() => {
                    let asked = state.claims(object).asked;
                    Finding::error(
                        "existing-gateway",
                        format!("{} belongs to no existing control plane", object.key),
                    )
                    .label(asked.map_or_else(
                        || "it has no label `istio.io/rev`, and no control plane is the default".to_owned(),
                        |asked| format!("its label names `{asked}`, which is neither a revision nor a tag"),
                    ))
                    .help(format!(
                        "first label it `istio.io/rev={}`, or remove its label if the tag \
                         `default` exists; then dump it again",
                        self.plan.stable.revision().name()
                    ))
                }
                _ => continue,
            };
            self.say(said.object(object.key.to_string()), folder);
        }
    }

    /// Finds tags that an owner would change back. If the plan names the owner of istiod, its tags are
    /// changed there.
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
                Finding::error(
                    "existing-owner",
                    format!("{} is managed by {}", object.key, writer.in_words()),
                )
                .label(
                    "a step moves the tag to the canary revision, and its owner would move it back",
                )
                .help(
                    "if the Helm release of istiod creates the tag, set `owner = { istiod = \
                     … }`; otherwise remove the tag from its owner, set it with `istioctl tag \
                     set`, and dump the mesh again",
                )
                .object(object.key.to_string()),
                &folder,
            );
        }
        owned
    }

    /// Requires that each Gateway can switch in its own step, and that the plan names the owners of the
    /// labels.
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
                        "`{}` contains {} Gateways and waypoints",
                        folder.get_ref(),
                        labelled.len()
                    ),
                )
                .label(format!(
                    "each one needs a step from 520 to 559, {MOST} at most"
                ))
                .help("a plan with more of them is not supported yet")
                .object(gateway.to_string()),
                folder,
            );
        }
        self.taken(gateways);
        self.loss(&labelled);
        self.labels(&labelled);
    }

    /// Requires that the canary does not take unlabelled Gateways as soon as it is installed.
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
                    "Istio {} takes every Gateway that has no label",
                    own.get_ref()
                ),
            )
            .label("two control planes would manage it as soon as the canary control plane exists")
            .help("upgrade to another patch: 1.23.5, 1.24.2 and later take only their own Gateways")
            .object(gateway.to_string()),
            own,
        );
    }

    /// Refuses tags that istioctl could not move. Without the tag `default`, a canary from 1.27.0 on is installed without
    /// an injector webhook, and `istioctl tag set` needs one (`istioctl/pkg/tag/generate.go`).
    pub(super) fn movable(&mut self, state: &State) {
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        let tags = tags(state);
        let own = self.plan.stable.revision().name();
        if !self.canary.first_by_tag || tags.iter().any(|tag| tag == "default") {
            return;
        }
        let Some(tag) = tags.first() else { return };
        let help = if own == "default" {
            "delete the tag, and label what uses it for the revision, before you write the dump again".to_owned()
        } else {
            format!(
                "run `istioctl tag set default --revision {own}` with istioctl {}, and write the dump again",
                self.plan.stable.version.get_ref()
            )
        };
        self.say(
            Finding::error(
                "existing-tags",
                format!("the mesh has the tag `{tag}` and no tag `default`"),
            )
            .label("istioctl of the canary's version could not move it")
            .help(help),
            folder,
        );
    }

    /// Requires that the plan accepts a loss of requests if it cannot be avoided, and only then.
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
                    format!("Istio {version} takes every Gateway, even one with the label of another revision"),
                )
                .label("two control planes would manage it after its label changes")
                .help("remove its label `istio.io/rev`, and dump the Gateways again: it then follows the tag `default`")
                .object(first.to_string()),
                stable,
            ),
            (Some(first), None) => self.say(
                Finding::error(
                    "handover-missing",
                    format!("{} of the existing Gateways and waypoints cannot leave Istio \
                             {version} without losing requests", lossy.count()),
                )
                .label("their pods lose their listeners when the label changes, until new pods are ready")
                .help(
                    "upgrade to 1.29.5, 1.30.2 or a later patch of these minors by other means \
                     first; or set `handover = \"relabel\"` in `[canary]`, and lose up to 30 \
                     seconds of requests on each",
                )
                .object(first.to_string()),
                stable,
            ),
            (None, Some(choice)) => self.say(
                Finding::warning(
                    "handover-not-needed",
                    format!("every existing Gateway and waypoint can leave Istio {version} without losing requests"),
                )
                .label("`handover` has no effect here")
                .help("remove `handover`"),
                choice,
            ),
            _ => {}
        }
    }

    /// Requires that the plan names the owners of labels that a step changes.
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
                let finding = Finding::error("existing-owner", format!("{gateway} is managed by {}", writer.in_words()))
                    .label("a step labels it for the canary revision, and its owner would restore the old label")
                    .help(format!(
                        "set `owner = {{ gateways = [\"{}\"] }}` in `[istio]`: the step then tells \
                         you what to change in the owner",
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
                        "`{}` manages no Gateway or waypoint whose label a step changes",
                        name.get_ref()
                    ),
                )
                .label("no step changes anything in this owner")
                .help("remove it");
                self.say(finding, name);
            }
        }
    }
}

/// Returns the tags that point to an existing control plane.
pub(super) fn tags(state: &State) -> Vec<String> {
    let own = |revision: &str| state.has_istiod(revision);
    let tags = state.tags().filter(|(_, tag)| own(&tag.revision));
    tags.map(|(_, tag)| tag.name.clone()).collect()
}

/// Returns the name of the Deployment that Istio creates for a Gateway.
///
/// Source: `istio/istio:pilot/pkg/config/kube/gateway/deploymentcontroller.go`, `getDefaultName`: waypoints
/// and east-west gateways keep the name of the Gateway.
#[must_use]
pub fn deployment(name: &str, class: &str) -> String {
    if ["istio-waypoint", "istio-east-west"].contains(&class) {
        name.to_owned()
    } else {
        format!("{name}-{class}")
    }
}
