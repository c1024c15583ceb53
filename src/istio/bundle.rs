//! Facts about each bundle of Gateway API CRDs.
//!
//! Source: `kubernetes-sigs/gateway-api@TAG:config/crd`, the Go module of each tag.

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The release channel of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Only beta and stable kinds and fields.
    Standard,
    /// Also alpha kinds and fields.
    Experimental,
}

impl Channel {
    /// Returns the channel in an annotation of a CRD.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::Standard, Self::Experimental]
            .into_iter()
            .find(|channel| channel.as_str() == text)
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Experimental => "experimental",
        }
    }
}

/// The facts about one bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Its version, without the `v`.
    pub version: Version,
    /// `gateway.networking.k8s.io/v1` from v1.0.0, `v1beta1` before; every bundle up to v1.6.1 still serves
    /// the latter.
    pub api_version: &'static str,
    /// The maximum number of matches in one rule of an HTTPRoute: 8 before v1.2.0, 64 since then (CRD
    /// `maxItems`).
    pub matches_per_rule: usize,
    /// Whether `config/crd/kustomization.yaml` (standard) lacks the ReferenceGrant CRD, as before v0.8.0.
    pub grants_left_out: bool,
}

/// The known releases; `schema/gateway-api` has schemas of exactly these.
pub const BUNDLES: &[&str] = &[
    "v0.6.1", "v0.6.2", "v0.7.0", "v0.7.1", "v0.8.0", "v0.8.1", "v1.0.0", "v1.1.0", "v1.1.1",
    "v1.2.0", "v1.2.1", "v1.3.0", "v1.4.0", "v1.4.1", "v1.5.0", "v1.5.1", "v1.6.0", "v1.6.1",
];

/// Returns the facts about a bundle, given as `v1.4.1`.
///
/// # Errors
///
/// A message, if the text is not a version or no row contains it.
pub fn bundle(text: &str) -> Result<Bundle, String> {
    let version = text
        .strip_prefix('v')
        .and_then(|rest| Version::parse(rest).ok())
        .ok_or_else(|| "not a release of Gateway API; write it as `v1.4.1`".to_owned())?;
    if !BUNDLES.contains(&text) {
        return Err(format!(
            "this release is unknown; the known ones are {}",
            BUNDLES.join(", ")
        ));
    }
    Ok(Bundle {
        api_version: if version >= Version::new(1, 0, 0) {
            "gateway.networking.k8s.io/v1"
        } else {
            "gateway.networking.k8s.io/v1beta1"
        },
        matches_per_rule: if version >= Version::new(1, 2, 0) {
            64
        } else {
            8
        },
        grants_left_out: version < Version::new(0, 8, 0),
        version,
    })
}

impl Bundle {
    /// Returns the name of the bundle's schema file: `v1.4.1-standard`.
    #[must_use]
    pub fn file_stem(&self, channel: Channel) -> String {
        format!("v{}-{}", self.version, channel.as_str())
    }

    /// Returns the versions of ReferenceGrant that earlier bundles stored and this one does not serve. The
    /// API server rejects the CRD while objects may be stored in one of them, but accepts the rest of the
    /// bundle, which results in a mixture.
    #[must_use]
    pub fn gone(&self, channel: Channel) -> &'static [&'static str] {
        let first_without_alpha = match channel {
            Channel::Standard => Version::new(1, 1, 0),
            Channel::Experimental => Version::new(1, 2, 0),
        };
        if self.version >= first_without_alpha {
            &["v1alpha2"]
        } else {
            &[]
        }
    }

    /// Returns the resources of a kustomization that applies this bundle's CRDs.
    #[must_use]
    pub fn resources(&self, channel: Channel) -> Vec<String> {
        const REPOSITORY: &str = "github.com/kubernetes-sigs/gateway-api";
        let version = &self.version;
        match channel {
            Channel::Experimental => vec![format!(
                "{REPOSITORY}/config/crd/experimental?ref=v{version}"
            )],
            Channel::Standard => {
                let mut resources = vec![format!("{REPOSITORY}/config/crd?ref=v{version}")];
                if self.grants_left_out {
                    resources.push(format!(
                        "https://raw.githubusercontent.com/kubernetes-sigs/gateway-api/v{version}/config/crd/standard/\
                         gateway.networking.k8s.io_referencegrants.yaml"
                    ));
                }
                resources
            }
        }
    }
}

/// A CRD whose objects must be stored in another version before a bundle can be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its plural name, such as `referencegrants`.
    pub plural: &'static str,
    /// The version in which its objects must be stored.
    pub version: &'static str,
}

/// How to upgrade a cluster from one bundle to a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundlePath {
    /// By applying the later bundle.
    Direct,
    /// Through an intermediate bundle, if any, with which objects are rewritten.
    Migrate {
        /// The intermediate release, such as `v1.0.0`.
        over: Option<&'static str>,
        /// The objects to rewrite.
        stored: Vec<Stored>,
    },
    /// Not possible, with the reason.
    Refused(&'static str),
}

