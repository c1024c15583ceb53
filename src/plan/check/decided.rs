//! Chart values that say what the plan or its steps say otherwise.

use serde_json::{Value, json};

use super::Found;
use crate::finding::Finding;
use crate::plan::Pool;
use crate::plan::parse::Parts;
use crate::plan::values::{Component, ValuesFile};

/// What a value may not be beside a plan.
enum Wrong {
    /// Anything: the plan or its steps decide it.
    Set,
    /// Anything but this.
    Not(Value),
    /// This.
    Is(Value),
}

/// A pointer, what is wrong there, and what decides instead.
type Decided = (String, Wrong, &'static str);

const VERSION: &str = "`version` of the revision decides which images run";
const HUB: &str = "`hub` of `[istio]` is for all images";
const REVISION: &str = "each revision has a name of its own, by the plan";
const TAGS: &str = "tags are moved by steps, 530 or 650";
const AMBIENT: &str = "the plan installs an ambient mesh";
const TRUST: &str =
    "both istiods have to trust the ztunnels of both revisions, which the plan writes";
const PINNED: &str =
    "each revision's ztunnel has its own name, nodes and control plane, by the plan";
const NAMESPACE: &str = "`namespace` of `[istio]` says where Istio is";

/// Says what contradicts the plan.
pub(super) fn check(parts: &Parts, file: &ValuesFile, found: &mut Found) {
    let own = match file.component {
        Component::Istiod => istiod(),
        Component::Cni => cni(parts),
        Component::Ztunnel => ztunnel(parts),
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
        };
        if contradicts {
            let name = pointer[1..].replace('/', ".").replace("~1", "/");
            found.findings.push(
                Finding::error(
                    "values-contradict",
                    format!("`{name}` contradicts the plan"),
                )
                .label(decides)
                .help("take it out")
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

/// What is decided for each component.
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
            "the plan installs it",
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
    vec![
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
            "a control plane has to run",
        ),
        (
            "/global/operatorManageWebhooks".to_owned(),
            Wrong::Is(json!(true)),
            "istioctl finds revisions and tags by their webhooks",
        ),
    ]
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
            "`exclude-namespaces` of `[istio.cni]` names them",
        ),
        (
            "/cni/ambient/enabled".to_owned(),
            Wrong::Is(json!(false)),
            AMBIENT,
        ),
        (
            "/cni/privileged".to_owned(),
            Wrong::Is(json!(false)),
            "ambient needs it up to 1.21",
        ),
    ]
}

fn ztunnel(parts: &Parts) -> Vec<Decided> {
    const LABELS: [&str; 4] = [
        "app",
        "meshplan.dev~1revision",
        "istio.io~1dataplane-mode",
        "sidecar.istio.io~1inject",
    ];
    const OWN: [&str; 6] = [
        "revision",
        "resourceName",
        "xdsAddress",
        "caAddress",
        "env/XDS_ADDRESS",
        "env/CA_ADDRESS",
    ];
    let at = |key: &str| format!("/ztunnel/{key}");
    let mut all: Vec<Decided> = Vec::new();
    all.extend(OWN.map(|key| (at(key), Wrong::Set, PINNED)));
    all.extend(LABELS.map(|label| {
        let why = "the plan's DaemonSet selects by it, or Istio reads it";
        (at(&format!("podLabels/{label}")), Wrong::Set, why)
    }));
    all.extend(pool_keys(parts).into_iter().map(|key| {
        let why = "the pools of the plan say which nodes are whose";
        (at(&format!("nodeSelector/{key}")), Wrong::Set, why)
    }));
    all.extend([
        (
            at("nodeSelector/kubernetes.io~1os"),
            Wrong::Not(json!("linux")),
            "ztunnel runs on Linux",
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

/// The keys of the labels by which the plan's pools are known, as parts of a pointer.
fn pool_keys(parts: &Parts) -> Vec<String> {
    let pools = [
        parts.stable.as_ref().map(|stable| &stable.pool),
        parts.canary.as_ref().map(|canary| &canary.pool),
    ];
    let mut keys = vec!["meshplan.dev~1pool".to_owned()];
    for pool in pools.into_iter().flatten() {
        if let Pool::Table(table) = pool.get_ref() {
            let selector = table.selector.iter().flatten();
            keys.extend(selector.map(|(key, _)| key.replace('~', "~0").replace('/', "~1")));
        }
    }
    keys.sort();
    keys.dedup();
    keys
}
