//! The Gateway API CRDs, steps 003 to 010, and the stored objects that must be rewritten before the CRDs can
//! be upgraded.

use super::context::Context;
use super::{Applier, Draft, Step, kind};
use crate::istio::{Bundle, Channel};
use crate::plan::{Migration, NEEDED};
use crate::step::{Action, Gate, StoredVersion};
use crate::step::{Copy, Kustomization};
use crate::text::yaml;
use serde_json::json;

pub(super) fn steps(context: &Context, steps: &mut Vec<Step>) {
    if let Some(migration) = &context.crds.migration {
        steps.extend(migration.over.as_ref().map(|over| between(context, over)));
        steps.push(stored(context, migration));
    }
    let manage = context.plan.gateway_api.manage.as_ref();
    if manage.is_none_or(|manage| *manage.get_ref()) {
        steps.push(bundle(context));
    } else {
        steps.push(expected(context));
    }
}

fn channel(context: &Context) -> Channel {
    *context.plan.gateway_api.channel.get_ref()
}

fn crds() -> Vec<String> {
    NEEDED
        .iter()
        .map(|crd| format!("{crd}.gateway.networking.k8s.io"))
        .collect()
}

/// Completes a step that installs a bundle.
fn brings(context: &Context, mut step: Step, bundle: &Bundle) -> Step {
    let channel = channel(context);
    let release = format!("v{}", bundle.version);
    step.says(json!({
        "release": release,
        "channel": channel.as_str(),
        "bundle": format!("v{}", context.bundle.version),
        "copied": !context.crds.copy.is_empty(),
    }));
    step.requires = vec![Gate::Upgradable {
        bundle: release.clone(),
        channel,
        gone: bundle
            .gone(channel)
            .iter()
            .map(|v| (*v).to_owned())
            .collect(),
        between: bundle.version != context.bundle.version,
    }];
    step.actions = vec![Action::ApplyKustomization {
        file: Draft::Kustomization(Kustomization {
            resources: bundle.resources(channel),
        })
        .into(),
        resources: Vec::new().into(),
        crds: crds(),
    }];
    step.gates = vec![Gate::Bundle {
        bundle: release,
        channel,
        crds: crds(),
    }];
    step.rollback.keeps = true;
    step.stays = vec!["the Gateway API CRDs".to_owned()];
    step
}

fn bundle(context: &Context) -> Step {
    let step = Step::of(&kind::GATEWAY_API, Applier::Kubectl);
    let mut step = brings(context, step, context.bundle);
    let copy = &context.crds.copy;
    if !copy.is_empty() {
        let name = |n: usize| format!("{:02}-{}.yaml", n + 1, copy[n].identity.name);
        let names: Vec<String> = (0..copy.len()).map(name).collect();
        if let Some(Action::ApplyKustomization {
            file, resources, ..
        }) = step.actions.last_mut()
        {
            *file = Draft::Kustomization(Kustomization {
                resources: names.clone(),
            })
            .into();
            *resources = copy
                .iter()
                .zip(names)
                .map(|(manifest, name)| {
                    Draft::Copy(Copy {
                        text: yaml::write(&manifest.value),
                        name: Some(name),
                    })
                })
                .collect();
        }
    }
    step
}

fn expected(context: &Context) -> Step {
    let release = format!("v{}", context.bundle.version);
    let channel = channel(context);
    let mut step = Step::of(&kind::EXTERNAL_GATEWAY_API, Applier::Kubectl);
    step.says(json!({ "release": release, "channel": channel.as_str() }));
    step.actions = vec![Action::ExpectBundle {
        bundle: release.clone(),
        channel,
    }];
    step.gates = vec![Gate::Bundle {
        bundle: release,
        channel,
        crds: crds(),
    }];
    step.rollback.keeps = true;
    step
}

/// Installs a bundle that still serves the versions that the cluster has stored, and stores a version that
/// the plan's bundle serves.
fn between(context: &Context, over: &Bundle) -> Step {
    let name = format!("v{}", over.version).replace('.', "-");
    let kind = &kind::INTERMEDIATE_GATEWAY_API;
    brings(
        context,
        Step::numbered(kind, 0, &name, Applier::Kubectl),
        over,
    )
}

fn stored(context: &Context, migration: &Migration) -> Step {
    let versions: Vec<StoredVersion> = migration
        .stored
        .iter()
        .map(|stored| StoredVersion {
            crd: format!("{}.gateway.networking.k8s.io", stored.plural),
            version: stored.version.to_owned(),
        })
        .collect();
    let list: Vec<&str> = migration
        .stored
        .iter()
        .map(|stored| stored.plural)
        .collect();
    let mut step = Step::of(&kind::STORED_VERSIONS, Applier::Kubectl);
    step.says(json!({
        "kinds": list.join(" and "),
        "bundle": format!("v{}", context.bundle.version),
    }));
    step.actions = vec![Action::MigrateStored {
        crds: versions.clone(),
    }];
    step.gates = vec![Gate::Stored { crds: versions }];
    step.rollback.keeps = true;
    step.stays = vec!["the objects, stored in the newer version".to_owned()];
    step
}
