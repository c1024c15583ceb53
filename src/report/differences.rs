//! The differences between the two revisions other than names, versions and nodes, for the runbook.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use serde_json::Value;

use crate::state::Object;
use crate::step::{Action, kind};
use crate::tree::{Index, IndexStep};

/// A setting that differs between the revisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevisionDifference {
    /// `istiod` or `ztunnel`.
    pub component: &'static str,
    /// The path of the setting in the object, such as `spec.hub`; list items are identified by their names.
    pub path: String,
    /// The value in stable; nothing if unset.
    pub stable: Option<String>,
    /// The value in the canary; nothing if unset.
    pub canary: Option<String>,
}

/// Compares the objects that install istiod and ztunnel in both revisions.
#[must_use]
pub fn differences(
    index: &Index,
    objects: &BTreeMap<String, Rc<Object>>,
) -> Vec<RevisionDifference> {
    let mut all = Vec::new();
    let components = [
        (
            "istiod",
            &kind::STABLE_CONTROL_PLANE,
            &kind::CANARY_CONTROL_PLANE,
        ),
        ("ztunnel", &kind::STABLE_ZTUNNEL, &kind::CANARY_ZTUNNEL),
    ];
    for (component, stable, canary) in components {
        let (Some(old), Some(new)) = (index.step(stable), index.step(canary)) else {
            continue;
        };
        let (Some(old), Some(new)) = (settings(old, objects), settings(new, objects)) else {
            continue;
        };
        let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let (stable, canary) = (old.get(path), new.get(path));
            let alike = |part: fn(&Setting) -> &String| stable.map(part) == canary.map(part);
            if !alike(|one| &one.written) && !alike(|one| &one.named) {
                // A `|` would end a table cell.
                let shown = |one: &Setting| one.named.replace('|', "\\|");
                all.push(RevisionDifference {
                    component,
                    path: path.clone(),
                    stable: stable.map(shown),
                    canary: canary.map(shown),
                });
            }
        }
    }
    all
}

/// A setting as written, and with placeholders for the revision's name and version.
struct Setting {
    written: String,
    named: String,
}

/// The settings of the object that a step installs or applies, by path, with placeholders for the revision's
/// name and version.
fn settings(
    step: &IndexStep,
    objects: &BTreeMap<String, Rc<Object>>,
) -> Option<BTreeMap<String, Setting>> {
    let files = step.step.actions.iter().flat_map(|action| match action {
        Action::Install { file, .. } => vec![file],
        Action::Apply { files } => files.iter().collect(),
        _ => Vec::new(),
    });
    let object = files
        .filter_map(|file| objects.get(&format!("{}/{file}", step.step.name)))
        .find(|object| ["IstioOperator", "DaemonSet"].contains(&object.key.kind.as_str()))?;
    let pods = object.value().pointer("/spec/template/metadata/labels");
    let own = |pointer: &str| object.value().pointer(pointer).and_then(Value::as_str);
    let label = |key: &str| {
        pods.and_then(|labels| labels.get(key))
            .and_then(Value::as_str)
    };
    let revision = own("/spec/revision").or_else(|| label("meshplan.dev/revision"));
    let version = own("/spec/tag").or_else(|| label("app.kubernetes.io/version"));
    let mut all = BTreeMap::new();
    let spec = object.value().get("spec")?;
    leaves(spec, "spec", &mut |path, text| {
        // The pool always differs, and the trust list always contains both revisions.
        if path.contains("nodeSelector") || path.ends_with("CA_TRUSTED_NODE_ACCOUNTS") {
            return;
        }
        let mut named = text.to_owned();
        for (own, word) in [(revision, "(revision)"), (version, "(version)")] {
            if let Some(own) = own {
                named = named.replace(own, word);
            }
        }
        let written = text.to_owned();
        all.insert(path.to_owned(), Setting { written, named });
    });
    Some(all)
}

fn leaves(value: &Value, path: &str, say: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                leaves(value, &format!("{path}.{key}"), say);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                let name = item.get("name").and_then(Value::as_str);
                let name = name.map_or_else(|| number.to_string(), str::to_owned);
                leaves(item, &format!("{path}[{name}]"), say);
            }
        }
        Value::String(text) => say(path, text),
        other => say(path, &other.to_string()),
    }
}
