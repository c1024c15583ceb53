//! Lays out steps as a tree: renders each object, names its file, replays the step, computes its rollback
//! from the changes, and writes scripts, runbook and index.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::istio::FACTS_VERSION;
use crate::kube::identity::Identity;
use crate::kube::manifest::Manifest;
use crate::kube::schema::Schemas;
use crate::lower::{Lab, Procedure};
use crate::render::Renderer;
use crate::replay::Replay;
use crate::state::{self, State};
use crate::step::{Action, Folder, Phase, ROLLBACK, Step, StepFile};
use crate::text::finding::Finding;
use crate::text::source::Sources;
use crate::tree::Tree;

use super::rendered::{Rendered, Rendering, paths};
use super::scripts::{self, About};
use crate::replay::back::{self, Installed};
use crate::report::differences;
use crate::tree::{FORMAT_VERSION, FileEntry, Index, IndexStep, sha256};

/// The tree and its index.
#[derive(Debug)]
pub struct Output {
    pub tree: Tree,
    pub index: Index,
    /// The objects of the steps' files, by path.
    pub objects: BTreeMap<String, Rc<state::Object>>,
}

/// Lays out a procedure as a tree.
///
/// # Errors
///
/// All templates that cannot be rendered, and all rendered texts that are not exactly one Kubernetes object.
/// Texts that findings point into are added to `sources`.
///
/// # Panics
///
/// Never: an index is plain data, which can be written as JSON.
pub fn lay_out(
    procedure: Procedure,
    renderer: &Renderer,
    schemas: &Schemas,
    sources: &mut Sources,
) -> Result<Output, Vec<Finding>> {
    let shared = procedure.prose;
    let mut laying = Laying {
        renderer,
        shared: &shared,
        rendering: Rendering::new(renderer, schemas, sources),
        tree: Tree::default(),
        objects: BTreeMap::new(),
        state: Replay::start(procedure.steps.iter()),
        installed: Installed::default(),
    };
    let mut steps = Vec::new();
    let lab = procedure.lab;
    for step in procedure.steps {
        steps.extend(laying.step(step));
    }
    if let Some(lab) = &lab {
        laying.lab(lab);
    }
    let Laying {
        tree,
        objects,
        rendering: Rendering { mut findings, .. },
        ..
    } = laying;
    if !findings.is_empty() {
        return Err(findings);
    }
    let mut index = Index {
        format_version: FORMAT_VERSION,
        plan: procedure.plan,
        facts_version: FACTS_VERSION.to_owned(),
        allows: procedure.allows,
        steps,
        files: Vec::new(),
    };
    let mut output = Output {
        tree,
        index: index.clone(),
        objects,
    };
    let about = About {
        lab: lab.as_ref(),
        kubernetes: procedure.kubernetes,
        differences: differences(&index, &output.objects),
    };
    match scripts::write(&index, &about, renderer, &mut output.tree) {
        Ok(()) => {}
        Err(finding) => {
            renderer.add_source(&finding, sources);
            findings.push(finding);
            return Err(findings);
        }
    }
    let identities: BTreeMap<&str, &Identity> = index
        .steps
        .iter()
        .flat_map(|step| &step.files)
        .filter_map(|file| Some((file.path.as_str(), file.identity.as_ref()?)))
        .collect();
    let files = output
        .tree
        .iter()
        .map(|(path, file)| FileEntry {
            path: path.clone(),
            sha256: sha256(file.text.as_bytes()),
            identity: identities
                .get(path.as_str())
                .map(|identity| (*identity).clone()),
        })
        .collect();
    index.files = files;
    let mut text = serde_json::to_string_pretty(&index).expect("an index is plain data");
    text.push('\n');
    output.tree.add("index.json", text);
    output.index = index;
    Ok(output)
}

struct Laying<'a> {
    renderer: &'a Renderer,
    /// The values for the texts of every step.
    shared: &'a serde_json::Value,
    rendering: Rendering<'a>,
    tree: Tree,
    objects: BTreeMap<String, Rc<state::Object>>,
    /// The state before the next step.
    state: State,
    installed: Installed,
}

