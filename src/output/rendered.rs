//! Renders an object as text, reads it back strictly, validates it against its schema, and names it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::naming::file_names;
use crate::kube::identity::Identity;
use crate::kube::schema::{self, Schemas, Violation};
use crate::render::Renderer;
use crate::step::Draft;
use crate::text::finding::Finding;
use crate::text::source::{Source, Sources};
use crate::text::yaml::{self, Document};
use crate::tree::sha256;

/// The help of findings about a template that renders incorrectly.
const MEND: &str = "fix the template; without --templates this is a bug in meshplan";

/// A finding, and the byte range in the rendered text that it is about.
type Said = (Finding, Range<usize>);

/// A rendered object, and its folder in the step.
pub(super) struct Rendered {
    pub text: String,
    /// The digest of the text, in hex.
    pub sha256: String,
    pub document: Rc<Document>,
    pub identity: Option<Identity>,
    pub folder: String,
    /// A name that does not come from the identity.
    fixed: Option<String>,
}

/// The renderer, with the texts that were read and the findings so far.
pub(super) struct Rendering<'a> {
    renderer: &'a Renderer,
    schemas: &'a Schemas,
    pub sources: &'a mut Sources,
    pub findings: Vec<Finding>,
    /// Texts that were read, by their digest; most of them occur again in rollbacks.
    read: BTreeMap<String, Rc<Document>>,
}

impl<'a> Rendering<'a> {
    pub fn new(renderer: &'a Renderer, schemas: &'a Schemas, sources: &'a mut Sources) -> Self {
        Self {
            renderer,
            schemas,
            sources,
            findings: Vec::new(),
            read: BTreeMap::new(),
        }
    }

    /// Adds a finding about a template, unless it was reported before.
    pub fn refuse(&mut self, finding: Finding) {
        self.renderer.add_source(&finding, self.sources);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Renders an object and reads it back.
    pub fn render(&mut self, object: &Draft, folder: &str, step: &str) -> Option<Rendered> {
        let text = match self.renderer.object(object) {
            Ok(text) => text,
            Err(finding) => {
                self.refuse(finding);
                return None;
            }
        };
        let fixed = match object {
            Draft::Kustomization(_) => Some("kustomization.yaml".to_owned()),
            Draft::IstioBase(operator)
            | Draft::IstioCni(operator)
            | Draft::Istiod(operator)
            | Draft::ZtunnelOperator(operator) => Some(format!("{}.yaml", operator.name)),
            Draft::Copy(copy) => copy.name.clone(),
            _ => None,
        };
        let template = object.template().unwrap_or("the manifest");
        let shown = format!("{step}/{folder}{template}");
        let digest = sha256(text.as_bytes());
        let found = self.judge(object, template, &text, &digest);
        let (document, identity) = match found {
            Ok(found) => found,
            Err(findings) => {
                // A mistake in a template shows in every object that it renders, so only the first one is
                // reported.
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
        self.read.insert(digest.clone(), Rc::clone(&document));
        Some(Rendered {
            text,
            sha256: digest,
            document,
            identity,
            folder: folder.to_owned(),
            fixed,
        })
    }

    /// Reads a rendered text back and validates it against its schema; returns the object's identity, if it
    /// is an object of a cluster.
    fn judge(
        &self,
        object: &Draft,
        template: &str,
        text: &str,
        digest: &str,
    ) -> Result<(Rc<Document>, Option<Identity>), Vec<Said>> {
        if let (Draft::Copy(_), Some(document)) = (object, self.read.get(digest)) {
            let identity = Identity::of(&document.value);
            return Ok((Rc::clone(document), identity));
        }
        let document = yaml::read_strict(text).map_err(|problems| {
            let say = |problem: yaml::Problem| {
                let message = format!("`{template}` renders to text that is not plain YAML");
                (
                    Finding::error("rendered-not-yaml", message)
                        .label(problem.message)
                        .help(MEND),
                    problem.span,
                )
            };
            problems.into_iter().map(say).collect::<Vec<_>>()
        })?;
        let mut violations = match object {
            // The user's objects were validated when they were read.
            Draft::Given(_) | Draft::Copy(_) => Vec::new(),
            Draft::Identity(_) => self.schemas.check_identity(&document.value),
            _ => self.schemas.check(&document.value).unwrap_or_else(|| {
                let kind = document.value["kind"].to_string();
                vec![Violation::at(
                    "/kind",
                    format!("{kind} is not a kind that this template creates"),
                )]
            }),
        };
        if !matches!(object, Draft::Kustomization(_) | Draft::Kind(_)) {
            violations.extend(schema::names(&document.value));
        }
        if !violations.is_empty() {
            let message =
                format!("`{template}` renders to an object that is not valid for its schema");
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
        // A kustomization and a kind configuration are not objects of a cluster.
        if matches!(object, Draft::Kustomization(_) | Draft::Kind(_)) {
            return Ok((Rc::new(document), None));
        }
        match Identity::of(&document.value) {
            Some(identity) => Ok((Rc::new(document), Some(identity))),
            None => Err(vec![(
                Finding::error(
                    "rendered-not-an-object",
                    format!("`{template}` renders to something that is not an object"),
                )
                .label("`apiVersion`, `kind` and `metadata.name` are required")
                .help(MEND),
                0..text.lines().next().map_or(0, str::len),
            )]),
        }
    }
}

/// Returns the paths of rendered objects relative to their step's directory; names are unique per folder.
pub(super) fn paths(all: &[Rendered]) -> Vec<String> {
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
