//! Checks the user's chart values: they are readable, do not contradict the plan, and are known to both
//! versions.

use std::rc::Rc;

use serde_json::{Value, json};
use toml::Spanned;

use super::versions::PlanFacts;
use super::{Files, Found, decided};
use crate::kube::schema::Schemas;
use crate::plan::parse::Parts;
use crate::plan::values::{Component, Values, ValuesFile};
use crate::plan::written::ZtunnelForm;
use crate::plan::ztunnel_values::{self, ChartValue};
use crate::text::finding::Finding;
use crate::text::source::{Source, Sources};
use crate::text::yaml;

/// Reads every file of values that the plan names.
pub(super) fn check(
    parts: &Parts,
    files: &Files<'_>,
    facts: Option<&PlanFacts>,
    schemas: Option<&Schemas>,
    sources: &mut Sources,
    found: &mut Found,
) -> Values {
    let Some(istio) = &parts.istio else {
        return Values::default();
    };
    let own = istio.values.as_ref();
    let mut values = Values::default();
    for component in [Component::Istiod, Component::Cni, Component::Ztunnel] {
        let Some(name) = own.and_then(|own| own.of(component)) else {
            continue;
        };
        values
            .files
            .extend(load(component, name, files, sources, found));
    }
    for file in &values.files {
        decided::check(parts, file, found);
        if let Some(facts) = facts {
            known(parts, file, facts, schemas, found);
        }
    }
    agreement(&values, found);
    if let (Some(facts), Some(api)) = (facts, &parts.gateway_api) {
        alpha(parts, &values, facts, *api.channel.get_ref(), found);
    }
    values
}

fn load(
    component: Component,
    name: &Spanned<String>,
    files: &Files<'_>,
    sources: &mut Sources,
    found: &mut Found,
) -> Option<ValuesFile> {
    let path = name.get_ref();
    let shown = files.shown(path);
    let text = match (files.read)(path) {
        Ok(text) => text,
        Err(error) => {
            found.say(
                Finding::error(
                    "values-unreadable",
                    format!("cannot read chart values `{path}`"),
                )
                .label(error.to_string())
                .help("write a path relative to the plan"),
                name,
            );
            return None;
        }
    };
    sources.add(Source::new(&shown, &text));
    let documents = match yaml::read(&text) {
        Ok(documents) => documents,
        Err(problems) => {
            found.findings.extend(problems.into_iter().map(|problem| {
                Finding::error("values-not-yaml", "these are not valid chart values")
                    .label(problem.message)
                    .help("correct the YAML")
                    .at(&shown, problem.span)
            }));
            return None;
        }
    };
    let several = documents.len() > 1;
    let document = documents.into_iter().next().map(Rc::new);
    let is_mapping = document.as_ref().is_none_or(|d| d.value.is_object());
    if several || !is_mapping {
        found.findings.push(
            Finding::error("values-not-yaml", "these are not valid chart values")
                .label(if several {
                    "must be one YAML document"
                } else {
                    "must be a mapping"
                })
                .help("write the values as for `helm install -f`")
                .at(&shown, 0..text.lines().next().map_or(0, str::len)),
        );
        return None;
    }
    Some(ValuesFile::of(component, &shown, document))
}

/// Checks that both versions know the values. istioctl rejects values that it does not know, and the plain
/// ztunnel DaemonSet supports only some values of the chart.
#[allow(clippy::too_many_lines, reason = "one finding after the other")]
fn known(
    parts: &Parts,
    file: &ValuesFile,
    facts: &PlanFacts,
    schemas: Option<&Schemas>,
    found: &mut Found,
) {
    let versions = [
        parts
            .stable
            .as_ref()
            .map(|s| (s.version.get_ref(), facts.stable)),
        parts
            .canary
            .as_ref()
            .map(|c| (c.version.get_ref(), facts.canary)),
    ];
    for (version, row) in versions.into_iter().flatten() {
        if file.component == Component::Ztunnel {
            // With istioctl, the chart itself reads all its values.
            let plain = parts
                .istio
                .as_ref()
                .is_none_or(|istio| istio.ztunnel != Some(ZtunnelForm::IstioOperator));
            for (pointer, place) in ztunnel_values::places(file, row) {
                let (message, label, help) = match place {
                    ChartValue::Written => continue,
                    ChartValue::Later(_) | ChartValue::Elsewhere(_) if !plain => continue,
                    ChartValue::Wrong(wanted) => {
                        say_once(
                            Finding::error(
                                "values-wrong-type",
                                format!("`{}` has the wrong type for the chart", &pointer[1..]),
                            )
                            .label(format!("must be {wanted}"))
                            .help(format!("write {wanted}")),
                            file,
                            &format!("/ztunnel{pointer}"),
                            found,
                        );
                        continue;
                    }
                    ChartValue::Unknown(near) => (
                        format!("the ztunnel chart has no value `{}`", &pointer[1..]),
                        "unknown value".to_owned(),
                        near.map_or_else(
                            || "remove it".to_owned(),
                            |near| format!("did you mean `{near}`?"),
                        ),
                    ),
                    ChartValue::Later(since) => (
                        format!(
                            "the ztunnel chart of {version} has no value `{}`",
                            &pointer[1..]
                        ),
                        format!(
                            "it was added in {since}; the ztunnel of {version} does not get it"
                        ),
                        "remove it if both revisions must have the same settings".to_owned(),
                    ),
                    ChartValue::Elsewhere(why) => (
                        format!("`{}` has no effect on a plain DaemonSet", &pointer[1..]),
                        why.to_owned(),
                        "apply the object it creates yourself, and remove it here".to_owned(),
                    ),
                };
                say_once(
                    Finding::warning("values-not-written", message)
                        .label(label)
                        .help(help),
                    file,
                    &format!("/ztunnel{pointer}"),
                    found,
                );
            }
            continue;
        }
        let Some(schemas) = schemas else { continue };
        let operator = json!({
            "apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "metadata": {"name": "values"},
            "spec": operator_values(file, version),
        });
        for violation in schemas.check(&operator).unwrap_or_default() {
            let Some(pointer) = violation.pointer.strip_prefix("/spec/values") else {
                continue;
            };
            // Values that contradict the plan are already reported.
            if [
                "/revision",
                "/revisionTags",
                "/defaultRevision",
                "/profile",
                "/ownerName",
            ]
            .contains(&pointer)
            {
                continue;
            }
            let name = pointer.trim_start_matches('/').replace('/', ".");
            say_once(
                Finding::error(
                    "values-refused",
                    format!("istioctl {version} rejects `{name}`"),
                )
                .label(violation.in_words())
                .help(format!(
                    "remove it, or change it to what istioctl {version} accepts"
                )),
                file,
                pointer,
                found,
            );
        }
    }
}

