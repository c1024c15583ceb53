//! What a rehearsal comes to: a table of steps, what was surprising, and what did not run at all; as text, JSON and Markdown.

use std::fmt::Write as _;

use serde::Serialize;

/// In which direction a step was gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// `apply.sh` and `verify.sh`.
    Forward,
    /// `rollback.sh`.
    Back,
    /// Forward once more after a way back.
    Again,
}

impl Direction {
    /// Returns it as a word.
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
    /// The step.
    pub step: String,
    /// In which direction.
    pub direction: Direction,
    /// How many objects the prediction names afterwards.
    pub predicted: usize,
    /// How long it took, in milliseconds.
    pub milliseconds: u128,
    /// How many nodes joined while it ran, and left when it was done.
    #[serde(skip_serializing_if = "is_none")]
    pub joined: usize,
    /// How many files were applied one by one beforehand.
    #[serde(skip_serializing_if = "is_none")]
    pub tried: usize,
    /// How many of those the server refused, as was predicted.
    #[serde(skip_serializing_if = "is_none")]
    pub refused: usize,
    /// What was skipped, as the scripts say it.
    pub skipped: Vec<String>,
    /// What the server warned of.
    pub warnings: Vec<String>,
    /// What was not as predicted.
    pub surprises: Vec<String>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// A whole rehearsal.
#[derive(Debug, Clone, Serialize)]
pub struct RehearsalReport {
    /// The plan's name.
    pub plan: String,
    /// The API server's version.
    pub server: String,
    /// Who did what istioctl does, for each revision.
    pub istioctl: Vec<String>,
    /// Every run of a step.
    pub legs: Vec<Leg>,
}

impl RehearsalReport {
    /// Returns how many surprises there were.
    #[must_use]
    pub fn surprises(&self) -> usize {
        self.legs.iter().map(|leg| leg.surprises.len()).sum()
    }

    /// What ran and what did not, in a sentence.
    #[must_use]
    pub fn ran(&self) -> String {
        format!(
            "{}: Kubernetes {}'s API server, scheduler and controllers ran; no kubelet, CNI, ztunnel, Envoy or traffic did; {}",
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
                let _ = writeln!(text, "    the server warns: {warning}");
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

    /// What was tried file by file; nothing where nothing was.
    fn tried_in_words(&self) -> String {
        let tried: usize = self.legs.iter().map(|leg| leg.tried).sum();
        let refused: usize = self.legs.iter().map(|leg| leg.refused).sum();
        if tried == 0 {
            return String::new();
        }
        format!("{tried} files applied one by one, {refused} of them refused as predicted; ")
    }

    /// How many nodes came and went; nothing where none did.
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
                "{count} kinds of checks were skipped, as only a real data plane can answer them; --format json lists them"
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
