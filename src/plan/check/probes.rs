//! Checks that probes are valid requests, and that samples are large enough.

use super::{Found, shift, sound};
use crate::plan::parse::Parts;
use crate::plan::sample::bounds;
use crate::plan::written_shift::Sample;
use crate::text::finding::Finding;

/// The percentage at which the canary gets all requests.
const ALL: u16 = 100;

/// The maximum sample size in a plan.
const LARGEST: u16 = 10_000;

pub(super) fn check(parts: &Parts, found: &mut Found) {
    for probe in sound(&parts.probes) {
        let url = probe.url.get_ref();
        let rest = url
            .strip_prefix("http://")
            .or_else(|| url.strip_prefix("https://"));
        if !rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic()))
        {
            found.say(
                Finding::error(
                    "bad-url",
                    format!("`{}` is not a valid URL for a probe", url.escape_debug()),
                )
                .label("must be http:// or https://, then a host")
                .help("write a URL such as `http://172.18.255.202/productpage`"),
                &probe.url,
            );
        }
        let sampled = probe.sample.as_ref();
        let mark = sampled.map(|sample| &sample.canary);
        let texts = [
            Some(&probe.name),
            probe.expect.contains.as_ref(),
            mark.and_then(|mark| mark.contains.as_ref()),
        ];
        for text in texts.into_iter().flatten() {
            if text.get_ref().is_empty() || text.get_ref().chars().any(char::is_control) {
                found.say(
                    Finding::error("bad-text", "the text is empty or has control characters")
                        .label("must be one line of text")
                        .help("write one line of text"),
                    text,
                );
            }
        }
        let headers = [
            probe.expect.header.as_ref(),
            mark.and_then(|mark| mark.header.as_ref()),
        ];
        for header in headers.into_iter().flatten() {
            shift::header(header, found);
        }
        if let Some(one) = sampled {
            sample(parts, one, found);
        }
    }
}

/// Checks that a sample distinguishes the answers of the canary from those of stable, and each weight from
/// none and all.
fn sample(parts: &Parts, sample: &Sample, found: &mut Found) {
    let requests = &sample.requests;
    if sample.canary.contains.is_some() == sample.canary.header.is_some() {
        found.say(
            Finding::error("bad-sample", "a sample must have exactly one mark for the answers of the canary")
                .label("`canary` has both `contains` and `header`, or neither")
                .help("write `canary = { contains = \"…\" }`, or `canary = { header = { name = \"…\", value = \"…\" } }`"),
            requests,
        );
    }
    let Some(shift) = &parts.shift else {
        if parts.stable.is_some() {
            found.say(
                Finding::warning("sample-not-needed", "this plan shifts no traffic")
                    .label("there is no share to measure")
                    .help("remove `sample`"),
                requests,
            );
        }
        return;
    };
    let count = requests.get_ref().0;
    let vague = |percent: u16| {
        let (least, most) = bounds(count, percent);
        percent < ALL && (least == 0 || most == count)
    };
    let weights = shift.weights.iter().map(|weight| weight.get_ref().0);
    if let Some(percent) = weights.into_iter().find(|percent| vague(*percent)) {
        let enough = (1..=LARGEST).find(|count| {
            let (least, most) = bounds(*count, percent);
            least > 0 && most < *count
        });
        found.say(
            Finding::error(
                "bad-sample",
                format!("{count} requests are too few to tell {percent} % from none or all"),
            )
            .label("the count could be none or all by chance")
            .help(match enough {
                Some(enough) => format!("write {enough} or more"),
                None => "use a larger first weight".to_owned(),
            }),
            requests,
        );
    }
}
