//! The steps of a compiled tree: `index.json`, the objects of its files, and the resulting states.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::kube::manifest::Manifest;
use crate::output::Output;
use crate::replay::Replay;
use crate::state::{Object, Refusal, State};
use crate::step::Phase;
use crate::text::finding::Finding;
use crate::text::source::{Source, Sources};
use crate::text::yaml;
use crate::tree::{Index, IndexStep, sha256};

pub struct Upgrade {
    /// The content of `index.json`.
    pub index: Index,
    /// The objects of the files, by path.
    pub files: BTreeMap<String, Rc<Object>>,
}

/// The state after a step, and what an API server would have rejected in between.
pub struct After {
    pub state: State,
    pub refused: Vec<Refusal>,
}

impl Upgrade {
    /// Reads the files that an index lists. `shown` returns the path that findings display.
    ///
    /// Findings are about files that are missing, cannot be read, or were changed since they were compiled.
    pub fn of(
        index: Index,
        text: &dyn Fn(&str) -> Option<String>,
        shown: &dyn Fn(&str) -> String,
        sources: &mut Sources,
    ) -> (Self, Vec<Finding>) {
        let mut files = BTreeMap::new();
        let mut findings = Vec::new();
        let phases: BTreeMap<&str, Phase> = index
            .steps
            .iter()
            .map(|step| (step.step.name.as_str(), step.step.phase))
            .collect();
        for entry in &index.files {
            let step = entry.path.split('/').next().unwrap_or_default();
            let (Some(phase), true) = (phases.get(step), is_yaml(&entry.path)) else {
                continue;
            };
            let name = shown(&entry.path);
            let Some(text) = text(&entry.path) else {
                let missing =
                    Finding::error("missing-file", format!("`{}` is missing", entry.path))
                        .label("index.json lists it")
                        .help("compile the plan again");
                findings.push(of_step(step, missing));
                continue;
            };
            if sha256(text.as_bytes()) != entry.sha256 {
                let edited = Finding::warning(
                    "edited-file",
                    format!("`{}` was changed after it was compiled", entry.path),
                )
                .label("edited since")
                .help("change the plan or the template instead, and compile again")
                .at(&name, 0..text.lines().next().map_or(0, str::len));
                findings.push(of_step(step, edited));
            }
            let source = Source::new(&name, text);
            match read(&source, *phase) {
                Ok(object) => {
                    files.insert(entry.path.clone(), object);
                }
                Err(found) => {
                    findings.extend(found.into_iter().map(|finding| of_step(step, finding)));
                }
            }
            sources.add(source);
        }
        (Self { index, files }, findings)
    }

    /// Takes the objects of a tree that was laid out in memory.
    #[must_use]
    pub fn laid_out(output: &Output) -> Self {
        Self {
            index: output.index.clone(),
            files: output.objects.clone(),
        }
    }

    #[must_use]
    pub fn replay(&self) -> Replay<'_> {
        Replay { files: &self.files }
    }

    #[must_use]
    pub fn start(&self) -> State {
        Replay::start(self.index.steps.iter().map(|step| &step.step))
    }

    /// Returns the state after each step, in order.
    #[must_use]
    pub fn states(&self) -> Vec<(&IndexStep, After)> {
        let mut before = self.start();
        let replay = self.replay();
        self.index
            .steps
            .iter()
            .map(|step| {
                let (state, refused) = replay.run(&before, &step.step, &step.step.actions, None);
                before = state.clone();
                (step, After { state, refused })
            })
            .collect()
    }
}

fn of_step(step: &str, finding: Finding) -> Finding {
    Finding {
        step: Some(step.to_owned()),
        ..finding
    }
}

fn is_yaml(path: &str) -> bool {
    std::path::Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "yaml")
}

/// Reads the only object of a rendered file.
fn read(source: &Source, phase: Phase) -> Result<Rc<Object>, Vec<Finding>> {
    let documents = yaml::read(&source.text).map_err(|problems| {
        let say = |problem: yaml::Problem| {
            Finding::error("manifest-not-yaml", "this is not a Kubernetes manifest")
                .label(problem.message)
                .at(&source.name, problem.span)
        };
        problems.into_iter().map(say).collect::<Vec<_>>()
    })?;
    let [document] = <[yaml::Document; 1]>::try_from(documents).map_err(|documents| {
        let message = format!("this file contains {} objects, not one", documents.len());
        vec![Finding::error("not-one-object", message).at(&source.name, 0..0)]
    })?;
    let manifest = Manifest::whole(&Rc::new(document), &source.name);
    Ok(Rc::new(Object::of(manifest, Some(phase))))
}
