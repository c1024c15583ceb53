//! Checks the Gateway API CRDs: where they come from, and how the cluster migrates to them.

use std::rc::Rc;

use super::versions::PlanFacts;
use super::{Files, Found};
use crate::istio::{Bundle, BundlePath, Channel, Stored, bundle, bundle_of_crd, way};
use crate::kube::manifest::Manifest;
use crate::plan::parse::Parts;
use crate::plan::written::GatewayApi;
use crate::text::finding::Finding;
use crate::text::source::{Source, Sources};
use crate::text::yaml;

/// What must happen before the bundle can be installed.
#[derive(Debug, Clone, Default)]
pub struct Migration {
    /// A bundle to install in between.
    pub over: Option<Bundle>,
    /// Objects to rewrite.
    pub stored: Vec<Stored>,
}

/// Settings for the CRDs besides their release.
#[derive(Debug, Clone, Default)]
pub struct Crds {
    /// The migration before the installation, if one is needed.
    pub migration: Option<Migration>,
    /// The objects of the local copy, if the plan names one.
    pub copy: Vec<Manifest>,
}

/// The CRDs that the objects of a plan need.
pub const NEEDED: [&str; 4] = [
    "gatewayclasses",
    "gateways",
    "httproutes",
    "referencegrants",
];

pub(super) fn check(
    parts: &Parts,
    facts: Option<&PlanFacts>,
    to: Option<&Bundle>,
    files: &Files<'_>,
    sources: &mut Sources,
    found: &mut Found,
) -> Crds {
    let (Some(api), Some(to)) = (&parts.gateway_api, to) else {
        return Crds::default();
    };
    if api.manage.as_ref().is_some_and(|manage| !manage.get_ref()) {
        for (key, value) in [("crds", &api.crds), ("from", &api.from)] {
            if let Some(value) = value {
                found.say(
                    Finding::error(
                        "crds-not-managed",
                        format!("`{key}` cannot be used with `manage = false`"),
                    )
                    .label("with `manage = false` the plan does not install the CRDs")
                    .help(format!("remove `{key}`, or remove `manage`")),
                    value,
                );
            }
        }
        return Crds::default();
    }
    Crds {
        migration: migration(parts, api, facts, to, found),
        copy: copy(api, to, files, sources, found),
    }
}

fn migration(
    parts: &Parts,
    api: &GatewayApi,
    facts: Option<&PlanFacts>,
    to: &Bundle,
    found: &mut Found,
) -> Option<Migration> {
    let from_text = api.from.as_ref()?;
    let channel: Channel = *api.channel.get_ref();
    let from = super::versions::known_bundle(from_text, found)?;
    if from.version > to.version {
        found.say(
            Finding::error(
                "crd-downgrade",
                format!(
                    "the cluster has Gateway API bundle v{}, and the plan would install the older v{}",
                    from.version, to.version
                ),
            )
            .label("the API server rejects older CRDs, or accepts some of them and fields are lost")
            .help(format!("write `v{}` or a newer release", from.version)),
            &api.bundle,
        );
        return None;
    }
    match way(&from.version, &to.version, channel) {
        BundlePath::Direct => None,
        BundlePath::Refused(why) => {
            found.say(
                Finding::error(
                    "crds-not-migrated",
                    format!(
                        "no migration from Gateway API bundle v{} to v{} is possible",
                        from.version, to.version
                    ),
                )
                .label(why)
                .help(
                    "if the CRD is not in use, delete its objects and the CRD (kubectl delete crd \
                     backendtlspolicies.gateway.networking.k8s.io), upgrade to v1.1.1 by hand, and \
                     write `from = \"v1.1.1\"`",
                ),
                from_text,
            );
            None
        }
        BundlePath::Migrate { over, stored } => {
            let over = over.and_then(|over| bundle(over).ok());
            for (version, row) in facts.into_iter().flat_map(|facts| {
                let of = |version: Option<&toml::Spanned<String>>, row| {
                    Some((version?.get_ref().clone(), row))
                };
                [
                    of(parts.stable.as_ref().map(|s| &s.version), facts.stable),
                    of(parts.canary.as_ref().map(|c| &c.version), facts.canary),
                ]
                .into_iter()
                .flatten()
            }) {
                let unread = over
                    .as_ref()
                    .filter(|over| !row.bundles.reads(channel, &over.version, false));
                if let Some(over) = unread {
                    found.say(
                        Finding::error(
                            "crds-not-migrated",
                            format!("the migration from v{} to v{} needs v{} in between, which \
                                     Istio {version} cannot read", from.version, to.version, over.version),
                        )
                        .label("stored objects must be rewritten at that release")
                        .help("upgrade the CRDs before this plan, while this Istio version is not in the cluster"),
                        from_text,
                    );
                    return None;
                }
            }
            Some(Migration { over, stored })
        }
    }
}

