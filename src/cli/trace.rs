//! `meshplan trace`: shows which backend answers a request at each step.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use semver::Version;
use serde_json::{Map, Value, json};

use super::output::{Exit, Format, Shell};
use super::subject::{Subject, subject};
use crate::route::{self, Answer, Request, Table};
use crate::state::State;

#[derive(Debug, Args)]
pub(super) struct Trace {
    /// Trace in this plan, compiled directory or manifests: a directory or a file; `-` reads a plan from
    /// standard input
    #[arg(value_name = "PLAN|DIR|FILE")]
    subject: String,
    /// Show only the step with this number; its name works too
    #[arg(long, value_name = "N", value_parser = step_number)]
    step: Option<u16>,
    /// Request this path
    #[arg(long, required_unless_present = "requests")]
    path: Option<String>,
    /// Send this Host header
    #[arg(long, default_value = "", conflicts_with = "requests")]
    host: String,
    /// Use this HTTP method
    #[arg(long, default_value = "GET", conflicts_with = "requests")]
    method: String,
    /// Send this header, as `name: value`; can be repeated
    #[arg(
        short = 'H',
        long = "header",
        value_name = "NAME: VALUE",
        conflicts_with = "requests"
    )]
    headers: Vec<String>,
    /// Send this query parameter, as `name=value`; can be repeated
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "requests")]
    query: Vec<String>,
    /// Send the request to this Gateway, as `namespace/name`; required if there are several
    #[arg(long, value_name = "NAMESPACE/NAME", conflicts_with = "requests")]
    gateway: Option<String>,
    /// Send the request to this port of the Gateway (default: 80, or its first port)
    #[arg(long, conflicts_with = "requests")]
    port: Option<u64>,
    /// Read many requests from this file, a JSON array; `-` reads it from standard input
    #[arg(long, value_name = "FILE", conflicts_with = "path")]
    requests: Option<PathBuf>,
    /// Route requests as this Istio version does if the manifests name none (default: the newest known
    /// version)
    #[arg(long, value_name = "VERSION")]
    istio: Option<Version>,
    /// Print answers in this format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Trace {
    pub fn run(self, shell: &mut Shell) -> Result<Exit> {
        let format = self.format;
        let requests = self.read()?;
        let subject = match subject(&self.subject, shell, format)? {
            Ok(subject) => subject,
            Err(outcome) => return Ok(outcome),
        };
        if let Some(outcome) = subject.unreadable(shell)? {
            return Ok(outcome);
        }
        let states: Vec<(Option<String>, State)> = match &subject {
            Subject::Upgrade { upgrade, .. } => upgrade
                .states()
                .into_iter()
                .filter(|(step, _)| self.step.is_none_or(|number| step.step.number == number))
                .map(|(step, after)| (Some(step.step.name.clone()), after.state))
                .collect(),
            Subject::Manifests { objects, .. } => vec![(None, State::of(objects))],
        };
        if states.is_empty() {
            bail!("step {} does not exist", self.step.unwrap_or_default());
        }
        if matches!(subject, Subject::Manifests { .. }) && self.step.is_some() {
            bail!("--step needs a plan or a compiled directory; these manifests have no steps");
        }
        let tables: Vec<(Option<&str>, Table<'_>)> = states
            .iter()
            .map(|(step, state)| (step.as_deref(), Table::new(state, self.istio.as_ref())))
            .collect();
        self.addressed(&tables, &requests)?;
        let mut rows: Vec<Value> = Vec::new();
        let mut text = String::new();
        for request in &requests {
            let answers: Vec<(Option<&str>, Answer)> = tables
                .iter()
                .map(|(step, table)| (*step, table.answer(request)))
                .collect();
            match format {
                Format::Json => rows.extend(answers.iter().map(row)),
                Format::Text => text.push_str(&shown(request, &answers)),
            }
        }
        if format == Format::Json {
            text = serde_json::to_string_pretty(&rows).context("writing answers as JSON")? + "\n";
        }
        shell.print(&text)?;
        Ok(Exit::Fine)
    }

    /// Refuses a request that names no Gateway where there are several, and a Gateway that no state has.
    fn addressed(&self, tables: &[(Option<&str>, Table<'_>)], requests: &[Request]) -> Result<()> {
        let several = tables
            .iter()
            .find(|(_, table)| table.gateways().nth(1).is_some());
        if let Some((_, table)) = several
            && requests.iter().any(|request| request.gateway.is_none())
        {
            let names: Vec<&str> = table.gateways().collect();
            bail!(
                "there are several Gateways; name one with --gateway: {}",
                names.join(", ")
            );
        }
        if let Some(wanted) = &self.gateway {
            let all = || tables.iter().flat_map(|(_, table)| table.gateways());
            if !all().any(|name| name == wanted) {
                let names: BTreeSet<&str> = all().collect();
                let names: Vec<&str> = names.into_iter().collect();
                bail!(
                    "Gateway {wanted} does not exist; the Gateways are: {}",
                    names.join(", ")
                );
            }
        }
        Ok(())
    }

    fn read(&self) -> Result<Vec<Request>> {
        if let Some(file) = &self.requests {
            let text = if file.as_os_str() == "-" {
                std::io::read_to_string(std::io::stdin())
                    .context("reading requests from standard input")?
            } else {
                fs::read_to_string(file)
                    .with_context(|| format!("reading requests {}", file.display()))?
            };
            return serde_json::from_str(&text).with_context(|| {
                format!(
                    "the requests in {} are not a JSON array of requests",
                    file.display()
                )
            });
        }
        let pairs = |all: &[String], between: char, what: &str| -> Result<Map<String, Value>> {
            all.iter()
                .map(|pair| match pair.split_once(between) {
                    Some((name, value)) => Ok((name.trim().to_owned(), Value::from(value.trim()))),
                    None => bail!("`{pair}` is not a {what}; write it as `name{between}value`"),
                })
                .collect()
        };
        let path = self.path.clone().unwrap_or_default();
        if !path.starts_with('/') {
            bail!("`{path}` is not a path; it must start with `/`");
        }
        Ok(vec![Request {
            gateway: self.gateway.clone(),
            port: self.port,
            host: self.host.clone(),
            method: self.method.clone(),
            headers: pairs(&self.headers, ':', "header")?,
            query: pairs(&self.query, '=', "query parameter")?,
            ..Request::get(path)
        }])
    }
}

fn row((step, answer): &(Option<&str>, Answer)) -> Value {
    let mut row = json!(answer);
    if let (Some(step), Some(map)) = (step, row.as_object_mut()) {
        map.shift_insert(0, "step".to_owned(), json!(step));
    }
    row
}

/// Returns a table with one line for each outcome; consecutive steps with the same answer share their lines.
fn shown(request: &Request, answers: &[(Option<&str>, Answer)]) -> String {
    let mut runs: Vec<(Option<&str>, Option<&str>, &Answer)> = Vec::new();
    for (step, answer) in answers {
        match runs.last_mut() {
            Some((_, last, known)) if *known == answer => *last = *step,
            _ => runs.push((*step, *step, answer)),
        }
    }
    let mut lines: Vec<[String; 4]> = Vec::new();
    for (first, last, answer) in runs {
        let mut steps = match (first, last) {
            (Some(first), Some(last)) if first != last => format!("{first} … {last}"),
            (first, _) => first.unwrap_or_default().to_owned(),
        };
        let decided = match (&answer.route, answer.rule) {
            (Some(route), Some(rule)) => format!("{route}, rule {rule}"),
            _ => String::new(),
        };
        for outcome in &answer.outcomes {
            let (who, why) = match outcome {
                route::Outcome::Backend { backend, port, .. } => {
                    (format!("{backend}:{port}"), None)
                }
                route::Outcome::Status { status, reason, .. } => {
                    let to = answer
                        .location
                        .as_ref()
                        .map(|location| format!(" to {location}"));
                    (
                        format!("{status}{}", to.unwrap_or_default()),
                        reason.clone(),
                    )
                }
            };
            let why = [Some(decided.clone()).filter(|d| !d.is_empty()), why];
            let why: Vec<String> = why.into_iter().flatten().collect();
            lines.push([
                std::mem::take(&mut steps),
                who,
                percent(outcome.fraction()),
                why.join(": "),
            ]);
        }
        for mirror in &answer.mirrors {
            lines.push([
                String::new(),
                format!("{}:{}", mirror.backend, mirror.port),
                "copy".to_owned(),
                String::new(),
            ]);
        }
    }
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    let mut text = format!("{}\n", request.in_words());
    for [step, who, share, why] in &lines {
        let pad = |text: &str, width: usize| {
            format!("{text}{}", " ".repeat(width - text.chars().count()))
        };
        let step = if widths[0] == 0 {
            String::new()
        } else {
            format!("{}  ", pad(step, widths[0]))
        };
        let line = format!(
            "  {step}{}  {share:>width$}  {why}",
            pad(who, widths[1]),
            width = widths[2]
        );
        writeln!(text, "{}", line.trim_end()).expect("writing to a string cannot fail");
    }
    text
}

/// Returns a text such as `10 %`, `0.5 %` or `33.3 %`.
fn percent(fraction: f64) -> String {
    let percent = fraction * 100.0;
    let rounded = (percent * 10.0).round() / 10.0;
    if rounded == 0.0 && percent > 0.0 {
        "< 0.1 %".to_owned()
    } else {
        format!("{rounded} %")
    }
}

/// Reads the number of a step, or its name, which begins with the number.
fn step_number(text: &str) -> Result<u16, String> {
    let digits = text.split('-').next().unwrap_or_default();
    digits
        .parse()
        .map_err(|_| "write the number of a step, such as 310".to_owned())
}
