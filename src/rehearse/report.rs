//! The result of a rehearsal: a table of steps, the surprises, and what did not run; as text, JSON and
//! Markdown.

use std::fmt::Write as _;

use serde::Serialize;

/// The direction in which a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// `apply.sh` and `verify.sh`.
    Forward,
    /// `rollback.sh`.
    Back,
    /// Forward again after a rollback.
    Again,
}

impl Direction {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Back => "back",
            Self::Again => "again",
        }
    }
}

/// One run of a step.
#[derive(Debug, Clone, Serialize)]
pub struct Leg {
    pub step: String,
    pub direction: Direction,
    /// The number of objects in the predicted state.
    pub predicted: usize,
    /// The duration in milliseconds.
    pub milliseconds: u128,
    /// The number of nodes that joined during the run and left at its end.
    #[serde(skip_serializing_if = "is_none")]
    pub joined: usize,
    /// The number of files that were applied one by one before the run.
    #[serde(skip_serializing_if = "is_none")]
    pub tried: usize,
    /// The number of these files that the API server rejected as predicted.
    #[serde(skip_serializing_if = "is_none")]
    pub refused: usize,
    /// The skipped checks, as reported by the scripts.
    pub skipped: Vec<String>,
    /// The warnings of the API server.
    pub warnings: Vec<String>,
    /// The differences from the prediction.
    pub surprises: Vec<String>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The result of a rehearsal.
#[derive(Debug, Clone, Serialize)]
pub struct RehearsalReport {
    pub plan: String,
    /// The API server's version.
    pub server: String,
    /// What replaced istioctl, for each revision.
    pub istioctl: Vec<String>,
    /// Every run of a step.
    pub legs: Vec<Leg>,
}

impl RehearsalReport {
    /// Returns the number of surprises.
    #[must_use]
    pub fn surprises(&self) -> usize {
        self.legs.iter().map(|leg| leg.surprises.len()).sum()
    }

    /// Returns what ran and what did not, in one sentence.
    #[must_use]
    pub fn ran(&self) -> String {
        format!(
            "{}: Kubernetes {}'s API server, scheduler and controllers ran; no kubelet, CNI, ztunnel, Envoy or \
                traffic did; {}",
            self.plan,
            self.server,
            self.istioctl.join("; ")
        )
    }

    /// Returns the report for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.ran();
        text.push('\n');
        let width = self
            .legs
            .iter()
            .map(|leg| leg.step.len())
            .max()
            .unwrap_or(0);
        for leg in &self.legs {
            let seen = if leg.surprises.is_empty() {
                "as predicted".to_owned()
            } else {
                format!("{} surprises", leg.surprises.len())
            };
            let seconds = leg.milliseconds / 1000;
            let tenths = leg.milliseconds % 1000 / 100;
            let _ = writeln!(
                text,
                "{:width$}  {:7}  {seconds:3}.{tenths} s  {:4} objects  {seen}",
                leg.step,
                leg.direction.as_str(),
                leg.predicted
            );
            for surprise in &leg.surprises {
                let _ = writeln!(text, "    {surprise}");
            }
            for warning in &leg.warnings {
                let _ = writeln!(text, "    API server warning: {warning}");
            }
        }
        let _ = writeln!(text, "{}", self.skipped_in_words());
        let _ = writeln!(
            text,
            "{}{}{} runs of steps, {} surprises",
            self.tried_in_words(),
            self.joined_in_words(),
            self.legs.len(),
            self.surprises()
        );
        text
    }

    /// Returns how many files were applied one by one; empty if there were none.
    fn tried_in_words(&self) -> String {
        let tried: usize = self.legs.iter().map(|leg| leg.tried).sum();
        let refused: usize = self.legs.iter().map(|leg| leg.refused).sum();
        if tried == 0 {
            return String::new();
        }
        format!("{tried} files applied one by one, {refused} of them rejected as predicted; ")
    }

    /// Returns how many nodes joined and left; empty if there were none.
    fn joined_in_words(&self) -> String {
        match self.legs.iter().map(|leg| leg.joined).sum::<usize>() {
            0 => String::new(),
            joined => format!("{joined} times a node joined and left; "),
        }
    }

    fn skipped_in_words(&self) -> String {
        let mut all: Vec<&String> = self.legs.iter().flat_map(|leg| &leg.skipped).collect();
        all.sort();
        all.dedup();
        match all.len() {
            0 => "nothing was skipped".to_owned(),
            count => format!(
                "{count} kinds of checks were skipped, because they need a real data plane; --format json lists them"
            ),
        }
    }

    /// Returns the report as JSON.
    ///
    /// # Panics
    ///
    /// Never: a report is plain data.
    #[must_use]
    pub fn json(&self) -> String {
        let mut value = serde_json::to_value(self).expect("a report is plain data");
        value["ran"] = self.ran().into();
        value["surprises"] = self.surprises().into();
        let mut text = serde_json::to_string_pretty(&value).expect("a report is plain data");
        text.push('\n');
        text
    }

    /// Returns the report for a pull request.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "{}\n\n| step | | seconds | predicted | seen |\n| --- | --- | --- | --- | --- |\n",
            self.ran()
        );
        for leg in &self.legs {
            let seen = if leg.surprises.is_empty() {
                "as predicted".to_owned()
            } else {
                leg.surprises.join("<br>").replace('|', "\\|")
            };
            let _ = writeln!(
                text,
                "| {} | {} | {}.{} | {} objects | {seen} |",
                leg.step,
                leg.direction.as_str(),
                leg.milliseconds / 1000,
                leg.milliseconds % 1000 / 100,
                leg.predicted
            );
        }
        let _ = writeln!(
            text,
            "\n{}{}{} runs of steps, {} surprises; {}.",
            self.tried_in_words(),
            self.joined_in_words(),
            self.legs.len(),
            self.surprises(),
            self.skipped_in_words()
        );
        text
    }
}
