//! Checks that Kubernetes accepts all names, with the prefixes and suffixes that meshplan and Istio add.

use toml::Spanned;

use super::{Found, sound};
use crate::kube::names::{is_label, is_service_name, is_subdomain};
use crate::plan::parse::Parts;
use crate::plan::written::Revision;
use crate::text::finding::Finding;

/// The maximum length of the name of a Namespace or a Service, or of a label value (RFC 1123).
const LABEL: usize = 63;

#[derive(Clone, Copy)]
enum Form {
    Label,
    Service,
    Subdomain,
}

pub(super) fn check(parts: &Parts, found: &mut Found) {
    if let Some(name) = &parts.name {
        form(name, "plan name", Form::Subdomain, found);
    }
    if let Some(istio) = &parts.istio {
        for namespace in istio
            .namespace
            .iter()
            .chain(istio.cni.exclude_namespaces.iter().flatten())
        {
            form(namespace, "namespace", Form::Label, found);
        }
        if let Some(hub) = &istio.hub {
            registry(hub, found);
        }
    }
    let revisions: Vec<Revision> = [
        parts.stable.as_ref().map(|s| s.revision()),
        parts.canary.as_ref().map(|c| c.revision()),
    ]
    .into_iter()
    .flatten()
    .collect();
    for revision in &revisions {
        check_revision(revision, found);
    }
    if let [stable, canary] = revisions.as_slice()
        && stable.name() == canary.name()
        && (stable.given.is_some() || canary.given.is_some())
    {
        let culprit = canary.given.or(stable.given).unwrap_or(canary.version);
        found.say(
            Finding::error(
                "same-revision",
                format!("both revisions have the name `{}`", canary.name()),
            )
            .label("the other revision has the same name")
            .help("remove `revision`: the default name comes from the version"),
            culprit,
        );
    }

    found.duplicates("workload", sound(&parts.workloads).map(|w| &w.name));
    found.duplicates("gateway", sound(&parts.gateways).map(|g| &g.name));
    found.duplicates("probe", sound(&parts.probes).map(|p| &p.name));
    for workload in sound(&parts.workloads) {
        form(&workload.name, "workload name", Form::Label, found);
        form(&workload.namespace, "namespace", Form::Label, found);
        for revision in &revisions {
            let full = format!("{}-{}", workload.namespace.get_ref(), revision.name());
            room(&workload.namespace, &full, "its namespace is named", found);
        }
    }
    for gateway in sound(&parts.gateways) {
        form(&gateway.name, "gateway name", Form::Service, found);
        form(&gateway.namespace, "namespace", Form::Label, found);
        let class = gateway.class.as_ref().map_or("istio", |c| c.get_ref());
        let full = format!("{}-{class}", gateway.name.get_ref());
        room(&gateway.name, &full, "its Service is named", found);
        if let Some(class) = &gateway.class {
            form(class, "gateway class", Form::Subdomain, found);
        }
        found.duplicates("listener", gateway.listener.iter().map(|l| &l.name));
        for listener in &gateway.listener {
            form(&listener.name, "listener name", Form::Subdomain, found);
        }
    }
    for route in sound(&parts.routes) {
        form(&route.name, "route name", Form::Subdomain, found);
        form(&route.namespace, "namespace", Form::Label, found);
        form(&route.backend.service, "Service name", Form::Service, found);
    }
    let mut routes: Vec<(&str, &str)> = Vec::new();
    for route in sound(&parts.routes) {
        let identity = (
            route.namespace.get_ref().as_str(),
            route.name.get_ref().as_str(),
        );
        if routes.contains(&identity) {
            found.say(
                Finding::error(
                    "duplicate-name",
                    format!("two routes have the name `{}/{}`", identity.0, identity.1),
                )
                .label("second use of this name")
                .help("rename this route"),
                &route.name,
            );
        }
        routes.push(identity);
    }
}

fn check_revision(revision: &Revision, found: &mut Found) {
    let name = revision.name();
    if let Some(given) = revision.given {
        form(given, "revision name", Form::Label, found);
        if name == "default" && !revision.existing {
            found.say(
                Finding::error("bad-name", "a revision cannot have the name `default`")
                    .label("Istio uses this name for an installation without a revision")
                    .help("remove `revision`, or choose another name"),
                given,
            );
        }
    }
    // `ztunnel-` is the longest prefix of a revision name in a label.
    room(
        revision.given.unwrap_or(revision.version),
        &format!("ztunnel-{name}"),
        "its ztunnel is named",
        found,
    );
}

/// A registry is `host[:port][/path]`; the name of an image is appended to it.
fn registry(hub: &Spanned<String>, found: &mut Found) {
    let text = hub.get_ref();
    let is_part = |part: &str| {
        let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
        !part.is_empty() && part.chars().all(inside)
    };
    let (host, path) = text.split_once('/').unwrap_or((text, "-"));
    let host = host
        .rsplit_once(':')
        .filter(|(_, port)| port.parse::<u16>().is_ok())
        .map_or(host, |(host, _)| host);
    if is_part(host) && path.split('/').all(is_part) {
        return;
    }
    let trimmed = text
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_lowercase();
    found.say(
        Finding::error(
            "bad-hub",
            format!("`{}` is not a valid image registry", text.escape_debug()),
        )
        .label("must be `host/path` in lower case, without scheme, tag or trailing `/`")
        .help(if trimmed == *text {
            "write a registry such as `registry.example/istio`".to_owned()
        } else {
            format!("write `{trimmed}`")
        }),
        hub,
    );
}

fn form(name: &Spanned<String>, what: &str, form: Form, found: &mut Found) {
    let text = name.get_ref();
    let (fits, rule) = match form {
        Form::Label => (
            is_label(text),
            "lower-case letters, digits and `-`, at most 63, starting and ending with a letter or digit",
        ),
        Form::Service => (
            is_service_name(text),
            "lower-case letters, digits and `-`, at most 63, starting with a letter and not ending with `-`",
        ),
        Form::Subdomain => (
            is_subdomain(text),
            "lower-case letters, digits, `-` and `.`, each part starting and ending with a letter or digit",
        ),
    };
    if !fits {
        let help = match suggestion(text).filter(|s| s != text) {
            Some(better) => format!("write `{better}`"),
            None => "choose another name".to_owned(),
        };
        found.say(
            Finding::error(
                "bad-name",
                format!("`{}` is not a valid {what}", text.escape_debug()),
            )
            .label(format!("must be {rule}"))
            .help(help),
            name,
        );
    }
}

/// Returns a similar valid name, if there is an obvious one.
fn suggestion(text: &str) -> Option<String> {
    let lower: String = text
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let trimmed = lower.trim_matches('-');
    (is_service_name(trimmed)).then(|| trimmed.to_owned())
}

fn room(name: &Spanned<String>, full: &str, what: &str, found: &mut Found) {
    if full.len() > LABEL {
        found.say(
            Finding::error("name-too-long", format!("`{}` is too long", name.get_ref()))
                .label(format!(
                    "{what} `{full}`, which has {} characters; the maximum is {LABEL}",
                    full.len()
                ))
                .help(format!(
                    "make the name {} characters shorter",
                    full.len() - LABEL
                )),
            name,
        );
    }
}
