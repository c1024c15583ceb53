//! What is known of each Istio version, and how to look it up. The rows themselves are in `rows`.

use std::sync::LazyLock;

use semver::Version;

use super::Channel;
use super::gateways::{GatewayClaim, ListenerFilter};
use super::rows::ROWS;
use super::ztunnel::ZtunnelFacts;

/// What the plan must do so that a Gateway changes its control plane without losing a request; see [`handover`].
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

/// How one Gateway changes its control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayHandover {
    /// Its label changes; `lossy` where its pods lose their listeners until new ones are ready.
    Label { lossy: bool },
    /// It carries no label and follows the tag `default`.
    Tag,
    /// A second Gateway takes over.
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

/// Which values the ztunnel chart of a version knows beside `env`, each including those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZtunnelValues {
    /// The addresses are environment like any other.
    Env,
    /// `revision`, from which the addresses follow; `env` would set them twice.
    Revision,
    /// `nodeSelector`, `affinity` and `xdsAddress`.
    NodeSelector,
    /// `resourceName`.
    ResourceName,
}

/// By which chart values an istiod trusts a ztunnel's ServiceAccount, each including those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZtunnelTrust {
    /// The environment `CA_TRUSTED_NODE_ACCOUNTS`, a list.
    Accounts,
    /// `trustedZtunnelNamespace`, one.
    Namespace,
    /// `trustedZtunnelName`, one, which istioctl refuses.
    Name,
}

/// What the istio-cni of a version does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about a version, and none follows from another"
)]
pub struct CniChart {
    /// Whether the chart still knows `privileged`, and needs it for ambient.
    pub privileged: bool,
    /// Whether it has a ClusterRole `istio-cni-ambient`.
    pub ambient_role: bool,
    /// Whether it takes redirection down when it stops, so that pods are outside of the mesh until it is back.
    pub cleans_up: bool,
    /// Whether newly started pods ask ztunnel for names (`ambient.dnsCapture`), unless the values say otherwise.
    pub captures_dns: bool,
    /// Whether it writes the rules of running pods anew when it starts (`ambient.reconcileIptablesOnStartup`), unless the
    /// values say otherwise.
    pub reconciles: bool,
}

/// Which bundles of Gateway API an istiod reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundles {
    /// First and last release of the standard channel.
    pub standard: (&'static str, &'static str),
    /// First and last release of the experimental channel.
    pub experimental: (&'static str, &'static str),
    /// Releases, from the first and before the second, that it does not read with `PILOT_ENABLE_ALPHA_GATEWAY_API`: they
    /// have a kind that it watches and not the version of it that it asks for.
    pub alpha_gaps: &'static [(Channel, &'static str, &'static str)],
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
    pub ztunnel: &'static ZtunnelFacts,
    /// What the values of its chart are.
    pub ztunnel_values: ZtunnelValues,
    /// How its istiod is told which ztunnels to trust.
    pub ztunnel_trust: ZtunnelTrust,
    /// The environment of istiod that turns ambient on; the profile `ambient` sets it.
    pub ambient_switch: &'static [&'static str],
    /// Whether a pod joins or leaves the mesh by its own label; before, by its namespace's label and an annotation alone.
    pub enrols_pods: bool,
    /// Which objects its istiod has.
    pub istiod: IstiodChart,
    /// Whether a tag has a Service `istiod-revision-tag-<tag>` beside its webhook.
    pub tag_service: bool,
    /// What its istio-cni does.
    pub cni: CniChart,
    /// Whether its istioctl stores what it installed as an IstioOperator `installed-state-<name>-<revision>`; the kind is in
    /// the cluster only where base brings it.
    pub installed_state: bool,
    /// The subcommand of istioctl that shows what a ztunnel knows, where there is one.
    pub ztunnel_config: Option<&'static str>,
    /// The oldest Kubernetes that its istioctl installs on, where it is known (`operator/pkg/util/k8sversion`).
    pub kubernetes: Option<&'static str>,
    /// Which Gateways its istiod reconciles.
    pub claims: GatewayClaim,
    /// Which Gateways' listeners its istiod gives to their pods.
    pub listeners: ListenerFilter,
    /// Which Gateway API it reads.
    pub bundles: Bundles,
}

impl Facts {
    /// Returns whether pods are redirected from within themselves, as from 1.21, or by their node.
    #[must_use]
    pub fn redirects_in_pod(&self) -> bool {
        self.ztunnel.socket_folder.is_some()
    }
}

impl Bundles {
    /// Returns the first and last release of a channel that it reads, as `0.6.1`.
    #[must_use]
    pub fn of(&self, channel: Channel) -> (&'static str, &'static str) {
        match channel {
            Channel::Standard => self.standard,
            Channel::Experimental => self.experimental,
        }
    }

    /// Returns whether it reads a release; `alpha` says whether `PILOT_ENABLE_ALPHA_GATEWAY_API` is set.
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

/// A run of versions: the first, the last, and what is true of them.
struct Run {
    first: Version,
    last: Version,
    facts: &'static Facts,
}

/// The rows with their versions read, which each look-up compares.
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

/// Returns what is true of a version; nothing where no row knows its minor.
///
/// A pre-release that lies in no run counts as the first release of its minor.
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

/// Returns how a Gateway goes from one version to another without losing a request. The loser decides: its pods keep their
/// listeners or not. The gainer has a say only where it would take unlabelled Gateways before it is their turn.
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

/// Returns whether the facts about a version are those of a release that it comes before, and not its own.
#[must_use]
pub fn is_untried(version: &Version) -> bool {
    let own = |row: &Facts| Version::parse(row.first).is_ok_and(|first| first == *version);
    !version.pre.is_empty() && !facts(version).is_some_and(own)
}

/// Returns the newest minor that is known, as `1.31`.
#[must_use]
pub fn newest_minor() -> (u64, u64) {
    RUNS.last()
        .map_or((0, 0), |run| (run.first.major, run.first.minor))
}

/// Returns what is true of a version, or of the newest known one that is not newer; of the newest of all where the version is
/// not known.
///
/// # Panics
///
/// Never: there is a row.
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
