//! Traffic moves one way, to its end, and a client can send the header.

use super::Found;
use crate::kube::names::{is_header_name, is_header_value};
use crate::plan::duration::parse_duration;
use crate::plan::parse::Parts;
use crate::plan::written_shift::Header;
use crate::text::finding::Finding;

/// The share at which the canary has everything.
const ALL: u16 = 100;

pub(super) fn check(parts: &Parts, found: &mut Found) {
    let Some(shift) = &parts.shift else { return };
    let mut last_falls = false;
    for pair in shift.weights.windows(2) {
        let [before, after] = pair else { continue };
        last_falls = after.get_ref() <= before.get_ref();
        if last_falls {
            found.say(
                Finding::error("weights-fall", "weights must rise")
                    .label(format!("not above {}", before.get_ref().0))
                    .help(
                        "list the weights from small to large; going back is each step's rollback",
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
                .label(format!("{} % would stay on stable", ALL - last.get_ref().0))
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
                format!("`{}` is not a duration", soak.get_ref().escape_debug()),
            )
            .label("not numbers with the units h, m, s, from one second to one week")
            .help("write it as `15m` or `1h30m`"),
            soak,
        );
    }
    header(&shift.header, found);
}

/// A header is one that HTTP can carry.
pub(super) fn header(header: &Header, found: &mut Found) {
    let (name, value) = (&header.name, &header.value);
    if !is_header_name(name.get_ref()) {
        found.say(
            Finding::error(
                "bad-header-name",
                format!(
                    "`{}` cannot be a header's name",
                    name.get_ref().escape_debug()
                ),
            )
            .label("letters, digits and `-` do")
            .help("write a name as `x-canary`"),
            name,
        );
    }
    if !is_header_value(value.get_ref()) {
        found.say(
            Finding::error(
                "bad-header-value",
                format!(
                    "`{}` cannot be a header's value",
                    value.get_ref().escape_debug()
                ),
            )
            .label("visible ASCII without spaces around it, from 1 to 4096 characters")
            .help("write a value as `test`"),
            value,
        );
    }
}
