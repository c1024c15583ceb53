//! Objects by identity, and the queries of rules and routes.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::rc::Rc;

use semver::Version;
use serde_json::Value;

use super::control_plane::Served;
use super::facet::{Cni, Facet, Istiod, Tag, Ztunnel};
use super::operator::Operator;
use super::pods::Pods;
use super::reads::Kinds;
use crate::istio::{Channel, facts_near};
use crate::kube::identity::Key;
use crate::kube::manifest::Manifest;
use crate::step::Phase;

/// One object of a state: its manifest, its position in a file, and its parsed content.
#[derive(Debug)]
pub struct Object {
    /// The object and the positions of its values in its file.
    pub manifest: Manifest,
    pub key: Key,
    pub facet: Facet,
    /// Whether an installer creates it; its file then contains the IstioOperator.
    pub implied: bool,
    /// The phase of the step that created it.
    pub phase: Option<Phase>,
    /// For an IstioOperator: the objects that it installs, as the first revision and as a later one.
    pub(super) made: [OnceCell<Vec<Rc<Object>>>; 2],
}

impl Object {
    /// Parses an object of a file.
    #[must_use]
    pub fn of(manifest: Manifest, phase: Option<Phase>) -> Self {
        let facet = Facet::of(&manifest.identity, &manifest.value);
        Self {
            key: manifest.identity.key(),
            manifest,
            facet,
            implied: false,
            phase,
            made: Default::default(),
        }
    }

    #[must_use]
    pub fn value(&self) -> &Value {
        &self.manifest.value
    }

