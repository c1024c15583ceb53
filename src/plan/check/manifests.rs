//! Checks that the manifests of a workload are readable and define each object once.

use std::collections::BTreeSet;
use std::rc::Rc;

use toml::Spanned;

use super::objects::WorkloadObject;
use super::{Files, Found, sound};
use crate::kube::manifest::Manifest;
use crate::kube::schema::Schemas;
use crate::plan::parse::Parts;
use crate::text::finding::Finding;
use crate::text::source::{Source, Sources};
use crate::text::yaml;

/// Reads the manifests of every sound workload, one list for each in the order of the plan. Without a known
/// Gateway API bundle, objects are not validated against schemas.
pub(super) fn check(
    parts: &Parts,
    files: &Files<'_>,
    schemas: Option<&Schemas>,
    sources: &mut Sources,
    found: &mut Found,
) -> (Vec<Vec<Manifest>>, Vec<String>) {
    let namespaces: Vec<&str> = sound(&parts.workloads)
        .map(|w| w.namespace.get_ref().as_str())
        .collect();
    let mut all: Vec<Vec<Manifest>> = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for workload in sound(&parts.workloads) {
        found.duplicates("manifest", workload.manifests.iter());
        let mut manifests: Vec<Manifest> = Vec::new();
        for file in &workload.manifests {
            manifests.extend(load(file, files, sources, found));
        }
        for manifest in &manifests {
            let mut object = WorkloadObject {
                manifest,
                workload,
                namespaces: &namespaces,
                found,
            };
            object.check();
            if let Some(schemas) = schemas
                && !object.schema(schemas)
            {
                let kind = format!(
                    "{} {}",
                    manifest.identity.api_version, manifest.identity.kind
                );
                if !unknown.contains(&kind) {
                    unknown.push(kind);
                }
            }
        }
        all.push(manifests);
    }
    duplicates(parts, &all, found);
    (all, unknown)
}

fn load(
    file: &Spanned<String>,
    files: &Files<'_>,
    sources: &mut Sources,
    found: &mut Found,
) -> Vec<Manifest> {
    let name = file.get_ref();
    let shown = files.shown(name);
    let text = match (files.read)(name) {
        Ok(text) => text,
        Err(error) => {
            found.say(
                Finding::error(
                    "manifest-unreadable",
                    format!("cannot read manifest `{name}`"),
                )
                .label(error.to_string())
                .help("write a path relative to the plan"),
                file,
            );
            return Vec::new();
        }
    };
    sources.add(Source::new(&shown, &text));
    let documents = match yaml::read(&text) {
        Ok(documents) => documents,
        Err(problems) => {
            found.findings.extend(problems.into_iter().map(|problem| {
                Finding::error(
                    "manifest-not-yaml",
                    "this is not a valid Kubernetes manifest",
                )
                .label(problem.message)
                .at(&shown, problem.span)
            }));
            return Vec::new();
        }
    };
    if documents.is_empty() {
        found.say(
            Finding::error(
                "manifest-empty",
                format!("manifest `{name}` contains no object"),
            )
            .label("the file is empty")
            .help("remove it from `manifests`"),
            file,
        );
    }
    let mut manifests = Vec::new();
    for document in documents {
        let document = Rc::new(document);
        for object in Manifest::of(&document, &shown) {
            match object {
                Ok(manifest) => manifests.push(manifest),
                Err(pointer) => found.findings.push(
                    Finding::error("manifest-not-an-object", "this is not a Kubernetes object")
                        .label("apiVersion, kind or metadata.name is missing")
                        .help("set all three; an object with `generateName` cannot be upgraded")
                        .at(&shown, first_line(&text, document.range(&pointer).start)),
                ),
            }
        }
    }
    manifests
}

fn first_line(text: &str, start: usize) -> std::ops::Range<usize> {
    let length = text[start..].find('\n').unwrap_or(text.len() - start);
    start..start + length
}

/// Two files, or two workloads in one namespace, must not define the same object.
fn duplicates(parts: &Parts, all: &[Vec<Manifest>], found: &mut Found) {
    let mut seen: BTreeSet<(&str, &str, &str, &str)> = BTreeSet::new();
    for (workload, manifests) in sound(&parts.workloads).zip(all) {
        for manifest in manifests {
            let id = &manifest.identity;
            let key = (
                workload.namespace.get_ref().as_str(),
                id.group(),
                id.kind.as_str(),
                id.name.as_str(),
            );
            if seen.contains(&key) {
                found.findings.push(
                    Finding::error(
                        "duplicate-object",
                        format!("{} `{}` is defined twice", id.kind, id.name),
                    )
                    .label("second definition")
                    .help("remove one of them, or rename it")
                    .at(&manifest.source, manifest.range("/metadata/name")),
                );
            }
            seen.insert(key);
        }
    }
}