/// Reads the local copy. Every CRD in it must have the release and the channel of the plan, and the CRDs that
/// the plan needs must be in it.
fn copy(
    api: &GatewayApi,
    to: &Bundle,
    files: &Files<'_>,
    sources: &mut Sources,
    found: &mut Found,
) -> Vec<Manifest> {
    let Some(name) = &api.crds else {
        return Vec::new();
    };
    let path = name.get_ref();
    let shown = files.shown(path);
    let text = match (files.read)(path) {
        Ok(text) => text,
        Err(error) => {
            found.say(
                Finding::error("crds-unreadable", format!("cannot read the CRDs `{path}`"))
                    .label(error.to_string())
                    .help("write a path relative to the plan"),
                name,
            );
            return Vec::new();
        }
    };
    sources.add(Source::new(&shown, &text));
    let documents = match yaml::read(&text) {
        Ok(documents) => documents,
        Err(problems) => {
            found.findings.extend(problems.into_iter().map(|problem| {
                Finding::error("crds-not-yaml", "this is not a valid Kubernetes manifest")
                    .label(problem.message)
                    .help("use the unchanged release file")
                    .at(&shown, problem.span)
            }));
            return Vec::new();
        }
    };
    let objects = documents
        .into_iter()
        .flat_map(|document| Manifest::of(&Rc::new(document), &shown))
        .filter_map(Result::ok);
    let manifests: Vec<Manifest> = objects.collect();
    for manifest in manifests.iter().enumerate() {
        fits(api, to, &shown, manifest, &manifests, found);
    }
    for needed in NEEDED {
        let full = format!("{needed}.gateway.networking.k8s.io");
        if !manifests
            .iter()
            .any(|manifest| manifest.identity.name == full)
        {
            found.say(
                Finding::error(
                    "crds-missing",
                    format!("the copy of the CRDs does not contain `{full}`"),
                )
                .label("the plan's objects need it")
                .help("use the whole release file, such as standard-install.yaml"),
                name,
            );
        }
    }
    manifests
}

/// Checks that an object of the copy is a CRD of the plan's release and channel, and not a duplicate.
fn fits(
    api: &GatewayApi,
    to: &Bundle,
    shown: &str,
    (number, manifest): (usize, &Manifest),
    manifests: &[Manifest],
    found: &mut Found,
) {
    let channel: Channel = *api.channel.get_ref();
    let id = &manifest.identity;
    let again = manifests[..number]
        .iter()
        .any(|other| other.identity == *id);
    let foreign = ![
        "CustomResourceDefinition",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ]
    .contains(&id.kind.as_str());
    if again || foreign {
        let what = if again {
            "is defined twice"
        } else {
            "is not a Gateway API CRD"
        };
        found.findings.push(
            Finding::error("crds-odd", format!("{} `{}` {what}", id.kind, id.name))
                .label(if again {
                    "kustomize rejects the second definition"
                } else {
                    "it would be applied together with the CRDs"
                })
                .help("use the unchanged release file")
                .at(shown, manifest.range("/metadata/name")),
        );
    }
    for violation in crate::kube::schema::names(&manifest.value) {
        let finding = Finding::error(
            "crds-odd",
            format!("the API server rejects a name in this {}", id.kind),
        );
        let span = violation.place(manifest);
        let finding = finding
            .label(violation.message)
            .help("use the unchanged release file");
        found.findings.push(finding.at(shown, span));
    }
    let crd = manifest.identity.kind == "CustomResourceDefinition";
    let own = bundle_of_crd(&manifest.value);
    if crd
        && manifest
            .identity
            .name
            .ends_with(".gateway.networking.k8s.io")
        && own != Some((to.version.clone(), channel))
    {
        let is = own.map_or_else(
            || "from no known release".to_owned(),
            |(version, channel)| format!("from v{version}, {} channel", channel.as_str()),
        );
        found.findings.push(
            Finding::error(
                "crds-differ",
                format!("`{}` is {is}", manifest.identity.name),
            )
            .label(format!(
                "the plan names v{}, {} channel",
                to.version,
                channel.as_str()
            ))
            .help("use the copy of the release that the plan names, or change `bundle` and `channel` to match the copy")
            .at(shown, manifest.range("/metadata/name")),
        );
    }
}
