//! What rules say, each about an object that was fit until then.

use std::rc::Rc;

use super::Rule;
use crate::kube::identity::Key;
use crate::state::Object;
use crate::text::finding::Finding;

/// A finding, and the object whose health it is about.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What is said.
    pub finding: Finding,
    /// The object that is worse off.
    pub subject: Key,
}

impl Judged {
    /// Whether both say the same of the same object.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.subject == other.subject
            && self.finding.code == other.finding.code
            && self.finding.message == other.finding.message
    }
}

/// Everything that the rules say of a state.
#[derive(Debug, Default)]
pub struct Report {
    found: Vec<Judged>,
}

impl Report {
    /// Says that an object breaks a rule, at a JSON pointer of it.
    ///
    /// # Panics
    ///
    /// Never: what was just pushed is there.
    pub fn say(
        &mut self,
        rule: &Rule,
        object: &Rc<Object>,
        pointer: &str,
        message: impl Into<String>,
    ) -> &mut Finding {
        let mut finding = finding(rule, message);
        let manifest = &object.manifest;
        finding = finding
            .at(&manifest.source, manifest.range(pointer))
            .object(object.key.to_string());
        self.found.push(Judged {
            finding,
            subject: object.key.clone(),
        });
        &mut self.found.last_mut().expect("just pushed").finding
    }

    /// Adds to what was said last what to do about it.
    pub fn help(&mut self, help: impl Into<String>) {
        if let Some(last) = self.found.last_mut() {
            last.finding.help = Some(help.into());
        }
    }

    /// Returns what was said.
    #[must_use]
    pub fn into_found(self) -> Vec<Judged> {
        self.found
    }
}

/// Starts a finding of a rule.
pub fn finding(rule: &Rule, message: impl Into<String>) -> Finding {
    Finding {
        severity: rule.severity,
        ..Finding::error(rule.code, message)
    }
}
