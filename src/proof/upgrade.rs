//! A compiled tree as its steps: `index.json`, the objects of its files, and the states that come of them.

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

/// A compiled tree, ready to be replayed.
pub struct Upgrade {
    /// What `index.json` says.
    pub index: Index,
    /// The objects of its files, by path.
    pub files: BTreeMap<String, Rc<Object>>,
}

/// What exists after a step, and what a server would have refused on the way.
pub struct After {
    /// The state.
    pub state: State,
    /// What was refused.
    pub refused: Vec<Refusal>,
}

impl Upgrade {
    /// Reads the files that an index names. `shown` says how findings call a path.
    ///
    /// Findings are about files that are missing, cannot be read, or are no longer what they were when they were compiled.
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
                    format!("`{}` is not what was compiled", entry.path),
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

    /// Takes the objects of a tree that was just laid out.
    #[must_use]
    pub fn laid_out(output: &Output) -> Self {
        Self {
            index: output.index.clone(),
            files: output.objects.clone(),
        }
    }

    /// Returns what replays its steps.
    #[must_use]
    pub fn replay(&self) -> Replay<'_> {
        Replay { files: &self.files }
    }

    /// Returns what exists before the first step.
    #[must_use]
    pub fn start(&self) -> State {
        Replay::start(self.index.steps.iter().map(|step| &step.step))
    }

    /// Returns what exists after each step.
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

/// The one object of a rendered file.
fn read(source: &Source, phase: Phase) -> Result<Rc<Object>, Vec<Finding>> {
    let documents = yaml::read(&source.text).map_err(|problems| {
        let say = |problem: yaml::Problem| {
            Finding::error(
                "manifest-not-yaml",
                "this cannot be read as a Kubernetes manifest",
            )
            .label(problem.message)
            .at(&source.name, problem.span)
        };
        problems.into_iter().map(say).collect::<Vec<_>>()
    })?;
    let [document] = <[yaml::Document; 1]>::try_from(documents).map_err(|documents| {
        let message = format!("this holds {} objects and not one", documents.len());
        vec![Finding::error("not-one-object", message).at(&source.name, 0..0)]
    })?;
    let manifest = Manifest::whole(&Rc::new(document), &source.name);
    Ok(Rc::new(Object::of(manifest, Some(phase))))
}
