//! Checks that ambient supports the upgrade between the versions, and that both can read the Gateway API
//! bundle.

use semver::Version;
use toml::Spanned;

use super::Found;
use crate::istio::{
    Bundle, Channel, Facts, Illegal, bundle, example_after, facts, is_untried, judge, minors,
    newest_minor,
};
use crate::plan::parse::Parts;
use crate::text::finding::Finding;

/// Facts about the versions of the plan.
pub(super) struct PlanFacts {
    pub stable: &'static Facts,
    pub canary: &'static Facts,
    pub bundle: Bundle,
    /// Whether this upgrade is supported.
    pub legal: bool,
}

pub(super) struct Known {
    version: Version,
    facts: &'static Facts,
}

pub(super) fn check(parts: &Parts, found: &mut Found) -> (Option<PlanFacts>, Option<Bundle>) {
    let stable = parts.stable.as_ref().map(|s| (&s.version, s.like.as_ref()));
    let canary = parts.canary.as_ref().map(|c| (&c.version, c.like.as_ref()));
    let [stable, canary] = [stable, canary].map(|revision| {
        let (text, like) = revision?;
        Some((text, known(text, like, found)))
    });
    let api = parts.gateway_api.as_ref();
    let bundle = api.and_then(|api| known_bundle(&api.bundle, found));

    let mut legal = false;
    if let (Some((_, Some(old))), Some((text, Some(new)))) = (&stable, &canary) {
        legal = distance(&old.version, &new.version, text, found);
    }
    if let (Some(api), Some(bundle)) = (api, &bundle) {
        for (text, known) in [&stable, &canary].into_iter().flatten() {
            if let Some(known) = known {
                suits(
                    bundle,
                    *api.channel.get_ref(),
                    known.facts,
                    text,
                    &api.bundle,
                    found,
                );
            }
        }
    }
    let row = |revision: Option<(_, Option<Known>)>| Some(revision?.1?.facts);
    let facts =
        row(stable)
            .zip(row(canary))
            .zip(bundle.clone())
            .map(|((stable, canary), bundle)| PlanFacts {
                stable,
                canary,
                bundle,
                legal,
            });
    (facts, bundle)
}

fn known(
    text: &Spanned<String>,
    like: Option<&Spanned<String>>,
    found: &mut Found,
) -> Option<Known> {
    let version = well_formed(text, found)?;
    let (major, newest) = newest_minor();
    let newest_text = format!("{major}.{newest}");
    if let Some(facts) = facts(&version) {
        if let Some(like) = like {
            found.say(
                Finding::warning(
                    "like-not-needed",
                    format!("`like` is not needed for Istio {version}"),
                )
                .label(format!("meshplan knows {version}"))
                .help("remove `like`"),
                like,
            );
        }
        if is_untried(&version) {
            let release = Version::new(version.major, version.minor, version.patch);
            found.say(
                Finding::warning("pre-release", format!("Istio {version} is a pre-release"))
                    .label(format!("meshplan assumes that it behaves as {release}"))
                    .help(format!("upgrade to {release} or a later patch")),
                text,
            );
        }
        return Some(Known { version, facts });
    }
    // For another major, no assumption is possible.
    let is_newer = version.major == major && version.minor > newest;
    match like {
        Some(like) if is_newer && *like.get_ref() == newest_text => {
            let facts = facts(&Version::new(major, newest, 0))?;
            return Some(Known { version, facts });
        }
        Some(like) if is_newer => found.say(
            Finding::error(
                "bad-like",
                format!("`like` cannot be `{}`", like.get_ref().escape_debug()),
            )
            .label("must be the newest minor that meshplan knows")
            .help(format!("write `{newest_text}`")),
            like,
        ),
        _ => {
            let unknown = Finding::error(
                "unknown-version",
                format!("meshplan does not know Istio {version}"),
            );
            let first = minors().first().map_or(0, |(_, minor)| *minor);
            found.say(
                if is_newer {
                    unknown
                        .label(format!(
                            "newer than {newest_text}, the newest minor that meshplan knows"
                        ))
                        .help(format!(
                            "update meshplan, or add `like = \"{newest_text}\"`: meshplan then \
                             treats this version as {newest_text}"
                        ))
                } else if version.major > major {
                    unknown
                        .label(format!(
                            "the newest minor that meshplan knows is {newest_text}"
                        ))
                        .help("update meshplan")
                } else {
                    unknown
                        .label(format!("ambient mode was added in {major}.{first}"))
                        .help(format!(
                            "use a version from {major}.{first} to {newest_text}"
                        ))
                },
                text,
            );
        }
    }
    None
}

