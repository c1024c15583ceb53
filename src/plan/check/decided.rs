//! Checks chart values that contradict the plan or its steps.

use serde_json::{Value, json};

use super::Found;
use crate::plan::parse::Parts;
use crate::plan::values::{Component, ValuesFile};
use crate::text::finding::Finding;

/// Which values contradict the plan.
enum Wrong {
    /// Any value: the plan or its steps set it.
    Set,
    /// Any value except this one.
    Not(Value),
    /// Only this value.
    Is(Value),
    /// Any value that Go reads as false.
    Off,
}

/// A pointer, the values that contradict the plan, and what sets the value instead.
type Decided = (String, Wrong, &'static str);

const VERSION: &str = "`version` of the revision sets the version of all images";
const HUB: &str = "`hub` of `[istio]` sets the registry of all images";
const REVISION: &str = "the plan sets the name of each revision";
const TAGS: &str = "steps 530 and 650 move the tags";
const AMBIENT: &str = "the plan installs an ambient mesh";
const TRUST: &str =
    "the plan sets which ztunnels istiod trusts: both must trust the ztunnels of both revisions";
const PINNED: &str =
    "the plan sets the name, the nodes and the control plane of each revision's ztunnel";
const NAMESPACE: &str = "`namespace` of `[istio]` sets the namespace";

/// Each of these is required for an ambient mesh or for Gateways.
const SWITCHES: [&str; 6] = [
    "PILOT_ENABLE_AMBIENT",
    "PILOT_ENABLE_AMBIENT_CONTROLLERS",
    "PILOT_ENABLE_HBONE",
    "PILOT_ENABLE_GATEWAY_API",
    "PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER",
    "PILOT_ENABLE_GATEWAY_API_STATUS",
];

/// Values of the ztunnel chart that distinguish the ztunnels of the two revisions.
const OWN: [&str; 6] = [
    "revision",
    "resourceName",
    "xdsAddress",
    "caAddress",
    "env/XDS_ADDRESS",
    "env/CA_ADDRESS",
];

/// Values that the template of the chart or the plan already sets.
const WRITTEN: [&str; 27] = [
    "podLabels/app",
    "podLabels/meshplan.dev~1revision",
    "podLabels/istio.io~1dataplane-mode",
    "podLabels/sidecar.istio.io~1inject",
    "podLabels/app.kubernetes.io~1name",
    "podLabels/app.kubernetes.io~1instance",
    "podLabels/app.kubernetes.io~1version",
    "podLabels/app.kubernetes.io~1part-of",
    "podLabels/app.kubernetes.io~1managed-by",
    "labels/app.kubernetes.io~1name",
    "labels/app.kubernetes.io~1instance",
    "labels/app.kubernetes.io~1version",
    "labels/app.kubernetes.io~1part-of",
    "labels/app.kubernetes.io~1managed-by",
    "annotations/istio.io~1rev",
    "annotations/meshplan.dev~1plan",
    "podAnnotations/istio.io~1rev",
    "podAnnotations/sidecar.istio.io~1inject",
    "env/POD_NAME",
    "env/POD_NAMESPACE",
    "env/NODE_NAME",
    "env/INSTANCE_IP",
    "env/SERVICE_ACCOUNT",
    "env/ZTUNNEL_CPU_LIMIT",
    "env/ZTUNNEL_RESOURCE_CPU_LIMIT",
    "env/ZTUNNEL_RESOURCE_CPU_REQUEST",
    "env/INPOD_ENABLED",
];

/// Reports values that contradict the plan.
pub(super) fn check(parts: &Parts, file: &ValuesFile, found: &mut Found) {
    let own = match file.component {
        Component::Istiod => istiod(),
        Component::Cni => cni(parts),
        Component::Ztunnel => ztunnel(parts, file),
    };
    for (pointer, wrong, decides) in everywhere(parts, file.component).into_iter().chain(own) {
        let Some(value) = file.get(&pointer) else {
            continue;
        };
        let empty = value.is_null() || *value == json!("") || *value == json!([]);
        let contradicts = match &wrong {
            Wrong::Set => !empty,
            Wrong::Not(right) => !empty && value != right,
            Wrong::Is(wrong) => value == wrong,
            Wrong::Off => {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                ["0", "f", "F", "false", "FALSE", "False"].contains(&text.as_str())
            }
        };
        if contradicts {
            let name = pointer[1..].replace('/', ".").replace("~1", "/");
            found.findings.push(
                Finding::error(
                    "values-contradict",
                    format!("`{name}` contradicts the plan"),
                )
                .label(decides)
                .help("remove it")
                .at(&file.source, file.key_range(&pointer)),
            );
        }
    }
}

fn namespace(parts: &Parts) -> Value {
    let istio = parts.istio.as_ref();
    let namespace = istio.and_then(|istio| istio.namespace.as_ref());
    json!(namespace.map_or("istio-system", |namespace| namespace.get_ref()))
}

/// Returns what the plan sets for every component.
fn everywhere(parts: &Parts, component: Component) -> Vec<Decided> {
    let hub = || {
        let istio = parts.istio.as_ref();
        let hub = istio.and_then(|istio| istio.hub.as_ref());
        hub.map_or(Wrong::Set, |hub| Wrong::Not(json!(hub.get_ref())))
    };
    let at = |key: &str| format!("/{}/{key}", component.group());
    let global = |key: &str| format!("/global/{key}");
    vec![
        (at("hub"), hub(), HUB),
        (global("hub"), hub(), HUB),
        (at("tag"), Wrong::Set, VERSION),
        (global("tag"), Wrong::Set, VERSION),
        (at("image"), Wrong::Set, VERSION),
        (
            at("enabled"),
            Wrong::Is(json!(false)),
            "the plan installs this component",
        ),
        (
            global("istioNamespace"),
            Wrong::Not(namespace(parts)),
            NAMESPACE,
        ),
        (global("revision"), Wrong::Set, REVISION),
        ("/profile".to_owned(), Wrong::Not(json!("ambient")), AMBIENT),
        ("/revision".to_owned(), Wrong::Set, REVISION),
        ("/revisionTags".to_owned(), Wrong::Set, TAGS),
        ("/defaultRevision".to_owned(), Wrong::Set, TAGS),
    ]
}

fn istiod() -> Vec<Decided> {
    let at = |key: &str| format!("/pilot/{key}");
    let mut all: Vec<Decided> = SWITCHES
        .iter()
        .map(|name| {
            let why = "the steps need this feature, and wait for its effect";
            (at(&format!("env/{name}")), Wrong::Off, why)
        })
        .collect();
    all.extend([
        (at("env/CA_TRUSTED_NODE_ACCOUNTS"), Wrong::Set, TRUST),
        (at("trustedZtunnelNamespace"), Wrong::Set, TRUST),
        (at("trustedZtunnelName"), Wrong::Set, TRUST),
        (
            at("env/PILOT_ENABLE_AMBIENT"),
            Wrong::Is(json!("false")),
            AMBIENT,
        ),
        (
            at("env/PILOT_ENABLE_AMBIENT"),
            Wrong::Is(json!(false)),
            AMBIENT,
        ),
        (
            at("replicaCount"),
            Wrong::Is(json!(0)),
            "the control plane must run",
        ),
        (
            "/global/operatorManageWebhooks".to_owned(),
            Wrong::Is(json!(true)),
            "istioctl finds revisions and tags by their webhooks",
        ),
    ]);
    all
}

fn cni(parts: &Parts) -> Vec<Decided> {
    let istio = parts.istio.as_ref();
    let exclude = istio.and_then(|istio| istio.cni.exclude_namespaces.as_ref());
    let exclude: Vec<&str> = exclude.map_or_else(
        || vec!["kube-system"],
        |names| names.iter().map(|name| name.get_ref().as_str()).collect(),
    );
    vec![
        (
            "/cni/excludeNamespaces".to_owned(),
            Wrong::Not(json!(exclude)),
            "`exclude-namespaces` of `[istio.cni]` sets these namespaces",
        ),
        (
            "/cni/ambient/enabled".to_owned(),
            Wrong::Is(json!(false)),
            AMBIENT,
        ),
        (
            "/cni/privileged".to_owned(),
            Wrong::Is(json!(false)),
            "ambient mode needs this value up to 1.21",
        ),
    ]
}

fn ztunnel(parts: &Parts, file: &ValuesFile) -> Vec<Decided> {
    let at = |key: &str| format!("/ztunnel/{key}");
    let mut all: Vec<Decided> = Vec::new();
    all.extend(OWN.map(|key| (at(key), Wrong::Set, PINNED)));
    all.extend(WRITTEN.map(|key| {
        let why = "the plan or the chart already sets it, and it would be set twice";
        (at(key), Wrong::Set, why)
    }));
    let selector = file.get("/ztunnel/nodeSelector").and_then(Value::as_object);
    let others = selector
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != "kubernetes.io/os");
    all.extend(others.map(|(key, _)| {
        let why = "the pools of the plan select the nodes; a node without this label would have no ztunnel";
        let key = key.replace('~', "~0").replace('/', "~1");
        (at(&format!("nodeSelector/{key}")), Wrong::Set, why)
    }));
    for (list, names) in [
        (
            "volumes",
            [
                "istio-token",
                "istiod-ca-cert",
                "cni-ztunnel-sock-dir",
                "tmp",
            ],
        ),
        (
            "volumeMounts",
            [
                "istio-token",
                "istiod-ca-cert",
                "cni-ztunnel-sock-dir",
                "tmp",
            ],
        ),
    ] {
        let own = file.get(&at(list)).and_then(Value::as_array);
        for (number, one) in own.into_iter().flatten().enumerate() {
            if one["name"]
                .as_str()
                .is_some_and(|name| names.contains(&name))
            {
                let why = "the chart already has a volume of that name";
                all.push((at(&format!("{list}/{number}/name")), Wrong::Set, why));
            }
        }
    }
    all.extend([
        (
            at("nodeSelector/kubernetes.io~1os"),
            Wrong::Not(json!("linux")),
            "ztunnel runs only on Linux",
        ),
        (
            at("istioNamespace"),
            Wrong::Not(namespace(parts)),
            NAMESPACE,
        ),
        (
            at("updateStrategy/type"),
            Wrong::Is(json!("OnDelete")),
            "the steps wait for the rollout",
        ),
    ]);
    all
}