    /// Returns a label of the object itself, not of its pods.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.value()
            .get("metadata")?
            .get("labels")?
            .get(key)?
            .as_str()
    }

    /// Returns the revision that it belongs to: the one of the IstioOperator that installed it, the one in
    /// its label, or the longest one that its name ends with or contains.
    #[must_use]
    pub fn revision<'r>(&self, revisions: &[&'r str]) -> Option<&'r str> {
        let known = |name: &str| revisions.iter().find(|own| **own == name).copied();
        if self.implied {
            let operator = self.manifest.original();
            let revision = operator.value.pointer("/spec/revision");
            return known(revision.and_then(Value::as_str).unwrap_or("default"));
        }
        let labelled = ["meshplan.dev/revision", "istio.io/rev"]
            .iter()
            .find_map(|key| self.label(key));
        if let Some(label) = labelled {
            return known(label);
        }
        let padded = format!("-{}-", self.key.name);
        let holds = |revision: &&&str| padded.contains(&format!("-{revision}-"));
        let named = revisions.iter().filter(holds);
        named.max_by_key(|revision| revision.len()).copied()
    }

    /// Returns the pods that it creates, if any.
    #[must_use]
    pub fn pods(&self) -> Option<&Pods> {
        match &self.facet {
            Facet::Pods(pods) => Some(pods),
            Facet::Ztunnel(ztunnel) => Some(&ztunnel.pods),
            Facet::Cni(cni) => Some(&cni.pods),
            Facet::Istiod(istiod) => Some(&istiod.pods),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct State {
    /// Cloned states share the keys.
    pub(super) objects: BTreeMap<Rc<Key>, Rc<Object>>,
    /// Labels of the nodes that are known by name, or by the selector of their pool.
    pub nodes: BTreeMap<String, BTreeMap<String, String>>,
    /// The installed IstioOperators, by name and revision.
    pub(super) operators: BTreeMap<(String, String), Rc<Object>>,
    /// The Gateway API CRDs, if their release is known.
    pub bundle: Option<(Version, Channel)>,
    /// The version of Istio's CRDs.
    pub base: Option<Version>,
    /// The control plane of each Gateway, or the last one that it had.
    pub served: BTreeMap<Key, Served>,
    /// Whether these are all objects of the cluster, or only those of some manifests.
    pub whole: bool,
    /// Labels that only steps set on nodes, to move them to another pool.
    pub given: BTreeSet<(String, String)>,
    /// Nodes whose istio-cni version differs from the template; see [`State::held`].
    pub(crate) held: BTreeMap<String, Version>,
    /// The kinds of objects that were read; see [`State::recorded`].
    pub(super) reads: Cell<Kinds>,
}

/// The kinds that create pods, in the order of their keys;
/// [`pod_pointers`](crate::kube::manifest::pod_pointers) has the locations.
const MAKERS: [(&str, &str); 8] = [
    ("", "Pod"),
    ("", "ReplicationController"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
];

const BUILT_IN: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

impl State {
    /// Adds an object, or replaces the one with the same key.
    pub(crate) fn put(&mut self, object: Rc<Object>) {
        if let Some(place) = self.objects.get_mut(&object.key) {
            *place = object;
        } else {
            self.objects.insert(Rc::new(object.key.clone()), object);
        }
    }

    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Rc<Object>> {
        self.reads(&key.group, &key.kind);
        self.objects.get(key)
    }

    /// Returns an object by its names, with the kind as kubectl accepts it.
    #[must_use]
    pub fn named(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<&Rc<Object>> {
        self.reads_all();
        let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
        self.objects.values().find(|object| {
            object.key.kind.eq_ignore_ascii_case(kind)
                && (group.is_empty() || object.key.group == group)
                && object.key.namespace.as_deref() == namespace
                && object.key.name == name
        })
    }

    /// Returns every object, in the order of the keys.
    pub fn objects(&self) -> impl Iterator<Item = &Rc<Object>> {
        self.reads_all();
        self.objects.values()
    }

    pub fn of_kind<'a>(
        &'a self,
        group: &'a str,
        kind: &'a str,
    ) -> impl Iterator<Item = &'a Rc<Object>> {
        self.reads(group, kind);
        let first = Key::cluster(group, kind, "");
        self.objects
            .range::<Key, _>((Bound::Included(&first), Bound::Unbounded))
            .map(|(_, object)| object)
            .take_while(move |object| object.key.group == group && object.key.kind == kind)
    }

    /// Returns whether a namespace exists.
    #[must_use]
    pub fn has_namespace(&self, name: &str) -> bool {
        self.reads("", "Namespace");
        BUILT_IN.contains(&name)
            || self
                .objects
                .contains_key(&Key::cluster("", "Namespace", name))
    }

    /// Returns the labels of a namespace, including the one that every namespace gets.
    #[must_use]
    pub fn namespace_labels(&self, name: &str) -> BTreeMap<String, String> {
        let mut labels = match self
            .get(&Key::cluster("", "Namespace", name))
            .map(|o| &o.facet)
        {
            Some(Facet::Namespace(namespace)) => namespace.labels.clone(),
            _ => BTreeMap::new(),
        };
        labels.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
        labels
    }

    fn namespace_label(&self, name: &str, key: &str) -> Option<&str> {
        match &self.get(&Key::cluster("", "Namespace", name))?.facet {
            Facet::Namespace(namespace) => namespace.labels.get(key).map(String::as_str),
            _ => None,
        }
    }

    /// Returns every namespace that exists or that an object is in.
    #[must_use]
    pub fn namespaces(&self) -> BTreeSet<&str> {
        self.reads_all();
        self.objects
            .values()
            .filter_map(|object| {
                if object.key.group.is_empty() && object.key.kind == "Namespace" {
                    Some(object.key.name.as_str())
                } else {
                    object.key.namespace.as_deref()
                }
            })
            .collect()
    }

    /// Returns the installed IstioOperators.
    pub fn operators(&self) -> impl Iterator<Item = (&Rc<Object>, &Operator)> {
        self.operators
            .values()
            .filter_map(|object| match &object.facet {
                Facet::Operator(operator) => Some((object, &**operator)),
                _ => None,
            })
    }

    pub fn istiods(&self) -> impl Iterator<Item = (&Rc<Object>, &Istiod)> {
        self.of_kind("apps", "Deployment")
            .filter_map(|object| match &object.facet {
                Facet::Istiod(istiod) => Some((object, &**istiod)),
                _ => None,
            })
    }

    pub fn ztunnels(&self) -> impl Iterator<Item = (&Rc<Object>, &Ztunnel)> {
        self.of_kind("apps", "DaemonSet")
            .filter_map(|object| match &object.facet {
                Facet::Ztunnel(ztunnel) => Some((object, &**ztunnel)),
                _ => None,
            })
    }

    /// Returns istio-cni; more than one if a second one was installed.
    pub fn cnis(&self) -> impl Iterator<Item = (&Rc<Object>, &Cni)> {
        self.of_kind("apps", "DaemonSet")
            .filter_map(|object| match &object.facet {
                Facet::Cni(cni) => Some((object, &**cni)),
                _ => None,
            })
    }

    /// Returns the tags, each with its webhook configuration.
    pub fn tags(&self) -> impl Iterator<Item = (&Rc<Object>, &Tag)> {
        self.of_kind(
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration",
        )
        .filter_map(|object| match &object.facet {
            Facet::Webhook(webhook) => Some((object, webhook.tag.as_ref()?)),
            _ => None,
        })
    }

    /// Returns every object that creates pods, with the pods, in the order of the keys.
    pub fn workloads(&self) -> impl Iterator<Item = (&Rc<Object>, &Pods)> {
        MAKERS
            .iter()
            .flat_map(|(group, kind)| self.of_kind(group, kind))
            .filter_map(|object| Some((object, object.pods()?)))
    }

    /// Same for one namespace.
    pub fn workloads_of<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Rc<Object>, &'a Pods)> {
        MAKERS.iter().flat_map(move |(group, kind)| {
            self.reads(group, kind);
            let first = Key::namespaced(group, kind, namespace, "");
            let range = (Bound::Included(&first), Bound::Unbounded);
            let objects = self
                .objects
                .range::<Key, _>(range)
                .map(|(_, object)| object);
            let own = move |object: &&'a Rc<Object>| {
                let key = &object.key;
                key.namespace.as_deref() == Some(namespace)
                    && (key.group.as_str(), key.kind.as_str()) == (*group, *kind)
            };
            let own = objects.take_while(own);
            own.filter_map(|object| Some((object, object.pods()?)))
        })
    }

    /// Returns the version of istio-cni, if it exists and the version is known.
    #[must_use]
    pub fn cni_version(&self) -> Option<&Version> {
        self.cnis().find_map(|(_, cni)| cni.version.as_ref())
    }

    /// Returns whether pods are part of the mesh: by the label of their namespace, or from 1.22 by their own
    /// label. Pods are never part of the mesh if they use the host network, have a sidecar, opted out, or are
    /// in a namespace that istio-cni excludes.
    ///
    /// Source: `istio/istio:cni/pkg/ambient/ambientpod/podutil.go` (1.18), `cni/pkg/util/podutil.go` (1.21
    /// and later).
    #[must_use]
    pub fn is_enrolled(&self, object: &Object, pods: &Pods) -> bool {
        const MODE: &str = "istio.io/dataplane-mode";
        let Some(namespace) = &object.key.namespace else {
            return false;
        };
        let by_label = facts_near(self.cni_version()).enrols_pods;
        let own = pods.labels.get(MODE).map(String::as_str);
        let wanted = self.namespace_label(namespace, MODE) == Some("ambient")
            || (by_label && own == Some("ambient"));
        let out = if by_label {
            own == Some("none")
        } else {
            pods.annotations
                .get("ambient.istio.io/redirection")
                .map(String::as_str)
                == Some("disabled")
        };
        let excluded = self.cnis().any(|(_, cni)| cni.excluded.contains(namespace));
        wanted && !out && !pods.host_network && !excluded
    }

    /// Returns the objects whose pods are part of the mesh.
    pub fn enrolled(&self) -> impl Iterator<Item = (&Rc<Object>, &Pods)> {
        self.workloads().filter(|(object, pods)| {
            pods.replicas > 0
                && !matches!(
                    object.facet,
                    Facet::Ztunnel(_) | Facet::Cni(_) | Facet::Istiod(_)
                )
                && self.is_enrolled(object, pods)
        })
    }

    /// Returns the workloads that a Service selects, ready or not.
    pub fn selected<'a>(
        &'a self,
        namespace: &'a str,
        selector: &'a BTreeMap<String, String>,
    ) -> impl Iterator<Item = (&'a Rc<Object>, &'a Pods)> {
        self.workloads_of(namespace).filter(move |(_, pods)| {
            !selector.is_empty()
                && selector
                    .iter()
                    .all(|(key, value)| pods.labels.get(key) == Some(value))
        })
    }
}
