//! Compares a match of a rule with a request, and gives the precedence of two matches.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::listing::Wanted;
use crate::istio::RouteDialect;
use crate::state::{Match, NamedMatch};

/// A path condition, ready to be compared.
#[derive(Debug, Clone)]
pub(super) enum Path {
    Exact(String),
    /// Without the slash at its end; empty for every path.
    Prefix(String),
    /// A regular expression over the whole path; without one (invalid), nothing matches.
    Regex(String, Option<regex::Regex>),
}

/// A condition on a value.
#[derive(Debug, Clone)]
enum Text {
    Exact(String),
    Regex(Option<regex::Regex>),
}

/// One match, as Istio passes it to Envoy.
#[derive(Debug, Clone)]
pub(super) struct Conditions {
    pub path: Path,
    pub method: Option<String>,
    /// By their names as written: two spellings of one header are two conditions.
    headers: BTreeMap<String, Text>,
    query: BTreeMap<String, Text>,
}

/// The parts of a request that conditions check.
pub(super) struct RequestView<'a> {
    /// Normalised, without the query.
    pub path: &'a str,
    pub method: &'a str,
    pub headers: &'a Map<String, Value>,
    pub query: &'a Map<String, Value>,
}

fn whole(pattern: &str) -> Option<regex::Regex> {
    regex::Regex::new(&format!("^(?:{pattern})$")).ok()
}

fn texts(conditions: &[NamedMatch]) -> BTreeMap<String, Text> {
    let text = |one: &NamedMatch| match one.type_.as_deref() {
        Some("RegularExpression") => Text::Regex(whole(&one.value)),
        _ => Text::Exact(one.value.clone()),
    };
    conditions
        .iter()
        .map(|one| (one.name.clone(), text(one)))
        .collect()
}

impl Text {
    fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::Exact(wanted) => value == Some(wanted),
            Self::Regex(regex) => {
                value.is_some_and(|value| regex.as_ref().is_some_and(|regex| regex.is_match(value)))
            }
        }
    }
}

fn wanted(texts: &BTreeMap<String, Text>) -> Vec<(String, Wanted)> {
    let of = |text: &Text| match text {
        Text::Exact(text) => Wanted::Exact(text.clone()),
        Text::Regex(regex) => Wanted::Regex(regex.as_ref().map(ToString::to_string)),
    };
    texts
        .iter()
        .map(|(name, text)| (name.clone(), of(text)))
        .collect()
}

impl Conditions {
    /// Reads a match; nothing means a rule without matches, which matches every request.
    pub fn of(one: Option<&Match>) -> Self {
        let path = one.and_then(|m| m.path.as_ref());
        let value = path.and_then(|path| path.value.as_deref()).unwrap_or("/");
        let path = match path
            .and_then(|path| path.type_.as_deref())
            .unwrap_or("PathPrefix")
        {
            "Exact" => Path::Exact(value.to_owned()),
            "RegularExpression" => Path::Regex(value.to_owned(), whole(value)),
            _ => Path::Prefix(value.strip_suffix('/').unwrap_or(value).to_owned()),
        };
        Self {
            path,
            method: one.and_then(|m| m.method.clone()),
            headers: texts(one.map_or(&[], |m| &m.headers)),
            query: texts(one.map_or(&[], |m| &m.query_params)),
        }
    }

    pub fn holds(&self, seen: &RequestView<'_>) -> bool {
        let path = match &self.path {
            Path::Exact(path) => seen.path == path,
            Path::Prefix(prefix) => seen
                .path
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('/')),
            Path::Regex(_, regex) => regex
                .as_ref()
                .is_some_and(|regex| regex.is_match(seen.path)),
        };
        let header = |name: &str| {
            let found = seen
                .headers
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.and_then(|(_, value)| value.as_str())
        };
        path && self
            .method
            .as_ref()
            .is_none_or(|method| method == seen.method)
            && self
                .headers
                .iter()
                .all(|(name, text)| text.holds(header(name)))
            && self
                .query
                .iter()
                .all(|(name, text)| text.holds(seen.query.get(name).and_then(Value::as_str)))
    }

    /// Returns the header conditions.
    pub fn headers(&self) -> Vec<(String, Wanted)> {
        wanted(&self.headers)
    }

    /// Returns the query parameter conditions.
    pub fn query(&self) -> Vec<(String, Wanted)> {
        wanted(&self.query)
    }

    /// Whether it matches every request.
    pub fn is_catch_all(&self) -> bool {
        let path = match &self.path {
            Path::Exact(_) => false,
            Path::Prefix(prefix) => prefix.is_empty(),
            Path::Regex(pattern, _) => pattern == ".*",
        };
        path && self.method.is_none() && self.headers.is_empty() && self.query.is_empty()
    }

    /// Returns the sort key for precedence; equal matches keep their order.
    ///
    /// Source: `istio/istio:pilot/pkg/config/kube/gateway/conversion.go`, `sortHTTPRoutes`.
    pub fn rank(&self, dialect: RouteDialect) -> Reverse<(u8, usize, bool, usize, usize)> {
        let (kind, length) = match &self.path {
            Path::Exact(path) => (3, path.len()),
            Path::Prefix(prefix) => (2, prefix.len().max(1)),
            Path::Regex(pattern, _) => (1, pattern.len()),
        };
        Reverse((
            if dialect.ranks_by_type { kind } else { 0 },
            length,
            dialect.ranks_by_method && self.method.is_some(),
            self.headers.len(),
            self.query.len(),
        ))
    }
}