/// Parses `MAJOR.MINOR.PATCH` with an optional pre-release.
fn well_formed(text: &Spanned<String>, found: &mut Found) -> Option<Version> {
    let Ok(version) = Version::parse(text.get_ref()) else {
        let help = match Version::parse(&format!("{}.0", text.get_ref())) {
            Ok(version) => format!("write the patch version too, such as `{version}`"),
            Err(_) => match text.get_ref().strip_prefix('v').map(Version::parse) {
                Some(Ok(version)) => format!("write `{version}`"),
                _ => "write an Istio release, such as `1.30.3`".to_owned(),
            },
        };
        found.say(
            Finding::error(
                "bad-version",
                format!("`{}` is not a version", text.get_ref().escape_debug()),
            )
            .label("must have the form MAJOR.MINOR.PATCH")
            .help(help),
            text,
        );
        return None;
    };
    if !version.build.is_empty() {
        found.say(
            Finding::error("bad-version", format!("`{version}` has build metadata"))
                .label("an image tag cannot contain `+`")
                .help(format!(
                    "write `{}.{}.{}`",
                    version.major, version.minor, version.patch
                )),
            text,
        );
        return None;
    }
    Some(version)
}

/// Returns whether the upgrade is supported; reports the reason if not.
fn distance(old: &Version, new: &Version, text: &Spanned<String>, found: &mut Found) -> bool {
    let Err(illegal) = judge(old, new) else {
        return true;
    };
    let finding = match illegal {
        Illegal::NotNewer => Finding::error(
            "not-an-upgrade",
            format!("the canary version {new} is not newer than the stable version {old}"),
        )
        .label(if new == old {
            "same version as stable"
        } else {
            "older than stable"
        })
        .help(example_after(old).map_or_else(
            || format!("use a version after {old}"),
            |later| format!("use a later version, such as `{later}`"),
        )),
        Illegal::CrossesRedirection => Finding::error(
            "crosses-redirection",
            format!("no upgrade from {old} to {new} is possible"),
        )
        .label("since 1.21 redirection is done inside the pods, and one istio-cni cannot serve ztunnels of both kinds")
        .help(example_after(old).map_or_else(
            || format!("install {new} in another cluster, and move the workloads there"),
            |later| format!("install {new} in another cluster, and move the workloads there; this \
                             mesh can be upgraded to `{later}`"),
        )),
        Illegal::TooFar(hops) => {
            let way: Vec<String> = hops.iter().map(|hop| hop.to.to_string()).collect();
            Finding::error(
                "skew",
                format!("the upgrade from {old} to {new} spans more than one minor"),
            )
            .label("ztunnel and istio-cni support a control plane of the same minor or the next one")
            .help(format!(
                "write `{}` here, then continue with one plan for each of {}{}",
                way[0],
                way[1..].join(", "),
                if facts(new).is_some() {
                    format!("; see `meshplan hops {old} {new}`")
                } else {
                    String::new()
                }
            ))
        }
    };
    found.say(finding, text);
    false
}

pub(super) fn known_bundle(text: &Spanned<String>, found: &mut Found) -> Option<Bundle> {
    bundle(text.get_ref())
        .map_err(|why| {
            let finding = Finding::error(
                "unknown-bundle",
                format!(
                    "Gateway API bundle `{}` is unknown",
                    text.get_ref().escape_debug()
                ),
            );
            found.say(
                finding
                    .label(why)
                    .help("write the release that the cluster has, or a newer one"),
                text,
            );
        })
        .ok()
}

fn suits(
    bundle: &Bundle,
    channel: Channel,
    facts: &Facts,
    version: &Spanned<String>,
    at: &Spanned<String>,
    found: &mut Found,
) {
    if facts.bundles.reads(channel, &bundle.version, false) {
        return;
    }
    let (first, last) = facts.bundles.of(channel);
    found.say(
        Finding::error(
            "bundle-unsuitable",
            format!(
                "Istio {} cannot read Gateway API bundle v{}",
                version.get_ref(),
                bundle.version
            ),
        )
        .label(format!(
            "it can read v{first} to v{last} of the {} channel",
            channel.as_str()
        ))
        .help("use a bundle that both revisions can read"),
        at,
    );
}
