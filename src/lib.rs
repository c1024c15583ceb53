//! meshplan compiles an upgrade plan for an Istio ambient mesh into ordered directories of Kubernetes YAML.
//!
//! Each module uses only modules above it in this list; `tests/suite/house.rs` checks this.
//!
//! 1. [`text`]: named texts, findings about places in them, reading and writing YAML.
//! 2. [`kube`]: Kubernetes objects in general: identity, names, manifests, schemas.
//! 3. [`istio`]: facts about each version of Istio and Gateway API, as rows with sources.
//! 4. [`step`]: steps as data: actions and gates.
//! 5. [`state`]: the objects of a cluster at one moment, and their parsed content.
//! 6. [`replay`]: from a state and a step to the next state; the rollback of a step.
//! 7. [`route`]: answers requests in a state.
//! 8. [`rules`]: the rules, one file per rule.
//! 9. [`tree`]: `index.json`, paths and bytes; writing, reading and comparing them.
//! 10. [`plan`]: the plan as written, and the checks of it.
//! 11. [`existing`]: the existing mesh that a plan starts from.
//! 12. [`lower`]: from a checked plan to its steps; this cannot fail.
//! 13. [`render`]: renders objects and steps as text, with templates.
//! 14. [`report`]: reports about an upgrade for the user.
//! 15. [`output`]: from rendered steps to a tree.
//! 16. [`proof`]: checks every state, transition and part of a step against the rules.
//! 17. [`cluster`]: one cluster, accessed with kubectl.
//! 18. [`rehearse`]: applies the tree to a cluster of simulated nodes.
//! 19. [`cli`]: the commands, one file per command.
//!
//! [`compile`] runs the list up to [`proof`] as a function. Only [`tree`], [`cluster`], [`rehearse`] and
//! [`cli`] access the file system or start programs.

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

/// The result of compiling a plan.
#[derive(Debug)]
pub struct Compiled {
    pub findings: Vec<Finding>,
    /// The texts that findings point into.
    pub sources: Sources,
    /// The tree; nothing if a finding is an error.
    pub output: Option<Output>,
    /// The location of the plan's name in its text.
    pub name: Option<Range<usize>>,
    /// The kinds of the user's objects without a schema, as `apiVersion kind`.
    pub unknown_kinds: Vec<String>,
    /// Whether the plan is valid TOML.
    pub is_toml: bool,
    /// The folder of the dump that the plan reads, if it reads one.
    pub dump: Option<String>,
    /// Scripts from the user's templates that differ from meshplan's own.
    pub own_scripts: Vec<String>,
}

/// Reads, checks, lowers, renders, lays out and proves a plan. A stage with errors is the last one, and all
/// its errors are reported.
///
/// `templates` are the user's templates, by the name of the template that each one replaces; without any,
/// those in the plan's `templates` are used.
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

/// Same as [`compile`], but without the proof.
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
            .label("the path of a folder, relative to the plan")
            .help("name a folder of templates, or remove `templates`")
    })
}

/// Proves the rendered tree, removes findings that the plan allows, and reports allowed rules that found
/// nothing.
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
