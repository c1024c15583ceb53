//! Checks `[[allow]]`: each one names an existing rule, once, and has an effect.

use super::{Checked, Found, sound};
use crate::plan::parse::Parts;
use crate::rules::{RULES, rule};
use crate::step::Phase;
use crate::text::finding::{Finding, Place};
use crate::text::nearest;

pub(super) fn check(parts: &Parts, found: &mut Found) {
    let allows: Vec<_> = sound(&parts.allows).collect();
    for (number, allow) in allows.iter().enumerate() {
        let code = allow.rule.get_ref();
        if rule(code).is_none_or(|rule| rule.code != code) {
            let near = nearest(code, RULES.iter().map(|rule| rule.code));
            let help = near.map_or_else(
                || "see the list in docs/rules.md".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let finding = Finding::error("unknown-rule", format!("rule `{code}` does not exist"));
            found.say(finding.label("unknown rule").help(help), &allow.rule);
        } else if allows[..number]
            .iter()
            .any(|other| other.rule.get_ref() == code)
        {
            let finding = Finding::error("duplicate-name", format!("`{code}` is allowed twice"));
            found.say(
                finding
                    .label("second entry")
                    .help("keep one of them, with both reasons"),
                &allow.rule,
            );
        }
    }
}

impl Checked {
    /// Removes the findings that the plan allows, and adds a warning for each `[[allow]]` that has no effect.
    #[must_use]
    pub fn allowed(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        let mut unused = Vec::new();
        for allow in &self.plan.allow {
            let code = allow.rule.get_ref();
            let before = findings.len();
            findings.retain(|finding| finding.code != code);
            if findings.len() == before {
                unused.push(
                    Finding::warning("unused-allow", format!("no step breaks rule `{code}`"))
                        .label("has no effect")
                        .help("remove this entry, so that a later violation is reported")
                        .at(&self.source, allow.rule.span()),
                );
            }
        }
        findings.extend(unused);
        findings
    }

    /// Returns where an object is defined in the plan or in a manifest of the plan. `object` is `Kind
    /// namespace/name`, and `phase` is the phase of the step with the object's file.
    #[must_use]
    pub fn origin(&self, object: Option<&str>, phase: Option<Phase>) -> Option<Place> {
        let (kind, rest) = object?.split_once(' ')?;
        let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
        let plan = &self.plan;
        let here = |span| {
            Some(Place {
                source: self.source.clone(),
                span,
            })
        };
        let (stable, canary) = (plan.stable.revision(), plan.canary.revision());
        let ends = |text: &str, name: &str| {
            let before = text.strip_suffix(name);
            before.is_some_and(|before| before.is_empty() || before.ends_with('-'))
        };
        let revision = |text: &str| {
            let (old, new) = (stable.name(), canary.name());
            let of = match phase {
                Some(Phase::Stable) => &stable,
                Some(Phase::Canary) => &canary,
                // One of the two names can end with the other.
                _ if ends(text, &new) && (new.len() >= old.len() || !ends(text, &old)) => &canary,
                _ if ends(text, &old) => &stable,
                _ => return None,
            };
            Some(of.version.span())
        };
        match kind {
            "HTTPRoute" => here(
                plan.route
                    .iter()
                    .find(|route| route.name.get_ref() == name)?
                    .name
                    .span(),
            ),
            "Gateway" => here(
                plan.gateway
                    .iter()
                    .find(|gateway| gateway.name.get_ref() == name)?
                    .name
                    .span(),
            ),
            "Kustomization" => here(plan.gateway_api.bundle.span()),
            "Namespace" => {
                let of = plan.workload.iter().find(|workload| {
                    let own = workload.namespace.get_ref();
                    let copy = |revision: &str| name == format!("{own}-{revision}");
                    name == own || copy(&stable.name()) || copy(&canary.name())
                });
                here(of?.namespace.span())
            }
            "IstioOperator" | "DaemonSet" | "ServiceAccount" if revision(name).is_some() => {
                here(revision(name)?)
            }
            _ => {
                let own = self.manifests.iter().flatten().find(|manifest| {
                    manifest.identity.kind == kind
                        && manifest.identity.name == name
                        && !namespace.is_empty()
                });
                own.map(|manifest| Place {
                    source: manifest.source.clone(),
                    span: manifest.range(""),
                })
                .or_else(|| here(revision(name)?))
            }
        }
    }
}
