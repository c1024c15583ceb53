//! The facts about each Istio version, and functions to look them up. The rows are in `rows`.

use std::sync::LazyLock;

use semver::Version;

use super::Channel;
use super::gateways::{GatewayClaim, ListenerFilter};
use super::rows::ROWS;
use super::ztunnel::ZtunnelFacts;

/// How a plan must switch a Gateway to another control plane without losing a request; see [`handover`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// The Gateway has the label `istio.io/rev`, and its value changes.
    Relabel,
    /// The Gateway has no label, so that its configuration is in every revision; the tag `default` moves.
    Tag,
    /// Same as [`Handover::Tag`], but this version checks no revision at all: the tag moves after its istiod
    /// is deleted.
    TagAfterRetirement,
    /// A switch to another control plane drops the listeners of the running pods; only a second Gateway loses
    /// no request.
    SecondGateway,
}

/// How one Gateway switches to another control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayHandover {
    /// Its label changes; with `lossy`, its pods lose their listeners until new pods are ready.
    Label { lossy: bool },
    /// It has no label and follows the tag `default`.
    Tag,
    /// A second Gateway replaces it.
    SecondGateway,
}

/// The objects of a version's istiod chart that not all versions have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IstiodChart {
    /// A PodDisruptionBudget `istiod-<revision>`, even with one replica.
    pub pod_disruption_budget: bool,
    /// A ConfigMap `values-<revision>`.
    pub values_config_map: bool,
}

/// The values of a version's ztunnel chart in addition to `env`; each variant includes the previous ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZtunnelValues {
    /// The addresses are normal environment variables.
    Env,
    /// `revision`, which sets the addresses; `env` would set them twice.
    Revision,
    /// `nodeSelector`, `affinity` and `xdsAddress`.
    NodeSelector,
    /// `resourceName`.
    ResourceName,
}

/// The chart values by which an istiod trusts a ztunnel's ServiceAccount; each variant includes the previous
/// ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZtunnelTrust {
    /// The environment variable `CA_TRUSTED_NODE_ACCOUNTS`, a list.
    Accounts,
    /// `trustedZtunnelNamespace`, a single value.
    Namespace,
    /// `trustedZtunnelName`, a single value, which istioctl rejects.
    Name,
}

/// The behaviour of a version's istio-cni.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about a version, and none follows from another"
)]
pub struct CniChart {
    /// Whether the chart has the value `privileged`, and needs it for ambient.
    pub privileged: bool,
    /// Whether it has a ClusterRole `istio-cni-ambient`.
    pub ambient_role: bool,
    /// Whether it removes the redirection when it stops, so that pods are outside the mesh until it runs
    /// again.
    pub cleans_up: bool,
    /// Whether newly started pods send DNS requests to ztunnel by default (`ambient.dnsCapture`).
    pub captures_dns: bool,
    /// Whether it rewrites the rules of running pods when it starts by default
    /// (`ambient.reconcileIptablesOnStartup`).
    pub reconciles: bool,
}

/// The bundles of Gateway API that an istiod can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundles {
    /// First and last release of the standard channel.
    pub standard: (&'static str, &'static str),
    /// First and last release of the experimental channel.
    pub experimental: (&'static str, &'static str),
    /// Ranges of releases (start included, end excluded) that it cannot read with
    /// `PILOT_ENABLE_ALPHA_GATEWAY_API`: they contain a kind that it watches, but not in the version that it
    /// requests.
    pub alpha_gaps: &'static [(Channel, &'static str, &'static str)],
}

/// The facts about one run of Istio versions.
#[derive(Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about a version, and none follows from another"
)]
pub struct Facts {
    /// The first version of the run.
    pub first: &'static str,
    /// The last version of the run, inclusive.
    pub last: &'static str,
    /// The registry of release images.
    pub hub: &'static str,
    pub ztunnel: &'static ZtunnelFacts,
    /// The values of its ztunnel chart.
    pub ztunnel_values: ZtunnelValues,
    /// How its istiod is told which ztunnels to trust.
    pub ztunnel_trust: ZtunnelTrust,
    /// The environment variables of istiod that turn ambient on; the profile `ambient` sets them.
    pub ambient_switch: &'static [&'static str],
    /// Whether the label of a pod can add it to the mesh or remove it; before, only the namespace's label and
    /// an annotation could.
    pub enrols_pods: bool,
    /// The objects of its istiod.
    pub istiod: IstiodChart,
    /// Whether a tag has a Service `istiod-revision-tag-<tag>` in addition to its webhook.
    pub tag_service: bool,
    /// Whether its istioctl takes a revision for the first one unless the tag `default` exists; before, unless any injector
    /// webhook exists. istioctl gives the tag `default` to the first revision.
    pub first_by_tag: bool,
    pub cni: CniChart,
    /// Whether its istioctl stores each installation as an IstioOperator `installed-state-<name>-<revision>`;
    /// the cluster has this kind only if base installs it.
    pub installed_state: bool,
    /// The subcommand of istioctl that shows the configuration of a ztunnel, if there is one.
    pub ztunnel_config: Option<&'static str>,
    /// The oldest Kubernetes version that its istioctl installs on, if known
    /// (`operator/pkg/util/k8sversion`).
    pub kubernetes: Option<&'static str>,
    /// Which Gateways its istiod reconciles.
    pub claims: GatewayClaim,
    /// Which Gateways get listeners from its istiod.
    pub listeners: ListenerFilter,
    /// The Gateway API bundles that it can read.
    pub bundles: Bundles,
}

