//! Creates the existing mesh that a plan starts from, in an empty cluster.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Rehearsal, stand_in};
use crate::istio::bundle;
use crate::state::{Facet, State};
use crate::step::Action;
use crate::tree::IndexStep;

impl Rehearsal<'_> {
    /// Creates the state before the first step: the Gateway API CRDs, the objects of the dump, and stand-ins
    /// for objects that no dump contains.
    pub(super) fn existing(&self, step: &IndexStep, after: &State) -> Result<()> {
        let found = |action: &Action| matches!(action, Action::Found { .. });
        if !step.step.actions.iter().any(found) {
            return Ok(());
        }
        let known = after.bundle.as_ref();
        let known = known
            .and_then(|(version, channel)| Some((bundle(&format!("v{version}")).ok()?, *channel)));
        if let Some((bundle, channel)) = known {
            let folder = self.scratch.join("bundle");
            fs::create_dir_all(&folder)
                .with_context(|| format!("creating {}", folder.display()))?;
            let text = crate::text::yaml::write(&json!({
                "apiVersion": "kustomize.config.k8s.io/v1beta1",
                "kind": "Kustomization",
                "resources": bundle.resources(channel),
            }));
            let path = folder.join("kustomization.yaml");
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
            let folder = folder.to_string_lossy();
            self.cluster
                .run(&["apply", "--server-side", "-k", &folder], None)?;
        }
        self.apply(&stand_in::base())?;
        // The objects of node providers need CRDs that only their controllers install.
        let foreign = self.upgrade.files.values();
        let foreign: BTreeMap<String, Value> = foreign
            .filter_map(|object| stand_in::foreign(object))
            .map(|crd| (crd["metadata"]["name"].to_string(), crd))
            .collect();
        self.apply(&foreign.into_values().collect::<Vec<_>>())?;
        let mut objects: Vec<Value> = after
            .objects()
            .filter(|object| !matches!(object.facet, Facet::Node(_)))
            .map(|object| {
                if object.implied {
                    stand_in::stand_in(object)
                } else {
                    let mut value = object.value().clone();
                    stand_in::unasked(&mut value);
                    value
                }
            })
            .collect();
        objects.sort_by_key(|object| object["kind"] != "Namespace");
        self.apply(&objects)?;
        // Workloads must be running before they are compared.
        for kind in ["daemonset", "deployment"] {
            let all = self.cluster.items(&[kind, "-A"])?;
            for object in all {
                let text = |pointer: &str| {
                    object
                        .pointer(pointer)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned()
                };
                let name = format!("{kind}/{}", text("/metadata/name"));
                let namespace = text("/metadata/namespace");
                self.cluster.run(
                    &[
                        "rollout",
                        "status",
                        &name,
                        "-n",
                        &namespace,
                        "--timeout=60s",
                    ],
                    None,
                )?;
            }
        }
        Ok(())
    }

    fn apply(&self, objects: &[Value]) -> Result<()> {
        if objects.is_empty() {
            return Ok(());
        }
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        self.cluster.run(
            &[
                "apply",
                "--server-side",
                "--field-manager=istio-operator",
                "--force-conflicts",
                "-f",
                "-",
            ],
            Some(&list.to_string()),
        )?;
        Ok(())
    }
}
