//! MP0005: a ztunnel whose control plane is not there.

use super::{Report, Rule, Scope, View};
use crate::kube::identity::Key;
use crate::state::{Istiod, State, Ztunnel};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0005",
    severity: Severity::Error,
    page: include_str!("MP0005.md"),
    check: Scope::State(check),
};

/// The Service that an address names, as `(namespace, name)`; `1.18.0-alpha.0` writes it with its scheme.
fn service(address: &str) -> Option<(String, String, u64)> {
    let rest = address
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let (host, port) = rest.split_once(':').unwrap_or((rest, "15012"));
    let mut parts = host.split('.');
    let (name, namespace) = (parts.next()?, parts.next()?);
    Some((
        namespace.to_owned(),
        name.to_owned(),
        port.trim_end_matches('/').parse().ok()?,
    ))
}

/// The istiod behind an address, if it is there and listens on that port.
fn behind<'a>(state: &'a State, address: &str) -> Option<&'a Istiod> {
    let (namespace, name, port) = service(address)?;
    let object = state.get(&Key::namespaced("", "Service", &namespace, &name))?;
    let crate::state::Facet::Service(service) = &object.facet else {
        return None;
    };
    service.port(port)?;
    // A tag's Service leads to the right pods, whose certificate does not have its name.
    if name.starts_with("istiod-revision-tag-") {
        return None;
    }
    let own = state
        .selected(&namespace, &service.selector)
        .next()
        .map(|(object, _)| object.key.clone())?;
    state
        .istiods()
        .find(|(object, _)| object.key == own)
        .map(|(_, istiod)| istiod)
}

/// What a ztunnel asks where nothing says otherwise.
const DEFAULT: &str = "istiod.istio-system.svc:15012";

/// Returns the control plane of a ztunnel, where both its addresses lead to one that is there.
pub(super) fn control_plane<'a>(state: &'a State, ztunnel: &Ztunnel) -> Option<&'a Istiod> {
    let of = |address: &Option<String>| behind(state, address.as_deref().unwrap_or(DEFAULT));
    let (xds, ca) = (of(&ztunnel.xds)?, of(&ztunnel.ca)?);
    (xds.revision == ca.revision).then_some(xds)
}

fn check(view: &View<'_>, report: &mut Report) {
    let state = view.state;
    if !state.whole && state.istiods().next().is_none() {
        return;
    }
    for (object, ztunnel) in state.ztunnels() {
        for (what, address) in [("XDS_ADDRESS", &ztunnel.xds), ("CA_ADDRESS", &ztunnel.ca)] {
            let address = address.as_deref().unwrap_or(DEFAULT);
            if behind(state, address).is_some() {
                continue;
            }
            let message = format!(
                "`{}` asks `{address}`, which no istiod serves",
                object.key.name
            );
            let istiods: Vec<String> = state
                .istiods()
                .map(|(o, _)| {
                    format!(
                        "{}.{}.svc:15012",
                        o.key.name,
                        o.key.namespace.as_deref().unwrap_or_default()
                    )
                })
                .collect();
            report
                .say(
                    &RULE,
                    object,
                    "/spec/template/spec/containers/0/env",
                    message,
                )
                .label = format!("its {what}");
            report.help(match istiods.as_slice() {
                [] => "install the control plane first, and take ztunnel away before it".to_owned(),
                all => format!("there is {}", all.join(", ")),
            });
        }
    }
}
