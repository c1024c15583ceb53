//! The rules: one file per rule, with its code, severity and function, and a page with examples; and the
//! table of all rules.
//!
//! Rules check states ([`View`]) and never the plan, so they also apply to templates that a user overrides
//! and to manifests that meshplan did not generate. Rules about a transition or a whole tree have no function
//! here; the module `proof` applies them.

mod pages;
mod report;

mod api_refuses;
mod base_twice;
mod bundle_unsuited;
mod cni_revision;
mod cni_skew;
mod copies_differ;
mod crosses_redirection;
mod discovery;
mod enrolled_without_cni;
mod gate_fails;
mod gateway_follows_first;
mod gateway_owner;
mod handover_drops;
mod header_outrun;
mod hostname_shadows;
mod istiod_pinned;
mod left_behind;
mod mesh_settings;
mod namespace_missing;
mod neither_answer;
mod no_version;
mod no_ztunnel;
mod node_left;
mod operator_names;
mod other_ztunnel;
mod port_undeclared;
mod reference_missing;
mod refused;
mod rollback_differs;
mod route_backend;
mod route_detached;
mod route_grant;
mod schema;
mod selector_misses;
mod service_empty;
mod shared_ztunnel;
mod shift_differs;
mod sidecar_label;
mod switched;
mod tag_missing;
mod tag_twice;
mod twice;
mod two_owners;
mod two_ztunnels;
mod values_dropped;
mod webhook_dangles;
mod ztunnel_address;
mod ztunnel_addresses_twice;
mod ztunnel_newer;
mod ztunnel_probe;
mod ztunnel_trust;

use semver::Version;

pub use pages::pages;
pub use report::{Judged, Report, finding};

use crate::state::{Facet, Object, Operator, State};
use crate::text::finding::Severity;
use std::rc::Rc;

/// The input of a rule.
pub struct View<'a> {
    /// The objects that exist.
    pub state: &'a State,
    /// All manifests that were passed in, including duplicates; empty for a replayed state.
    pub given: &'a [Rc<Object>],
    /// The Istio version to assume for objects that name none.
    pub istio: Option<&'a Version>,
}

impl<'a> View<'a> {
    /// Returns all IstioOperators that were passed in, or the installed ones of a replayed state.
    #[must_use]
    pub fn operators(&self) -> Vec<(&'a Rc<Object>, &'a Operator)> {
        if self.given.is_empty() {
            return self.state.operators().collect();
        }
        let of = |object: &'a Rc<Object>| match &object.facet {
            Facet::Operator(operator) => Some((object, &**operator)),
            _ => None,
        };
        self.given.iter().filter_map(of).collect()
    }
}

#[derive(Clone, Copy)]
pub enum Scope {
    /// A function that is applied to every state.
    State(fn(&View<'_>, &mut Report)),
    /// Applied by `proof` to a transition, a part of a step, or a whole tree.
    Proof,
}

/// One rule. Its page is a Markdown file in the same folder: `# CODE: title`, the reason, `## Wrong`, `##
/// Right`, and what meshplan cannot know offline.
pub struct Rule {
    /// `MP0001`; a code never changes its meaning.
    pub code: &'static str,
    /// The default severity of its findings.
    pub severity: Severity,
    /// The text that `meshplan explain` prints.
    pub page: &'static str,
    pub check: Scope,
}

impl Rule {
    /// Returns the title from the page, which says in a few words what is wrong.
    #[must_use]
    pub fn title(&self) -> &'static str {
        let heading = self.page.lines().next().unwrap_or_default();
        heading.split_once(": ").map_or("", |(_, title)| title)
    }

    /// Returns the text under a heading of its page, `## Wrong` or `## Right`, without code fences.
    #[must_use]
    pub fn section(&self, heading: &str) -> String {
        let lines = self.page.lines().skip_while(|line| *line != heading);
        let own = lines.skip(1).take_while(|line| !line.starts_with("## "));
        let own = own.filter(|line| !line.starts_with("```"));
        own.collect::<Vec<_>>().join("\n").trim().to_owned()
    }
}

/// All rules, in the order of their codes.
pub const RULES: &[&Rule] = &[
    &two_ztunnels::RULE,
    &no_ztunnel::RULE,
    &other_ztunnel::RULE,
    &shared_ztunnel::RULE,
    &ztunnel_address::RULE,
    &ztunnel_trust::RULE,
    &ztunnel_addresses_twice::RULE,
    &discovery::RULE,
    &mesh_settings::RULE,
    &route_backend::RULE,
    &route_grant::RULE,
    &service_empty::RULE,
    &route_detached::RULE,
    &hostname_shadows::RULE,
    &header_outrun::RULE,
    &shift_differs::RULE,
    &refused::RULE,
    &neither_answer::RULE,
    &reference_missing::RULE,
    &webhook_dangles::RULE,
    &enrolled_without_cni::RULE,
    &gateway_owner::RULE,
    &two_owners::RULE,
    &handover_drops::RULE,
    &gateway_follows_first::RULE,
    &tag_twice::RULE,
    &tag_missing::RULE,
    &sidecar_label::RULE,
    &ztunnel_newer::RULE,
    &cni_skew::RULE,
    &crosses_redirection::RULE,
    &bundle_unsuited::RULE,
    &base_twice::RULE,
    &no_version::RULE,
    &operator_names::RULE,
    &cni_revision::RULE,
    &istiod_pinned::RULE,
    &values_dropped::RULE,
    &rollback_differs::RULE,
    &namespace_missing::RULE,
    &api_refuses::RULE,
    &schema::RULE,
    &selector_misses::RULE,
    &port_undeclared::RULE,
    &gate_fails::RULE,
    &left_behind::RULE,
    &node_left::RULE,
    &twice::RULE,
    &copies_differ::RULE,
    &ztunnel_probe::RULE,
    &switched::RULE,
];

pub(crate) use api_refuses::RULE as API_REFUSES;
pub(crate) use copies_differ::RULE as COPIES_DIFFER;
pub(crate) use gate_fails::RULE as GATE_FAILS;
pub(crate) use handover_drops::RULE as HANDOVER_DROPS;
pub(crate) use left_behind::RULE as LEFT_BEHIND;
pub(crate) use neither_answer::RULE as NEITHER_ANSWER;
pub(crate) use node_left::RULE as NODE_LEFT;
pub(crate) use refused::RULE as REFUSED;
pub(crate) use rollback_differs::RULE as ROLLBACK_DIFFERS;
pub(crate) use schema::RULE as SCHEMA;
pub(crate) use shift_differs::RULE as SHIFT_DIFFERS;
pub(crate) use switched::RULE as SWITCHED;

/// Returns the rule with a code; upper and lower case are the same.
#[must_use]
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .find(|rule| rule.code.eq_ignore_ascii_case(code))
}

/// Applies all rules that can be checked in a single state.
#[must_use]
pub fn judge(view: &View<'_>) -> Vec<Judged> {
    let mut report = Report::default();
    for rule in RULES {
        if let Scope::State(check) = rule.check {
            check(view, &mut report);
        }
    }
    report.into_found()
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn codes_rise_without_gaps() {
        let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
        let expected: Vec<String> = (1..=RULES.len()).map(|n| format!("MP{n:04}")).collect();
        assert_eq!(codes, expected);
    }
}
