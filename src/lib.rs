//! meshplan compiles an upgrade plan for an Istio ambient mesh into ordered directories of Kubernetes YAML.
//!
//! Each module uses only those above it in this list; `tests/suite/house.rs` reads the imports and holds that.
//!
//! 1. [`text`]: named texts, findings about places in them, reading and writing YAML.
//! 2. [`kube`]: what is true of any Kubernetes object: identity, names, manifests, schemas.
//! 3. [`istio`]: what is true of each version of Istio and Gateway API, as rows with sources.
//! 4. [`step`]: what a step is: actions and gates, as data.
//! 5. [`state`]: what exists at one moment, and what is understood of it.
//! 6. [`replay`]: from a state and a step to the next state; the way back of a step.
//! 7. [`route`]: who answers a request in a state.
//! 8. [`rules`]: what must hold; one file a rule.
//! 9. [`tree`]: `index.json`, paths and bytes; writing, reading and comparing them.
//! 10. [`plan`]: the plan as written, and the checks on it.
//! 11. [`existing`]: the mesh that a plan starts from.
//! 12. [`lower`]: from a checked plan to its steps; this cannot fail.
//! 13. [`render`]: objects and steps to text, by templates.
//! 14. [`report`]: what people read about an upgrade.
//! 15. [`output`]: rendered steps to a tree.
//! 16. [`proof`]: every state, transition and part of a step against the rules.
//! 17. [`cluster`]: one cluster, through kubectl.
//! 18. [`rehearse`]: the tree applied to a cluster of simulated nodes.
//! 19. [`cli`]: one file a verb.
//!
//! [`compile`] is the list up to [`proof`] as a function. Only [`tree`], [`cluster`], [`rehearse`] and [`cli`] touch the
//! file system or start programs.

pub mod text;

pub mod kube;

pub mod istio;

pub mod step;

pub mod state;

pub mod replay;

pub mod route;

pub mod rules;

pub mod tree;

pub mod plan;

pub mod existing;

pub mod lower;

pub mod render;

pub mod report;

pub mod output;

pub mod proof;

pub mod cluster;

pub mod rehearse;

pub mod cli;

use std::collections::BTreeMap;
use std::ops::Range;

use output::Output;
use plan::Files;
use render::Renderer;
use text::finding::{self, Finding};
use text::source::{Source, Sources};

/// What came of compiling a plan.
#[derive(Debug)]
pub struct Compiled {
    /// Everything that there is to say.
    pub findings: Vec<Finding>,
    /// The texts that findings point into.
    pub sources: Sources,
    /// The tree; nothing where a finding is an error.
    pub output: Option<Output>,
    /// Where the plan says its name.
    pub name: Option<Range<usize>>,
    /// Kinds of the user's objects that no schema knows, as `apiVersion kind`.
    pub unknown_kinds: Vec<String>,
    /// Whether the text was a plan at all, and not something that is no TOML.
    pub is_toml: bool,
    /// The folder of the dump that the plan reads, where it reads one.
    pub dump: Option<String>,
    /// Scripts that the user's templates make other than meshplan's own.
    pub own_scripts: Vec<String>,
}

/// Reads, checks, lowers, renders, lays out and proves a plan; a stage that finds errors ends the way, having said all of them.
///
/// `templates` are the user's own, by the name of the one that they replace; without any, those of the plan's `templates`.
#[must_use]
pub fn compile(
    source: &Source,
    files: &Files<'_>,
    templates: BTreeMap<String, Source>,
) -> Compiled {
    let (mut compiled, checked) = laid_out(source, files, templates);
    if let (Some(output), Some(checked)) = (&compiled.output, &checked) {
        let found = proved(output, checked, &mut compiled.sources);
        compiled.findings.extend(found);
        finding::sort_by_step(&mut compiled.findings);
        if finding::has_errors(&compiled.findings) {
            compiled.output = None;
        }
    }
    compiled
}

/// Does the same but for the proof: what a plan compiles to, whether or not it holds.
#[must_use]
pub fn lay_out(
    source: &Source,
    files: &Files<'_>,
    templates: BTreeMap<String, Source>,
) -> Compiled {
    laid_out(source, files, templates).0
}

