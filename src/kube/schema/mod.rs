//! Validates each object against the JSON Schema of its kind, for a Gateway API bundle and an Istio version.
//!
//! `tools/schemas` generates `schema/kubernetes.json` and `schema/gateway-api/`. `schema/own.json` describes
//! the kinds that only meshplan writes; each key has the version that introduced it.

mod embedded;
mod naming;
mod violation;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use jsonschema::Validator;
use semver::Version;
use serde_json::{Map, Value, json};

use embedded::{GATEWAY_API, KUBERNETES, OWN};
pub use naming::names;
pub use violation::Violation;

/// The kind whose schema accepts only an identity.
const IDENTITY: &str = "identity";

/// The schemas for one plan. A validator is built when the first object of its kind is checked.
pub struct Schemas {
    texts: Vec<&'static str>,
    documents: RefCell<Vec<Option<Rc<Value>>>>,
    validators: RefCell<BTreeMap<String, Option<Rc<Validator>>>>,
}

impl Schemas {
    /// Selects the schemas of Kubernetes and of one Gateway API bundle, such as `v1.4.1-standard`.
    #[must_use]
    pub fn new(bundle: &str) -> Self {
        let gateway_api = GATEWAY_API
            .iter()
            .find(|(known, _)| *known == bundle)
            .map(|(_, text)| *text);
        let texts: Vec<&str> = [Some(OWN), gateway_api, Some(KUBERNETES)]
            .into_iter()
            .flatten()
            .collect();
        Self {
            documents: RefCell::new(vec![None; texts.len()]),
            texts,
            validators: RefCell::default(),
        }
    }

    /// Returns the violations of an object; `None` if no schema describes its kind.
    #[must_use]
    pub fn check(&self, object: &Value) -> Option<Vec<Violation>> {
        let text = |pointer: &str| {
            object
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let kind = format!("{} {}", text("/apiVersion"), text("/kind"));
        self.check_as(&kind, text("/spec/tag"), object)
    }

    /// Returns the violations of an object that must contain only an identity.
    #[must_use]
    pub fn check_identity(&self, object: &Value) -> Vec<Violation> {
        self.check_as(IDENTITY, "", object).unwrap_or_default()
    }

    fn check_as(&self, kind: &str, tag: &str, object: &Value) -> Option<Vec<Violation>> {
        let validator = self.validator(kind, tag)?;
        let present = present(object);
        let mut violations: Vec<Violation> = validator
            .iter_errors(&present)
            .flat_map(|error| Violation::of(&error))
            .collect();
        violations.sort();
        violations.dedup();
        Some(violations)
    }

    fn validator(&self, kind: &str, tag: &str) -> Option<Rc<Validator>> {
        // The schema of an IstioOperator depends on the version in its tag; other schemas depend on no
        // version.
        let version = Version::parse(tag)
            .ok()
            .filter(|_| kind.starts_with("install.istio.io/"));
        let key = format!(
            "{kind} {}",
            version
                .as_ref()
                .map_or_else(String::new, ToString::to_string)
        );
        if let Some(known) = self.validators.borrow().get(&key) {
            return known.clone();
        }
        let built = self.document_with(kind).and_then(|document| {
            let pointer = kind
                .replace('~', "~0")
                .replace('/', "~1")
                .replace(' ', "%20");
            let mut schema = json!({ "$ref": format!("#/kinds/{pointer}") });
            schema["kinds"] = json!({ kind: document["kinds"][kind] });
            schema["$defs"] = Value::Object(definitions(&schema["kinds"], &document["$defs"]));
            if let Some(version) = &version {
                prune(&mut schema, version);
            }
            jsonschema::validator_for(&schema).ok().map(Rc::new)
        });
        self.validators.borrow_mut().insert(key, built.clone());
        built
    }

    /// Returns the first document that describes a kind; each document is parsed once.
    fn document_with(&self, kind: &str) -> Option<Rc<Value>> {
        for (number, text) in self.texts.iter().enumerate() {
            let known = self.documents.borrow()[number].clone();
            let document = match known {
                Some(document) => document,
                // The texts are part of the repository; a test parses each of them.
                None => Rc::new(serde_json::from_str(text).unwrap_or_default()),
            };
            self.documents.borrow_mut()[number] = Some(Rc::clone(&document));
            if document["kinds"].get(kind).is_some() {
                return Some(document);
            }
        }
        None
    }
}

/// Returns the definitions that a schema needs, directly or indirectly. Kubernetes has hundreds of others.
fn definitions(schema: &Value, all: &Value) -> Map<String, Value> {
    let mut needed = Map::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                let name = map
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|name| name.strip_prefix("#/$defs/"));
                if let Some(name) = name.filter(|name| !needed.contains_key(*name)) {
                    needed.insert(name.to_owned(), all[name].clone());
                    open.push(&all[name]);
                }
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    needed
}

/// Returns the object as the API server reads it, without fields that are null.
fn present(object: &Value) -> Cow<'_, Value> {
    fn has_null(value: &Value) -> bool {
        match value {
            Value::Object(map) => map.values().any(|part| part.is_null() || has_null(part)),
            Value::Array(items) => items.iter().any(has_null),
            _ => false,
        }
    }
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|_, part| !part.is_null());
                map.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    if !has_null(object) {
        return Cow::Borrowed(object);
    }
    let mut object = object.clone();
    strip(&mut object);
    Cow::Owned(object)
}

