//! Host names as Istio compares them: as text, with a wildcard at the front.
//!
//! Source: `istio/istio:pkg/config/host/name.go`.

/// The wildcard for every host.
pub(super) const ANY: &str = "*";

fn wildcard(host: &str) -> Option<&str> {
    host.strip_prefix('*')
}

/// Whether every host of the first name also matches the second.
pub(super) fn subset(inner: &str, outer: &str) -> bool {
    match (wildcard(inner), wildcard(outer)) {
        (Some(inner), Some(outer)) => inner.len() >= outer.len() && inner.ends_with(outer),
        (Some(_), None) => false,
        (None, Some(outer)) => inner.len() >= outer.len() && inner.ends_with(outer),
        (None, None) => inner == outer,
    }
}

/// Whether some host matches both names.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    subset(one, other) || subset(other, one)
}

/// The hosts that match both names.
pub(super) fn intersection<'a>(one: &'a str, other: &'a str) -> Option<&'a str> {
    if subset(one, other) {
        Some(one)
    } else {
        subset(other, one).then_some(other)
    }
}

/// The virtual host that Envoy selects for a host: the exact one, else the longest wildcard, else the one for
/// all.
pub(super) fn pick<'a, T>(
    host: &str,
    all: impl Iterator<Item = (&'a str, &'a T)>,
) -> Option<&'a T> {
    all.filter(|(name, _)| {
        *name == host
            || wildcard(name).is_some_and(|end| {
                end.is_empty() || (host.len() > end.len() && host.ends_with(end))
            })
    })
    .max_by_key(|(name, _)| (*name == host, name.len()))
    .map(|(_, value)| value)
}

/// The host of a Host header, without its port, in lower case.
pub(super) fn of_header(host: &str) -> String {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let bare = if !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()) {
        name
    } else {
        host
    };
    bare.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{intersection, of_header, overlap, pick, subset};

    #[test]
    fn wildcards_contain_what_ends_like_them() {
        assert!(
            subset("a.example.com", "*.example.com") && !subset("example.com", "*.example.com")
        );
        assert!(
            subset("*.a.example.com", "*.example.com") && subset("x", "*") && !subset("*", "x")
        );
        assert!(overlap("*.com", "a.com") && !overlap("*.com", "a.org"));
        assert_eq!(
            intersection("*.com", "*.example.com"),
            Some("*.example.com")
        );
        assert_eq!(intersection("a.com", "b.com"), None);
    }

    #[test]
    fn the_most_specific_virtual_host_is_picked() {
        let hosts = ["*", "*.com", "*.example.com", "a.example.com"].map(|h| (h, h));
        let of = |host: &str| pick(host, hosts.iter().map(|(name, value)| (*name, value))).copied();
        assert_eq!(of("a.example.com"), Some("a.example.com"));
        assert_eq!(of("b.a.example.com"), Some("*.example.com"));
        assert_eq!(of("example.com"), Some("*.com"));
        assert_eq!(of("x.org"), Some("*"));
        assert_eq!(of_header("A.example.com:8080"), "a.example.com");
    }
}