fn laid_out(
    source: &Source,
    files: &Files<'_>,
    templates: BTreeMap<String, Source>,
) -> (Compiled, Option<plan::Checked>) {
    let mut sources = Sources::default();
    sources.add(source.clone());
    let mut compiled = Compiled {
        findings: Vec::new(),
        sources,
        output: None,
        name: None,
        unknown_kinds: Vec::new(),
        is_toml: true,
        dump: None,
        own_scripts: Vec::new(),
    };

    let parsed = match plan::parse(source) {
        Ok(parsed) => parsed,
        Err(findings) => {
            let compiled = Compiled {
                findings,
                is_toml: false,
                ..compiled
            };
            return (compiled, None);
        }
    };
    compiled.name = parsed.parts.name.as_ref().map(toml::Spanned::span);
    let named = parsed.parts.templates.as_ref();
    let named = named.filter(|_| templates.is_empty());
    let (templates, unreadable) = match named.map(|folder| (folder, own_templates(folder, files))) {
        None => (templates, None),
        Some((_, Ok(own))) => (own, None),
        Some((folder, Err(finding))) => (
            BTreeMap::new(),
            Some(finding.at(&source.name, folder.span())),
        ),
    };
    let (findings, checked) = plan::check(source, parsed, files, &mut compiled.sources);
    compiled.findings = findings;
    compiled.findings.extend(unreadable);
    let Some(checked) = checked else {
        return (compiled, None);
    };

    let dump = checked.plan.stable.existing.as_ref();
    compiled.dump = dump.map(|folder| files.shown(folder.get_ref()));
    let (findings, existing) = existing::read(&checked, files, &mut compiled.sources);
    compiled.findings.extend(findings);
    if finding::has_errors(&compiled.findings) {
        return (compiled, None);
    }

    compiled.unknown_kinds.clone_from(&checked.unknown_kinds);
    let procedure = lower::lower(&checked, existing.as_ref());
    let has_own = !templates.is_empty();
    let output = Renderer::new(&procedure.plan, templates)
        .map_err(|(findings, renderer_sources)| {
            for source in renderer_sources {
                compiled.sources.add(source);
            }
            findings
        })
        .and_then(|renderer| {
            output::lay_out(
                procedure,
                &renderer,
                &checked.schemas,
                &mut compiled.sources,
            )
        });
    match output {
        Ok(output) => {
            if has_own {
                compiled.own_scripts = output::own_scripts(&output);
            }
            compiled.output = Some(output);
        }
        Err(findings) => compiled.findings.extend(findings),
    }
    (compiled, Some(checked))
}

/// Reads the templates in the folder that a plan names.
fn own_templates(
    folder: &toml::Spanned<String>,
    files: &Files<'_>,
) -> Result<BTreeMap<String, Source>, Finding> {
    let read = files.below(folder.get_ref().trim_end_matches('/'));
    read.map_err(|(path, error)| {
        let message = format!("`{}` cannot be read: {error}", path.trim_end_matches('/'));
        Finding::error("templates-unreadable", message)
            .label("a folder beside the plan")
            .help("name a folder of templates, or take `templates` out")
    })
}

/// Proves what was rendered, leaves out what the plan allows, and says which of that was never needed.
fn proved(output: &Output, checked: &plan::Checked, sources: &mut Sources) -> Vec<Finding> {
    let mut findings = proof::prove(&proof::Upgrade::laid_out(output));
    for finding in &mut findings {
        let step = finding.at.as_ref().and_then(|at| at.source.split_once('/'));
        let phase = step.and_then(|(name, _)| {
            let steps = output.index.steps.iter().map(|step| &step.step);
            let mut own = steps.filter(|step| step.name == name);
            own.next().map(|step| step.phase)
        });
        finding.plan = checked.origin(finding.object.as_deref(), phase);
        if let Some(file) = finding
            .at
            .as_ref()
            .and_then(|at| output.tree.get(&at.source))
        {
            let name = finding.at.as_ref().map_or("", |at| &at.source);
            sources.add(Source::new(name, &file.text));
        }
    }
    checked.allowed(findings)
}
