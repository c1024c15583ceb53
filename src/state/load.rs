//! Reads manifests of any origin: several documents per file, lists, and other documents, which are skipped
//! with a reason.

use std::rc::Rc;

use serde_json::Value;

use super::objects::Object;
use crate::kube::manifest::{Manifest, is_cluster_scoped};
use crate::text::finding::Finding;
use crate::text::source::Source;
use crate::text::yaml;

/// The content of a text.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Its objects, in order.
    pub objects: Vec<Rc<Object>>,
    /// The documents that were skipped, with the reason.
    pub skipped: Vec<String>,
    /// What cannot be read.
    pub findings: Vec<Finding>,
}

/// API groups whose objects are namespaced unless [`is_cluster_scoped`] says otherwise.
const NAMESPACED: [&str; 8] = [
    "",
    "apps",
    "autoscaling",
    "batch",
    "policy",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "gateway.networking.k8s.io",
];

/// Reads the objects of a text.
#[must_use]
pub fn load(source: &Source) -> Loaded {
    let mut loaded = Loaded::default();
    let text = without_notes(source, &mut loaded);
    let documents = match yaml::read(&text) {
        Ok(documents) => documents,
        Err(problems) => {
            loaded.findings.extend(problems.into_iter().map(|problem| {
                Finding::error("manifest-not-yaml", "this is not a Kubernetes manifest")
                    .label(problem.message)
                    .at(&source.name, problem.span)
            }));
            return loaded;
        }
    };
    for document in documents {
        let text = |key: &str| document.value.get(key).and_then(Value::as_str);
        if text("apiVersion").is_some_and(|v| v.starts_with("kustomize.config.k8s.io/")) {
            loaded.skipped.push(format!(
                "{}: this is a kustomization; pass its output instead",
                source.name
            ));
            continue;
        }
        if text("apiVersion").is_none() && text("kind").is_none() {
            loaded
                .skipped
                .push(format!("{}: this is not a Kubernetes object", source.name));
            continue;
        }
        let document = Rc::new(document);
        for manifest in Manifest::of(&document, &source.name) {
            match manifest {
                Ok(mut manifest) => {
                    let identity = &mut manifest.identity;
                    if identity.namespace.is_none()
                        && !is_cluster_scoped(identity)
                        && (NAMESPACED.contains(&identity.group())
                            || identity.group().ends_with(".istio.io")
                                && identity.kind != "IstioOperator")
                    {
                        identity.namespace = Some("default".to_owned());
                    }
                    loaded.objects.push(Rc::new(Object::of(manifest, None)));
                }
                Err(pointer) => loaded.findings.push(
                    Finding::error("not-an-object", "this is not a Kubernetes object")
                        .label("`apiVersion`, `kind` and `metadata.name` are required")
                        .at(&source.name, document.range(&pointer)),
                ),
            }
        }
    }
    loaded
}

/// Replaces the notes that `helm install --dry-run` prints around its manifests with blanks, so that
/// positions do not change.
fn without_notes(source: &Source, loaded: &mut Loaded) -> String {
    let mut text = String::with_capacity(source.text.len());
    let mut notes = false;
    for line in source.text.split_inclusive('\n') {
        let bare = line.trim_end();
        if bare == "NOTES:" || bare.starts_with("LAST DEPLOYED:") {
            notes = true;
            if bare == "NOTES:" {
                loaded
                    .skipped
                    .push(format!("{}: Helm's notes are skipped", source.name));
            }
        } else if bare == "---" {
            notes = false;
        }
        let helm = ["NAME: ", "MANIFEST:", "HOOKS:"]
            .iter()
            .any(|word| bare.starts_with(word));
        if notes || helm {
            text.extend(line.chars().map(|c| {
                if c == '\n' {
                    "\n".to_owned()
                } else {
                    " ".repeat(c.len_utf8())
                }
            }));
        } else {
            text.push_str(line);
        }
    }
    text
}
