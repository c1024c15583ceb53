//! Replaces istioctl in a rehearsal: by istioctl itself, by manifests of the user, or by stand-in objects
//! with the names of the version.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Rehearsal, stand_in};
use crate::state::State;
use crate::step::Action;
use crate::tree::IndexStep;

impl Rehearsal<'_> {
    /// Returns the revisions whose istioctl the steps need, with their versions.
    pub(super) fn revisions(&self) -> BTreeMap<String, String> {
        let actions = self
            .upgrade
            .index
            .steps
            .iter()
            .flat_map(|step| &step.step.actions);
        actions
            .filter_map(|action| match action {
                Action::Install { istioctl, .. } | Action::SetTag { istioctl, .. } => {
                    Some((istioctl.revision.clone(), istioctl.version.clone()))
                }
                _ => None,
            })
            .collect()
    }

    /// Creates a stand-in for each missing istioctl; returns what is used for each revision.
    pub(super) fn istioctls(&self) -> Result<Vec<String>> {
        let mut said = Vec::new();
        for (revision, version) in self.revisions() {
            let variable = format!("ISTIOCTL_{}", revision.replace('-', "_"));
            if std::env::var_os(&variable).is_some() || on_path(&format!("istioctl-{version}")) {
                said.push(format!("istioctl {version} itself installed {revision}"));
                continue;
            }
            let path = self.scratch.join(format!("istioctl-{version}"));
            let text = format!(
                "#!/bin/sh\n# Stands in for istioctl {version} in a rehearsal: applies what was prepared for the step.\nset -eu\ncase \"$1\" in\n  version) echo 'client version: {version}' ;;\n  *) \"$KUBECTL\" ${{MESHPLAN_CONTEXT:+\"--context=$MESHPLAN_CONTEXT\"}} apply --server-side --force-conflicts --field-manager=istio-operator -f \"$MESHPLAN_STAND_INS\" ;;\nesac\n"
            );
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
            executable(&path)?;
            said.push(match &self.istio {
                Some(folder) => format!(
                    "manifests of {} replaced istioctl {version}; for missing objects, \
                    stand-ins with the names of the version",
                    folder.display()
                ),
                None => format!(
                    "stand-in objects with the names of the version replaced istioctl {version}"
                ),
            });
        }
        Ok(said)
    }

    /// Writes the objects that an installer would create in a step; returns the file.
    pub(super) fn stand_ins(&self, step: &IndexStep, from: &State, to: &State) -> Result<PathBuf> {
        let mut objects: Vec<Value> = Vec::new();
        if to.base.is_some() && from.base.is_none() {
            objects.extend(stand_in::base());
        }
        let mut given: BTreeSet<String> = BTreeSet::new();
        for object in to.objects().filter(|object| object.implied) {
            let same = from
                .get(&object.key)
                .is_some_and(|old| old.value() == object.value());
            if same {
                continue;
            }
            if let Some(text) = self.given(object) {
                if given.insert(object.manifest.source.clone()) {
                    for document in crate::text::yaml::read(&text).unwrap_or_default() {
                        objects.push(document.value);
                    }
                }
                // No manifest of an installer contains the Namespace.
                if object.key.kind != "Namespace" {
                    continue;
                }
            }
            objects.push(stand_in::stand_in(object));
        }
        objects.sort_by_key(|object| {
            object["kind"] != "Namespace" && object["kind"] != "CustomResourceDefinition"
        });
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects});
        let path = self.scratch.join(format!("{}.json", step.step.name));
        fs::write(&path, list.to_string())
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(path)
    }

    /// The user's manifests for the IstioOperator of an object: by its name, or by the revision.
    fn given(&self, object: &crate::state::Object) -> Option<String> {
        let folder = self.istio.as_ref()?;
        let operator = object.manifest.original();
        let revision = operator
            .value
            .pointer("/spec/revision")
            .and_then(Value::as_str);
        [Some(operator.identity.name.as_str()), revision]
            .into_iter()
            .flatten()
            .find_map(|name| fs::read_to_string(folder.join(format!("{name}.yaml"))).ok())
    }
}

pub(super) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("making {} executable", path.display()))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> Result<()> {
    Ok(())
}
