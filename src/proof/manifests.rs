//! Checks manifests of any origin as one state, against all rules for a single state and against schemas.

use std::rc::Rc;

use semver::Version;

use crate::istio::{BUNDLES, Channel, bundle};
use crate::kube::schema::{self, Schemas};
use crate::rules::{self, View, finding, judge};
use crate::state::{Object, State};
use crate::text::finding::Finding;

/// Applies every rule to manifests, as if all of them existed at the same time.
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

/// Checks manifests against the schemas of the newest known bundle and Kubernetes. Returns the violations,
/// and the kinds without a schema as `apiVersion kind`. IstioOperators that meshplan did not write are not
/// checked.
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
                .help("use a value that the API of this kind accepts")
                .object(object.key.to_string())
                .at(&manifest.source, span),
            );
        }
    }
    (findings, unknown)
}
