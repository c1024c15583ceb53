//! The objects that exist before the first step, and the steps that change their fields or labels.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::change::Refusal;
use super::facet::Facet;
use super::objects::{Object, State};
use super::operator::{complete, service_of};
use crate::istio::{IstiodSettings, cni_objects, facts_near, istiod_objects, leftovers};
use crate::kube::identity::Identity;
use crate::kube::merge;

impl State {
    /// Adds the objects of a dump, and those that their installer creates in the same version, which no dump
    /// contains.
    pub(crate) fn find(&mut self, objects: &[Rc<Object>], version: &str, revision: &str) {
        for object in objects {
            if let Facet::Node(labels) = &object.facet {
                self.nodes.insert(object.key.name.clone(), labels.clone());
            } else {
                self.put(Rc::clone(object));
            }
        }
        let facts = facts_near(super::version_of(version).as_ref());
        let named = Some(revision).filter(|revision| *revision != "default");
        let of = |object: &Rc<Object>, identities: Vec<Identity>| {
            let object = Rc::clone(object);
            identities
                .into_iter()
                .map(move |identity| (Rc::clone(&object), identity))
        };
        let namespace = |object: &Object| object.key.namespace.clone().unwrap_or_default();
        let mut made: Vec<(Rc<Object>, Identity)> = Vec::new();
        for (object, _) in self.cnis() {
            made.extend(of(object, cni_objects(facts, &namespace(object))));
        }
        for (object, _) in self.istiods() {
            let all = istiod_objects(facts, IstiodSettings::default(), named, &namespace(object));
            made.extend(of(object, all));
            made.extend(of(object, leftovers(facts, revision, &namespace(object))));
        }
        for (object, identity) in made {
            if self.get(&identity.key()).is_some() {
                continue;
            }
            let value = match identity.kind.as_str() {
                "Service" => service_of(revision),
                _ => json!({}),
            };
            let value = complete(&identity, value);
            let mut made = Object::of(object.manifest.implies(identity, value), object.phase);
            made.implied = true;
            self.put(Rc::new(made));
        }
    }

    /// Changes fields of an object with a merge patch; null removes a field.
    pub(crate) fn patch(&mut self, fields: &Rc<Object>) -> Option<Refusal> {
        let Some(object) = self.objects.get(&fields.key).cloned() else {
            return Some(Refusal {
                object: Some(Rc::clone(fields)),
                pointer: "/metadata/name",
                why: format!(
                    "{} does not exist, and a patch cannot create it",
                    fields.key
                ),
            });
        };
        let mut value = object.value().clone();
        merge(&mut value, fields.value());
        self.rewrite(&object, value);
        None
    }

    /// Sets or removes a label of an object.
    pub(crate) fn label(
        &mut self,
        kind: &str,
        namespace: &str,
        name: &str,
        (key, label): (&str, Option<&str>),
    ) {
        let Some(object) = self.named(kind, Some(namespace), name).cloned() else {
            return;
        };
        let mut value = object.value().clone();
        if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            let mut labels = match metadata.get("labels") {
                Some(Value::Object(labels)) => labels.clone(),
                _ => Map::new(),
            };
            match label {
                Some(label) => {
                    labels.insert(key.to_owned(), Value::from(label));
                }
                None => {
                    labels.shift_remove(key);
                }
            }
            if labels.is_empty() {
                metadata.shift_remove("labels");
            } else {
                metadata.insert("labels".to_owned(), Value::Object(labels));
            }
        }
        self.rewrite(&object, value);
    }

    fn rewrite(&mut self, object: &Rc<Object>, value: Value) {
        let mut manifest = object.manifest.clone();
        manifest.value = value;
        let rewritten = Object::of(manifest, object.phase);
        self.put(Rc::new(rewritten));
    }
}
