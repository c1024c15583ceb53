//! The versions that an upgrade can go between, and the hops of longer upgrades.
//!
//! Sources: `istio.io:content/en/docs/ambient/upgrade/helm` (istio-cni and ztunnel of 1.x work with control
//! planes of 1.x and 1.x+1; revisions of the control plane alone may be two minors apart, which is useful for
//! sidecars only), and the protocol between istio-cni and ztunnel, which is new in 1.21
//! (`istio/ztunnel@1.21.0:proto/zds.proto`).

use semver::Version;

use super::versions::{Facts, facts_near, minors};

/// Why one plan cannot upgrade from one version to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Illegal {
    /// The target version is not newer.
    NotNewer,
    /// Redirection changes in between, so one istio-cni cannot serve both ztunnels.
    CrossesRedirection,
    /// The versions are more than one minor apart; the hops are allowed one by one.
    TooFar(Vec<Hop>),
}

/// One upgrade of a longer way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub from: Version,
    pub to: Version,
}

impl Hop {
    /// Returns the facts of both versions.
    #[must_use]
    pub fn facts(&self) -> (&'static Facts, &'static Facts) {
        (facts_near(Some(&self.from)), facts_near(Some(&self.to)))
    }
}

/// Checks whether one plan can upgrade from one version to another.
///
/// # Errors
///
/// Why not, with the allowed hops if there are any.
pub fn judge(from: &Version, to: &Version) -> Result<(), Illegal> {
    if to <= from {
        return Err(Illegal::NotNewer);
    }
    let in_pod = |version| facts_near(Some(version)).redirects_in_pod();
    if in_pod(from) != in_pod(to) {
        return Err(Illegal::CrossesRedirection);
    }
    if (to.major, to.minor) <= (from.major, from.minor + 1) {
        return Ok(());
    }
    let mut hops = Vec::new();
    let mut last = from.clone();
    for minor in from.minor + 1..to.minor {
        let next = newest_patch(from.major, minor);
        hops.push(Hop {
            from: last,
            to: next.clone(),
        });
        last = next;
    }
    hops.push(Hop {
        from: last,
        to: to.clone(),
    });
    Err(Illegal::TooFar(hops))
}

/// The newest released patch of each minor when the facts were gathered, in August 2026.
const NEWEST: [(u64, u64); 14] = [
    (18, 7),
    (19, 10),
    (20, 8),
    (21, 6),
    (22, 8),
    (23, 6),
    (24, 6),
    (25, 5),
    (26, 8),
    (27, 9),
    (28, 10),
    (29, 6),
    (30, 3),
    (31, 0),
];

/// The newest known patch of a minor; its first release if none is known.
fn newest_patch(major: u64, minor: u64) -> Version {
    let patch = NEWEST.iter().find(|(known, _)| *known == minor);
    Version::new(major, minor, patch.map_or(0, |(_, patch)| *patch))
}

/// Returns an example of a version to upgrade to: the newest patch of the next minor, or of the same minor;
/// nothing for the last known version.
#[must_use]
pub fn example_after(from: &Version) -> Option<Version> {
    let known = |version: &Version| minors().contains(&(version.major, version.minor));
    [from.minor + 1, from.minor]
        .map(|minor| newest_patch(from.major, minor))
        .into_iter()
        .find(|next| known(next) && judge(from, next).is_ok())
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::{Illegal, example_after, judge};

    fn version(text: &str) -> Version {
        Version::parse(text).expect(text)
    }

    #[test]
    fn one_minor_at_a_time_and_never_across_the_change_of_redirection() {
        let judge = |from: &str, to: &str| judge(&version(from), &version(to));
        assert_eq!(judge("1.18.0-alpha.0", "1.18.1"), Ok(()));
        assert_eq!(judge("1.29.6", "1.30.3"), Ok(()));
        assert_eq!(judge("1.29.6", "1.29.7"), Ok(()));
        assert_eq!(judge("1.29.6", "1.29.6"), Err(Illegal::NotNewer));
        assert_eq!(judge("1.30.3", "1.29.6"), Err(Illegal::NotNewer));
        assert_eq!(judge("1.20.8", "1.21.0"), Err(Illegal::CrossesRedirection));
        assert_eq!(judge("1.18.1", "1.30.3"), Err(Illegal::CrossesRedirection));
        let Err(Illegal::TooFar(hops)) = judge("1.27.9", "1.30.3") else {
            panic!("hops");
        };
        let hops: Vec<String> = hops
            .iter()
            .map(|hop| format!("{} {}", hop.from, hop.to))
            .collect();
        assert_eq!(hops, ["1.27.9 1.28.10", "1.28.10 1.29.6", "1.29.6 1.30.3"]);
    }

    #[test]
    fn every_hop_is_legal_by_itself() {
        let minors: Vec<u64> = (21..=31).collect();
        for from in &minors {
            for to in minors.iter().filter(|to| *to > from) {
                let (from, to) = (Version::new(1, *from, 0), Version::new(1, *to, 9));
                if let Err(Illegal::TooFar(hops)) = judge(&from, &to) {
                    assert_eq!(hops.first().map(|hop| &hop.from), Some(&from));
                    assert_eq!(hops.last().map(|hop| &hop.to), Some(&to));
                    for hop in &hops {
                        assert_eq!(judge(&hop.from, &hop.to), Ok(()), "{hop:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn examples_are_legal_releases() {
        for minor in 18..=30 {
            let from = Version::new(1, minor, 0);
            let after = example_after(&from).expect("a later release");
            assert_eq!(judge(&from, &after), Ok(()), "{from} {after}");
        }
        assert_eq!(example_after(&version("1.20.7")), Some(version("1.20.8")));
        assert_eq!(example_after(&version("1.20.8")), None);
        assert_eq!(example_after(&version("1.31.0")), None);
    }
}