impl Laying<'_> {
    fn step(&mut self, mut step: Step) -> Option<IndexStep> {
        match self.renderer.prose(&step.prose, self.shared) {
            Ok(texts) => {
                step.title = texts.title;
                step.why = texts.why;
                step.watch = texts.watch;
                step.back = texts.back;
            }
            Err(finding) => {
                self.rendering.refuse(finding);
                return None;
            }
        }
        let (name, phase) = (step.name.clone(), step.phase);
        let (all, own) = self.render(&name, step.files_mut())?;
        let mut named = step;
        in_order(&mut named.actions);
        let mut files = self.keep(&name, phase, all, own);
        let deletes = named
            .actions
            .iter()
            .filter_map(|action| match action.effect() {
                Action::Delete { files }
                | Action::DeleteNamespaces { files }
                | Action::DeleteTag { files, .. } => Some(files),
                _ => None,
            })
            .flatten()
            .filter_map(|file| self.objects.get(&format!("{name}/{file}")))
            .map(|object| object.manifest.identity.clone())
            .collect();

        let replay = Replay {
            files: &self.objects,
        };
        let (after, _) = replay.run(&self.state, &named, &named.actions, None);
        files.extend(self.way_back(&mut named, &after)?);
        self.installed.note(&named);
        self.state = after;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Some(IndexStep {
            step: named,
            files,
            deletes,
        })
    }

    /// Adds the actions to a step's rollback that lead from the state after it to the state before it.
    fn way_back(&mut self, step: &mut Step, after: &State) -> Option<Vec<FileEntry>> {
        let text = |path: &str| self.tree.get(path).map(|file| file.text.clone());
        let actions = back::actions(step, &self.state, after, &self.installed, &text);
        let mut actions = actions;
        let files = actions.iter_mut().flat_map(Action::files_mut);
        let files = files.map(|(file, folder)| (file, ROLLBACK, folder));
        let (all, own) = self.render(&step.name, files)?;
        step.rollback.actions.extend(actions);
        in_order(&mut step.rollback.actions);
        Some(self.keep(&step.name, step.phase, all, own))
    }

    /// Renders the drafts of a step and replaces them by the paths of their files; returns nothing if one
    /// cannot be rendered.
    fn render<'f>(
        &mut self,
        step: &str,
        files: impl Iterator<Item = (&'f mut StepFile, &'static str, Folder)>,
    ) -> Option<(Vec<Rendered>, Vec<String>)> {
        let mut all = Vec::new();
        let mut places = Vec::new();
        let mut failed = false;
        // All objects are rendered first, because a file's name depends on the other names in its folder.
        for (file, base, folder) in files {
            let StepFile::Draft(draft) = file else {
                continue;
            };
            let folder = format!("{base}{}", folder.as_str());
            match self.rendering.render(draft, &folder, step) {
                Some(rendered) => {
                    all.push(rendered);
                    places.push(file);
                }
                None => failed = true,
            }
        }
        let own = paths(&all);
        for (file, path) in places.into_iter().zip(&own) {
            *file = StepFile::Path(path.clone());
        }
        (!failed).then_some((all, own))
    }

    /// Adds rendered objects to the files of a step.
    fn keep(
        &mut self,
        step: &str,
        phase: Phase,
        all: Vec<Rendered>,
        paths: Vec<String>,
    ) -> Vec<FileEntry> {
        let mut files = Vec::new();
        for (rendered, path) in all.into_iter().zip(paths) {
            let path = format!("{step}/{path}");
            let manifest = Manifest::whole(&rendered.document, &path);
            let object = state::Object::of(manifest, Some(phase));
            self.objects.insert(path.clone(), Rc::new(object));
            files.push(FileEntry {
                path: path.clone(),
                sha256: rendered.sha256,
                identity: rendered.identity,
            });
            self.tree.add(path, rendered.text);
        }
        files
    }

    fn lab(&mut self, lab: &Lab) {
        if let Some(kind) = self.rendering.render(&lab.kind, "", "lab/kind") {
            self.tree.add("lab/kind/cluster.yaml", kind.text);
        }
        let objects = lab.metallb.iter().flat_map(|(_, objects)| objects);
        let rendered: Vec<Rendered> = objects
            .filter_map(|object| self.rendering.render(object, "", "lab/metallb"))
            .collect();
        for (path, rendered) in paths(&rendered).into_iter().zip(rendered) {
            self.tree.add(format!("lab/metallb/{path}"), rendered.text);
        }
    }
}

/// Files are applied in the order in which `kubectl apply -f` applies the whole directory.
fn in_order(actions: &mut [Action]) {
    for action in actions {
        if let Action::Apply { files } = action {
            files.sort_by(|a, b| a.path().cmp(b.path()));
        }
    }
}
