//! Checks a plan before any step is made from it. All checks run, on every table with the right shape.

mod allows;
mod decided;
mod gateway_api;
mod gateways;
mod lab;
mod manifests;
mod names;
mod nodes;
mod objects;
mod pools;
mod probes;
mod references;
mod routes;
mod shift;
mod values;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;

use toml::Spanned;

use super::parse::{Parsed, Shaped};
use super::values::Values;
use super::written::Plan;
use crate::istio::{Bundle, Facts, Handover, handover};
use crate::kube::manifest::Manifest;
use crate::kube::schema::Schemas;
use crate::text::finding::{self, Finding};
use crate::text::source::{Source, Sources};

pub use gateway_api::{Crds, Migration, NEEDED};

/// A plan without errors, with all the files that it names.
pub struct Checked {
    /// The name of its source.
    pub source: String,
    pub plan: Plan,
    /// The objects of each workload's manifests, in the order of `plan.workload`.
    pub manifests: Vec<Vec<Manifest>>,
    /// Facts about the stable version.
    pub stable: &'static Facts,
    /// Facts about the canary version.
    pub canary: &'static Facts,
    /// How Gateways switch from stable to canary without losing requests.
    pub handover: Handover,
    /// Facts about the Gateway API bundle.
    pub bundle: Bundle,
    /// The source of the CRDs of this bundle.
    pub crds: Crds,
    pub values: Values,
    /// The schemas of this bundle, of Kubernetes, and of the kinds that only meshplan writes.
    pub schemas: Schemas,
    /// Kinds of the user's objects that no schema describes, as `apiVersion kind`.
    pub unknown_kinds: Vec<String>,
}

/// Access to the files that a plan names.
pub struct Files<'a> {
    /// The directory of the plan, as findings show it; empty for the current directory.
    pub folder: String,
    /// Reads a file; the path is relative to the plan.
    pub read: &'a dyn Fn(&str) -> io::Result<String>,
    /// Lists a directory by names; the path is relative to the plan. Subdirectories end in `/`.
    pub list: &'a dyn Fn(&str) -> io::Result<Vec<String>>,
}

impl Files<'_> {
    /// Reads every file below a directory, except hidden files, keyed by its path relative to the directory.
    ///
    /// # Errors
    ///
    /// The path that cannot be read, and why.
    pub fn below(&self, folder: &str) -> Result<BTreeMap<String, Source>, (String, io::Error)> {
        let mut found = BTreeMap::new();
        let mut open = vec![String::new()];
        while let Some(inner) = open.pop() {
            let path = format!("{folder}/{inner}");
            for name in (self.list)(&path).map_err(|error| (path.clone(), error))? {
                if name.starts_with('.') {
                    continue;
                }
                let own = format!("{inner}{name}");
                if name.ends_with('/') {
                    open.push(own);
                    continue;
                }
                let path = format!("{folder}/{own}");
                let text = (self.read)(&path).map_err(|error| (path.clone(), error))?;
                found.insert(own, Source::new(self.shown(&path), text));
            }
        }
        Ok(found)
    }

    /// Returns the path of a file as findings show it.
    #[must_use]
    pub fn shown(&self, name: &str) -> String {
        if self.folder.is_empty() || name.starts_with('/') {
            name.to_owned()
        } else {
            format!("{}/{name}", self.folder)
        }
    }
}

/// Checks a plan, and adds the files that it names to `sources`.
///
/// Returns the plan only if no finding is an error.
pub fn check(
    source: &Source,
    parsed: Parsed,
    files: &Files<'_>,
    sources: &mut Sources,
) -> (Vec<Finding>, Option<Checked>) {
    let Parsed { parts, findings } = parsed;
    let mut found = Found {
        source: source.name.clone(),
        findings,
    };
    names::check(&parts, &mut found);
    let (facts, bundle) = versions::check(&parts, &mut found);
    pools::check(&parts, &mut found);
    nodes::check(&parts, &mut found);
    let crds = gateway_api::check(
        &parts,
        facts.as_ref(),
        bundle.as_ref(),
        files,
        sources,
        &mut found,
    );
    let channel = parts.gateway_api.as_ref().map(|api| *api.channel.get_ref());
    let schemas =
        channel.and_then(|channel| Some(Schemas::new(&bundle.as_ref()?.file_stem(channel))));
    let (manifests, unknown_kinds) =
        manifests::check(&parts, files, schemas.as_ref(), sources, &mut found);
    let values = values::check(
        &parts,
        files,
        facts.as_ref(),
        schemas.as_ref(),
        sources,
        &mut found,
    );
    references::check(&parts, &manifests, &mut found);
    gateways::check(&parts, facts.as_ref(), &mut found);
    routes::check(&parts, &mut found);
    shift::check(&parts, &mut found);
    probes::check(&parts, &mut found);
    lab::check(&parts, &mut found);
    allows::check(&parts, &mut found);

    let mut findings = found.findings;
    finding::sort(&mut findings);
    if finding::has_errors(&findings) {
        return (findings, None);
    }
    let checked = parts
        .whole()
        .zip(facts)
        .zip(schemas)
        .map(|((plan, facts), schemas)| Checked {
            source: source.name.clone(),
            plan,
            manifests,
            handover: handover(facts.stable, facts.canary),
            stable: facts.stable,
            canary: facts.canary,
            bundle: facts.bundle,
            crds,
            values,
            schemas,
            unknown_kinds,
        });
    (findings, checked)
}

struct Found {
    source: String,
    findings: Vec<Finding>,
}

impl Found {
    /// Adds a finding at a value of the plan.
    fn say<T>(&mut self, finding: Finding, value: &Spanned<T>) {
        self.at(finding, value.span());
    }

    /// Adds a finding at a byte range of the plan.
    fn at(&mut self, finding: Finding, span: Range<usize>) {
        self.findings.push(finding.at(&self.source, span));
    }

    /// Reports a name that is used twice.
    fn duplicates<'a>(&mut self, what: &str, names: impl Iterator<Item = &'a Spanned<String>>) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for name in names {
            if seen.contains(name.get_ref().as_str()) {
                self.say(
                    Finding::error(
                        "duplicate-name",
                        format!("two {what}s have the name `{}`", name.get_ref()),
                    )
                    .label("second use of this name")
                    .help(format!("rename this {what}")),
                    name,
                );
            }
            seen.insert(name.get_ref());
        }
    }
}

/// Returns the tables of a list that have the right shape.
fn sound<T>(parts: &[Shaped<T>]) -> impl Iterator<Item = &T> {
    parts.iter().filter_map(Shaped::sound)
}
