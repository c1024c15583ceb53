//! Prints everything: data to stdout, findings and errors to stderr, and colours only on a terminal.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::text::finding::{Finding, Severity, has_errors, to_json, to_text};
use crate::text::source::Sources;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// Exit code 0: no findings.
    Fine,
    /// Exit code 1: findings, or a difference.
    Found,
    /// Exit code 2: the command failed.
    CouldNot,
}

impl From<Exit> for ExitCode {
    fn from(outcome: Exit) -> Self {
        match outcome {
            Exit::Fine => Self::from(0),
            Exit::Found => Self::from(1),
            Exit::CouldNot => Self::from(2),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    /// For people, on stderr
    #[default]
    Text,
    /// For programs, on stdout
    Json,
}

pub(super) struct Shell {
    stdout: anstream::Stdout,
    stderr: anstream::Stderr,
}

impl Shell {
    pub fn new() -> Self {
        Self {
            stdout: anstream::stdout(),
            stderr: anstream::stderr(),
        }
    }

    /// Prints data to standard output.
    pub fn print(&mut self, text: &str) -> Result<()> {
        match self
            .stdout
            .write_all(text.as_bytes())
            .and_then(|()| self.stdout.flush())
        {
            // The reader closed the pipe after it read what it needed; this is not an error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.context("writing to standard output"),
        }
    }

    /// Prints a message to standard error.
    pub fn say(&mut self, text: &str) {
        // An error on standard error cannot be reported anywhere.
        let _ = writeln!(self.stderr, "{text}");
    }

    /// Lists the kinds that no schema describes.
    pub fn unknown_kinds(&mut self, kinds: &[String]) {
        if !kinds.is_empty() {
            self.say(&format!(
                "note: objects of these kinds were not validated, because no schema describes them: {}",
                kinds.join(", ")
            ));
        }
    }

    pub fn own_scripts(&mut self, paths: &[String]) {
        if !paths.is_empty() {
            self.say(&format!(
                "note: your templates change these scripts, and meshplan does not prove what they do: {}",
                paths.join(", ")
            ));
        }
    }

    pub fn error(&mut self, error: &anyhow::Error) {
        self.say(&format!("error: {error:#}"));
    }

    /// Prints findings, and returns the exit code for them.
    pub fn findings(
        &mut self,
        findings: &[Finding],
        sources: &Sources,
        format: Format,
        deny: bool,
    ) -> Result<Exit> {
        match format {
            Format::Json => {
                let text = serde_json::to_string_pretty(&to_json(findings, sources))
                    .context("writing findings as JSON")?;
                self.print(&(text + "\n"))?;
            }
            _ if findings.is_empty() => {}
            Format::Text => {
                self.say(to_text(findings, sources).trim_end());
                self.say(&format!("\n{}", count(findings)));
            }
        }
        Ok(weigh(findings, deny))
    }
}

/// Returns the exit code for findings; with `deny`, warnings count as errors.
pub(super) fn weigh(findings: &[Finding], deny: bool) -> Exit {
    if has_errors(findings) || (deny && !findings.is_empty()) {
        Exit::Found
    } else {
        Exit::Fine
    }
}

/// Returns a text such as `2 errors, 1 warning`.
fn count(findings: &[Finding]) -> String {
    let of = |severity: Severity, word: &str| {
        let number = findings.iter().filter(|f| f.severity == severity).count();
        match number {
            0 => None,
            1 => Some(format!("1 {word}")),
            n => Some(format!("{n} {word}s")),
        }
    };
    let parts: Vec<String> = [
        of(Severity::Error, "error"),
        of(Severity::Warning, "warning"),
    ]
    .into_iter()
    .flatten()
    .collect();
    parts.join(", ")
}
