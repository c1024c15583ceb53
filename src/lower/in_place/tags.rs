//! Steps 560 and 650: tags, and the default validation webhook of Helm's base chart.

use serde_json::json;

use super::at_owner::{self, Chart};
use super::owners::owned;
use crate::existing::{Existing, ExistingGateway};
use crate::istio::GatewayHandover;
use crate::istio::{Handover, tag_objects, tag_webhook};
use crate::kube::identity::Identity;
use crate::kube::manifest::Manifest;
use crate::lower::context::{Context, Rev};
use crate::lower::copies::retire;
use crate::plan::Owner;
use crate::step::{Action, Gate, Restart};
use crate::step::{Applier, Draft, Step, kind};

/// The tags, by the step that moves them.
pub(super) struct Tags {
    /// Moved by 560, while the stable control plane still runs.
    pub early: Vec<String>,
    /// Moved by 650, after the stable control plane is deleted.
    pub late: Vec<String>,
}

impl Tags {
    /// Returns the existing tags, and `default` if Gateways follow it. The tag `default` must wait until
    /// stable is deleted if the stable revision has no name, because then its name is `default` too, or if
    /// both control planes would claim the Gateways that follow the tag.
    pub fn of(context: &Context, existing: &Existing) -> Self {
        let mut all = existing.tags.clone();
        if followers(existing).next().is_some() && !all.iter().any(|tag| tag == DEFAULT) {
            all.push(DEFAULT.to_owned());
        }
        let waits =
            context.stable.in_names().is_none() || context.handover == Handover::TagAfterRetirement;
        let (late, early) = all.into_iter().partition(|tag| waits && tag == DEFAULT);
        Self { early, late }
    }
}

const DEFAULT: &str = "default";

/// Returns the Gateways that switch with the tag `default`.
pub(super) fn followers(existing: &Existing) -> impl Iterator<Item = &ExistingGateway> {
    let all = existing.gateways.iter();
    all.filter(|gateway| gateway.way == GatewayHandover::Tag)
}

/// The gates that wait until a revision has written the Deployments of the Gateways that follow the tag.
fn followed(existing: &Existing, rev: &Rev) -> impl Iterator<Item = Gate> {
    followers(existing).map(|gateway| owned(gateway, rev, None))
}

/// Returns the step that moves some tags, or nothing if there are none.
pub(super) fn step_of(
    context: &Context,
    existing: &Existing,
    late: bool,
    tags: &[String],
) -> Option<Step> {
    let (stable, canary) = (&context.stable, &context.canary);
    let kind = match (tags == [DEFAULT], late) {
        (true, false) => &kind::TAG,
        (false, false) => &kind::TAGS,
        (true, true) => &kind::LATE_TAG,
        (false, true) => &kind::LATE_TAGS,
    };
    let mut step = Step::of(kind, Applier::Istioctl);
    let to = |rev: &Rev| {
        tags.iter()
            .map(|tag| points(existing, tag, rev))
            .collect::<Vec<Gate>>()
    };
    let moves_default = tags.iter().any(|tag| tag == DEFAULT);
    let hands_over = moves_default && followers(existing).next().is_some();
    step.says(json!({
        "words": if tags.len() == 1 { "tag" } else { "tags" },
        "tags": tags.join(", "),
        "moves_default": moves_default,
        "hands_over": hands_over,
        "late": late,
    }));
    let set = tags.iter().map(|tag| Action::SetTag {
        tag: tag.clone(),
        istioctl: context.istioctl(canary),
    });
    step.actions = set.collect();
    if let Some((asked, back)) = at_their_owner(context, existing, tags) {
        step.actions.insert(0, asked);
        step.rollback.actions = back;
    }
    step.gates = to(canary);
    if hands_over {
        step.gates.extend(followed(existing, canary));
        step.restarts = restarts(
            existing,
            "a rolling update of the Gateway's pods, new pods first; its Service and address stay, and long-lived \
                connections end with their pod",
        );
    }
    step.gates.extend(context.probes(false));
    if late {
        step.requires = vec![retire::istiod_gone(context)];
    } else {
        step.rollback.gates = to(stable);
        if hands_over {
            step.rollback.gates.extend(followed(existing, stable));
            step.rollback.gates.extend(context.probes(false));
        }
    }
    (!tags.is_empty()).then_some(step)
}

/// Returns the change for the tags that the release of istiod creates: the user removes them from the
/// release, and the rollback restores them there.
fn at_their_owner(
    context: &Context,
    existing: &Existing,
    tags: &[String],
) -> Option<(Action, Vec<Action>)> {
    let owner = existing.owners.istiod.as_ref()?;
    let (stable, canary) = (&context.stable, &context.canary);
    let is_theirs = |tag: &&String| existing.owned_tags.contains_key(*tag);
    let moving: Vec<&String> = tags.iter().filter(is_theirs).collect();
    if moving.is_empty() {
        return None;
    }
    let asks = |list: &[&String], does, done| {
        let values = json!({ "revisionTags": list });
        let how = at_owner::values(owner, Chart::Istiod, &stable.version, &values);
        at_owner::at(owner, how, does, done)
    };
    let kept: Vec<&String> = existing
        .owned_tags
        .keys()
        .filter(|tag| !moving.contains(tag))
        .collect();
    let theirs: Vec<Identity> = moving
        .iter()
        .flat_map(|tag| existing.owned_tags[*tag].clone())
        .collect();
    let left = moving.iter().map(|tag| Gate::TagLeft {
        tag: (*tag).clone(),
        webhook: tag_webhook(tag, &existing.namespace),
        revision: stable.name.clone(),
    });
    let found = |identity: &Identity| {
        let mut objects = existing.objects.iter();
        let object = objects.find(|object| object.identity == *identity)?;
        Some(Draft::Given(object.value.clone()))
    };
    let objects = |tag: &String| tag_objects(canary.facts, tag, &existing.namespace);
    // The rollback first deletes the tags that istioctl created, because Helm, Flux and Argo CD do not take
    // over existing objects.
    let mut back: Vec<Action> = moving
        .iter()
        .map(|tag| Action::DeleteTag {
            files: objects(tag).into_iter().map(Draft::Identity).collect(),
            tag: (*tag).clone(),
            webhook: tag_webhook(tag, &existing.namespace),
            revision: canary.name.clone(),
        })
        .collect();
    let all: Vec<&String> = existing.owned_tags.keys().collect();
    back.push(asks(
        &all,
        Action::Restore {
            files: theirs.iter().filter_map(found).collect(),
        },
        moving
            .iter()
            .map(|tag| points(existing, tag, stable))
            .collect(),
    ));
    let others = tags.iter().filter(|tag| !is_theirs(tag));
    let others: Vec<Draft> = others
        .flat_map(|tag| tag_objects(stable.facts, tag, &existing.namespace))
        .filter_map(|identity| found(&identity))
        .collect();
    if !others.is_empty() {
        back.push(Action::Restore {
            files: others.into(),
        });
    }
    Some((asks(&kept, retire::delete(theirs), left.collect()), back))
}

