//! Which control plane a Gateway belongs to.
//!
//! Source: `istio/istio:pkg/revisions/tag_watcher.go` (`IsMine`) and `pilot/pkg/config/kube/gateway` at each
//! tag.

use semver::Version;

use super::facet::{Facet, Istiod};
use super::objects::{Object, State};
use crate::istio::{GatewayClaim, claims_by_validator, facts_near};
use crate::kube::identity::Key;

/// The control plane that serves a Gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The revision that wrote its Deployment.
    pub revision: String,
    /// The version of that revision, if known.
    pub version: Option<Version>,
    /// Whether the Gateway still belongs to that revision; if not, its pods run on with their last
    /// configuration.
    pub owned: bool,
}

/// The revisions that claim a Gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The revision or tag in the label `istio.io/rev` of the Gateway or its namespace; nothing if neither
    /// has the label.
    pub asked: Option<String>,
    /// The revisions that reconcile it, with their versions.
    pub revisions: Vec<(String, Option<Version>)>,
}

/// The classes that Istio's control planes create.
///
/// Source: `istio/istio:pilot/pkg/config/kube/gateway/gatewayclass.go`, `pkg/config/constants`;
/// `istio-east-west` exists since 1.25.
const CLASSES: [&str; 4] = ["istio", "istio-waypoint", "istio-remote", "istio-east-west"];

impl State {
    /// Returns the Gateways that Istio reconciles.
    pub fn gateways(&self) -> impl Iterator<Item = (&std::rc::Rc<Object>, &super::Gateway)> {
        self.of_kind("gateway.networking.k8s.io", "Gateway")
            .filter_map(|object| match &object.facet {
                Facet::Gateway(gateway) if self.is_istios(&gateway.class) == Some(true) => {
                    Some((object, &**gateway))
                }
                _ => None,
            })
    }

    /// Returns whether Istio's control planes reconcile a class: their own classes, and those whose
    /// `GatewayClass` names one of their controllers. Returns nothing if the `GatewayClass` does not exist.
    #[must_use]
    pub fn is_istios(&self, class: &str) -> Option<bool> {
        if CLASSES.contains(&class) {
            return Some(true);
        }
        let key = Key::cluster("gateway.networking.k8s.io", "GatewayClass", class);
        let controller = self.get(&key)?.value().pointer("/spec/controllerName")?;
        Some(controller.as_str()?.starts_with("istio.io/"))
    }

    /// Returns the revision for the name of a revision or a tag.
    #[must_use]
    pub fn revision_of(&self, name: &str) -> Option<String> {
        if self.istiods().any(|(_, istiod)| istiod.revision == name) {
            return Some(name.to_owned());
        }
        self.tags()
            .find(|(_, tag)| tag.name == name)
            .map(|(_, tag)| tag.revision.clone())
    }

    /// Returns the revision in the default validation webhook; used only if there is no tag `default`.
    fn validated_by(&self) -> Option<String> {
        let key = Key::cluster(
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration",
            "istiod-default-validator",
        );
        let object = self.get(&key)?;
        let tagged = self.tags().any(|(_, tag)| tag.name == "default");
        object
            .label("istio.io/rev")
            .filter(|_| !tagged)
            .map(str::to_owned)
    }

    /// Returns which revisions claim a Gateway.
    #[must_use]
    pub fn claims(&self, gateway: &Object) -> Claims {
        let namespace = gateway.key.namespace.as_deref().unwrap_or_default();
        let own = gateway.label("istio.io/rev").map(str::to_owned);
        let asked = own.or_else(|| self.namespace_labels(namespace).remove("istio.io/rev"));
        let named = self.revision_of(asked.as_deref().unwrap_or("default"));
        let by_validator = asked.is_none().then(|| self.validated_by()).flatten();
        let wants = |istiod: &Istiod| match istiod
            .version
            .as_ref()
            .map_or(GatewayClaim::Named, |version| {
                facts_near(Some(version)).claims
            }) {
            GatewayClaim::Every => true,
            GatewayClaim::Unlabelled => asked.is_none() || named.as_ref() == Some(&istiod.revision),
            GatewayClaim::Named => {
                named.as_ref() == Some(&istiod.revision)
                    || by_validator.as_ref() == Some(&istiod.revision)
                        && claims_by_validator(istiod.version.as_ref())
            }
        };
        Claims {
            revisions: self
                .istiods()
                .filter(|(_, istiod)| wants(istiod))
                .map(|(_, istiod)| (istiod.revision.clone(), istiod.version.clone()))
                .collect(),
            asked,
        }
    }

    /// Updates which revision serves each Gateway. If several claim it, the previous one keeps it. If none
    /// does, its pods run on with their last configuration.
    pub(crate) fn settle(&mut self) {
        let gateways: Vec<(Key, Claims)> = self
            .gateways()
            .map(|(object, _)| (object.key.clone(), self.claims(object)))
            .collect();
        self.served
            .retain(|key, _| gateways.iter().any(|(known, _)| known == key));
        for (key, claims) in gateways {
            let before = self.served.get(&key);
            let keeps = before.and_then(|b| {
                claims
                    .revisions
                    .iter()
                    .find(|(name, _)| *name == b.revision)
            });
            let owner = keeps.or(claims.revisions.first()).cloned();
            match (owner, self.served.get_mut(&key)) {
                (Some((revision, version)), _) => {
                    self.served.insert(
                        key,
                        Served {
                            revision,
                            version,
                            owned: true,
                        },
                    );
                }
                (None, Some(last)) => last.owned = false,
                (None, None) => {}
            }
        }
    }
}
