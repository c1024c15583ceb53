//! Steps 003 to 030: what both revisions need.

use crate::lower::context::Context;
use crate::lower::gateway_api;
use crate::lower::installer::mesh;
use crate::step::NamespaceManifest;
use crate::step::{Action, Gate};
use crate::step::{Applier, Draft, Step, kind};
use serde_json::json;

/// Some of Istio's CRDs, one from each API group that every version has.
const ISTIO_CRDS: [&str; 3] = [
    "authorizationpolicies.security.istio.io",
    "telemetries.telemetry.istio.io",
    "virtualservices.networking.istio.io",
];

/// The label of everything that meshplan creates.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

const BUILT_IN: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

pub(in crate::lower) fn steps(context: &Context, steps: &mut Vec<Step>) {
    shared(context, steps);
    steps.extend(namespaces(context));
}

/// Adds the steps for CRDs, which are shared by the whole cluster.
pub(in crate::lower) fn shared(context: &Context, steps: &mut Vec<Step>) {
    gateway_api::steps(context, steps);
    steps.push(base(context));
}

fn base(context: &Context) -> Step {
    let canary = &context.canary;
    let mut step = Step::of(&kind::ISTIO_BASE, Applier::Istioctl);
    step.says(json!({ "existing": false }));
    step.actions = vec![Action::Install {
        file: Draft::IstioBase(mesh::operator(
            context,
            canary,
            "istio-base",
            &serde_json::json!({}),
            None,
        ))
        .into(),
        istioctl: context.istioctl(canary),
        sees: Vec::new(),
    }];
    step.gates = vec![Gate::Crds {
        crds: ISTIO_CRDS.map(str::to_owned).to_vec(),
    }];
    step.rollback.keeps = true;
    step.stays = vec!["Istio's CRDs and their ServiceAccounts and roles".to_owned()];
    step
}

/// The namespaces of gateways and routes that neither the cluster nor istioctl creates.
fn namespaces(context: &Context) -> Option<Step> {
    let mut names: Vec<&str> = Vec::new();
    let gateways = context
        .plan
        .gateway
        .iter()
        .map(|g| g.namespace.get_ref().as_str());
    let routes = context
        .plan
        .route
        .iter()
        .map(|r| r.namespace.get_ref().as_str());
    for name in gateways.chain(routes) {
        if !BUILT_IN.contains(&name) && name != context.istio_namespace() && !names.contains(&name)
        {
            names.push(name);
        }
    }
    if names.is_empty() {
        return None;
    }
    let list = names.join(", ");
    let mut step = Step::of(&kind::NAMESPACES, Applier::Kubectl);
    step.says(json!({ "namespaces": list }));
    step.actions = vec![Action::Apply {
        files: names
            .iter()
            .map(|name| {
                Draft::Namespace(NamespaceManifest {
                    name: (*name).to_owned(),
                    ambient: false,
                })
            })
            .collect(),
    }];
    step.gates = names
        .iter()
        .map(|name| Gate::labelled("namespace", (None, name), MANAGED_BY, "meshplan"))
        .collect();
    step.rollback.keeps = true;
    step.stays = vec![format!("the namespaces {list}")];
    Some(step)
}
