//! Steps 630 and 640: delete the rest of stable.

use serde_json::json;

use super::at_owner::{self, Chart};
use super::canary::{kept_off, pinned_affinity};
use super::nodes::{all_moved, covered};
use super::owners::owned;
use super::tags::{self, Tags};
use super::{held, label, on_delete};
use crate::existing::Existing;
use crate::istio::GatewayHandover;
use crate::istio::{tag_objects, tag_webhook};
use crate::kube::identity::Identity;
use crate::kube::merge;
use crate::lower::context::Context;
use crate::lower::copies::retire;
use crate::lower::installer::ztunnel as daemon_set;
use crate::plan::Owner;
use crate::step::{Action, Gate, Restart};
use crate::step::{Applier, Draft, Step, kind};

pub(super) fn ztunnel(context: &Context, existing: &Existing) -> Step {
    let (stable, canary, namespace) = (&context.stable, &context.canary, context.istio_namespace());
    let (name, other) = (stable.ztunnel(), canary.ztunnel());
    let (key, value) = label(context);
    let mut step = Step::of(&kind::RETIRE_PINNED_ZTUNNEL, Applier::Kubectl);
    step.says(json!({ "label": format!("{key}={value}") }));
    let mut object = Box::new(daemon_set::object(context, canary));
    object.pool.remove(&key);
    daemon_set::on_delete(&mut object);
    step.requires = vec![all_moved(context, existing)];
    let gone = [
        Identity::namespaced("apps/v1", "DaemonSet", namespace, name.clone()),
        Identity::namespaced("v1", "ServiceAccount", namespace, stable.ztunnel_account()),
    ];
    let delete = retire::delete(gone.to_vec());
    let delete = match &existing.owners.ztunnel {
        Some(owner) => {
            step.applier = at_owner::applier(owner.by);
            step.rollback.actions = back_at_owner(context, existing, owner, &gone);
            let how = at_owner::uninstalled(owner);
            at_owner::at(owner, how, delete, vec![Gate::Gone])
        }
        None => delete,
    };
    step.actions = vec![
        delete,
        Action::Apply {
            files: vec![Draft::ZtunnelDaemonSet(object)].into(),
        },
    ];
    step.gates = vec![Gate::Gone, Gate::Applied, on_delete(context, &other)];
    step.gates.extend(context.probes(false));
    step.restarts = vec![Restart {
        object: format!("DaemonSet {namespace}/{name}"),
        touches: "is deleted; it has no pods any more".to_owned(),
    }];
    step.rollback.gates = vec![on_delete(context, &existing.ztunnel), covered(context)];
    step
}

/// The rollback of 630 if Helm, Flux or Argo CD manages the stable ztunnel: it is installed again as 130 left
/// it, while the canary's ztunnel keeps its nodes.
fn back_at_owner(
    context: &Context,
    existing: &Existing,
    owner: &Owner,
    gone: &[Identity],
) -> Vec<Action> {
    let affinity = pinned_affinity(context, existing);
    let strategy = at_owner::on_delete();
    let fields = json!({"spec": {
        "updateStrategy": strategy, "template": {"spec": {"affinity": affinity}},
    }});
    let found = existing.objects.iter();
    let found = found.filter(|object| gone.contains(&object.identity));
    let files = found.map(|object| {
        let mut value = object.value.clone();
        if object.identity.kind == "DaemonSet" {
            merge(&mut value, &fields);
        }
        Draft::Given(value)
    });
    let mut canary = Box::new(daemon_set::object(context, &context.canary));
    daemon_set::on_delete(&mut canary);
    let values = json!({"updateStrategy": strategy, "affinity": affinity});
    vec![
        at_owner::at(
            owner,
            at_owner::installed_again(owner, Chart::Ztunnel, &context.stable.version, &values),
            Action::Restore {
                files: files.collect(),
            },
            vec![kept_off(context, false), held(context, &existing.ztunnel)],
        ),
        Action::Apply {
            files: vec![Draft::ZtunnelDaemonSet(canary)].into(),
        },
    ]
}

