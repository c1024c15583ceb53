//! Scripts and runbook, rendered from the same steps as `index.json`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::lower::Lab;
use crate::render::Renderer;
use crate::step::{Action, Gate, Istioctl, Phase, Step};
use crate::text::finding::Finding;
use crate::tree::Tree;

use super::layout::Output;
use crate::report::RevisionDifference;
use crate::tree::Index;

/// The contents of the runbook in addition to the steps.
pub(super) struct About<'a> {
    /// The test cluster.
    pub lab: Option<&'a Lab>,
    /// The oldest supported Kubernetes version, if known.
    pub kubernetes: Option<&'a str>,
    /// The differences between the revisions.
    pub differences: Vec<RevisionDifference>,
}

/// Returns the scripts of a tree's steps that differ from those of meshplan's own templates.
#[must_use]
pub fn own_scripts(output: &Output) -> Vec<String> {
    let mut builtin = Tree::default();
    let rendered = Renderer::new(&output.index.plan, BTreeMap::new()).map(|renderer| {
        // If meshplan's own templates cannot be rendered, nothing is compared.
        steps(&output.index, &renderer, &mut builtin).is_ok()
    });
    if !rendered.is_ok_and(|rendered| rendered) {
        return Vec::new();
    }
    let others = builtin
        .iter()
        .filter(|(path, file)| output.tree.get(path) != Some(*file));
    others.map(|(path, _)| path.clone()).collect()
}

/// Adds every script and the runbook to a tree.
pub(super) fn write(
    index: &Index,
    about: &About<'_>,
    renderer: &Renderer,
    tree: &mut Tree,
) -> Result<(), Finding> {
    steps(index, renderer, tree)?;
    if let Some(lab) = about.lab {
        let data = json!({ "cluster": lab.cluster, "metallb": lab.metallb.as_ref().map(|(version, _)| version) });
        for name in ["up.sh", "down.sh"] {
            tree.add_script(
                format!("lab/{name}"),
                renderer.text(&format!("lab/{name}"), &data)?,
            );
        }
    }
    tree.add(
        "README.md",
        renderer.text("README.md", runbook_data(index, about))?,
    );
    Ok(())
}

/// Adds the scripts of every step, and their library.
fn steps(index: &Index, renderer: &Renderer, tree: &mut Tree) -> Result<(), Finding> {
    tree.add("lib.sh", renderer.text("scripts/lib.sh", json!({}))?);
    for step in &index.steps {
        let step = &step.step;
        let mut script = |name: &str, actions: &[Action], gates: &[&[Gate]]| {
            let data = script_data(step, actions, &gates.concat());
            let text = renderer.text(&format!("scripts/{name}"), data)?;
            tree.add_script(format!("{}/{name}", step.name), text);
            Ok(())
        };
        script("apply.sh", &step.actions, &[&step.requires])?;
        script("verify.sh", &[], &[&step.gates])?;
        let rollback = &step.rollback;
        script(
            "rollback.sh",
            &rollback.actions,
            &[&rollback.requires, &rollback.gates],
        )?;
    }
    Ok(())
}

/// The data for a script in addition to its step.
fn script_data(step: &Step, actions: &[Action], gates: &[Gate]) -> Value {
    let any = |wanted: fn(&Gate) -> bool| gates.iter().any(wanted);
    json!({
        "step": step,
        // Probes are retried for a while.
        "probes": any(|gate| matches!(gate, Gate::Probe { .. }))
            && any(|gate| matches!(gate, Gate::Soak { .. })),
        "istioctl": actions.iter().find_map(istioctl),
    })
}

fn istioctl(action: &Action) -> Option<&Istioctl> {
    match action {
        Action::Install { istioctl, .. } | Action::SetTag { istioctl, .. } => Some(istioctl),
        _ => None,
    }
}

fn runbook_data(index: &Index, about: &About<'_>) -> Value {
    // The revision that is installed first is stable, the last one is the canary.
    let istioctls = || {
        index
            .steps
            .iter()
            .filter(|step| step.step.phase != Phase::Prepare)
            .flat_map(|step| &step.step.actions)
            .filter_map(istioctl)
    };
    let revision = |istioctl: Option<&Istioctl>| {
        istioctl.map(|istioctl| {
            json!({
                "version": istioctl.version,
                "name": istioctl.revision,
                "variable": format!("ISTIOCTL_{}", istioctl.revision.replace('-', "_")),
            })
        })
    };
    let found = index
        .steps
        .iter()
        .flat_map(|step| &step.step.actions)
        .find_map(|action| match action {
            Action::Found {
                version, revision, ..
            } => Some(json!({"version": version, "name": revision})),
            _ => None,
        });
    let probes = index
        .steps
        .iter()
        .flat_map(|step| &step.step.gates)
        .any(|gate| matches!(gate, Gate::Probe { .. }));
    json!({
        "steps": index.steps.iter().map(|step| &step.step).collect::<Vec<_>>(),
        "in_place": found.is_some(),
        "stable": found.or_else(|| revision(istioctls().next())),
        "canary": revision(istioctls().next_back()),
        "probes": probes,
        "kubernetes": about.kubernetes,
        "differences": about.differences,
        "lab": about.lab.map(|lab| json!({ "cluster": lab.cluster, "metallb": lab.metallb.as_ref().map(|(version, _)| version) })),
    })
}
