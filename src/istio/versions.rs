//! A row for each run of Istio versions between which nothing that meshplan writes differs.

use semver::Version;

use super::ztunnel::{self, Ztunnel};

/// What the plan must do so that a Gateway changes its control plane without losing a request; decided by the version
/// of the revision that loses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// The Gateway carries `istio.io/rev` and is relabelled.
    Relabel,
    /// The Gateway carries no label, so that its configuration is in every revision; the tag `default` moves.
    Tag,
    /// As [`Handover::Tag`], but this version checks no revision at all: the tag moves when its istiod is gone.
    TagAfterRetirement,
    /// A change of owner drops the listeners of the running pods; only a second Gateway is lossless.
    SecondGateway,
}

/// What the istiod chart of a version makes beyond what all of them make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IstiodChart {
    /// A PodDisruptionBudget `istiod-<revision>` though there is one replica.
    pub pod_disruption_budget: bool,
    /// A ConfigMap `values-<revision>`.
    pub values_config_map: bool,
}

/// What is true of one run of Istio versions.
#[derive(Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about a version, and none follows from another"
)]
pub struct Facts {
    /// The first version of the run.
    pub first: &'static str,
    /// The last one, inclusive.
    pub last: &'static str,
    /// Where release images come from.
    pub hub: &'static str,
    /// How ztunnel runs.
    pub ztunnel: &'static Ztunnel,
    /// Which objects its istiod has.
    pub istiod: IstiodChart,
    /// Whether a tag has a Service `istiod-revision-tag-<tag>` beside its webhook.
    pub tag_service: bool,
    /// Whether the chart of istio-cni still knows `privileged`, and needs it for ambient.
    pub cni_privileged: bool,
    /// Whether istio-cni has a ClusterRole `istio-cni-ambient` (charts, from 1.20.1).
    pub cni_ambient_role: bool,
    /// Whether its istio-cni takes redirection down when it stops, so that pods are outside of the mesh until it is back
    /// (`cni/pkg/ambient/server.go`, `Stop`; from 1.21 redirection is in the pods and stays).
    pub cni_cleans_up: bool,
    /// Whether its istioctl stores what it installed as an IstioOperator `installed-state-<name>-<revision>`
    /// (`operator/cmd/mesh/install.go`, up to 1.23; the kind is only in the cluster where base brings it, up to 1.20).
    pub installed_state: bool,
    /// The oldest Kubernetes that its istioctl installs on, where it is known (`operator/pkg/util/k8sversion`).
    pub kubernetes: Option<&'static str>,
    /// How a Gateway leaves this version.
    pub handover: Handover,
    /// First and last Gateway API bundle of the standard channel that it reads.
    pub standard: (&'static str, &'static str),
    /// The same of the experimental channel.
    pub experimental: (&'static str, &'static str),
}

/// Every known run, oldest first.
///
/// Sources: hub, `istio/istio@1.30.3:common/scripts/report_build_info.sh` (registry.istio.io/release from 1.30);
/// istiod's objects and `tag_service`, the charts of each tag; `cni_privileged`, `manifests/charts/istio-cni/values.yaml`
/// (gone in 1.22); handover, `pkg/revisions/tag_watcher.go` and `pilot/pkg/config/kube/gateway` at each tag
/// (istio/istio#59959, fixed in 1.29.5 and 1.30.2); bundles, the versions each tag watches by default
/// (`pkg/config/schema/gvr/resources.gen.go`) against those that each bundle serves.
const ROWS: &[Facts] = &[
    Facts {
        first: "1.18.0-alpha.0",
        last: "1.18.0-alpha.0",
        ztunnel: &ztunnel::V1_18_0_ALPHA_0,
        handover: Handover::TagAfterRetirement,
        standard: ("0.6.1", "1.0.0"),
        experimental: ("0.6.1", "1.1.1"),
        ..V1_18
    },
    V1_18,
    Facts {
        first: "1.29.0",
        last: "1.29.4",
        handover: Handover::SecondGateway,
        ..V1_29
    },
    V1_29,
    Facts {
        first: "1.30.0",
        last: "1.30.1",
        handover: Handover::SecondGateway,
        ..V1_30
    },
    V1_30,
];