/// The objects that only stable's control plane uses: those that it created while it ran, and those of its
/// installer, including the disruption budget if the dump contains it.
fn own_objects(context: &Context, existing: &Existing) -> (Vec<Identity>, Vec<Identity>) {
    let all = retire::own_objects(context);
    let (running, mut made): (Vec<Identity>, Vec<Identity>) = all
        .into_iter()
        .partition(|identity| identity.kind == "Lease");
    let budget = existing.objects.iter().map(|object| &object.identity);
    let budget = budget.filter(|identity| {
        identity.kind == "PodDisruptionBudget"
            && identity.namespace.as_deref() == Some(context.istio_namespace())
            && identity.name == existing.istiod
            && !made.contains(identity)
    });
    let budget: Vec<Identity> = budget.cloned().collect();
    made.splice(0..0, budget);
    (running, made)
}

pub(super) fn control_plane(context: &Context, existing: &Existing, tags: &Tags) -> Step {
    let (stable, canary, namespace) = (&context.stable, &context.canary, context.istio_namespace());
    let mut step = Step::of(&kind::RETIRE_EXISTING_CONTROL_PLANE, Applier::Kubectl);
    step.says(json!({ "tag_goes": !tags.late.is_empty() }));
    let follow = tags::followers(existing).next().is_some();
    step.requires = tags
        .early
        .iter()
        .map(|tag| tags::points(existing, tag, canary))
        .collect();
    let owners = existing.gateways.iter();
    let owners =
        owners.filter(|gateway| gateway.way != GatewayHandover::Tag || tags.late.is_empty());
    step.requires.extend(owners.map(|gateway| {
        let label = (gateway.way != GatewayHandover::Tag).then_some(canary.name.as_str());
        owned(gateway, canary, label)
    }));
    step.requires.push(Gate::AllOwned {
        revision: canary.name.clone(),
        follow,
    });
    // No ztunnel is connected to it any more, and the other control plane is ready.
    step.requires.push(Gate::Absent {
        kind: "daemonset".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: stable.ztunnel(),
    });
    step.requires.push(Gate::Rollout {
        kind: "deployment".to_owned(),
        namespace: namespace.to_owned(),
        name: canary.istiod(),
    });
    if !tags.late.is_empty() {
        if follow {
            let pods = tags::followers(existing)
                .filter_map(|gateway| Some((&gateway.namespace, gateway.deployment.as_ref()?)));
            step.requires
                .extend(pods.map(|(own, made)| Gate::RolledOutFirst {
                    namespace: own.clone(),
                    name: made.name.clone(),
                    istio_namespace: namespace.to_owned(),
                    istiod: stable.istiod(),
                }));
            step.restarts = tags::restarts(existing, retire::ALONE);
        }
        step.actions.push(Action::DeleteTag {
            files: tag_objects(stable.facts, "default", namespace)
                .into_iter()
                .map(Draft::Identity)
                .collect(),
            tag: "default".to_owned(),
            webhook: tag_webhook("default", namespace),
            revision: stable.name.clone(),
        });
    }
    let (running, made) = own_objects(context, existing);
    if let Some(owner) = &existing.owners.istiod {
        step.applier = at_owner::applier(owner.by);
        let how = at_owner::uninstalled(owner);
        step.actions.push(at_owner::at(
            owner,
            how,
            retire::delete(made),
            vec![Gate::Gone],
        ));
        // The tool that manages the release does not delete objects that it did not create.
        step.actions.push(retire::delete(running));
    } else {
        let all = made.into_iter().chain(running).collect();
        step.actions.push(retire::delete(all));
    }
    if tags::owned_validator(existing).is_some() {
        step.requires.push(tags::asks(canary));
    }
    step.gates = vec![
        Gate::Gone,
        retire::istiod_gone(context),
        Gate::Rollout {
            kind: "deployment".to_owned(),
            namespace: namespace.to_owned(),
            name: canary.istiod(),
        },
    ];
    step.gates.extend(context.probes(false));
    step.restarts.push(Restart {
        object: format!("Deployment {namespace}/{}", stable.istiod()),
        touches: "is deleted; no ztunnel is connected to it".to_owned(),
    });
    step.reversible = false;
    step.rollback.keeps = true;
    step.stays = vec!["only the canary revision".to_owned()];
    step
}
