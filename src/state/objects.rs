//! Objects by identity, and the questions that rules and routes ask of them.

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

/// One object of a state: what it is, where it was written, and what meshplan understands of it.
#[derive(Debug)]
pub struct Object {
    /// The object and the places of its values in its file.
    pub manifest: Manifest,
    /// What the API server knows it by.
    pub key: Key,
    /// What is understood of it.
    pub facet: Facet,
    /// Whether an installer makes it of the file that it points to, which itself holds an IstioOperator.
    pub implied: bool,
    /// The phase of the step that made it.
    pub phase: Option<Phase>,
    /// What installing it makes, where it is an IstioOperator: as the first revision, and as a later one.
    pub(super) made: [OnceCell<Vec<Rc<Object>>>; 2],
}

impl Object {
    /// Reads what is understood of an object of a file.
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

    /// Returns the whole object.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.manifest.value
    }

    /// Returns a label of the object itself.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.value()
            .get("metadata")?
            .get("labels")?
            .get(key)?
            .as_str()
    }

    /// Returns which of some revisions it belongs to: the one of the IstioOperator that an installer made it of, the one that its
    /// label names, or the longest that its own name ends with or holds.
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

    /// Returns the pods that it makes, if it makes some.
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

/// Everything that exists at one moment.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// A clone of a state shares the keys.
    pub(super) objects: BTreeMap<Rc<Key>, Rc<Object>>,
    /// Labels of the nodes that are known by name, or by the selector of their pool.
    pub nodes: BTreeMap<String, BTreeMap<String, String>>,
    /// What istioctl installed, by the name and revision of the IstioOperator.
    pub(super) operators: BTreeMap<(String, String), Rc<Object>>,
    /// The Gateway API CRDs, where it is known which they are.
    pub bundle: Option<(Version, Channel)>,
    /// The version of Istio's own CRDs.
    pub base: Option<Version>,
    /// Who serves each Gateway: its owner, or the last one that it had.
    pub served: BTreeMap<Key, Served>,
    /// Whether this is all that there is, or only what some manifests say.
    pub whole: bool,
    /// Labels that a node gets from a step and from nobody else, by which it moves to another pool.
    pub given: BTreeSet<(String, String)>,
    /// Nodes whose istio-cni is of another version than its template; see [`State::held`].
    pub(crate) held: BTreeMap<String, Version>,
    /// Which kinds of objects were asked for; see [`State::recorded`].
    pub(super) reads: Cell<Kinds>,
}

/// The kinds that make pods, in the order of their keys; [`pod_pointers`](crate::kube::manifest::pod_pointers) knows where.
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

/// Namespaces that every cluster has.
const BUILT_IN: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

impl State {
    /// Puts an object in, in the place of the one of its key.
    pub(crate) fn put(&mut self, object: Rc<Object>) {
        if let Some(place) = self.objects.get_mut(&object.key) {
            *place = object;
        } else {
            self.objects.insert(Rc::new(object.key.clone()), object);
        }
    }

    /// Returns an object.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Rc<Object>> {
        self.reads(&key.group, &key.kind);
        self.objects.get(key)
    }

    /// Returns an object by its names, the kind as kubectl takes it.
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

    /// Returns every object, in the order of their keys.
    pub fn objects(&self) -> impl Iterator<Item = &Rc<Object>> {
        self.reads_all();
        self.objects.values()
    }

    /// Returns every object of a kind.
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

    /// Returns whether a namespace is there.
    #[must_use]
    pub fn has_namespace(&self, name: &str) -> bool {
        self.reads("", "Namespace");
        BUILT_IN.contains(&name)
            || self
                .objects
                .contains_key(&Key::cluster("", "Namespace", name))
    }

    /// Returns the labels of a namespace, with the one that every namespace gets.
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

    /// Returns one label of a namespace.
    fn namespace_label(&self, name: &str, key: &str) -> Option<&str> {
        match &self.get(&Key::cluster("", "Namespace", name))?.facet {
            Facet::Namespace(namespace) => namespace.labels.get(key).map(String::as_str),
            _ => None,
        }
    }

    /// Returns every namespace that is there or that an object is in.
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

    /// Returns the IstioOperators that were installed.
    pub fn operators(&self) -> impl Iterator<Item = (&Rc<Object>, &Operator)> {
        self.operators
            .values()
            .filter_map(|object| match &object.facet {
                Facet::Operator(operator) => Some((object, &**operator)),
                _ => None,
            })
    }

    /// Returns the control planes.
    pub fn istiods(&self) -> impl Iterator<Item = (&Rc<Object>, &Istiod)> {
        self.of_kind("apps", "Deployment")
            .filter_map(|object| match &object.facet {
                Facet::Istiod(istiod) => Some((object, &**istiod)),
                _ => None,
            })
    }

    /// Returns the ztunnels.
    pub fn ztunnels(&self) -> impl Iterator<Item = (&Rc<Object>, &Ztunnel)> {
        self.of_kind("apps", "DaemonSet")
            .filter_map(|object| match &object.facet {
                Facet::Ztunnel(ztunnel) => Some((object, &**ztunnel)),
                _ => None,
            })
    }

    /// Returns istio-cni; more than one where somebody made a second.
    pub fn cnis(&self) -> impl Iterator<Item = (&Rc<Object>, &Cni)> {
        self.of_kind("apps", "DaemonSet")
            .filter_map(|object| match &object.facet {
                Facet::Cni(cni) => Some((object, &**cni)),
                _ => None,
            })
    }

    /// Returns the tags, each by its webhook configuration.
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

    /// Returns every object that makes pods, and the pods, in the order of their keys.
    pub fn workloads(&self) -> impl Iterator<Item = (&Rc<Object>, &Pods)> {
        MAKERS
            .iter()
            .flat_map(|(group, kind)| self.of_kind(group, kind))
            .filter_map(|object| Some((object, object.pods()?)))
    }

    /// Returns the same of one namespace.
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

    /// Returns the version of istio-cni, where there is one and it is known.
    #[must_use]
    pub fn cni_version(&self) -> Option<&Version> {
        self.cnis().find_map(|(_, cni)| cni.version.as_ref())
    }

    /// Returns whether pods are part of the mesh: by the label of their namespace, or from 1.22 by their own; never those
    /// of the host's network, with a sidecar, opted out, or of a namespace that istio-cni leaves out.
    ///
    /// Source: `istio/istio:cni/pkg/ambient/ambientpod/podutil.go` (1.18), `cni/pkg/util/podutil.go` (1.21 and later).
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
