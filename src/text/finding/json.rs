//! Findings for programs: the object that `--format json` prints.

use serde_json::{Value, json};

use super::Finding;
use crate::text::source::Sources;

/// Returns `{"findings": [...]}` with one object for each finding. Lines and columns start at 1.
#[must_use]
pub fn to_json(findings: &[Finding], sources: &Sources) -> Value {
    json!({ "findings": rows(findings, sources) })
}

/// Returns one object for each finding.
#[must_use]
pub fn rows(findings: &[Finding], sources: &Sources) -> Vec<Value> {
    findings.iter().map(|f| row(f, sources)).collect()
}

fn row(finding: &Finding, sources: &Sources) -> Value {
    let file = finding.at.as_ref().map(|place| place.source.as_str());
    let position = finding.at.as_ref().and_then(|place| {
        sources
            .get(&place.source)
            .map(|source| source.line_column(place.span.start))
    });
    let plan = finding.plan.as_ref().and_then(|place| {
        let (line, column) = sources.get(&place.source)?.line_column(place.span.start);
        Some(json!({ "file": place.source, "line": line, "column": column }))
    });
    let mut row = json!({
        "code": finding.code,
        "severity": finding.severity,
        "message": message(finding),
        "object": finding.object,
        "file": file,
        "line": position.map(|(line, _)| line),
        "column": position.map(|(_, column)| column),
        "step": finding.step,
        "help": finding.help,
    });
    if !finding.part.is_empty() {
        row["part"] = json!(finding.part);
    }
    if let Some(plan) = plan {
        row["plan"] = plan;
    }
    row
}

/// Returns the message with the label, because a program may show only this line.
fn message(finding: &Finding) -> String {
    if finding.label.is_empty() {
        finding.message.clone()
    } else {
        format!("{}: {}", finding.message, finding.label)
    }
}
