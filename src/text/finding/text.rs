//! Findings for people: an excerpt with carets, then what to type.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Finding, Severity};
use crate::text::source::Sources;

/// Renders findings one after the other, each with an excerpt. The text has colours, which a stream that is
/// not a terminal removes.
#[must_use]
pub fn to_text(findings: &[Finding], sources: &Sources) -> String {
    let renderer = Renderer::styled();
    findings
        .iter()
        .map(|finding| renderer.render(&[group(finding, sources)]) + "\n\n")
        .collect()
}

fn group<'a>(finding: &'a Finding, sources: &'a Sources) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&finding.message).id(finding.code));
    if let Some((place, source)) = finding
        .at
        .as_ref()
        .and_then(|place| Some((place, sources.get(&place.source)?)))
    {
        let annotation = AnnotationKind::Primary.span(place.span.clone());
        let annotation = if finding.label.is_empty() {
            annotation
        } else {
            annotation.label(&finding.label)
        };
        group = group.element(
            Snippet::source(&source.text)
                .path(&source.name)
                .annotation(annotation),
        );
    } else if !finding.label.is_empty() {
        group = group.element(Level::NOTE.message(&finding.label));
    }
    let mut notes: Vec<String> = Vec::new();
    if let Some(step) = &finding.step {
        let part = if finding.part.is_empty() {
            String::new()
        } else {
            format!(", when only {} is applied", finding.part.join(", "))
        };
        notes.push(format!("first found in step {step}{part}"));
    }
    if let Some((place, source)) = finding
        .plan
        .as_ref()
        .and_then(|place| Some((place, sources.get(&place.source)?)))
    {
        let (line, column) = source.line_column(place.span.start);
        notes.push(format!("defined at {}:{line}:{column}", source.name));
    }
    for note in notes {
        group = group.element(Level::NOTE.message(note));
    }
    match &finding.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    }
}
