//! The one place that prints: data to stdout, findings and errors to stderr, colours only on a terminal.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::text::finding::{Finding, Severity, has_errors, to_json, to_text};
use crate::text::source::Sources;

/// What a command comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// Nothing to say.
    Fine,
    /// Findings, or a difference.
    Found,
    /// The work could not be done.
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

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    /// For people, to stderr
    #[default]
    Text,
    /// For programs, to stdout
    Json,
    /// Not yet
    Sarif,
    /// Not yet
    Junit,
    /// Not yet
    Github,
}

impl Format {
    /// Refuses what is decided but not built.
    pub fn built(self) -> Result<Self> {
        match self {
            Self::Text | Self::Json => Ok(self),
            Self::Sarif | Self::Junit | Self::Github => {
                let name = self
                    .to_possible_value()
                    .map_or_else(String::new, |value| value.get_name().to_owned());
                bail!("--format {name} is not supported yet; use text or json")
            }
        }
    }
}

/// Standard output and standard error.
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

    /// Prints data.
    pub fn print(&mut self, text: &str) -> Result<()> {
        match self
            .stdout
            .write_all(text.as_bytes())
            .and_then(|()| self.stdout.flush())
        {
            // Whoever read the beginning and closed the pipe has what they wanted.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.context("writing to standard output"),
        }
    }

    /// Says something that is not data.
    pub fn say(&mut self, text: &str) {
        // There is nowhere left to say that standard error cannot be written.
        let _ = writeln!(self.stderr, "{text}");
    }

    /// Lists the kinds that were taken as they are.
    pub fn unknown_kinds(&mut self, kinds: &[String]) {
        if !kinds.is_empty() {
            self.say(&format!(
                "note: objects of these kinds were not validated, because no schema describes them: {}",
                kinds.join(", ")
            ));
        }
    }

    /// Lists the scripts that the user's templates change.
    pub fn own_scripts(&mut self, paths: &[String]) {
        if !paths.is_empty() {
            self.say(&format!(
                "note: your templates change these scripts, and meshplan does not prove what they do: {}",
                paths.join(", ")
            ));
        }
    }

    /// Says why the work could not be done.
    pub fn error(&mut self, error: &anyhow::Error) {
        self.say(&format!("error: {error:#}"));
    }

    /// Shows findings, and returns what they come to.
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
            _ => {
                self.say(to_text(findings, sources).trim_end());
                self.say(&format!("\n{}", count(findings)));
            }
        }
        Ok(weigh(findings, deny))
    }
}

/// Returns what findings come to.
pub(super) fn weigh(findings: &[Finding], deny: bool) -> Exit {
    if has_errors(findings) || (deny && !findings.is_empty()) {
        Exit::Found
    } else {
        Exit::Fine
    }
}

/// `2 errors, 1 warning`
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
