//! Finds settings of the existing mesh that the plan would not carry over.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;
use toml::Spanned;

use super::Reading;
use super::installed_values::{InstalledSetting, of_cni, of_istiod, of_ztunnel};
use crate::kube::identity::Key;
use crate::kube::selects;
use crate::plan::{Component, ValuesFile};
use crate::state::{Facet, Object, Pods, State};
use crate::text::finding::Finding;

const SIDECARS: &str = "sidecars and injected gateways in an existing mesh are not supported yet";

fn name_is_enrolled(state: &State, namespace: &str) -> bool {
    let labels = state.namespace_labels(namespace);
    labels.get("istio.io/dataplane-mode").map(String::as_str) == Some("ambient")
}

impl Reading<'_> {
    /// Reports settings that the canary would not have: the plan has no values for the component, or its
    /// values differ from those that the mesh was installed with.
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
                    self.other_values((object, &settings), values, place);
                }
                _ => self.no_values((object, &settings), component),
            }
        }
        self.authority(state);
        self.hub(state);
    }

    fn no_values(
        &mut self,
        (object, settings): (&Object, &[InstalledSetting]),
        component: Component,
    ) {
        let own = settings.iter().filter(|setting| setting.is_own());
        let own: Vec<String> = own.map(InstalledSetting::in_words).collect();
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        if own.is_empty() {
            return;
        }
        let component = component.key();
        self.say(
            Finding::error(
                "existing-settings",
                format!(
                    "{} has settings that differ from the \
                     defaults, and the plan has no values for {component}",
                    object.key
                ),
            )
            .label(own.join(", "))
            .help(format!(
                "set `values = {{ {component} = \"…\" }}` in `[istio]` to the chart \
                 values that it was installed with"
            ))
            .object(object.key.to_string()),
            folder,
        );
    }

    fn other_values(
        &mut self,
        (object, settings): (&Object, &[InstalledSetting]),
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
                    "these values do not set it".to_owned()
                } else {
                    format!("these values set it to {planned}")
                })
                .help(
                    "write the values that it was installed with: see `helm get values`, or the \
                     ConfigMap `values` of 1.26 and later",
                )
                .object(object.key.to_string()),
                place,
            );
        }
    }

    /// Requires that istiod issues the certificates, because the canary's ztunnel gets them from its istiod.
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
                    "{} gets its certificates from {}",
                    object.key,
                    ztunnel.ca.as_deref().unwrap_or("another CA")
                ),
            )
            .label("the canary ztunnel would get them from its control plane")
            .help("use istiod as the CA; other CAs are not supported yet")
            .object(object.key.to_string()),
            folder,
        );
    }

    /// Requires that the canary's control plane discovers every namespace of the mesh.
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
                    format!("the canary control plane would ignore namespace `{namespace}`"),
                )
                .label("none of the `meshConfig.discoverySelectors` selects it")
                .help(format!(
                    "add a label that one of the selectors selects, and dump the namespace again; \
                     or extend the selectors in `{}`",
                    file.get_ref()
                ))
                .object(format!("Namespace {namespace}")),
                file,
            );
        }
    }

    /// Returns the labels by which the canary's discovery selectors select a namespace, taken from an
    /// enrolled namespace.
    pub(super) fn seen(&self, state: &State) -> Vec<String> {
        let selectors = self
            .values
            .get(Component::Istiod, "/meshConfig/discoverySelectors");
        let selectors: Vec<&Value> = selectors
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .collect();
        let namespaces = state.namespaces().into_iter();
        for namespace in namespaces.filter(|namespace| name_is_enrolled(state, namespace)) {
            let labels = state.namespace_labels(namespace);
            let Some(selector) = selectors.iter().find(|one| selects(one, &labels)) else {
                continue;
            };
            let asked = selector.pointer("/matchLabels").and_then(Value::as_object);
            let asked = asked.into_iter().flatten().map(|(key, _)| key.as_str());
            let more = selector
                .pointer("/matchExpressions")
                .and_then(Value::as_array);
            let more = more.into_iter().flatten();
            let keys = asked.chain(more.filter_map(|one| one.get("key")?.as_str()));
            let own = keys.filter(|key| !key.starts_with("kubernetes.io/metadata."));
            let own = own.filter_map(|key| Some(format!("{key}={}", labels.get(key)?)));
            return own
                .filter(|one| !one.starts_with("istio.io/dataplane-mode="))
                .collect();
        }
        Vec::new()
    }

    /// Requires that the plan takes the images of the canary from the same registry.
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
                format!("{} gets its image from `{own}`", object.key),
            )
            .label("the plan would use the official Istio registry for the canary")
            .help(format!("set `hub = \"{own}\"` in `[istio]`"))
            .object(object.key.to_string()),
            folder,
        );
    }

    /// Reports Istio configuration that the canary would not read: with this label, it applies only to the
    /// revision of that name.
    ///
    /// Source: `istio/istio:pilot/pkg/config/kube/crdclient/client.go`, `objectInRevision`.
    pub(super) fn policies(&mut self, state: &State) {
        let Some(folder) = self.plan.stable.existing.clone() else {
            return;
        };
        for object in state.objects() {
            let group = &object.key.group;
            let Some(revision) = object.label("istio.io/rev") else {
                continue;
            };
            if !group.ends_with(".istio.io") || group == "install.istio.io" {
                continue;
            }
            self.say(
                Finding::error(
                    "existing-policy",
                    format!("{} applies only to revision `{revision}`", object.key),
                )
                .label("the ztunnels and waypoints of the canary would not get it")
                .help("remove its label `istio.io/rev`, so that it applies to all revisions, and dump it again")
                .object(object.key.to_string()),
                &folder,
            );
        }
    }

    /// Reports sidecars and injected gateways, because they need the control plane of their revision, which
    /// step 640 deletes.
    pub(super) fn sidecars(&mut self, state: &State) {
        let asks = |map: &BTreeMap<String, String>| {
            map.get("sidecar.istio.io/inject").map(String::as_str) == Some("true")
        };
        let managed = |pods: &Pods| {
            pods.labels
                .contains_key("gateway.networking.k8s.io/gateway-name")
        };
        let runs = |namespace: &str| {
            state.workloads().any(|(object, pods)| {
                object.key.namespace.as_deref() == Some(namespace) && !managed(pods)
            })
        };
        let Some(folder) = self.plan.stable.existing.clone() else {
            return;
        };
        for object in state.objects() {
            let (why, help) = match &object.facet {
                Facet::Namespace(namespace) => {
                    let injects = namespace.labels.get("istio-injection").map(String::as_str);
                    let asked = namespace.labels.get("istio.io/rev");
                    let name = &object.key.name;
                    match asked {
                        _ if injects == Some("enabled") => {
                            ("injects sidecars into its pods", SIDECARS)
                        }
                        Some(_) if runs(name) || name_is_enrolled(state, name) => (
                            "has `istio.io/rev`: new pods there would get sidecars and leave the ambient mesh",
                            "remove the label from the namespace, and set it on those of its Gateways that need it",
                        ),
                        Some(asked) if state.has_istiod(asked) => (
                            "names a revision that step 640 deletes: a Gateway created there later \
                             would have no control plane",
                            "label it with a tag instead, which moves to the canary, or remove the label",
                        ),
                        _ => continue,
                    }
                }
                Facet::Pods(pods)
                    if !managed(pods) && (asks(&pods.labels) || asks(&pods.annotations)) =>
                {
                    ("has sidecars, or is an injected gateway", SIDECARS)
                }
                _ => continue,
            };
            self.say(
                Finding::error("not-yet", format!("{} {why}", object.key))
                    .label("step 640 deletes its control plane, and no step moves it to the canary")
                    .help(help)
                    .object(object.key.to_string()),
                &folder,
            );
        }
    }

    /// Reports traces of an upgrade in progress, and components outside the namespace of the control plane.
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
                    format!("node `{}` is moving between the pools", object.key.name),
                )
                .label("an upgrade is in progress")
                .help("finish the upgrade with the plan that started it, and dump the nodes again")
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
                        format!("{key} is not in the namespace of the control plane"),
                    )
                    .label("istiod, istio-cni and ztunnel must be in one namespace")
                    .help("move it to the namespace of the control plane; other namespaces are not supported yet")
                    .object(key.to_string()),
                    folder,
                );
            }
        }
    }
}
