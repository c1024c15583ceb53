//! 010 to 030: what both revisions stand on.

use super::context::Context;
use super::{Applier, Object, Phase, Step, mesh, step};
use crate::istio::Channel;
use crate::step::action::{Action, Gate};
use crate::step::object::{IstioOperator, Kustomization, Namespace};

/// The CRDs that a plan's own objects need.
const CRDS: [&str; 4] = [
    "gatewayclasses",
    "gateways",
    "httproutes",
    "referencegrants",
];

/// Some of Istio's CRDs, one of each of the groups that every version has.
const ISTIO_CRDS: [&str; 3] = [
    "authorizationpolicies.security.istio.io",
    "telemetries.telemetry.istio.io",
    "virtualservices.networking.istio.io",
];

/// Namespaces that every cluster has.
const BUILT_IN: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

pub(super) fn steps(context: &Context, steps: &mut Vec<Step<Object>>) {
    steps.push(gateway_api(context));
    steps.push(base(context));
    steps.extend(namespaces(context));
}

fn gateway_api(context: &Context) -> Step<Object> {
    let channel: Channel = *context.plan.gateway_api.channel.get_ref();
    let bundle = format!("v{}", context.bundle.version);
    let crds: Vec<String> = CRDS
        .iter()
        .map(|crd| format!("{crd}.gateway.networking.k8s.io"))
        .collect();
    let mut step = step(
        10,
        "gateway-api",
        Phase::Prepare,
        Applier::Kubectl,
        format!("Gateway API CRDs {bundle}, {} channel", channel.as_str()),
    );
    step.why = format!(
        "Both control planes read Gateway, HTTPRoute and ReferenceGrant through these CRDs, so the cluster needs one bundle that \
         suits both before either starts. {bundle} suits {} and {}.",
        context.stable.version, context.canary.version
    );
    step.watch = "Whoever else uses Gateway API in this cluster. The script stops if the cluster has a newer bundle or \
                  another channel: CRDs are never taken back."
        .to_owned();
    step.actions = vec![
        Action::RequireBundle {
            bundle: bundle.clone(),
            channel: channel.as_str().to_owned(),
            gone: context
                .bundle
                .gone(channel)
                .iter()
                .map(|v| (*v).to_owned())
                .collect(),
        },
        Action::ApplyKustomization {
            file: Object::Kustomization(Kustomization {
                resources: context.bundle.resources(channel),
            }),
            crds: crds.clone(),
        },
    ];
    step.gates = vec![Gate::Bundle {
        bundle,
        channel: channel.as_str().to_owned(),
        crds,
    }];
    step.rollback.keeps = true;
    step.stays = vec!["the Gateway API CRDs".to_owned()];
    step.back = "The CRDs stay. Deleting one deletes every object of its kind; an older bundle is refused by the API server or drops fields.".to_owned();
    step
}

fn base(context: &Context) -> Step<Object> {
    let canary = &context.canary;
    let mut step = step(
        20,
        "istio-base",
        Phase::Prepare,
        Applier::Istioctl,
        format!("Istio's CRDs and shared accounts, {}", canary.version),
    );
    step.why = format!(
        "Istio's CRDs are one per cluster. They come once, at the newer version ({}), and in neither control plane's file, so that \
         installing stable again can never take them back.",
        canary.version
    );
    step.watch = "Nothing runs yet. Objects of Istio's own kinds, if there are some, keep their stored version.".to_owned();
    step.actions = vec![Action::Install {
        file: Object::IstioBase(IstioOperator {
            name: "istio-base".to_owned(),
            ..mesh::operator(context, canary)
        }),
        istioctl: context.istioctl(canary),
    }];
    step.gates = vec![Gate::Crds {
        crds: ISTIO_CRDS.map(str::to_owned).to_vec(),
    }];
    step.rollback.keeps = true;
    step.stays =
        vec!["Istio's CRDs and the ServiceAccounts and roles that come with them".to_owned()];
    step.back = "The CRDs stay: deleting one deletes every object of its kind. They do nothing by themselves.".to_owned();
    step
}

/// The namespaces of gateways and routes that neither the cluster nor istioctl makes.
fn namespaces(context: &Context) -> Option<Step<Object>> {
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
    let mut step = step(
        30,
        "namespaces",
        Phase::Prepare,
        Applier::Kubectl,
        format!("namespaces {list}"),
    );
    step.why = "Gateways and routes live here, apart from the workloads, so that they outlive both revisions.".to_owned();
    step.watch = "A namespace that is there already keeps its labels and gets two more.".to_owned();
    step.actions = vec![Action::Apply {
        files: names
            .iter()
            .map(|name| {
                Object::Namespace(Namespace {
                    name: (*name).to_owned(),
                    ambient: false,
                })
            })
            .collect(),
    }];
    step.gates = names
        .iter()
        .map(|name| Gate::NamespaceLabelled {
            namespace: (*name).to_owned(),
            key: "app.kubernetes.io/managed-by".to_owned(),
            value: "meshplan".to_owned(),
        })
        .collect();
    step.rollback.keeps = true;
    step.stays = vec![format!("the namespaces {list}")];
    step.back = "They stay; they may hold what others put there.".to_owned();
    Some(step)
}