/// Removes the keys that a version does not have yet, or no longer has.
fn prune(schema: &mut Value, version: &Version) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get_mut("properties") {
                properties.retain(|_, property| {
                    let limit = |key: &str| {
                        property
                            .get(key)
                            .and_then(Value::as_str)
                            .and_then(|v| Version::parse(v).ok())
                    };
                    limit("x-since").is_none_or(|first| first <= *version)
                        && limit("x-until").is_none_or(|end| *version < end)
                });
            }
            map.values_mut().for_each(|part| prune(part, version));
        }
        Value::Array(items) => items.iter_mut().for_each(|part| prune(part, version)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{GATEWAY_API, KUBERNETES, OWN, Schemas};
    use crate::istio::{BUNDLES, Channel, bundle};

    fn schemas(release: &str, channel: Channel) -> Schemas {
        Schemas::new(&bundle(release).expect(release).file_stem(channel))
    }

    fn messages(schemas: &Schemas, object: &serde_json::Value) -> Vec<String> {
        let violations = schemas.check(object).expect("a schema");
        violations
            .into_iter()
            .map(|v| format!("{} {}", v.pointer, v.message))
            .collect()
    }

    #[test]
    fn every_document_is_one_and_every_kind_can_be_built() {
        for text in [OWN, KUBERNETES]
            .into_iter()
            .chain(GATEWAY_API.iter().map(|(_, text)| *text))
        {
            let document: serde_json::Value = serde_json::from_str(text).expect("JSON");
            for kind in document["kinds"].as_object().expect("kinds").keys() {
                let schema = json!({ "$ref": format!("#/kinds/{}", kind.replace('/', "~1").replace(' ', "%20")), "kinds": document["kinds"], "$defs": document["$defs"] });
                jsonschema::validator_for(&schema)
                    .unwrap_or_else(|error| panic!("{kind}: {error}"));
            }
        }
        let names: Vec<String> = BUNDLES
            .iter()
            .flat_map(|bundle| {
                ["experimental", "standard"].map(|channel| format!("{bundle}-{channel}"))
            })
            .collect();
        assert_eq!(
            names,
            GATEWAY_API
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn mistakes_are_found_where_they_are() {
        let schemas = schemas("v1.4.1", Channel::Standard);
        let service = |port: serde_json::Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": port}]}});
        assert_eq!(messages(&schemas, &service(json!(80))), [] as [&str; 0]);
        assert_eq!(
            messages(&schemas, &service(json!("80"))),
            ["/spec/ports/0/port must be a whole number, not text"]
        );
        let exported = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "creationTimestamp": null, "labels": null}, "spec": {}, "status": {"loadBalancer": {}}});
        assert_eq!(
            messages(&schemas, &exported),
            [] as [&str; 0],
            "null is a field that is not there"
        );
        let misspelt = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"selectr": {}}});
        assert_eq!(
            messages(&schemas, &misspelt),
            ["/spec/selectr unknown field"]
        );
        let label = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": {"x": true}}});
        assert_eq!(
            messages(&schemas, &label),
            ["/metadata/labels/x must be text, not true or false"]
        );
        let route = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "a"}, "spec": {"rules": [{"matches": [{"path": {"type": "Prefix", "value": "/"}}]}]}});
        assert_eq!(
            messages(&schemas, &route),
            [
                "/spec/rules/0/matches/0/path/type must be one of Exact, PathPrefix, RegularExpression"
            ]
        );
        assert!(
            schemas
                .check(&json!({"apiVersion": "a.example/v1", "kind": "Thing"}))
                .is_none()
        );
    }

    #[test]
    fn a_bundle_refuses_what_came_later() {
        let route = |version: &str| {
            json!({"apiVersion": version, "kind": "HTTPRoute", "metadata": {"name": "a"},
                "spec": {"rules": [{"name": "first", "timeouts": {"request": "1s"}}]}})
        };
        let beta = "gateway.networking.k8s.io/v1beta1";
        let old = schemas("v0.6.1", Channel::Experimental);
        assert_eq!(
            messages(&old, &route(beta)),
            [
                "/spec/rules/0/name unknown field",
                "/spec/rules/0/timeouts unknown field"
            ]
        );
        assert!(
            old.check(&route("gateway.networking.k8s.io/v1")).is_none(),
            "v0.6.1 does not serve v1"
        );
        assert_eq!(
            messages(&schemas("v1.3.0", Channel::Standard), &route(beta)),
            ["/spec/rules/0/name unknown field"]
        );
        assert_eq!(
            messages(&schemas("v1.4.1", Channel::Standard), &route(beta)),
            [] as [&str; 0]
        );
        let many = json!({"apiVersion": beta, "kind": "HTTPRoute", "metadata": {"name": "a"},
            "spec": {"rules": [{"matches": vec![json!({}); 9]}]}});
        assert_eq!(
            messages(&old, &many),
            ["/spec/rules/0/matches has 9 entries; the maximum is 8"]
        );
    }

    #[test]
    fn an_istio_operator_is_held_against_its_own_version() {
        let schemas = schemas("v1.4.1", Channel::Standard);
        let operator = |tag: &str| {
            json!({"apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "metadata": {"name": "istio-cni"},
                "spec": {"profile": "ambient", "hub": "h", "tag": tag, "components": {},
                    "values": {"cni": {"ambient": {"redirectMode": "iptables", "dnsCapture": true}}}}})
        };
        assert_eq!(
            messages(&schemas, &operator("1.18.1")),
            ["/spec/values/cni/ambient/dnsCapture unknown field"]
        );
        assert_eq!(
            messages(&schemas, &operator("1.30.3")),
            ["/spec/values/cni/ambient/redirectMode unknown field"]
        );
    }
}