/// The gate that waits until a tag points to a revision.
pub(super) fn points(existing: &Existing, tag: &str, rev: &Rev) -> Gate {
    Gate::Tag {
        tag: tag.to_owned(),
        webhook: tag_webhook(tag, &existing.namespace),
        revision: rev.name.clone(),
    }
}

/// The restarts of the Deployments of the Gateways that follow the tag.
pub(super) fn restarts(existing: &Existing, touches: &str) -> Vec<Restart> {
    let of = |gateway: &ExistingGateway| {
        let made = gateway.deployment.as_ref()?;
        Some(Restart {
            object: format!("Deployment {}/{}", gateway.namespace, made.name),
            touches: touches.to_owned(),
        })
    };
    followers(existing).filter_map(of).collect()
}

/// The validation webhook for Istio's own objects, if Helm's base chart created it, calls the stable control
/// plane until its value is changed. Gateways without a label belong to the control plane that it names.
///
/// Source: `istio/istio:manifests/charts/base/templates/defaultrevision-validatingwebhookconfiguration.yaml`,
/// value `defaultRevision`.
pub(super) fn validator(context: &Context, existing: &Existing, offset: u16) -> Option<Step> {
    let (stable, canary) = (&context.stable, &context.canary);
    let (owner, object) = owned_validator(existing)?;
    let mut step = Step::numbered(
        &kind::DEFAULT_VALIDATOR,
        offset,
        "",
        at_owner::applier(owner.by),
    );
    let to = |rev: &Rev| {
        let (name, service) = (&rev.name, &rev.istiod());
        let mut webhooks = object.value["webhooks"].clone();
        for webhook in webhooks.as_array_mut().into_iter().flatten() {
            if let Some(asked) = webhook.pointer_mut("/clientConfig/service/name") {
                *asked = json!(service);
            }
        }
        let does = Action::Patch {
            file: Draft::Given(json!({
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": VALIDATOR, "labels": {"istio.io/rev": name}},
                "webhooks": webhooks,
            }))
            .into(),
        };
        let values = json!({ "defaultRevision": name });
        let how = at_owner::values(owner, Chart::Base, &canary.version, &values);
        at_owner::at(owner, how, does, vec![asks(rev)])
    };
    // A Gateway without a label would belong to both: to stable by its name, to the canary by the validation.
    if followers(existing).next().is_none() {
        step.requires.push(Gate::AllOwned {
            revision: canary.name.clone(),
            follow: false,
        });
    }
    step.actions = vec![to(canary)];
    step.gates = vec![asks(canary)];
    step.gates.extend(context.probes(false));
    step.rollback.actions = vec![to(stable)];
    step.rollback.gates = vec![asks(stable)];
    Some(step)
}

/// The default validation webhook and the release that manages it, if it takes the place of a missing tag
/// `default`.
pub(super) fn owned_validator(existing: &Existing) -> Option<(&Owner, &Manifest)> {
    let owner = existing.owners.base.as_ref()?;
    let object = existing.objects.iter().find(|object| {
        object.identity.kind == "ValidatingWebhookConfiguration"
            && object.identity.name == VALIDATOR
            && !existing.tags.iter().any(|tag| tag == DEFAULT)
    })?;
    Some((owner, object))
}

/// The name of the webhook configuration of Helm's base chart.
const VALIDATOR: &str = "istiod-default-validator";

/// Whether the default validation calls a revision's control plane and has its label, as the gate of [`asks`] checks.
pub(super) fn validator_is_of(existing: &Existing, rev: &Rev) -> bool {
    existing.objects.iter().any(|object| {
        let webhooks = object.value["webhooks"].as_array();
        let mut services = webhooks
            .into_iter()
            .flatten()
            .map(|one| one.pointer("/clientConfig/service/name"));
        object.identity.kind == "ValidatingWebhookConfiguration"
            && object.identity.name == VALIDATOR
            && services.all(|name| name == Some(&json!(rev.istiod())))
            && object.value.pointer("/metadata/labels/istio.io~1rev") == Some(&json!(rev.name))
    })
}

/// The gate that waits until the webhook calls the control plane of a revision.
pub(super) fn asks(rev: &Rev) -> Gate {
    Gate::Validator {
        name: VALIDATOR.to_owned(),
        service: rev.istiod(),
        revision: rev.name.clone(),
    }
}
