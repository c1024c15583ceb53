//! Which names, labels, hosts, headers and paths Kubernetes accepts.

/// A DNS label of RFC 1123: namespaces and most names.
#[must_use]
pub fn is_label(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.chars().all(|c| ends(c) || c == '-')
        && text.starts_with(ends)
        && text.ends_with(ends)
}

/// A DNS label of RFC 1035, which starts with a letter: Services.
#[must_use]
pub fn is_service_name(text: &str) -> bool {
    is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// A DNS subdomain of RFC 1123: most object names.
#[must_use]
pub fn is_subdomain(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=253).contains(&text.len())
        && text.split('.').all(|part| {
            part.chars().all(|c| ends(c) || c == '-')
                && part.starts_with(ends)
                && part.ends_with(ends)
        })
}

/// A hostname of Gateway API: a subdomain, which can start with `*.`, and not an IP address.
#[must_use]
pub fn is_hostname(text: &str) -> bool {
    let rest = text.strip_prefix("*.").unwrap_or(text);
    is_subdomain(rest) && text.parse::<std::net::IpAddr>().is_err()
}

/// An optional DNS subdomain and `/`, then a name.
#[must_use]
pub fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && !name.is_empty() && is_label_value(name),
        None => !text.is_empty() && is_label_value(text),
    }
}

/// Can be empty.
#[must_use]
pub fn is_label_value(text: &str) -> bool {
    text.is_empty()
        || (text.len() <= 63
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric()))
}

/// A token of RFC 9110, at most 256 characters (Gateway API, `HTTPHeaderName`).
#[must_use]
pub fn is_header_name(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// A value that a client can send: visible ASCII with inner spaces, at most 4096 bytes (Gateway API).
#[must_use]
pub fn is_header_value(text: &str) -> bool {
    (1..=4096).contains(&text.len())
        && text.chars().all(|c| c == ' ' || c.is_ascii_graphic())
        && text.trim() == text
}

/// Returns why Gateway API rejects a path; `None` if it accepts it.
///
/// Source: `kubernetes-sigs/gateway-api@v1.6.1:apis/v1/httproute_types.go`, the rules of `HTTPPathMatch`.
#[must_use]
pub fn path_problem(text: &str) -> Option<String> {
    if !text.starts_with('/') {
        return Some("must start with `/`".to_owned());
    }
    if text.len() > 1024 {
        return Some("longer than 1024 bytes".to_owned());
    }
    for part in ["//", "/./", "/../", "%2f", "%2F", "#"] {
        if text.contains(part) {
            return Some(format!("must not contain `{part}`"));
        }
    }
    for end in ["/..", "/."] {
        if text.ends_with(end) {
            return Some(format!("must not end in `{end}`"));
        }
    }
    // The character set of the CRDs from v0.8.0 on: pchar of RFC 3986 and `/`.
    let odd = text.char_indices().find(|(at, c)| {
        !(c.is_ascii_alphanumeric()
            || "-/._~!$&'()*+,;=:@".contains(*c)
            || (*c == '%' && is_escape(&text[*at..])))
    });
    odd.map(|(_, c)| format!("must not contain `{}`", c.escape_debug()))
}

fn is_escape(text: &str) -> bool {
    text.get(1..3)
        .is_some_and(|hex| hex.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_subdomains() {
        assert!(is_label("bookinfo-1-18-1") && is_label("1-18-1") && is_label(&"a".repeat(63)));
        for text in ["", "-a", "a-", "A", "a.b", "a_b", "ü", "a\n"] {
            assert!(!is_label(text), "{text}");
        }
        assert!(!is_label(&"a".repeat(64)));
        assert!(
            is_subdomain("bookinfo-1.30")
                && !is_subdomain("a..b")
                && !is_subdomain(".a")
                && !is_subdomain("a.-b")
        );
        assert!(is_service_name("a1") && !is_service_name("1a"));
        assert!(
            is_hostname("*.example.com")
                && !is_hostname("*")
                && !is_hostname("10.0.0.1")
                && !is_hostname("a.*.b")
        );
        assert!(
            is_label_key("meshplan.dev/pool")
                && !is_label_key("/pool")
                && !is_label_key("a/b/c")
                && !is_label_key("")
        );
        assert!(is_label_value("") && is_label_value("1_8.x") && !is_label_value("a b"));
    }

    #[test]
    fn paths_as_gateway_api_takes_them() {
        for text in [
            "/",
            "/productpage",
            "/api/v1/products",
            "/a%20b",
            "/a;b=c",
            "/a/",
        ] {
            assert_eq!(path_problem(text), None, "{text}");
        }
        for text in [
            "", "a", "/a//b", "/a/./b", "/a/../b", "/a%2fb", "/a#b", "/a/..", "/a/.", "/a b", "/ü",
            "/a?b", "/a%", "/a%g0",
        ] {
            assert!(path_problem(text).is_some(), "{text}");
        }
        assert!(path_problem(&format!("/{}", "a".repeat(1024))).is_some());
    }

    #[test]
    fn headers() {
        assert!(
            is_header_name("x-env")
                && !is_header_name("x env")
                && !is_header_name("")
                && !is_header_name("x:")
        );
        assert!(
            is_header_value("a b")
                && !is_header_value(" a")
                && !is_header_value("a\n")
                && !is_header_value("")
        );
    }
}
