//! The findings of the rules, each with the object that is affected.

use std::rc::Rc;

use super::Rule;
use crate::kube::identity::Key;
use crate::state::Object;
use crate::text::finding::Finding;

/// A finding and the object that it is about.
#[derive(Debug, Clone)]
pub struct Judged {
    pub finding: Finding,
    /// The object that is affected.
    pub subject: Key,
}

impl Judged {
    /// Whether both are the same finding about the same object.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.subject == other.subject
            && self.finding.code == other.finding.code
            && self.finding.message == other.finding.message
    }
}

/// All findings of the rules in one state.
#[derive(Debug, Default)]
pub struct Report {
    found: Vec<Judged>,
}

impl Report {
    /// Adds a finding about an object, at a JSON pointer into it.
    ///
    /// # Panics
    ///
    /// Never: the element was just pushed.
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

    /// Sets the help of the last finding.
    pub fn help(&mut self, help: impl Into<String>) {
        if let Some(last) = self.found.last_mut() {
            last.finding.help = Some(help.into());
        }
    }

    #[must_use]
    pub fn into_found(self) -> Vec<Judged> {
        self.found
    }
}

/// Returns a new finding with the code and severity of a rule.
pub fn finding(rule: &Rule, message: impl Into<String>) -> Finding {
    Finding {
        severity: rule.severity,
        ..Finding::error(rule.code, message)
    }
}