/// Returns a minimal IstioOperator with the values of a file.
fn operator_values(file: &ValuesFile, version: &str) -> Value {
    let (values, unvalidated) = crate::plan::values::split(&file.values);
    json!({"profile": "ambient", "hub": "h", "tag": version, "components": {}, "values": values, "unvalidatedValues": unvalidated})
}

fn say_once(finding: Finding, file: &ValuesFile, pointer: &str, found: &mut Found) {
    let finding = finding.at(&file.source, file.key_range(pointer));
    let same = |other: &Finding| other.at == finding.at;
    if !found.findings.iter().any(same) {
        found.findings.push(finding);
    }
}

/// Settings that must be the same for istiod and ztunnel.
const SHARED: [(&str, &[&str], &[&str], &str); 2] = [
    (
        "cluster name",
        &["/global/multiCluster/clusterName"],
        &[
            "/ztunnel/multiCluster/clusterName",
            "/global/multiCluster/clusterName",
        ],
        "multiCluster.clusterName",
    ),
    (
        "network",
        &["/global/network"],
        &["/ztunnel/network", "/global/network"],
        "network",
    ),
];

/// ztunnel reports its cluster and network to istiod; they must be those of istiod.
fn agreement(values: &Values, found: &mut Found) {
    let first = |component, pointers: &[&'static str]| {
        let file = values.of(component)?;
        pointers
            .iter()
            .find_map(|pointer| {
                let value = file.get(pointer).filter(|value| !value.is_null())?;
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                Some((file, *pointer, text))
            })
            .filter(|(_, _, value)| !value.is_empty())
    };
    for (what, istiod, ztunnel, key) in SHARED {
        let (own, other) = (
            first(Component::Istiod, istiod),
            first(Component::Ztunnel, ztunnel),
        );
        let (file, pointer, message, help) = match (own, other) {
            (Some((_, _, name)), Some((file, pointer, other))) if name != other => (
                file,
                pointer,
                format!("ztunnel has the {what} `{other}`, and istiod has `{name}`"),
                format!("write `{name}`"),
            ),
            (Some((file, pointer, name)), None) => (
                file,
                pointer,
                format!("istiod has the {what} `{name}`, and ztunnel has the default"),
                format!("add `{key}: {name}` to the values of ztunnel"),
            ),
            (None, Some((file, pointer, name))) => (
                file,
                pointer,
                format!("ztunnel has the {what} `{name}`, and istiod has the default"),
                format!("add `global.{key}: {name}` to the values of istiod"),
            ),
            _ => continue,
        };
        found.findings.push(
            Finding::error("values-disagree", message)
                .label("istiod would treat its ztunnels as part of another cluster or network")
                .help(help)
                .at(&file.source, file.key_range(pointer)),
        );
    }
}

/// With the alpha kinds of Gateway API enabled, istiod can read fewer bundles.
fn alpha(
    parts: &Parts,
    values: &Values,
    facts: &PlanFacts,
    channel: crate::istio::Channel,
    found: &mut Found,
) {
    const FLAG: &str = "/pilot/env/PILOT_ENABLE_ALPHA_GATEWAY_API";
    let Some(file) = values.of(Component::Istiod) else {
        return;
    };
    let on = [json!("true"), json!(true)];
    if !file.get(FLAG).is_some_and(|value| on.contains(value)) {
        return;
    }
    let versions = [
        parts
            .stable
            .as_ref()
            .map(|s| (s.version.get_ref(), facts.stable)),
        parts
            .canary
            .as_ref()
            .map(|c| (c.version.get_ref(), facts.canary)),
    ];
    for (version, row) in versions.into_iter().flatten() {
        let release = &facts.bundle.version;
        if row.bundles.reads(channel, release, false) && !row.bundles.reads(channel, release, true)
        {
            say_once(
                Finding::error(
                    "bundle-unsuitable",
                    format!("with PILOT_ENABLE_ALPHA_GATEWAY_API Istio {version} cannot read \
                             Gateway API bundle v{release}"),
                )
                .label("the bundle no longer serves a version that istiod watches, and istiod does not become ready")
                .help("remove the variable, or use a bundle that both revisions can read with it"),
                file,
                FLAG,
                found,
            );
        }
    }
}
