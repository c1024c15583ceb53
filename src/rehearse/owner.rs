//! Simulates the tool that manages objects in a rehearsal: makes the changes that a step asks for, like Helm.

use anyhow::Result;

use super::Rehearsal;
use crate::step::{Action, Gate, StepFile};
use crate::tree::IndexStep;

impl Rehearsal<'_> {
    /// Makes every change of a step that the user would make with Helm, Flux or Argo CD.
    pub(super) fn at_owners(&self, step: &IndexStep, actions: &[Action]) -> Result<()> {
        for action in actions {
            if let Action::AtOwner { does, done, .. } = action {
                self.at_owner(step, does, done)?;
            }
        }
        Ok(())
    }

    fn at_owner(&self, step: &IndexStep, does: &Action, done: &[Gate]) -> Result<()> {
        let run = |arguments: &[&str]| self.cluster.run(arguments, None);
        let path = |file: &StepFile| {
            let path = self.tree.join(&step.step.name).join(file.path());
            path.to_string_lossy().into_owned()
        };
        match does {
            Action::Patch { file } => {
                let file = path(file);
                let fields = format!("--patch-file={file}");
                run(&[
                    "patch",
                    "-f",
                    &file,
                    "--type=merge",
                    &fields,
                    "--field-manager=helm",
                ])?;
            }
            Action::Delete { files } => {
                for file in files {
                    run(&["delete", "--ignore-not-found", "-f", &path(file)])?;
                }
            }
            Action::Restore { files } => {
                for file in files {
                    let file = path(file);
                    let there = run(&["get", "-f", &file, "--ignore-not-found", "-o", "name"])?;
                    let verb = if there.trim().is_empty() {
                        "create"
                    } else {
                        "replace"
                    };
                    run(&[verb, "-f", &file, "--field-manager=helm"])?;
                }
            }
            Action::LabelObject {
                kind,
                namespace,
                name,
                key,
                value,
            } => {
                let label = match value {
                    Some(value) => format!("{key}={value}"),
                    None => format!("{key}-"),
                };
                run(&["label", kind, name, "-n", namespace, &label, "--overwrite"])?;
            }
            Action::ExpectBase { version } => {
                let label = format!("app.kubernetes.io/version={version}");
                let crds = done.iter().find_map(|gate| match gate {
                    Gate::BaseVersion { crds, .. } => Some(crds),
                    _ => None,
                });
                for crd in crds.into_iter().flatten() {
                    run(&["label", "crd", crd, &label, "--overwrite"])?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
