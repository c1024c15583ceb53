//! Checks that a dump contains what its own objects refer to, and that no object is in it twice.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;

use super::dump::{DUMP_FILE, resource};
use super::{DUMP, KINDS, Reading, bundle};
use crate::kube::identity::Key;
use crate::state::{Facet, Object, State};
use crate::text::finding::Finding;

const GATEWAY_API: &str = "gateway.networking.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

impl Reading<'_> {
    /// Refuses an object that is in the dump twice with different content.
    pub(super) fn twice(&mut self, objects: &[Rc<Object>]) {
        let mut first: BTreeMap<&Key, &Rc<Object>> = BTreeMap::new();
        for object in objects {
            let Some(other) = first.insert(&object.key, object) else {
                continue;
            };
            if other.value() == object.value() {
                continue;
            }
            let (here, there) = (&object.manifest, &other.manifest.source);
            self.findings.push(
                Finding::error(
                    "existing-twice",
                    format!("{} is also in {there}, with different content", object.key),
                )
                .label("the dump contains it twice")
                .help("write the dump again into an empty directory")
                .object(object.key.to_string())
                .at(&here.source, here.range("/metadata/name")),
            );
        }
    }

    /// Refuses a dump without kinds that `dump.json` does not list.
    pub(super) fn asked(&mut self) {
        let (Some(folder), Some(listed)) = (&self.plan.stable.existing, &self.listed) else {
            return;
        };
        let value: Value = serde_json::from_str(listed).unwrap_or_default();
        let kinds = value.get("kinds").and_then(Value::as_array);
        let asked: BTreeSet<&str> = kinds
            .into_iter()
            .flatten()
            .filter_map(|kind| kind.get("resource")?.as_str())
            .collect();
        let missing: Vec<String> = KINDS
            .iter()
            .map(|(group, _, plural)| resource(group, plural))
            .filter(|resource| !asked.contains(resource.as_str()))
            .collect();
        if !missing.is_empty() {
            self.say(
                Finding::error(
                    "existing-incomplete",
                    format!(
                        "`{}` was written without {}",
                        folder.get_ref(),
                        missing.join(", ")
                    ),
                )
                .label(format!("{DUMP_FILE} does not list them"))
                .help("run `meshplan dump` again"),
                folder,
            );
        }
    }

    /// Refuses a dump that lacks what its objects refer to: a call that failed looks like a cluster without such objects.
    pub(super) fn refers(&mut self, state: &State) {
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        let mut missing: BTreeMap<String, String> = BTreeMap::new();
        let mut lacks = |what: String, why: String| {
            missing.entry(what).or_insert(why);
        };
        for object in state.objects() {
            for gateway in owning_gateways(object) {
                if state.get(&gateway).is_none() {
                    lacks(gateway.to_string(), format!("{} belongs to it", object.key));
                }
            }
        }
        let gateways = || state.of_kind(GATEWAY_API, "Gateway");
        for object in state.of_kind(GATEWAY_API, "HTTPRoute") {
            let Facet::Route(route) = &object.facet else {
                continue;
            };
            let own = object.key.namespace.as_deref().unwrap_or_default();
            let named = route.parents.iter().find_map(|parent| parent.gateway(own));
            if let (Some((namespace, name)), None) = (named, gateways().next()) {
                let gateway = Key::namespaced(GATEWAY_API, "Gateway", namespace, name);
                lacks(
                    gateway.to_string(),
                    format!("{} is attached to it", object.key),
                );
            }
        }
        if let Some((istiod, _)) = state.istiods().next() {
            for kind in [
                "MutatingWebhookConfiguration",
                "ValidatingWebhookConfiguration",
            ] {
                if state.of_kind(ADMISSION, kind).next().is_none() {
                    lacks(format!("a {kind}"), format!("{} has one", istiod.key));
                }
            }
        }
        for (what, why) in missing {
            self.say(
                Finding::error(
                    "existing-incomplete",
                    format!(
                        "`{}` contains no {}",
                        folder.get_ref(),
                        what.trim_start_matches("a ")
                    ),
                )
                .label(why)
                .help(format!(
                    "write the dump again and check that no call fails: `{DUMP}`"
                ))
                .object(what),
                folder,
            );
        }
    }

    /// Refuses a bundle of Gateway API CRDs in the plan that contradicts the dump.
    pub(super) fn bundle(&mut self, objects: &[Rc<Object>]) {
        let api = &self.plan.gateway_api;
        let Some((release, channel)) = bundle(objects) else {
            return;
        };
        let manages = api.manage.as_ref().is_none_or(|manage| *manage.get_ref());
        let wanted = api.bundle.get_ref();
        let version = |text: &str| semver::Version::parse(text.trim_start_matches('v')).ok();
        let newer = version(&release) > version(wanted);
        if release != *wanted && (!manages || newer) {
            let label = if manages {
                "the plan would install an older bundle"
            } else {
                "the plan does not install the CRDs"
            };
            self.say(
                Finding::error(
                    "existing-bundle",
                    format!("the cluster has the Gateway API bundle {release}"),
                )
                .label(label)
                .help(format!("write `bundle = \"{release}\"`")),
                &api.bundle,
            );
        }
        if channel != api.channel.get_ref().as_str() {
            self.say(
                Finding::error(
                    "existing-bundle",
                    format!("the Gateway API CRDs of the cluster are of the {channel} channel"),
                )
                .label("the channel of installed CRDs cannot change")
                .help(format!("write `channel = \"{channel}\"`")),
                &api.channel,
            );
        }
    }
}

/// The Gateways that an object belongs to, by its owner references.
fn owning_gateways(object: &Object) -> Vec<Key> {
    let owners = object.value().pointer("/metadata/ownerReferences");
    let owners = owners.and_then(Value::as_array).into_iter().flatten();
    let namespace = object.key.namespace.as_deref().unwrap_or_default();
    let text = |owner: &Value, key: &str| owner[key].as_str().unwrap_or_default().to_owned();
    owners
        .filter(|owner| {
            text(owner, "kind") == "Gateway" && text(owner, "apiVersion").starts_with(GATEWAY_API)
        })
        .map(|owner| Key::namespaced(GATEWAY_API, "Gateway", namespace, &text(owner, "name")))
        .collect()
}
