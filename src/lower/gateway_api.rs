//! 003 to 010: the Gateway API CRDs, and what has to be rewritten before they can come.

use super::context::Context;
use super::{Applier, Draft, Phase, Step, step};
use crate::istio::{Bundle, Channel};
use crate::plan::{Migration, NEEDED};
use crate::step::{Action, Gate, StoredVersion};
use crate::step::{Copy, Kustomization};
use crate::text::yaml;

pub(super) fn steps(context: &Context, steps: &mut Vec<Step<Draft>>) {
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

/// A step that brings a bundle.
fn brings(context: &Context, number: u16, name: &str, bundle: &Bundle) -> Step<Draft> {
    let channel = channel(context);
    let release = format!("v{}", bundle.version);
    let mut step = step(
        number,
        name,
        Phase::Prepare,
        Applier::Kubectl,
        format!("Gateway API CRDs {release}, {} channel", channel.as_str()),
    );
    step.watch = "Whoever else uses Gateway API in this cluster. The script stops if the cluster has a newer bundle or \
                  another channel: CRDs are never taken back."
        .to_owned();
    step.actions = vec![
        Action::RequireBundle {
            bundle: release.clone(),
            channel: channel.as_str().to_owned(),
            gone: bundle
                .gone(channel)
                .iter()
                .map(|v| (*v).to_owned())
                .collect(),
            between: bundle.version != context.bundle.version,
        },
        Action::ApplyKustomization {
            file: Draft::Kustomization(Kustomization {
                resources: bundle.resources(channel),
            }),
            resources: Vec::new(),
            crds: crds(),
        },
    ];
    step.gates = vec![Gate::Bundle {
        bundle: release,
        channel: channel.as_str().to_owned(),
        crds: crds(),
    }];
    step.rollback.keeps = true;
    step.stays = vec!["the Gateway API CRDs".to_owned()];
    step.back = "The CRDs stay. Deleting one deletes every object of its kind; an older bundle is refused by the API server or drops fields.".to_owned();
    step
}

fn bundle(context: &Context) -> Step<Draft> {
    let mut step = brings(context, 10, "gateway-api", context.bundle);
    step.why = format!(
        "Both control planes read Gateway, HTTPRoute and ReferenceGrant through these CRDs, so the cluster needs one bundle that \
         suits both before either starts. v{} suits {} and {}.",
        context.bundle.version, context.stable.version, context.canary.version
    );
    let copy = &context.crds.copy;
    if !copy.is_empty() {
        step.why
            .push_str(" The files are those of the copy that the plan names, one object each.");
        let name = |n: usize| format!("{:02}-{}.yaml", n + 1, copy[n].identity.name);
        let names: Vec<String> = (0..copy.len()).map(name).collect();
        if let Some(Action::ApplyKustomization {
            file, resources, ..
        }) = step.actions.last_mut()
        {
            *file = Draft::Kustomization(Kustomization {
                resources: names.clone(),
            });
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

fn expected(context: &Context) -> Step<Draft> {
    let release = format!("v{}", context.bundle.version);
    let channel = channel(context).as_str();
    let mut step = step(
        10,
        "gateway-api",
        Phase::Prepare,
        Applier::Kubectl,
        format!("Gateway API CRDs {release}, {channel} channel, are there"),
    );
    step.why = format!(
        "Somebody else installs these CRDs. Both control planes read Gateway, HTTPRoute and ReferenceGrant through them, and {release} suits {} \
         and {}.",
        context.stable.version, context.canary.version
    );
    step.watch = "Whoever installs them must not change them while this plan runs.".to_owned();
    step.actions = vec![Action::ExpectBundle {
        bundle: release.clone(),
        channel: channel.to_owned(),
    }];
    step.gates = vec![Gate::Bundle {
        bundle: release,
        channel: channel.to_owned(),
        crds: crds(),
    }];
    step.rollback.keeps = true;
    step.back = "The step changes nothing.".to_owned();
    step
}

/// A bundle that still serves what the cluster has stored, and stores what the plan's bundle serves.
fn between(context: &Context, over: &Bundle) -> Step<Draft> {
    let name = format!("gateway-api-v{}", over.version).replace('.', "-");
    let mut step = brings(context, 3, &name, over);
    step.why = format!(
        "The cluster has stored objects in versions that v{} no longer has, and the API server would refuse its CRDs and take the others. v{} \
         serves both versions: objects can be rewritten there.",
        context.bundle.version, over.version
    );
    step
}

fn stored(context: &Context, migration: &Migration) -> Step<Draft> {
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
    let mut step = step(
        6,
        "stored-versions",
        Phase::Prepare,
        Applier::Kubectl,
        format!("{} stored anew", list.join(" and ")),
    );
    step.why = format!(
        "Every object is written once more as it is, so that it is stored in the newer version; then the CRD is told that nothing is stored in \
         the older one. Without that the API server refuses v{}.",
        context.bundle.version
    );
    step.watch =
        "Nobody else writes these objects in the older version while this runs.".to_owned();
    step.actions = vec![Action::MigrateStored {
        crds: versions.clone(),
    }];
    step.gates = vec![Gate::Stored { crds: versions }];
    step.rollback.keeps = true;
    step.stays = vec!["the objects, stored in the newer version".to_owned()];
    step.back = "They stay as they are stored: every bundle since serves that version.".to_owned();
    step
}
