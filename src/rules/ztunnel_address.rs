//! MP0005: a ztunnel connects to an istiod that does not exist.

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

/// The Service and port of an address, as `(namespace, name, port)`; `1.18.0-alpha.0` includes the scheme.
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

/// The istiod behind an address, if it exists and its Service has that port.
fn behind<'a>(state: &'a State, address: &str) -> Option<&'a Istiod> {
    let (namespace, name, port) = service(address)?;
    let object = state.get(&Key::namespaced("", "Service", &namespace, &name))?;
    let crate::state::Facet::Service(service) = &object.facet else {
        return None;
    };
    service.port(port)?;
    // The Service of a tag selects the right pods, but their certificate does not contain its name.
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

/// The address that a ztunnel uses by default.
const DEFAULT: &str = "istiod.istio-system.svc:15012";

/// Returns the control plane of a ztunnel, if both its addresses lead to the same existing istiod.
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
                "`{}` connects to `{address}`, which no istiod serves",
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
                [] => "install the control plane before ztunnel, and remove it after ztunnel"
                    .to_owned(),
                all => format!("use the address of an existing istiod: {}", all.join(", ")),
            });
        }
    }
}
