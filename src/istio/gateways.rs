//! How each version treats Gateways and routes: rows of data for the differences between Istio's versions.

use semver::Version;

/// Which Gateways an istiod reconciles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayClaim {
    /// Every Gateway, whatever its label.
    Every,
    /// Gateways that ask for its revision, and all Gateways without a label.
    Unlabelled,
    /// Gateways that ask for its revision or tag; and without a label, if the tag `default` points to it.
    Named,
}

/// Which Gateways get listeners from an istiod, for the pods that ask for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerFilter {
    /// Gateways that name its revision, and Gateways without a label; never those that name a tag.
    Revision,
    /// Gateways that it owns. A Gateway that switches to another control plane loses its listeners
    /// immediately.
    Owned,
    /// All Gateways.
    All,
}

/// The behaviour of a Gateway's routes, by the version of the istiod that serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about a version, and none follows from another"
)]
pub struct RouteDialect {
    /// Whether Exact takes precedence over PathPrefix, whatever their lengths.
    pub ranks_by_type: bool,
    /// Whether a match with a method takes precedence over one without.
    pub ranks_by_method: bool,
    /// Whether a request for a more specific listener never reaches a wider one.
    pub isolates_listeners: bool,
    /// The status of a rule without any backend.
    pub without_backends: u16,
    /// The maximum number of mirrors of a rule that get copies.
    pub mirrors: usize,
    /// Whether all names but the last in one ReferenceGrant are ignored.
    pub grant_names_overwrite: bool,
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap_or(Version::new(0, 0, 0))
}

/// Whether a version is in one of these spans, which include their start and exclude their end.
fn within(of: &Version, spans: &[(&str, &str)]) -> bool {
    spans
        .iter()
        .any(|(first, end)| version(first) <= *of && *of < version(end))
}

/// `sortHTTPRoutes` ignores types:
/// `istio/istio@1.18.0-alpha.0:pilot/pkg/config/kube/gateway/conversion.go:483-500`.
const BY_LENGTH: &[(&str, &str)] = &[("0.0.0", "1.18.0-beta.0")];
/// `sortHTTPRoutes` ignores methods: the same function at 1.18.2.
const NO_METHOD: &[(&str, &str)] = &[("0.0.0", "1.19.0-alpha.0")];
/// Versions without `hostnameAllowedByIsolation`, which exists since 1.22.
const NO_ISOLATION: &[(&str, &str)] = &[("0.0.0", "1.22.0-alpha.0")];
/// A rule without backends returns 404: `istio/istio@1.31.0-rc.0:releasenotes/notes/60787.yaml`.
const EMPTY_IS_404: &[(&str, &str)] = &[("1.30.0", "1.30.4")];
/// One mirror per rule: Gateway API conformance of 1.18 and 1.19.
const ONE_MIRROR: &[(&str, &str)] = &[("0.0.0", "1.20.0-alpha.0")];
/// Names of a grant overwrite each other:
/// `istio/istio@1.29.6:pilot/pkg/config/kube/gateway/references_collection.go:122`, fixed in 1.30.0
/// (`releasenotes/notes/reference-grant-to-or-semantics.yaml`).
const GRANT_NAMES: &[(&str, &str)] = &[("1.26.0", "1.30.0-alpha.0")];
/// Without a tag `default`, Gateways without a label belong to the revision in `istiod-default-validator`:
/// `istio/istio:pkg/revisions/tag_watcher.go`, `IsMine`.
const BY_VALIDATOR: &[(&str, &str)] = &[
    ("1.25.5", "1.26.0-alpha.0"),
    ("1.26.4", "1.27.0-alpha.0"),
    ("1.27.1", "999.0.0"),
];
/// Returns whether Gateways without a label belong to an istiod of this version if the default validation
/// webhook names it. An unknown version counts as the newest known one.
#[must_use]
pub fn claims_by_validator(of: Option<&Version>) -> bool {
    of.is_none_or(|of| within(of, BY_VALIDATOR))
}

/// Returns the route behaviour of a version; an unknown version counts as the newest known one.
#[must_use]
pub fn route_dialect(of: Option<&Version>) -> RouteDialect {
    let newest = version("1.31.0");
    let of = of.unwrap_or(&newest);
    RouteDialect {
        ranks_by_type: !within(of, BY_LENGTH),
        ranks_by_method: !within(of, NO_METHOD),
        isolates_listeners: !within(of, NO_ISOLATION),
        without_backends: if within(of, EMPTY_IS_404) { 404 } else { 500 },
        mirrors: if within(of, ONE_MIRROR) {
            1
        } else {
            usize::MAX
        },
        grant_names_overwrite: within(of, GRANT_NAMES),
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::{claims_by_validator, route_dialect};

    #[test]
    fn rows_are_patch_exact() {
        let of = |text: &str| Version::parse(text).expect(text);
        let dialect = |text: &str| route_dialect(Some(&of(text)));
        assert!(!dialect("1.18.0-alpha.0").ranks_by_type && dialect("1.18.1").ranks_by_type);
        assert!(!dialect("1.18.7").ranks_by_method && dialect("1.19.0").ranks_by_method);
        let by_validator = |text: &str| claims_by_validator(Some(&of(text)));
        assert!(!by_validator("1.26.3") && by_validator("1.26.4") && by_validator("1.31.0"));
        assert_eq!(dialect("1.30.3").without_backends, 404);
        assert_eq!(dialect("1.31.0").without_backends, 500);
        assert!(
            dialect("1.29.6").grant_names_overwrite && !dialect("1.30.0").grant_names_overwrite
        );
    }
}
