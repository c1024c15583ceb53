//! Checks that paths and hostnames are valid for Gateway API, and unique.

use super::gateways::hostname;
use super::{Found, sound};
use crate::kube::names::path_problem;
use crate::plan::parse::Parts;
use crate::text::finding::Finding;

pub(super) fn check(parts: &Parts, found: &mut Found) {
    for route in sound(&parts.routes) {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for one in &route.matches {
            let table = one.get_ref();
            let (kind, path) = match (&table.exact, &table.prefix) {
                (Some(path), None) => ("exact", path),
                (None, Some(path)) => ("prefix", path),
                (both, _) => {
                    let message = if both.is_some() {
                        "a match has both `exact` and `prefix`"
                    } else {
                        "a match has neither `exact` nor `prefix`"
                    };
                    found.say(
                        Finding::error("match-form", message)
                            .label("use exactly one of them")
                            .help("write `{ exact = \"/…\" }` or `{ prefix = \"/…\" }`"),
                        one,
                    );
                    continue;
                }
            };
            if let Some(why) = path_problem(path.get_ref()) {
                found.say(
                    Finding::error(
                        "bad-path",
                        format!("`{}` is not a valid path", path.get_ref().escape_debug()),
                    )
                    .label(why)
                    .help("write the path of a URL without the query, such as `/api/v1/products`"),
                    path,
                );
            }
            // A trailing slash does not change a prefix.
            let value = if kind == "prefix" {
                path.get_ref().trim_end_matches('/')
            } else {
                path.get_ref()
            };
            if seen.contains(&(kind, value)) {
                found.say(
                    Finding::error(
                        "duplicate-match",
                        format!("`{kind} = \"{}\"` is given twice", path.get_ref()),
                    )
                    .label("second entry")
                    .help("remove one of them"),
                    path,
                );
            }
            seen.push((kind, value));
        }
        found.duplicates("hostname", route.hostnames.iter());
        for host in &route.hostnames {
            hostname(host, found);
        }
    }
}
