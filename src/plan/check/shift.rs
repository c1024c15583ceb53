//! Checks that the weights increase to 100, and that a client can send the header.

use super::Found;
use crate::kube::names::{is_header_name, is_header_value};
use crate::plan::duration::parse_duration;
use crate::plan::parse::Parts;
use crate::plan::written_shift::Header;
use crate::text::finding::Finding;

/// The percentage at which the canary gets all requests.
const ALL: u16 = 100;

pub(super) fn check(parts: &Parts, found: &mut Found) {
    let Some(shift) = &parts.shift else { return };
    let mut last_falls = false;
    for pair in shift.weights.windows(2) {
        let [before, after] = pair else { continue };
        last_falls = after.get_ref() <= before.get_ref();
        if last_falls {
            found.say(
                Finding::error("weights-fall", "weights must increase")
                    .label(format!("must be greater than {}", before.get_ref().0))
                    .help(
                        "list the weights in increasing order; the rollback of each step restores the weight before it",
                    ),
                after,
            );
        }
    }
    if let Some(last) = shift.weights.last()
        && !last_falls
        && !shift.weights.iter().any(|w| w.get_ref().0 == ALL)
    {
        found.say(
            Finding::error("weights-end", "weights must end at 100")
                .label(format!(
                    "{} % of the requests would stay on stable",
                    ALL - last.get_ref().0
                ))
                .help("add `100` at the end"),
            last,
        );
    }
    if let Some(soak) = &shift.soak
        && parse_duration(soak.get_ref()).is_none()
    {
        found.say(
            Finding::error(
                "bad-duration",
                format!(
                    "`{}` is not a valid duration",
                    soak.get_ref().escape_debug()
                ),
            )
            .label("must be numbers with the units h, m and s, from one second to one week")
            .help("write a duration such as `15m` or `1h30m`"),
            soak,
        );
    }
    header(&shift.header, found);
}

/// Checks that HTTP allows a header.
pub(super) fn header(header: &Header, found: &mut Found) {
    let (name, value) = (&header.name, &header.value);
    if !is_header_name(name.get_ref()) {
        found.say(
            Finding::error(
                "bad-header-name",
                format!(
                    "`{}` is not a valid header name",
                    name.get_ref().escape_debug()
                ),
            )
            .label("must be letters, digits and `-`")
            .help("write a name such as `x-canary`"),
            name,
        );
    }
    if !is_header_value(value.get_ref()) {
        found.say(
            Finding::error(
                "bad-header-value",
                format!(
                    "`{}` is not a valid header value",
                    value.get_ref().escape_debug()
                ),
            )
            .label("must be 1 to 4096 visible ASCII characters, without spaces at the start or the end")
            .help("write a value such as `test`"),
            value,
        );
    }
}
