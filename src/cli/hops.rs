//! `meshplan hops`: prints the upgrades between two versions, one supported upgrade on each line.

use std::fmt::Write as _;

use anyhow::{Result, anyhow, bail};
use semver::Version;

use super::output::{Exit, Shell};
use crate::istio::{
    Channel, Handover, Hop, Illegal, example_after, facts, handover, judge, minors,
};

pub(super) fn run(from: &str, to: &str, shell: &mut Shell) -> Result<Exit> {
    let (from, to) = (version(from)?, version(to)?);
    let hops = match judge(&from, &to) {
        Ok(()) => vec![Hop { from, to }],
        Err(Illegal::TooFar(hops)) => hops,
        Err(Illegal::NotNewer) => {
            shell.error(&anyhow!(
                "{to} is not newer than {from}; meshplan only upgrades, and steps have rollbacks"
            ));
            return Ok(Exit::Found);
        }
        Err(Illegal::CrossesRedirection) => {
            shell.error(&anyhow!(
                "no upgrade from {from} to {to} is possible: since 1.21 redirection is done inside \
                 the pods, and one istio-cni cannot serve ztunnels of both kinds; install {to} in \
                 another cluster{}",
                example_after(&from).map_or_else(String::new, |later| format!(
                    " ({from} can be upgraded to {later})"
                ))
            ));
            return Ok(Exit::Found);
        }
    };
    let mut text = String::new();
    let width = hops.iter().map(|hop| hop.from.to_string().len()).max();
    for hop in &hops {
        let (old, new) = hop.facts();
        let gateways = match handover(old, new) {
            Handover::Relabel => "each Gateway switches by its label",
            Handover::Tag | Handover::TagAfterRetirement => "Gateways follow the tag `default`",
            Handover::SecondGateway => "a second Gateway, or up to 30 s of lost requests",
        };
        let (first, last) = both(hop, Channel::Standard);
        writeln!(
            text,
            "{:width$} -> {:width$}  Gateway API v{first} to v{last}  {gateways}",
            hop.from.to_string(),
            hop.to.to_string(),
            width = width.unwrap_or(0).max(7),
        )?;
    }
    shell.print(&text)?;
    Ok(Exit::Fine)
}

/// Returns the first and the last release of a channel that both versions of a hop can read.
fn both(hop: &Hop, channel: Channel) -> (Version, Version) {
    let read = |text: &str| Version::parse(text).unwrap_or(Version::new(0, 0, 0));
    let (old, new) = hop.facts();
    let (old, new) = (old.bundles.of(channel), new.bundles.of(channel));
    (read(old.0).max(read(new.0)), read(old.1).min(read(new.1)))
}

fn version(text: &str) -> Result<Version> {
    let Ok(version) = Version::parse(text) else {
        bail!("`{text}` is not a version; write an Istio release, such as 1.30.3");
    };
    if facts(&version).is_none() {
        let known = minors();
        let end = |minor: Option<&(u64, u64)>| {
            minor.map_or_else(String::new, |(a, b)| format!("{a}.{b}"))
        };
        bail!(
            "meshplan does not know Istio {version}; it knows {} to {}",
            end(known.first()),
            end(known.last())
        );
    }
    Ok(version)
}
