//! Reads a text into the tables of a plan, and marks tables with findings as broken.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::schema::plan_schema;
use super::shape::{self, Section, Shape};
use super::written::{Canary, GatewayApi, GatewayTable, Istio, Plan, Route, Stable, Workload};
use super::written_lab::LabTable;
use super::written_nodes::NodeGroup;
use super::written_shift::{Allow, Probe, Shift};
use crate::text::finding::Finding;
use crate::text::source::Source;

/// One table of an array of tables.
#[derive(Debug, Clone)]
pub enum Shaped<T> {
    Sound(T),
    /// It has a finding; other tables can still refer to it by name.
    Broken(Option<String>),
}

impl<T> Shaped<T> {
    pub fn sound(&self) -> Option<&T> {
        match self {
            Self::Sound(part) => Some(part),
            Self::Broken(_) => None,
        }
    }
}

/// The tables of a plan. `None` is a table that is missing or has a finding.
#[derive(Debug, Clone)]
pub struct Parts {
    pub name: Option<Spanned<String>>,
    pub templates: Option<Spanned<String>>,
    /// `[istio]`
    pub istio: Option<Istio>,
    /// `[gateway-api]`
    pub gateway_api: Option<GatewayApi>,
    /// `[stable]`
    pub stable: Option<Stable>,
    /// `[canary]`
    pub canary: Option<Canary>,
    /// `[[workload]]`
    pub workloads: Vec<Shaped<Workload>>,
    /// `[[gateway]]`
    pub gateways: Vec<Shaped<GatewayTable>>,
    /// `[[route]]`
    pub routes: Vec<Shaped<Route>>,
    /// `[shift]`
    pub shift: Option<Shift>,
    /// `[[probe]]`
    pub probes: Vec<Shaped<Probe>>,
    /// `[[allow]]`
    pub allows: Vec<Shaped<Allow>>,
    /// `[lab]`
    pub lab: Option<LabTable>,
    /// `[[node-group]]`
    pub node_groups: Vec<Shaped<NodeGroup>>,
}

#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tables that could be read.
    pub parts: Parts,
    /// What is wrong with the shape of the other tables.
    pub findings: Vec<Finding>,
}

/// Reads a plan.
///
/// # Errors
///
/// Every syntax error, at most one for each line, if the text is not valid TOML.
pub fn parse(source: &Source) -> Result<Parsed, Vec<Finding>> {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        return Err(syntax(source, &errors));
    }
    let schema = plan_schema();
    let Shape { findings, broken } = shape::walk(&source.name, &document, &schema);
    let mut sections = Sections {
        source: &source.name,
        table: document.into_inner(),
        broken,
        findings,
    };
    let parts = Parts {
        name: sections.one("name"),
        templates: sections.one("templates"),
        istio: if sections.table.contains_key("istio") {
            sections.one("istio")
        } else {
            Some(Istio::default())
        },
        gateway_api: sections.one("gateway-api"),
        stable: sections.one("stable"),
        canary: sections.one("canary"),
        workloads: sections.many("workload"),
        gateways: sections.many("gateway"),
        routes: sections.many("route"),
        shift: sections.one("shift"),
        probes: sections.many("probe"),
        allows: sections.many("allow"),
        lab: sections.one("lab"),
        node_groups: sections.many("node-group"),
    };
    Ok(Parsed {
        parts,
        findings: sections.findings,
    })
}

/// One mistake can cause several errors; only the first one on each line is reported.
fn syntax(source: &Source, errors: &[toml::de::Error]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut lines = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let (line, _) = source.line_column(span.start);
        if !lines.contains(&line) {
            lines.push(line);
            findings.push(
                Finding::error("not-toml", "this is not valid TOML")
                    .label(error.message().replace('\n', ", "))
                    .at(&source.name, span),
            );
        }
    }
    findings
}

struct Sections<'a, 'i> {
    source: &'a str,
    table: DeTable<'i>,
    broken: BTreeSet<Section>,
    findings: Vec<Finding>,
}

impl Sections<'_, '_> {
    fn one<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.table.remove(key)?;
        let broken = self.broken.iter().any(|(name, _)| name == key);
        if broken { None } else { self.read(value) }
    }

    fn many<T: DeserializeOwned>(&mut self, key: &str) -> Vec<Shaped<T>> {
        let Some(value) = self.table.remove(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.into_inner() else {
            return Vec::new();
        };
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                let name = item
                    .get_ref()
                    .as_table()
                    .and_then(|t| t.get("name")?.get_ref().as_str().map(str::to_owned));
                let broken = self.broken.contains(&(key.to_owned(), Some(index)));
                match if broken { None } else { self.read(item) } {
                    Some(part) => Shaped::Sound(part),
                    None => Shaped::Broken(name),
                }
            })
            .collect()
    }

    /// Fails only if the schema and the types differ, because the shape is already checked.
    fn read<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'_>>) -> Option<T> {
        let span = value.span();
        T::deserialize(ValueDeserializer::from(value))
            .map_err(|error| {
                let finding = Finding::error("unreadable-table", "this table cannot be read")
                    .label(error.message());
                self.findings
                    .push(finding.at(self.source, error.span().unwrap_or(span)));
            })
            .ok()
    }
}

impl Parts {
    /// Returns the whole plan; `None` if a table is missing or broken.
    #[must_use]
    pub fn whole(self) -> Option<Plan> {
        fn all<T>(parts: Vec<Shaped<T>>) -> Option<Vec<T>> {
            parts
                .into_iter()
                .map(|part| match part {
                    Shaped::Sound(part) => Some(part),
                    Shaped::Broken(_) => None,
                })
                .collect()
        }
        Some(Plan {
            name: self.name?,
            templates: self.templates,
            istio: self.istio?,
            gateway_api: self.gateway_api?,
            stable: self.stable?,
            canary: self.canary?,
            workload: all(self.workloads)?,
            gateway: all(self.gateways)?,
            route: all(self.routes)?,
            shift: self.shift,
            probe: all(self.probes)?,
            allow: all(self.allows)?,
            lab: self.lab,
            node_group: all(self.node_groups)?,
        })
    }
}
