//! What the mesh that is there has of its own, and a plan without values would not carry over.

use std::rc::Rc;

use serde_json::Value;

use super::Reading;
use crate::finding::Finding;
use crate::identity::Key;
use crate::plan::Component;
use crate::state::{Facet, Object, State};

/// Environment of istiod by which a mesh is another one than the default: its CA, its name, its trust.
const DECISIVE: [(&str, &str); 8] = [
    ("CLUSTER_ID", "Kubernetes"),
    ("ENABLE_CA_SERVER", "true"),
    ("EXTERNAL_CA", ""),
    ("CA_ADDR", ""),
    ("PILOT_CERT_PROVIDER", "istiod"),
    ("K8S_SIGNER", ""),
    ("TRUST_DOMAIN", "cluster.local"),
    ("MULTI_ROOT_MESH", ""),
];

/// Where istio-cni puts its files unless a platform wants it elsewhere.
const CNI_FOLDERS: [&str; 2] = ["/opt/cni/bin", "/etc/cni/net.d"];

impl Reading<'_> {
    /// Settings that the plan would replace by defaults.
    pub(super) fn settings(&mut self, state: &State) {
        let values = self.plan.istio.values.as_ref();
        let given = [
            values.is_some_and(|values| values.istiod.is_some()),
            values.is_some_and(|values| values.cni.is_some()),
            values.is_some_and(|values| values.ztunnel.is_some()),
        ];
        let mut all: Vec<(usize, &Rc<Object>, Vec<String>)> = Vec::new();
        all.extend(
            state
                .istiods()
                .map(|(object, _)| (0, object, of_istiod(object))),
        );
        all.extend(state.cnis().map(|(object, _)| (1, object, of_cni(object))));
        all.extend(state.ztunnels().map(|(object, ztunnel)| {
            let own = ztunnel.xds.as_deref() != ztunnel.ca.as_deref();
            (2, object, of_ztunnel(object, own))
        }));
        for (number, object, own) in all {
            let Some(folder) = self
                .plan
                .stable
                .existing
                .as_ref()
                .filter(|_| !given[number] && !own.is_empty())
            else {
                continue;
            };
            let component = ["istiod", "cni", "ztunnel"][number];
            self.say(
                Finding::error("existing-settings", format!("{} has settings of its own, and the plan has none for {component}", object.key))
                    .label(own.join(", "))
                    .help(format!("write the chart values that it was installed with: `values = {{ {component} = \"…\" }}` in `[istio]`"))
                    .object(object.key.to_string()),
                folder,
            );
        }
        self.hub(state);
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

/// Name and value of each variable of the first container.
fn env(object: &Object) -> impl Iterator<Item = (&str, &str)> {
    let env = object
        .value()
        .pointer("/spec/template/spec/containers/0/env");
    let all = env.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|one| Some((one.get("name")?.as_str()?, one.get("value")?.as_str()?)))
}

fn of_istiod(object: &Object) -> Vec<String> {
    let own = env(object).filter(|(name, value)| {
        DECISIVE
            .iter()
            .any(|(known, default)| known == name && default != value)
    });
    let mut own: Vec<String> = own.map(|(name, value)| format!("{name}={value}")).collect();
    own.extend(pulls(object));
    own
}

fn of_cni(object: &Object) -> Vec<String> {
    let volumes = object.value().pointer("/spec/template/spec/volumes");
    let folders = volumes.and_then(Value::as_array).into_iter().flatten();
    let named = folders.filter(|volume| {
        let name = volume.get("name").and_then(Value::as_str);
        ["cni-bin-dir", "cni-net-dir"].contains(&name.unwrap_or_default())
    });
    let paths = named.filter_map(|volume| volume.pointer("/hostPath/path")?.as_str());
    let mut own: Vec<String> = paths
        .filter(|path| !CNI_FOLDERS.contains(path))
        .map(str::to_owned)
        .collect();
    own.extend(pulls(object));
    own
}

fn of_ztunnel(object: &Object, other_ca: bool) -> Vec<String> {
    let mut own: Vec<String> = env(object)
        .filter(|(name, value)| match *name {
            "CLUSTER_ID" | "ISTIO_META_CLUSTER_ID" => *value != "Kubernetes",
            "NETWORK" | "TRUST_DOMAIN" => !value.is_empty(),
            _ => false,
        })
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if other_ca {
        own.push("a CA that is not istiod".to_owned());
    }
    let spec = object.value().pointer("/spec/template/spec");
    let selector = spec.and_then(|spec| spec.get("nodeSelector")?.as_object());
    own.extend(
        selector
            .into_iter()
            .flatten()
            .filter(|(key, _)| *key != "kubernetes.io/os")
            .map(|(key, _)| format!("nodeSelector {key}")),
    );
    if spec.is_some_and(|spec| spec.get("affinity").is_some()) {
        own.push("affinity".to_owned());
    }
    own.extend(pulls(object));
    own
}

fn pulls(object: &Object) -> Option<String> {
    let secrets = object
        .value()
        .pointer("/spec/template/spec/imagePullSecrets");
    secrets.is_some().then(|| "imagePullSecrets".to_owned())
}
