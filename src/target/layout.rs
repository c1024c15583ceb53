//! From steps with objects to a tree: renders each object, reads it back, names its file, and writes scripts, runbook and
//! index over the result.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::finding::Finding;
use crate::identity::Identity;
use crate::istio::FACTS_VERSION;
use crate::render::Renderer;
use crate::schema::{Schemas, Violation};
use crate::source::{Source, Sources};
use crate::step::{Action, Lab, Object, Procedure, Step};
use crate::tree::Tree;
use crate::yaml;

use super::index::{FORMAT_VERSION, FileEntry, Index, IndexStep, sha256};
use super::naming::file_names;
use super::scripts;

/// What to do about a text that is rendered wrongly.
const MEND: &str = "mend the template; without --templates this is a mistake of meshplan's own";

/// The tree and what it says of itself.
#[derive(Debug)]
pub struct Output {
    /// Every file.
    pub tree: Tree,
    /// The content of `index.json`.
    pub index: Index,
}

/// Lays a procedure out for kubectl.
///
/// # Errors
///
/// Every template that cannot be rendered, and every rendered text that is not one Kubernetes object. Texts that findings
/// point into are added to `sources`.
///
/// # Panics
///
/// Never: an index is plain data, which JSON can say.
pub fn lay_out(
    procedure: Procedure,
    renderer: &Renderer,
    schemas: &Schemas,
    sources: &mut Sources,
) -> Result<Output, Vec<Finding>> {
    let mut laying = Laying {
        renderer,
        schemas,
        sources,
        tree: Tree::default(),
        findings: Vec::new(),
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
        tree, mut findings, ..
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
    };
    match scripts::write(
        &index,
        lab.as_ref(),
        procedure.kubernetes,
        renderer,
        &mut output.tree,
    ) {
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

/// An object as text, in the folder of its step where it belongs.
struct Rendered {
    text: String,
    identity: Option<Identity>,
    folder: String,
    /// A name that does not come from the identity.
    fixed: Option<String>,
}

struct Laying<'a> {
    renderer: &'a Renderer,
    schemas: &'a Schemas,
    sources: &'a mut Sources,
    tree: Tree,
    findings: Vec<Finding>,
}

impl Laying<'_> {
    fn step(&mut self, step: Step<Object>) -> Option<IndexStep> {
        let name = step.name.clone();
        let mut all: Vec<Rendered> = Vec::new();
        let mut failed = false;
        // First every object for itself, since a file's name depends on the names beside it.
        let numbered = step.try_map(&mut |object: Object, folder: &str| {
            match self.render(&object, folder, &name) {
                Some(rendered) => all.push(rendered),
                None => failed = true,
            }
            Ok::<usize, ()>(all.len().wrapping_sub(1))
        });
        let (Ok(numbered), false) = (numbered, failed) else {
            return None;
        };
        let paths = paths(&all);
        let mut named = numbered
            .try_map(&mut |number: usize, _: &str| paths.get(number).cloned().ok_or(()))
            .ok()?;
        for action in named
            .actions
            .iter_mut()
            .chain(named.rollback.iter_mut().flat_map(|back| &mut back.actions))
        {
            // In the order in which `kubectl apply -f` of the whole directory takes them.
            if let Action::Apply { files } = action {
                files.sort();
            }
        }
        let mut files: Vec<FileEntry> = all
            .iter()
            .zip(&paths)
            .map(|(rendered, path)| FileEntry {
                path: format!("{name}/{path}"),
                sha256: sha256(rendered.text.as_bytes()),
                identity: rendered.identity.clone(),
            })
            .collect();
        let by_path: BTreeMap<&String, &Rendered> = paths.iter().zip(&all).collect();
        let deletes = named
            .actions
            .iter()
            .filter_map(|action| match action {
                Action::Delete { files } | Action::DeleteTag { files, .. } => Some(files),
                _ => None,
            })
            .flatten()
            .filter_map(|file| by_path.get(file)?.identity.clone())
            .collect();
        for (rendered, path) in all.into_iter().zip(paths) {
            self.tree.add(format!("{name}/{path}"), rendered.text);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Some(IndexStep {
            step: named,
            files,
            deletes,
        })
    }

    /// Renders an object and reads it back.
    fn render(&mut self, object: &Object, folder: &str, step: &str) -> Option<Rendered> {
        let text = match self.renderer.object(object) {
            Ok(text) => text,
            Err(finding) => {
                self.renderer.add_source(&finding, self.sources);
                if !self.findings.contains(&finding) {
                    self.findings.push(finding);
                }
                return None;
            }
        };
        let fixed = match object {
            Object::Kustomization(_) => Some("kustomization.yaml".to_owned()),
            Object::IstioBase(operator) | Object::IstioCni(operator) | Object::Istiod(operator) => {
                Some(format!("{}.yaml", operator.name))
            }
            _ => None,
        };
        let template = object.template().unwrap_or("the manifest");
        let shown = format!("{step}/{folder}{template}");
        let found = self.judge(object, template, &text);
        let identity = match found {
            Ok(identity) => identity,
            Err(findings) => {
                // One mistake in a template shows in every object that it makes; the first says it all.
                let new = findings.into_iter().filter(|(finding, _)| {
                    !self
                        .findings
                        .iter()
                        .any(|f| (&f.message, &f.label) == (&finding.message, &finding.label))
                });
                let new: Vec<Finding> = new
                    .map(|(finding, span)| finding.at(&shown, span))
                    .collect();
                self.sources.add(Source::new(&shown, &text));
                self.findings.extend(new);
                return None;
            }
        };
        Some(Rendered {
            text,
            identity,
            folder: folder.to_owned(),
            fixed,
        })
    }

    /// Reads a rendered text back and holds it against its schema; returns the identity of the object in it, if it is one of
    /// a cluster's.
    fn judge(
        &self,
        object: &Object,
        template: &str,
        text: &str,
    ) -> Result<Option<Identity>, Vec<(Finding, Range<usize>)>> {
        let document = yaml::read_strict(text).map_err(|problems| {
            let say = |problem: yaml::Problem| {
                let message = format!("`{template}` renders to something that is not plain YAML");
                (
                    Finding::error("rendered-not-yaml", message)
                        .label(problem.message)
                        .help(MEND),
                    problem.span,
                )
            };
            problems.into_iter().map(say).collect::<Vec<_>>()
        })?;
        let violations = match object {
            // The user's own objects were held against their schemas where they were read.
            Object::Given(_) => Vec::new(),
            Object::Identity(_) => self.schemas.check_identity(&document.value),
            _ => self.schemas.check(&document.value).unwrap_or_else(|| {
                let kind = document.value["kind"].to_string();
                vec![Violation::at(
                    "/kind",
                    format!("{kind} is not a kind that this template makes"),
                )]
            }),
        };
        if !violations.is_empty() {
            let message = format!("`{template}` renders to an object that its schema refuses");
            return Err(violations
                .into_iter()
                .map(|violation| {
                    let span = violation.span(&document);
                    (
                        Finding::error("rendered-schema", &message)
                            .label(violation.in_words())
                            .help(MEND),
                        span,
                    )
                })
                .collect());
        }
        // A kustomization and a kind configuration are no objects of a cluster.
        if matches!(object, Object::Kustomization(_) | Object::Kind(_)) {
            return Ok(None);
        }
        match Identity::of(&document.value) {
            Some(identity) => Ok(Some(identity)),
            None => Err(vec![(
                Finding::error(
                    "rendered-not-an-object",
                    format!("`{template}` renders to something that is no object"),
                )
                .label("apiVersion, kind and metadata.name are needed")
                .help(MEND),
                0..text.lines().next().map_or(0, str::len),
            )]),
        }
    }

    fn lab(&mut self, lab: &Lab) {
        if let Some(kind) = self.render(&lab.kind, "", "lab/kind") {
            self.tree.add("lab/kind/cluster.yaml", kind.text);
        }
        let objects = lab.metallb.iter().flat_map(|(_, objects)| objects);
        let rendered: Vec<Rendered> = objects
            .filter_map(|object| self.render(object, "", "lab/metallb"))
            .collect();
        for (path, rendered) in paths(&rendered).into_iter().zip(rendered) {
            self.tree.add(format!("lab/metallb/{path}"), rendered.text);
        }
    }
}

/// The paths of rendered objects from their step's directory; names are made folder by folder.
fn paths(all: &[Rendered]) -> Vec<String> {
    let mut paths: Vec<String> = all
        .iter()
        .map(|rendered| {
            format!(
                "{}{}",
                rendered.folder,
                rendered.fixed.clone().unwrap_or_default()
            )
        })
        .collect();
    let mut folders: Vec<&str> = all
        .iter()
        .map(|rendered| rendered.folder.as_str())
        .collect();
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        let here: Vec<(usize, &Identity)> = all
            .iter()
            .enumerate()
            .filter(|(_, rendered)| rendered.folder == folder && rendered.fixed.is_none())
            .filter_map(|(number, rendered)| Some((number, rendered.identity.as_ref()?)))
            .collect();
        let identities: Vec<&Identity> = here.iter().map(|(_, identity)| *identity).collect();
        for ((number, _), name) in here.iter().zip(file_names(&identities)) {
            paths[*number] = format!("{folder}{name}");
        }
    }
    paths
}
