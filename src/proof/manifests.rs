//! Manifests of any origin as one state: every rule that a single state can break, and their schemas.

use std::rc::Rc;

use semver::Version;

use crate::istio::{BUNDLES, Channel, bundle};
use crate::kube::schema::{self, Schemas};
use crate::rules::{self, View, finding, judge};
use crate::state::{Object, State};
use crate::text::finding::Finding;

/// Applies every rule to manifests that are all there at once.
#[must_use]
pub fn prove_manifests(objects: &[Rc<Object>], istio: Option<&Version>) -> Vec<Finding> {
    let state = State::of(objects);
    let view = View {
        state: &state,
        given: objects,
        istio,
    };
    judge(&view)
        .into_iter()
        .map(|judged| judged.finding)
        .collect()
}

/// Holds manifests against the schemas of the newest known bundle and Kubernetes; returns what is refused, and the kinds that
/// no schema knows, as `apiVersion kind`. IstioOperators of one's own are not held against one.
#[must_use]
pub fn schemas(objects: &[Rc<Object>]) -> (Vec<Finding>, Vec<String>) {
    let (mut findings, mut unknown) = (Vec::new(), Vec::new());
    let newest = BUNDLES.last().and_then(|newest| bundle(newest).ok());
    let Some(schemas) = newest.map(|bundle| Schemas::new(&bundle.file_stem(Channel::Experimental)))
    else {
        return (findings, unknown);
    };
    for object in objects
        .iter()
        .filter(|object| object.key.kind != "IstioOperator")
    {
        let mut violations = schema::names(object.value());
        if let Some(others) = schemas.check(object.value()) {
            violations.extend(others);
        } else {
            let kind = format!(
                "{} {}",
                object.manifest.identity.api_version, object.key.kind
            );
            if !unknown.contains(&kind) {
                unknown.push(kind);
            }
        }
        for violation in violations {
            let manifest = &object.manifest;
            let span = violation.place(manifest);
            findings.push(
                finding(
                    &rules::SCHEMA,
                    format!("the API does not accept {}", object.key),
                )
                .label(violation.in_words())
                .help("write it as the API of this kind takes it")
                .object(object.key.to_string())
                .at(&manifest.source, span),
            );
        }
    }
    (findings, unknown)
}