/// Returns how to upgrade a cluster from one bundle to a later one of the same channel.
///
/// The API server rejects a CRD that lacks a version in which objects were stored (`status.storedVersions`),
/// but accepts the rest of the bundle. Sources: the versions that each bundle's CRDs serve and store
/// (`kubernetes-sigs/gateway-api@TAG:config/crd`); `site/content/en/guides/crd-management` for rewriting
/// objects; the rejections were seen on a real API server.
#[must_use]
pub fn way(from: &Version, to: &Version, channel: Channel) -> BundlePath {
    let crosses = |first: Version| *from < first && first <= *to;
    let grants = Stored {
        plural: "referencegrants",
        version: "v1beta1",
    };
    match channel {
        Channel::Standard if crosses(Version::new(1, 1, 0)) => BundlePath::Migrate {
            // Before v0.8.0, ReferenceGrants were stored as v1alpha2; v1.0.0 still serves it and stores
            // v1beta1.
            over: (*from < Version::new(0, 8, 0)).then_some("v1.0.0"),
            stored: vec![grants],
        },
        Channel::Experimental
            if *from >= Version::new(1, 0, 0) && crosses(Version::new(1, 1, 0)) =>
        {
            BundlePath::Refused(
                "v1.0.0 stores BackendTLSPolicies as v1alpha2, which no later release serves",
            )
        }
        Channel::Experimental if crosses(Version::new(1, 2, 0)) => BundlePath::Migrate {
            // v1.1.1 serves both versions of ReferenceGrant and GRPCRoute, and removes the BackendTLSPolicy
            // of v1.0.0.
            over: (*from < Version::new(1, 0, 0)).then_some("v1.1.1"),
            stored: vec![
                grants,
                Stored {
                    plural: "grpcroutes",
                    version: "v1",
                },
            ],
        },
        _ => BundlePath::Direct,
    }
}

/// Returns the release and channel in the annotations of a CRD of a bundle.
#[must_use]
pub fn bundle_of_crd(crd: &Value) -> Option<(Version, Channel)> {
    let annotation = |key: &str| {
        let annotations = crd.pointer("/metadata/annotations")?;
        annotations
            .get(format!("gateway.networking.k8s.io/{key}"))?
            .as_str()
    };
    let version = Version::parse(annotation("bundle-version")?.strip_prefix('v')?).ok()?;
    let channel = match annotation("channel")? {
        "standard" => Channel::Standard,
        "experimental" => Channel::Experimental,
        _ => return None,
    };
    Some((version, channel))
}

/// Returns the release and channel of a resource in a kustomization, in the format of [`Bundle::resources`].
#[must_use]
pub fn bundle_of_resource(resource: &str) -> Option<(Version, Channel)> {
    let (path, release) = resource.split_once("?ref=v")?;
    let channel = match path.rsplit_once("gateway-api/config/crd")?.1 {
        "" | "/" | "/standard" => Channel::Standard,
        "/experimental" => Channel::Experimental,
        _ => return None,
    };
    Some((Version::parse(release).ok()?, channel))
}

/// Returns whether a bundle serves a version of one of the kinds that every bundle has; returns nothing for
/// other kinds.
///
/// Source: the CRDs of each tag, `config/crd/standard` and `config/crd/experimental`.
#[must_use]
pub fn serves(bundle: &Version, kind: &str, api_version: &str) -> bool {
    let at_least = |minor_of: (u64, u64)| (bundle.major, bundle.minor) >= minor_of;
    match (kind, api_version) {
        ("Gateway" | "GatewayClass" | "HTTPRoute", "gateway.networking.k8s.io/v1") => {
            at_least((1, 0))
        }
        ("ReferenceGrant", "gateway.networking.k8s.io/v1") => at_least((1, 5)),
        (
            "Gateway" | "GatewayClass" | "HTTPRoute" | "ReferenceGrant",
            "gateway.networking.k8s.io/v1alpha2",
        ) => !at_least((1, 0)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::Channel::{Experimental, Standard};
    use super::{BundlePath, way};

    #[test]
    fn stored_versions_are_migrated_before_they_go() {
        let of = |from: &str, to: &str, channel| {
            let version = |text: &str| Version::parse(text).expect(text);
            way(&version(from), &version(to), channel)
        };
        let over = |way: BundlePath| match way {
            BundlePath::Migrate { over, stored } => Some((over, stored.len())),
            _ => None,
        };
        assert_eq!(of("0.6.1", "1.0.0", Standard), BundlePath::Direct);
        assert_eq!(
            over(of("0.6.1", "1.4.1", Standard)),
            Some((Some("v1.0.0"), 1))
        );
        assert_eq!(over(of("1.0.0", "1.4.1", Standard)), Some((None, 1)));
        assert_eq!(of("1.1.0", "1.6.1", Standard), BundlePath::Direct);
        assert_eq!(of("0.6.1", "1.1.1", Experimental), BundlePath::Direct);
        assert_eq!(
            over(of("0.6.1", "1.2.1", Experimental)),
            Some((Some("v1.1.1"), 2))
        );
        assert_eq!(over(of("1.1.1", "1.6.1", Experimental)), Some((None, 2)));
        assert!(matches!(
            of("1.0.0", "1.2.1", Experimental),
            BundlePath::Refused(_)
        ));
        assert_eq!(of("1.4.1", "1.6.1", Experimental), BundlePath::Direct);
    }
}
