//! What the mesh that is there has of its own, and a plan without values would not carry over.

use std::rc::Rc;

use serde_json::Value;
use toml::Spanned;

use super::Reading;
use super::installed::{Setting, of_cni, of_istiod, of_ztunnel};
use crate::finding::Finding;
use crate::identity::Key;
use crate::plan::{Component, ValuesFile};
use crate::state::{Facet, Object, State};

impl Reading<'_> {
    /// Settings that the canary would not have: where the plan has no values for a component, and where its values are not those that the mesh was installed
    /// with.
    pub(super) fn settings(&mut self, state: &State) {
        let istiods = state.istiods();
        let istiods = istiods.map(|(object, _)| (Component::Istiod, object, of_istiod(object)));
        let cnis = state.cnis();
        let cnis = cnis.map(|(object, _)| (Component::Cni, object, of_cni(object)));
        let ztunnels = state.ztunnels();
        let ztunnels = ztunnels.map(|(object, _)| (Component::Ztunnel, object, of_ztunnel(object)));
        let all: Vec<_> = istiods.chain(cnis).chain(ztunnels).collect();
        for (component, object, settings) in all {
            let named = self.plan.istio.values.as_ref();
            let named = named.and_then(|values| values.of(component));
            match (self.values.of(component), named) {
                (Some(values), Some(place)) => {
                    self.other_values((object, &settings), values, place)
                }
                _ => self.no_values((object, &settings), component),
            }
        }
        self.authority(state);
        self.hub(state);
    }

    fn no_values(&mut self, (object, settings): (&Object, &[Setting]), component: Component) {
        let own = settings.iter().filter(|setting| setting.is_own());
        let own: Vec<String> = own.map(Setting::in_words).collect();
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        if own.is_empty() {
            return;
        }
        let component = component.key();
        self.say(
            Finding::error("existing-settings", format!("{} has settings of its own, and the plan has none for {component}", object.key))
                .label(own.join(", "))
                .help(format!("write the chart values that it was installed with: `values = {{ {component} = \"…\" }}` in `[istio]`"))
                .object(object.key.to_string()),
            folder,
        );
    }

    fn other_values(
        &mut self,
        (object, settings): (&Object, &[Setting]),
        values: &ValuesFile,
        place: &Spanned<String>,
    ) {
        let others = settings.iter();
        let others = others.filter_map(|setting| Some((setting, setting.otherwise(values)?)));
        for (setting, planned) in others.collect::<Vec<_>>() {
            self.say(
                Finding::error(
                    "existing-settings",
                    format!("{} has {}", object.key, setting.in_words()),
                )
                .label(if planned.is_empty() {
                    "these values give it none".to_owned()
                } else {
                    format!("these values give it {planned}")
                })
                .help("write the values that it was installed with: `helm get values`, or the ConfigMap `values` of 1.26 and later")
                .object(object.key.to_string()),
                place,
            );
        }
    }

    /// Certificates come from istiod, which the canary's ztunnel asks.
    fn authority(&mut self, state: &State) {
        let other = state
            .ztunnels()
            .find(|(_, ztunnel)| ztunnel.xds != ztunnel.ca);
        let (Some((object, ztunnel)), Some(folder)) = (other, &self.plan.stable.existing) else {
            return;
        };
        self.say(
            Finding::error(
                "not-yet",
                format!(
                    "{} has its certificates from {}",
                    object.key,
                    ztunnel.ca.as_deref().unwrap_or("somebody else")
                ),
            )
            .label("the canary's would ask its control plane")
            .help("a CA that is not istiod is decided but not built yet")
            .object(object.key.to_string()),
            folder,
        );
    }

    /// What is part of the mesh is seen by the canary's control plane too.
    pub(super) fn discovery(&mut self, state: &State) {
        let selectors = self
            .values
            .get(Component::Istiod, "/meshConfig/discoverySelectors");
        let selectors = selectors
            .and_then(Value::as_array)
            .filter(|s| !s.is_empty());
        let values = self.plan.istio.values.as_ref();
        let file = values.and_then(|values| values.istiod.as_ref());
        let (Some(selectors), Some(file)) = (selectors, file) else {
            return;
        };
        for namespace in state.unseen(selectors) {
            self.say(
                Finding::error(
                    "existing-discovery",
                    format!("the canary's control plane would not see namespace `{namespace}`"),
                )
                .label("none of its `meshConfig.discoverySelectors` selects it")
                .help(format!(
                    "give it a label that one of them selects, and print it again; or widen them in `{}`",
                    file.get_ref()
                ))
                .object(format!("Namespace {namespace}")),
                file,
            );
        }
    }

    /// The images come from where the plan takes the canary's.
    fn hub(&mut self, state: &State) {
        let Some((object, ztunnel)) = state.ztunnels().next() else {
            return;
        };
        let Some((own, _)) = ztunnel.pods.images.iter().find_map(|image| {
            let path = image.split('@').next()?.rsplit_once(':')?.0;
            path.rsplit_once('/').filter(|(_, name)| *name == "ztunnel")
        }) else {
            return;
        };
        let planned = self
            .plan
            .istio
            .hub
            .as_ref()
            .map(|hub| hub.get_ref().as_str());
        let known = [
            "docker.io/istio",
            "registry.istio.io/release",
            "gcr.io/istio-release",
            "istio",
        ];
        let Some(folder) = self
            .plan
            .stable
            .existing
            .as_ref()
            .filter(|_| planned.is_none() && !known.contains(&own))
        else {
            return;
        };
        self.say(
            Finding::error(
                "existing-settings",
                format!("{} has its image from `{own}`", object.key),
            )
            .label("the plan takes the canary's from Istio's own registry")
            .help(format!("write `hub = \"{own}\"` in `[istio]`"))
            .object(object.key.to_string()),
            folder,
        );
    }

    /// What has a sidecar, or is a gateway by injection, needs the control plane of its revision, which goes.
    pub(super) fn sidecars(&mut self, state: &State) {
        let injected = state.objects().find(|object| match &object.facet {
            Facet::Namespace(namespace) => {
                namespace.labels.get("istio-injection").map(String::as_str) == Some("enabled")
                    || namespace.labels.contains_key("istio.io/rev")
            }
            Facet::Pods(pods) => {
                let asked = |map: &std::collections::BTreeMap<String, String>| {
                    map.get("sidecar.istio.io/inject").map(String::as_str) == Some("true")
                };
                asked(&pods.labels) || asked(&pods.annotations)
            }
            _ => false,
        });
        let (Some(object), Some(folder)) = (injected, &self.plan.stable.existing) else {
            return;
        };
        self.say(
            Finding::error(
                "not-yet",
                format!("{} is of a mesh with sidecars and injected gateways", object.key),
            )
            .label("its control plane goes in 640, and no step moves it")
            .help("sidecars and injected gateways in a mesh that is there are decided but not built yet")
            .object(object.key.to_string()),
            folder,
        );
    }

    /// What only the trace of an upgrade that is under way has, and parts that are not where the control plane is.
    pub(super) fn traces(&mut self, objects: &[Rc<Object>], state: &State) {
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        let moving = objects.iter().find(|object| {
            object.key.kind == "Node"
                && object
                    .value()
                    .pointer("/metadata/annotations/meshplan.dev~1moving")
                    .is_some()
        });
        if let Some(object) = moving {
            self.say(
                Finding::error(
                    "existing-node",
                    format!(
                        "node `{}` is on its way from one pool to the other",
                        object.key.name
                    ),
                )
                .label("an upgrade is under way")
                .help("end it with the plan that began it, and print the nodes again")
                .object(format!("Node {}", object.key.name)),
                folder,
            );
        }
        let home = state
            .istiods()
            .next()
            .and_then(|(object, _)| object.key.namespace.clone());
        let cnis = state.cnis().map(|(object, _)| &object.key);
        let all: Vec<Key> = cnis
            .chain(state.ztunnels().map(|(object, _)| &object.key))
            .cloned()
            .collect();
        for key in all {
            if home.is_some() && key.namespace != home {
                self.say(
                    Finding::error(
                        "not-yet",
                        format!("{key} is in another namespace than the control plane"),
                    )
                    .label("all three are in one here")
                    .help("istio-cni and ztunnel elsewhere are decided but not built yet")
                    .object(key.to_string()),
                    folder,
                );
            }
        }
    }
}