impl Facts {
    /// Returns whether pods are redirected inside their network namespace, as from 1.21, or by their node.
    #[must_use]
    pub fn redirects_in_pod(&self) -> bool {
        self.ztunnel.socket_folder.is_some()
    }
}

impl Bundles {
    /// Returns the first and last release of a channel that it can read, such as `0.6.1`.
    #[must_use]
    pub fn of(&self, channel: Channel) -> (&'static str, &'static str) {
        match channel {
            Channel::Standard => self.standard,
            Channel::Experimental => self.experimental,
        }
    }

    /// Returns whether it can read a release; `alpha`: whether `PILOT_ENABLE_ALPHA_GATEWAY_API` is set.
    #[must_use]
    pub fn reads(&self, channel: Channel, release: &Version, alpha: bool) -> bool {
        let from = |limit: &str| Version::parse(limit).is_ok_and(|limit| *release >= limit);
        let (first, last) = self.of(channel);
        let upto = Version::parse(last).is_ok_and(|last| *release <= last);
        let gap =
            |(of, first, end): &(Channel, &str, &str)| *of == channel && from(first) && !from(end);
        from(first) && upto && !(alpha && self.alpha_gaps.iter().any(gap))
    }
}

/// A run of versions: the first, the last, and the facts.
struct Run {
    first: Version,
    last: Version,
    facts: &'static Facts,
}

/// The rows with parsed versions, for look-ups.
static RUNS: LazyLock<Vec<Run>> = LazyLock::new(|| {
    let read = |facts: &'static Facts| {
        Some(Run {
            first: Version::parse(facts.first).ok()?,
            last: Version::parse(facts.last).ok()?,
            facts,
        })
    };
    ROWS.iter().filter_map(read).collect()
});

/// Returns the facts about a version; nothing if its minor is unknown.
///
/// A pre-release outside all runs counts as the first release of its minor.
#[must_use]
pub fn facts(version: &Version) -> Option<&'static Facts> {
    let same_minor = |run: &&Run| {
        (run.first.major, run.first.minor) == (version.major, version.minor) && *version <= run.last
    };
    let mut runs = RUNS.iter().filter(same_minor);
    let first = runs.next()?;
    let pre_release = !version.pre.is_empty();
    let within = |run: &&Run| run.first <= *version;
    std::iter::once(first)
        .chain(runs)
        .find(within)
        .or(Some(first).filter(|_| pre_release))
        .map(|run| run.facts)
}

/// Returns how a Gateway switches from one version to another without losing a request. This depends on the
/// old version, which decides whether the pods keep their listeners. The new version matters only if it would
/// claim unlabelled Gateways too early.
#[must_use]
pub fn handover(loser: &Facts, gainer: &Facts) -> Handover {
    let unlabelled_is_everybodys = |facts: &Facts| facts.claims == GatewayClaim::Unlabelled;
    match loser.listeners {
        ListenerFilter::All => Handover::Relabel,
        ListenerFilter::Owned => Handover::SecondGateway,
        ListenerFilter::Revision if loser.claims == GatewayClaim::Every => {
            Handover::TagAfterRetirement
        }
        ListenerFilter::Revision
            if unlabelled_is_everybodys(loser) || unlabelled_is_everybodys(gainer) =>
        {
            Handover::SecondGateway
        }
        ListenerFilter::Revision => Handover::Tag,
    }
}

/// Returns whether the facts about a pre-release are those of the following release, and not its own.
#[must_use]
pub fn is_untried(version: &Version) -> bool {
    let own = |row: &Facts| Version::parse(row.first).is_ok_and(|first| first == *version);
    !version.pre.is_empty() && !facts(version).is_some_and(own)
}

/// Returns the newest known minor, such as `1.31`.
#[must_use]
pub fn newest_minor() -> (u64, u64) {
    RUNS.last()
        .map_or((0, 0), |run| (run.first.major, run.first.minor))
}