const V1_18: Facts = Facts {
    first: "1.18.0",
    last: "1.18.18446744073709551615",
    hub: "docker.io/istio",
    ztunnel: &ztunnel::V1_18,
    istiod: IstiodChart {
        pod_disruption_budget: true,
        values_config_map: false,
    },
    tag_service: false,
    cni_privileged: true,
    cni_ambient_role: false,
    cni_cleans_up: true,
    installed_state: true,
    kubernetes: Some("1.24"),
    handover: Handover::Tag,
    standard: ("0.6.1", "1.6.1"),
    experimental: ("0.6.1", "1.6.1"),
};

const V1_29: Facts = Facts {
    first: "1.29.5",
    last: "1.29.18446744073709551615",
    hub: "docker.io/istio",
    ztunnel: &ztunnel::V1_29,
    istiod: IstiodChart {
        pod_disruption_budget: false,
        values_config_map: true,
    },
    tag_service: true,
    cni_privileged: false,
    cni_ambient_role: true,
    cni_cleans_up: false,
    installed_state: false,
    kubernetes: None,
    handover: Handover::Relabel,
    standard: ("1.0.0", "1.6.1"),
    experimental: ("1.0.0", "1.6.1"),
};

const V1_30: Facts = Facts {
    first: "1.30.2",
    last: "1.30.18446744073709551615",
    hub: "registry.istio.io/release",
    kubernetes: Some("1.32"),
    ..V1_29
};

/// Returns what is true of a version; nothing where no row knows it.
///
/// Pre-releases are known one by one, releases by their run.
#[must_use]
pub fn facts(version: &Version) -> Option<&'static Facts> {
    ROWS.iter().find(|row| {
        let (Ok(first), Ok(last)) = (Version::parse(row.first), Version::parse(row.last)) else {
            return false;
        };
        if version.pre.is_empty() {
            first.pre.is_empty() && first <= *version && *version <= last
        } else {
            *version == first
        }
    })
}

/// Returns what is true of the newest known version that is not newer than this one; of the newest of all where the
/// version is not known.
///
/// # Panics
///
/// Never: there is a row.
#[must_use]
pub fn facts_near(version: Option<&Version>) -> &'static Facts {
    let (first, last) = (ROWS.first().expect("rows"), ROWS.last().expect("rows"));
    let Some(version) = version else { return last };
    let older = |row: &&Facts| Version::parse(row.first).is_ok_and(|first| first <= *version);
    ROWS.iter().rfind(older).unwrap_or(first)
}

/// Returns the known versions in words: `1.18.0-alpha.0, 1.18, 1.29, 1.30`.
#[must_use]
pub fn known_versions() -> String {
    let mut names: Vec<String> = Vec::new();
    for row in ROWS {
        let Ok(first) = Version::parse(row.first) else {
            continue;
        };
        let name = if first.pre.is_empty() {
            format!("{}.{}", first.major, first.minor)
        } else {
            row.first.to_owned()
        };
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::{Handover, ROWS, facts};

    #[test]
    fn rows_are_versions_in_order_without_overlap() {
        let ends: Vec<(Version, Version)> = ROWS
            .iter()
            .map(|r| {
                (
                    Version::parse(r.first).expect("first"),
                    Version::parse(r.last).expect("last"),
                )
            })
            .collect();
        for (first, last) in &ends {
            assert!(first <= last);
            assert!(last.patch == u64::MAX || last.patch < 100);
        }
        for pair in ends.windows(2) {
            assert!(pair[0].1 < pair[1].0);
        }
    }

    #[test]
    fn handover_is_patch_exact() {
        let of = |v: &str| facts(&Version::parse(v).expect("version")).map(|f| f.handover);
        assert_eq!(of("1.18.0-alpha.0"), Some(Handover::TagAfterRetirement));
        assert_eq!(of("1.18.1"), Some(Handover::Tag));
        assert_eq!(of("1.29.4"), Some(Handover::SecondGateway));
        assert_eq!(of("1.29.6"), Some(Handover::Relabel));
        assert_eq!(of("1.30.1"), Some(Handover::SecondGateway));
        assert_eq!(of("1.30.3"), Some(Handover::Relabel));
        assert_eq!(of("1.30.3-rc.0"), None);
        assert_eq!(of("1.22.0"), None);
    }
}
