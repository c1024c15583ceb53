//! Applies filters to a request: redirects, rewrites, and the path as Envoy sees it.

use crate::state::{PathModifier, RouteRule};

use super::Forwarded;
use super::matching::Path;

/// Normalises a path as Istio's gateways do before they compare and forward it: dot segments are resolved,
/// unnecessary escapes are decoded, `\` becomes `/`; `//`, `%2F` and `;` stay.
///
/// Source: `pathNormalization: BASE`, the default of every version, as Envoy implements it
/// (`normalize_path`).
pub(super) fn normalise(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut plain = String::with_capacity(path.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = path
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(code)) => {
                let unreserved = code.is_ascii_alphanumeric() || b"-._~".contains(&code);
                if unreserved {
                    plain.push(char::from(code));
                } else {
                    plain.push_str(&path[at..at + 3]);
                }
                at += 3;
            }
            (b'\\', _) => {
                plain.push('/');
                at += 1;
            }
            _ => {
                let c = path[at..].chars().next().unwrap_or_default();
                plain.push(c);
                at += c.len_utf8();
            }
        }
    }
    let mut parts: Vec<&str> = Vec::new();
    let segments: Vec<&str> = plain.split('/').skip(1).collect();
    for (number, segment) in segments.iter().enumerate() {
        let last = number + 1 == segments.len();
        match *segment {
            "." if last => parts.push(""),
            "." => {}
            ".." => {
                parts.pop();
                if last {
                    parts.push("");
                }
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The target that a redirect or rewrite starts from.
pub(super) struct Destination<'a> {
    pub host: &'a str,
    pub path: &'a str,
    /// Including the `?`, or empty.
    pub query: &'a str,
    pub port: u64,
    pub tls: bool,
}

/// The part of a path that a match covers: the whole path, or the prefix.
fn replaced(matched: &Path, path: &str, new: &str) -> String {
    match matched {
        // The prefix `/` is matched as text, so its slash is replaced as well.
        Path::Prefix(prefix) if prefix.is_empty() => {
            format!("{new}{}", path.strip_prefix('/').unwrap_or(path))
        }
        Path::Prefix(prefix) => format!(
            "{new}{}",
            path.strip_prefix(prefix.as_str()).unwrap_or_default()
        ),
        _ => new.to_owned(),
    }
}

/// Returns the status and the Location of a rule's redirect, if it has one.
///
/// Source: `createRedirectFilter` and `ApplyRedirect` in Istio, `RedirectAction` in Envoy.
pub(super) fn redirect(
    rule: &RouteRule,
    matched: &Path,
    target: &Destination<'_>,
) -> Option<(u16, String)> {
    let filter = rule
        .filters
        .iter()
        .filter_map(|filter| filter.request_redirect.as_ref())
        .next_back()?;
    let own = if target.tls { "https" } else { "http" };
    let scheme = filter.scheme.as_deref().unwrap_or(own);
    let port = match (filter.port, &filter.scheme) {
        (Some(port), _) => Some(port),
        (None, Some(_)) => None,
        (None, None) => Some(target.port),
    };
    let port =
        port.filter(|port| (*port, scheme) != (80, "http") && (*port, scheme) != (443, "https"));
    let host = filter.hostname.as_deref().unwrap_or(target.host);
    let (name, of_host) = host.rsplit_once(':').unwrap_or((host, ""));
    let host = match port {
        Some(port) => format!("{name}:{port}"),
        // The Host header stays, except for the default port of the previous scheme.
        None if of_host.is_empty() || (of_host == "80" && own == "http" && scheme != own) => {
            name.to_owned()
        }
        None => host.to_owned(),
    };
    let path = match &filter.path {
        Some(PathModifier {
            replace_full_path: Some(path),
            ..
        }) => path.clone(),
        // Envoy appends the rest unchanged: a slash at the end results in two.
        Some(PathModifier {
            replace_prefix_match: Some(new),
            ..
        }) if !new.is_empty() => replaced(matched, target.path, new),
        _ => target.path.to_owned(),
    };
    let status = filter.status_code.unwrap_or(302);
    Some((status, format!("{scheme}://{host}{path}{}", target.query)))
}

/// Returns the request at the backend if a rule rewrites it, or if normalisation changed the path.
///
/// Source: `createRewriteFilter` and `applyHTTPRouteDestination` in Istio.
pub(super) fn forwarded(
    rule: &RouteRule,
    matched: &Path,
    sent: &str,
    target: &Destination<'_>,
) -> Option<Forwarded> {
    let filter = rule
        .filters
        .iter()
        .filter_map(|filter| filter.url_rewrite.as_ref())
        .next_back();
    let path = match filter.and_then(|filter| filter.path.as_ref()) {
        Some(PathModifier {
            replace_full_path: Some(path),
            ..
        }) => path.clone(),
        Some(PathModifier {
            replace_prefix_match: Some(new),
            ..
        }) => match new.strip_suffix('/').unwrap_or(new) {
            // If the prefix is removed, the path must still start with one slash.
            "" => {
                let rest = replaced(matched, target.path, "");
                format!("/{}", rest.strip_prefix('/').unwrap_or(&rest))
            }
            new => replaced(matched, target.path, new),
        },
        _ => target.path.to_owned(),
    };
    let host = filter
        .and_then(|filter| filter.hostname.clone())
        .filter(|host| host != target.host);
    let path = (path != sent).then(|| format!("{path}{}", target.query));
    (path.is_some() || host.is_some()).then_some(Forwarded { path, host })
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn paths_are_compared_normalised() {
        for (sent, seen) in [
            ("/a/./b", "/a/b"),
            ("/a/x/../b", "/a/b"),
            ("/a/%62", "/a/b"),
            ("/a//b", "/a//b"),
            ("/a%2Fb", "/a%2Fb"),
            ("/a;b", "/a;b"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("/../a", "/a"),
            ("/", "/"),
            ("/ü%", "/ü%"),
        ] {
            assert_eq!(normalise(sent), seen, "{sent}");
        }
    }
}