/// Returns the facts about a version, or about the newest known version that is not newer; an unknown version
/// counts as the newest of all.
///
/// # Panics
///
/// Never: there is at least one row.
#[must_use]
pub fn facts_near(version: Option<&Version>) -> &'static Facts {
    let (first, last) = (ROWS.first().expect("rows"), ROWS.last().expect("rows"));
    let Some(version) = version else { return last };
    if let Some(facts) = facts(version) {
        return facts;
    }
    let older = RUNS.iter().rfind(|run| run.first <= *version);
    older.map_or(first, |run| run.facts)
}

/// Returns the known minors, oldest first.
#[must_use]
pub fn minors() -> Vec<(u64, u64)> {
    let mut minors: Vec<(u64, u64)> = RUNS
        .iter()
        .map(|run| (run.first.major, run.first.minor))
        .collect();
    minors.dedup();
    minors
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::{Handover, ROWS, facts, handover, is_untried, minors};
    use crate::istio::Channel::{self, Experimental, Standard};

    fn version(text: &str) -> Version {
        Version::parse(text).expect(text)
    }

    #[test]
    fn rows_are_versions_in_order_without_gap_or_overlap() {
        for row in ROWS {
            let (first, last) = (version(row.first), version(row.last));
            assert!(first <= last, "{}", row.first);
            assert!(last.patch == u64::MAX || last.patch < 100);
        }
        for pair in ROWS.windows(2) {
            let (last, first) = (version(pair[0].last), version(pair[1].first));
            assert!(last < first, "{} and {}", pair[0].last, pair[1].first);
            let next = if last.patch == u64::MAX {
                Version::new(last.major, last.minor + 1, 0)
            } else {
                Version::new(last.major, last.minor, last.patch + 1)
            };
            assert!(first == next || !last.pre.is_empty(), "{first}");
        }
        assert_eq!(minors().first(), Some(&(1, 18)));
    }

    #[test]
    fn handover_is_patch_exact() {
        let of = |v: &str| {
            let newest = facts(&version("1.31.0"))?;
            facts(&version(v)).map(|loser| handover(loser, newest))
        };
        let way = |handover, versions: &[&str]| {
            for v in versions {
                assert_eq!(of(v), Some(handover), "{v}");
            }
        };
        way(Handover::TagAfterRetirement, &["1.18.0-alpha.0"]);
        way(
            Handover::Tag,
            &[
                "1.18.0-beta.0",
                "1.18.1",
                "1.20.8",
                "1.22.99",
                "1.23.5",
                "1.24.2",
            ],
        );
        way(
            Handover::SecondGateway,
            &[
                "1.23.0", "1.23.4", "1.24.0", "1.24.1", "1.24.3", "1.27.9", "1.29.4", "1.30.1",
            ],
        );
        way(
            Handover::Relabel,
            &["1.29.5", "1.29.6", "1.30.2", "1.30.3", "1.31.0"],
        );
        assert_eq!(of("1.17.8"), None);
        assert_eq!(of("1.32.0"), None);
        let between = |loser: &str, gainer: &str| {
            let of = |v: &str| facts(&version(v)).expect(v);
            handover(of(loser), of(gainer))
        };
        // A gainer that claims whatever has no label would have it before it is its turn.
        assert_eq!(between("1.22.8", "1.23.4"), Handover::SecondGateway);
        assert_eq!(between("1.22.8", "1.23.5"), Handover::Tag);
    }

    #[test]
    fn a_pre_release_is_like_the_release_that_it_comes_before() {
        assert!(!is_untried(&version("1.18.0-alpha.0")));
        assert!(!is_untried(&version("1.30.7")));
        assert!(is_untried(&version("1.31.0-rc.0")));
        let first = facts(&version("1.30.0"));
        assert_eq!(facts(&version("1.30.0-rc.1")), first);
        assert_eq!(facts(&version("1.32.0-alpha.1")), None);
    }

    #[test]
    fn bundles_are_those_that_serve_what_istiod_watches() {
        let reads = |v: &str, channel: Channel, bundle: &str, alpha| {
            let facts = facts(&version(v)).expect(v);
            facts.bundles.reads(channel, &version(bundle), alpha)
        };
        assert!(reads("1.18.0-alpha.0", Experimental, "1.1.1", false));
        assert!(!reads("1.18.0-alpha.0", Standard, "1.1.1", false));
        assert!(reads("1.28.10", Standard, "0.6.1", false));
        assert!(!reads("1.29.0", Standard, "0.8.1", false));
        assert!(reads("1.26.8", Experimental, "1.0.0", false));
        assert!(!reads("1.26.8", Experimental, "1.0.0", true));
        assert!(reads("1.26.8", Experimental, "1.1.1", true));
        assert!(!reads("1.28.5", Standard, "1.5.0", true));
        assert!(reads("1.28.6", Standard, "1.5.1", true));
        assert!(!reads("1.30.3", Standard, "1.6.0", true));
        assert!(reads("1.31.0", Standard, "1.6.1", true));
    }
}
