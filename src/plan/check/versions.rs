//! The two versions are an upgrade that ambient allows, and the Gateway API bundle suits both.

use semver::Version;
use toml::Spanned;

use super::Found;
use crate::finding::Finding;
use crate::istio::{Bundle, Channel, Facts, Handover, bundle, facts, known_versions};
use crate::plan::parse::Parts;

/// What the rows say of the plan's versions.
pub(super) struct PlanFacts {
    pub stable: &'static Facts,
    pub canary: &'static Facts,
    pub bundle: Bundle,
}

pub(super) fn check(parts: &Parts, found: &mut Found) -> (Option<PlanFacts>, Option<Bundle>) {
    let stable = parts.stable.as_ref().map(|s| &s.version);
    let canary = parts.canary.as_ref().map(|c| &c.version);
    let stable = stable.map(|text| (text, known(text, found)));
    let canary = canary.map(|text| (text, known(text, found)));
    let api = parts.gateway_api.as_ref();
    let bundle = api.and_then(|api| known_bundle(&api.bundle, found));

    if let (Some((_, Some(old))), Some((text, Some(new)))) = (&stable, &canary) {
        distance(&old.0, &new.0, text, found);
    }
    if let Some((text, Some((_, facts)))) = &stable
        && facts.handover == Handover::SecondGateway
    {
        found.say(
            Finding::error("not-yet", "gateways cannot leave this version without losing requests")
                .label("its istiod drops a gateway's listeners as soon as the gateway changes its revision")
                .help("upgrade in place to the newest patch of this minor first; a second gateway is not built yet"),
            text,
        );
    }
    if let (Some(api), Some(bundle)) = (api, &bundle) {
        for (text, known) in [&stable, &canary].into_iter().flatten() {
            if let Some((_, facts)) = known {
                suits(
                    bundle,
                    *api.channel.get_ref(),
                    facts,
                    text,
                    &api.bundle,
                    found,
                );
            }
        }
    }
    let row = |revision: Option<(_, Option<(Version, &'static Facts)>)>| Some(revision?.1?.1);
    let facts =
        row(stable)
            .zip(row(canary))
            .zip(bundle.clone())
            .map(|((stable, canary), bundle)| PlanFacts {
                stable,
                canary,
                bundle,
            });
    (facts, bundle)
}

fn known(text: &Spanned<String>, found: &mut Found) -> Option<(Version, &'static Facts)> {
    let Ok(version) = Version::parse(text.get_ref()) else {
        let help = match Version::parse(&format!("{}.0", text.get_ref())) {
            Ok(version) => format!("give the patch as well, as `{version}`"),
            Err(_) => match text.get_ref().strip_prefix('v').map(Version::parse) {
                Some(Ok(version)) => format!("write `{version}`"),
                _ => "write an Istio release, as `1.30.3`".to_owned(),
            },
        };
        found.say(
            Finding::error(
                "bad-version",
                format!("`{}` is not a version", text.get_ref().escape_debug()),
            )
            .label("not of the form MAJOR.MINOR.PATCH")
            .help(help),
            text,
        );
        return None;
    };
    if !version.build.is_empty() {
        found.say(
            Finding::error("bad-version", format!("`{version}` has build metadata"))
                .label("a `+` cannot stand in the tag of an image")
                .help(format!(
                    "write `{}.{}.{}`",
                    version.major, version.minor, version.patch
                )),
            text,
        );
        return None;
    }
    let Some(facts) = facts(&version) else {
        found.say(
            Finding::error(
                "unknown-version",
                format!("meshplan does not know Istio {version}"),
            )
            .label("no facts about this version")
            .help(format!("known versions: {}", known_versions())),
            text,
        );
        return None;
    };
    Some((version, facts))
}

/// Source: `istio.io:content/en/docs/ambient/upgrade/helm`: istio-cni and ztunnel of 1.x work with control planes of 1.x
/// and 1.x+1.
fn distance(old: &Version, new: &Version, text: &Spanned<String>, found: &mut Found) {
    if new <= old {
        let what = if new == old {
            "the same version as stable"
        } else {
            "older than stable"
        };
        found.say(
            Finding::error(
                "not-an-upgrade",
                format!("the canary {new} is not newer than the stable {old}"),
            )
            .label(what)
            .help(format!("give a version after {old}")),
            text,
        );
    } else if (new.major, new.minor) > (old.major, old.minor + 1) {
        found.say(
            Finding::error(
                "skew",
                format!("from {old} to {new} is more than one minor"),
            )
            .label("ztunnel and istio-cni work with a control plane of their own or the next minor")
            .help(format!(
                "upgrade to a {}.{} first",
                old.major,
                old.minor + 1
            )),
            text,
        );
    }
}

fn known_bundle(text: &Spanned<String>, found: &mut Found) -> Option<Bundle> {
    bundle(text.get_ref())
        .map_err(|why| {
            let finding = Finding::error(
                "unknown-bundle",
                format!(
                    "no facts about the Gateway API bundle `{}`",
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
    let (first, last) = match channel {
        Channel::Standard => facts.standard,
        Channel::Experimental => facts.experimental,
    };
    let inside = |limit: &str, from: bool| {
        Version::parse(limit).is_ok_and(|limit| {
            if from {
                bundle.version >= limit
            } else {
                bundle.version <= limit
            }
        })
    };
    if !(inside(first, true) && inside(last, false)) {
        found.say(
            Finding::error(
                "bundle-unsuitable",
                format!(
                    "Istio {} cannot read the Gateway API bundle v{}",
                    version.get_ref(),
                    bundle.version
                ),
            )
            .label(format!(
                "it reads v{first} to v{last} of the {} channel",
                channel.as_str()
            ))
            .help("give a bundle that both revisions read"),
            at,
        );
    }
}
