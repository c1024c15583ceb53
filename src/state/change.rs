//! How API servers and installers change a state: apply or reject an object, delete it, install an
//! IstioOperator, move a tag.

use std::rc::Rc;

use serde_json::Value;

use super::facet::Facet;
use super::objects::{Object, State};
use super::operator::{complete, tag_values};
use crate::istio::{facts_near, serves};
use crate::kube::identity::{Identity, Key};
use crate::step::Istioctl;

const ADMISSION: &str = "admissionregistration.k8s.io";

#[derive(Debug, Clone)]
pub struct Refusal {
    /// The rejected object; nothing if the rejected change comes from no file.
    pub object: Option<Rc<Object>>,
    /// The JSON pointer to the cause.
    pub pointer: &'static str,
    /// The reason, in lower case.
    pub why: String,
}

impl State {
    /// Returns a state in which all objects of some manifests exist at the same time.
    ///
    /// IstioOperators count as installed. If an object is defined twice, the first definition counts.
    #[must_use]
    pub fn of(objects: &[Rc<Object>]) -> Self {
        let mut state = Self::default();
        for object in objects {
            match &object.facet {
                Facet::Operator(_) => {}
                Facet::Node(labels) => {
                    state.nodes.insert(object.key.name.clone(), labels.clone());
                }
                _ => {
                    if state.get(&object.key).is_none() {
                        state.put(Rc::clone(object));
                    }
                }
            }
        }
        // Sorted by file and position, so that the revision that comes first in the files counts as the
        // first.
        for object in objects {
            if matches!(object.facet, Facet::Operator(_)) {
                state.install(object);
            }
        }
        state.settle();
        state
    }

    /// Applies an object like `kubectl apply`. Returns the reason if an API server would reject it.
    pub(crate) fn apply(&mut self, object: &Rc<Object>) -> Option<Refusal> {
        let refuse = |pointer: &'static str, why: String| {
            Some(Refusal {
                object: Some(Rc::clone(object)),
                pointer,
                why,
            })
        };
        let identity = &object.manifest.identity;
        if let Some(namespace) = &object.key.namespace
            && !self.has_namespace(namespace)
        {
            return refuse(
                "/metadata/namespace",
                format!("namespace `{namespace}` does not exist"),
            );
        }
        let served = match identity.group() {
            "gateway.networking.k8s.io" => {
                let bundle = self.bundle.as_ref().map(|(version, _)| version);
                bundle.is_some_and(|bundle| serves(bundle, &identity.kind, &identity.api_version))
            }
            "install.istio.io" => false,
            group if group.ends_with(".istio.io") => self.base.is_some(),
            _ => true,
        };
        if !served {
            let (kind, version) = (&identity.kind, &identity.api_version);
            return refuse(
                "/apiVersion",
                format!("version `{version}` of `{kind}` does not exist"),
            );
        }
        if let (Some(old), Some(new)) =
            (self.get(&object.key).and_then(|o| o.pods()), object.pods())
            && identity.group() == "apps"
            && old.selector != new.selector
        {
            return refuse(
                "/spec/selector",
                "the selector of an existing object is immutable".to_owned(),
            );
        }
        self.put(Rc::clone(object));
        None
    }

    /// Deletes an object; for a namespace also the objects in it.
    pub(crate) fn delete(&mut self, key: &Key) {
        if key.group.is_empty() && key.kind == "Namespace" {
            self.objects
                .retain(|other, _| other.namespace.as_ref() != Some(&key.name));
        }
        self.objects.remove(key);
        let operators: Vec<(String, String)> = self
            .operators()
            .filter(|(_, operator)| {
                operator.pilot && !self.has_istiod(operator.revision())
                    || operator.cni && self.cnis().next().is_none()
            })
            .map(|(_, operator)| (operator.name.clone(), operator.revision().to_owned()))
            .collect();
        for key in operators {
            self.operators.remove(&key);
        }
    }

    /// Returns whether a control plane of this revision exists.
    #[must_use]
    pub fn has_istiod(&self, revision: &str) -> bool {
        self.istiods()
            .any(|(_, istiod)| istiod.revision == revision)
    }

    /// Installs an IstioOperator like istioctl of its version.
    pub(crate) fn install(&mut self, object: &Rc<Object>) {
        let Facet::Operator(operator) = &object.facet else {
            return;
        };
        let namespace = Identity::cluster("v1", "Namespace", operator.namespace.clone());
        if !self.has_namespace(&operator.namespace) {
            let value = complete(&namespace, Value::Object(serde_json::Map::new()));
            let mut made = Object::of(object.manifest.implies(namespace, value), object.phase);
            made.implied = true;
            self.put(Rc::new(made));
        }
        // Source: `istioctl/pkg/tag/util.go`, `PreviousInstallExists`.
        let first = if operator.facts().first_by_tag {
            !self.tags().any(|(_, tag)| tag.name == "default")
        } else {
            !self
                .of_kind(ADMISSION, "MutatingWebhookConfiguration")
                .any(|webhook| webhook.key.name.starts_with("istio-sidecar-injector"))
        };
        if operator.base {
            self.base.clone_from(&operator.version);
        }
        let made = object.made[usize::from(first)].get_or_init(|| {
            let made = operator.implied(object, first, object.phase);
            made.into_iter().map(Rc::new).collect()
        });
        for made in made {
            // If all manifests exist at the same time, an object from a file takes precedence over a
            // generated one.
            let written = self.get(&made.key).is_some_and(|own| !own.implied);
            if self.whole || !written {
                self.put(Rc::clone(made));
            }
        }
        let key = (operator.name.clone(), operator.revision().to_owned());
        self.operators.insert(key, Rc::clone(object));
    }

    /// Points a tag to a revision like `istioctl tag set --overwrite`.
    pub(crate) fn set_tag(&mut self, tag: &str, istioctl: &Istioctl) -> Option<Refusal> {
        let revision = &istioctl.revision;
        let istiod = self
            .istiods()
            .find(|(_, istiod)| istiod.revision == *revision);
        let Some(istiod) = istiod.map(|(object, _)| Rc::clone(object)) else {
            let why =
                format!("istioctl cannot set a tag to revision `{revision}`, which does not exist");
            return Some(Refusal {
                object: None,
                pointer: "",
                why,
            });
        };
        let facts = facts_near(super::version_of(&istioctl.version).as_ref());
        for (identity, value) in tag_values(facts, tag, revision, &istioctl.namespace) {
            let value = complete(&identity, value);
            let mut made = Object::of(istiod.manifest.implies(identity, value), istiod.phase);
            made.implied = true;
            self.put(Rc::new(made));
        }
        None
    }
}
