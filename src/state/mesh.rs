//! Mesh settings that must be the same in two revisions that run at the same time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::objects::State;
use crate::kube::manifest::Manifest;
use crate::kube::selects;

/// Mesh settings that must be the same in two revisions that run at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mesh {
    /// The name of each setting and its value; a missing setting has its default, which is the same in every
    /// version.
    pub settings: BTreeMap<&'static str, String>,
    /// The discovery selectors of istiod: it discovers namespaces that match one of them; all if there are
    /// none.
    pub discovery: Vec<Value>,
}

/// The locations of each setting in an IstioOperator.
const SETTINGS: [(&str, &[&str]); 7] = [
    (
        "trust domain",
        &[
            "/spec/meshConfig/trustDomain",
            "/spec/values/meshConfig/trustDomain",
        ],
    ),
    ("network", &["/spec/values/global/network"]),
    (
        "cluster name",
        &["/spec/values/global/multiCluster/clusterName"],
    ),
    (
        "CA address",
        &[
            "/spec/values/global/caAddress",
            "/spec/meshConfig/caAddress",
        ],
    ),
    ("CA provider", &["/spec/values/global/pilotCertProvider"]),
    ("CA name", &["/spec/values/global/caName"]),
    ("mesh ID", &["/spec/values/global/meshID"]),
];

impl Mesh {
    /// Reads the settings of an IstioOperator.
    pub(super) fn read(value: &Value) -> Self {
        let discovery = value
            .pointer("/spec/meshConfig/discoverySelectors")
            .or(value.pointer("/spec/values/meshConfig/discoverySelectors"))
            .and_then(Value::as_array);
        Self {
            settings: SETTINGS
                .iter()
                .filter_map(|(name, pointers)| {
                    let text = pointers
                        .iter()
                        .find_map(|pointer| value.pointer(pointer)?.as_str())?;
                    Some((*name, text.to_owned()))
                })
                .collect(),
            discovery: discovery.cloned().unwrap_or_default(),
        }
    }
}

impl State {
    /// Returns the namespaces that a control plane with these discovery selectors ignores although it needs
    /// them: those of ztunnels, those that are part of the mesh, and those of Gateways and routes.
    #[must_use]
    pub fn unseen(&self, selectors: &[Value]) -> BTreeSet<String> {
        let sees = |namespace: &str| {
            let labels = self.namespace_labels(namespace);
            selectors.iter().any(|selector| selects(selector, &labels))
        };
        let ztunnels = self
            .ztunnels()
            .filter_map(|(ztunnel, _)| ztunnel.key.namespace.as_deref());
        let enrolled = self.namespaces().into_iter().filter(|namespace| {
            let labels = self.namespace_labels(namespace);
            labels.get("istio.io/dataplane-mode").map(String::as_str) == Some("ambient")
        });
        let routing = ["Gateway", "HTTPRoute"].into_iter().flat_map(|kind| {
            let all = self.of_kind("gateway.networking.k8s.io", kind);
            all.filter_map(|object| object.key.namespace.as_deref())
        });
        ztunnels
            .chain(enrolled)
            .chain(routing)
            .filter(|namespace| !sees(namespace))
            .map(str::to_owned)
            .collect()
    }
}

/// Returns the location of a setting of [`Mesh`] in an IstioOperator, as a JSON pointer.
#[must_use]
pub fn setting_pointer(manifest: &Manifest, name: &str) -> String {
    let pointers = SETTINGS
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(&[][..], |(_, p)| *p);
    let found = pointers
        .iter()
        .find(|pointer| manifest.value.pointer(pointer).is_some());
    found.map_or_else(|| "/spec".to_owned(), |pointer| (*pointer).to_owned())
}
