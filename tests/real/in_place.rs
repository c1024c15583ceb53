//! Upgrades an existing mesh in place on a real control plane: which ztunnel a new node gets, what stays
//! unchanged, and scripts that stop and continue.
//!
//! Needs the output of `tests/witness/binaries.sh`. `KUBEBUILDER_ASSETS` is this folder.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;

use crate::common::control_plane::{ControlPlane, surprises};
use crate::common::{repository, skip};
use serde_json::{Value, json};

const GENERAL: &str = "301-nodes-general";
const BATCH: &str = "302-nodes-batch";

struct World {
    cluster: ControlPlane,
}

impl World {
    /// A cluster in the state before the first node moves.
    fn before_nodes() -> Option<Self> {
        let this = Self {
            cluster: ControlPlane::up()?,
        };
        this.rehearse(0, 230);
        Some(this)
    }

    fn rehearse(&self, from: u16, to: u16) {
        let (from, to) = (from.to_string(), to.to_string());
        let tree = repository().join("golden/in-place");
        let (_, report) = self
            .cluster
            .rehearse(&tree, &["--from", &from, "--to", &to]);
        assert_eq!(surprises(&report), [] as [&str; 0], "{report:#}");
    }

    fn run(&self, step: &str, script: &str) -> (bool, String) {
        let path = repository().join("golden/in-place").join(step).join(script);
        let output = self
            .cluster
            .command("sh")
            .arg(path)
            .env("MESHPLAN_SIMULATED", "1")
            .env("MESHPLAN_WAIT", "20")
            .output()
            .expect("sh");
        said(&output)
    }

    fn kubectl(&self, arguments: &[&str]) {
        let (ok, said) = said(&self.cluster.kubectl(arguments));
        assert!(ok, "{said}");
    }

    fn apply(&self, object: &Value) {
        let path = self.cluster.folder.path().join("object.json");
        fs::write(&path, object.to_string()).expect("an object");
        self.kubectl(&["apply", "-f", path.to_str().expect("a path")]);
    }

    /// The pods with a label: for each node, the UID of the pod with the name of its owner.
    fn pods(&self, label: &str) -> BTreeMap<String, (String, String)> {
        let pods = self
            .cluster
            .kubectl(&["get", "pods", "-A", "-l", label, "-o", "json"]);
        let pods: Value = serde_json::from_slice(&pods.stdout).expect("pods");
        let pods = pods["items"].as_array().expect("items").iter();
        let of = |pod: &Value| {
            let text = |pointer: &str| {
                let value = pod.pointer(pointer).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            let owner = text("/metadata/ownerReferences/0/name");
            (text("/spec/nodeName"), (text("/metadata/uid"), owner))
        };
        pods.map(of).collect()
    }

    /// Adds a node to the group `general`, and waits for its ztunnel.
    fn join(&self, name: &str) -> String {
        self.apply(&json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {
                "name": name, "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name,
                    "node.example/group": "general"},
            },
        }));
        for _ in 0..100 {
            if let Some((_, owner)) = self.pods("app=ztunnel").get(name) {
                return owner.clone();
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        panic!("{name} gets no ztunnel");
    }

    /// Waits until a node has exactly one ztunnel, of the given DaemonSet.
    fn wait(&self, node: &str, owner: &str) {
        for _ in 0..100 {
            let pods = self.pods("app=ztunnel");
            if pods.get(node).is_some_and(|(_, own)| own == owner) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        panic!("{node} does not get a pod of {owner}");
    }
}

fn said(output: &Output) -> (bool, String) {
    let text = [&output.stdout[..], &output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

/// What stubs cannot show: what istioctl itself waits for, and what it writes in addition to its input.
#[test]
fn a_real_istioctl_installs_the_canary() {
    let Some(istio) = std::env::var_os("MESHPLAN_ISTIO").map(std::path::PathBuf::from) else {
        return skip("MESHPLAN_ISTIO is not set to a folder with istioctl; see docs/rehearse.md");
    };
    let Some(mut cluster) = ControlPlane::up() else {
        return;
    };
    let istioctl = istio.join("istioctl-1.31.0");
    cluster.environment = vec![("ISTIOCTL_1_31_0".to_owned(), istioctl.into())];
    let tree = repository().join("golden/in-place");
    let (_, report) = cluster.rehearse(&tree, &["--rollback", "--keep-going"]);
    assert_eq!(surprises(&report), [] as [&str; 0], "{report:#}");
    let istioctls = report["istioctl"].as_array().expect("istioctls");
    assert!(
        istioctls[0]
            .as_str()
            .is_some_and(|said| said.starts_with("istioctl 1.31.0 itself")),
        "{istioctls:?}"
    );
}

#[test]
fn only_moved_pods_are_replaced_and_new_nodes_get_their_ztunnel() {
    let Some(world) = World::before_nodes() else {
        return;
    };
    // A failure to list objects is not an empty list.
    let path = repository()
        .join("golden/in-place")
        .join(GENERAL)
        .join("apply.sh");
    let deaf = world
        .cluster
        .command("sh")
        .arg(path)
        .env("KUBECTL", "false")
        .output();
    assert!(!deaf.expect("sh").status.success());
    assert_eq!(world.join("general-4"), "ztunnel");
    let (ztunnels, cnis) = (
        world.pods("app=ztunnel"),
        world.pods("k8s-app=istio-cni-node"),
    );
    let (ok, text) = world.run(BATCH, "apply.sh");
    assert!(ok, "{text}");
    for (label, before) in [
        ("app=ztunnel", &ztunnels),
        ("k8s-app=istio-cni-node", &cnis),
    ] {
        for (node, (uid, owner)) in world.pods(label) {
            let moved = node == "batch-1";
            assert_eq!(before[&node].0 != uid, moved, "{label} on {node}");
            assert_eq!(
                owner == "ztunnel-1-31-0",
                moved && label == "app=ztunnel",
                "{node}"
            );
        }
    }
    // A node that joins during the upgrade belongs to stable, and moves with its group.
    assert_eq!(world.join("general-5"), "ztunnel");
    let (ok, text) = world.run(GENERAL, "apply.sh");
    assert!(ok, "{text}");
    let (ok, text) = world.run(GENERAL, "verify.sh");
    assert!(ok, "{text}");
    let all = world.pods("app=ztunnel");
    assert_eq!(all.len(), 6);
    assert!(
        all.values().all(|(_, owner)| owner == "ztunnel-1-31-0"),
        "{all:?}"
    );
    // A node outside all groups would lose its ztunnel.
    world.rehearse(520, 521);
    world.apply(&json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "gpu-1", "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/os": "linux", "node.example/group": "gpu"}},
    }));
    let (ok, text) = world.run("630-retire-ztunnel", "apply.sh");
    assert!(!ok && text.contains("gpu-1"), "{text}");
    world.kubectl(&["label", "node", "gpu-1", "meshplan.dev/pool=canary"]);
    world.wait("gpu-1", "ztunnel-1-31-0");
    // After the upgrade, nodes need no label.
    let before = world.pods("app=ztunnel");
    world.rehearse(630, 630);
    for (node, (uid, _)) in world.pods("app=ztunnel") {
        assert_eq!(before[&node].0, uid, "{node}");
    }
    assert_eq!(world.join("general-6"), "ztunnel-1-31-0");
}

#[test]
fn an_exhausted_disruption_budget_stops_the_move_and_a_stopped_move_continues() {
    let Some(world) = World::before_nodes() else {
        return;
    };
    // No other node can run the pods, and the budget needs both replicas of web.
    world.apply(&json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
    }));
    let hosts = world.pods("app=web");
    let group = if hosts.keys().any(|node| node.starts_with("general")) {
        GENERAL
    } else {
        BATCH
    };
    // The disruption controller needs a moment to process the change.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let (ok, text) = world.run(group, "apply.sh");
    assert!(!ok, "{text}");
    assert!(
        text.contains("disruption budget") && text.contains("cannot be drained"),
        "{text}"
    );
    assert_eq!(world.pods("app=web"), hosts, "a pod of web was replaced");
    let (ok, text) = world.run(group, "verify.sh");
    assert!(!ok && text.contains("should have"), "{text}");
    world.apply(&json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    }));
    std::thread::sleep(std::time::Duration::from_secs(2));
    // A node in the middle of its move, as a killed script leaves it: labelled, but still cordoned.
    let node = if group == GENERAL {
        "general-2"
    } else {
        "batch-1"
    };
    world.kubectl(&[
        "annotate",
        "node",
        node,
        "meshplan.dev/moving=open",
        "--overwrite",
    ]);
    world.kubectl(&["cordon", node]);
    world.kubectl(&["label", "node", node, "meshplan.dev/pool=canary"]);
    let (ok, text) = world.run(group, "verify.sh");
    assert!(!ok, "{text}");
    let (ok, text) = world.run(group, "apply.sh");
    assert!(ok, "{text}");
    let (ok, text) = world.run(group, "verify.sh");
    assert!(ok, "{text}");
    let nodes = world.cluster.kubectl(&["get", "nodes", "-o", "json"]);
    let nodes: Value = serde_json::from_slice(&nodes.stdout).expect("nodes");
    for node in nodes["items"].as_array().expect("nodes") {
        assert_eq!(node["spec"]["unschedulable"], Value::Null, "{node:#}");
        let marks = &node["metadata"]["annotations"]["meshplan.dev/moving"];
        assert_eq!(*marks, Value::Null);
    }
}

#[test]
fn a_full_rollback_restarts_only_what_moved() {
    let Some(world) = World::before_nodes() else {
        return;
    };
    let all = || {
        [
            world.pods("app=ztunnel"),
            world.pods("k8s-app=istio-cni-node"),
        ]
    };
    let before = all();
    let (ok, text) = world.run(GENERAL, "apply.sh");
    assert!(ok, "{text}");
    let back = [
        GENERAL,
        "230-canary-ztunnel",
        "220-istio-cni-upgrade",
        "210-canary-control-plane",
        "130-stable-ztunnel",
        "110-on-delete",
    ];
    for step in back {
        let (ok, text) = world.run(step, "rollback.sh");
        assert!(ok, "{step}: {text}");
    }
    // Give the controllers time to act.
    std::thread::sleep(std::time::Duration::from_secs(3));
    for (before, after) in before.iter().zip(all()) {
        for (node, (uid, _)) in after {
            let moved = node.starts_with("general");
            assert_eq!(before[&node].0 != uid, moved, "{node}");
        }
    }
    let affinity = world.cluster.kubectl(&[
        "get",
        "daemonset",
        "ztunnel",
        "-n",
        "istio-system",
        "-o",
        "jsonpath={.spec.template.spec.affinity}",
    ]);
    assert_eq!(String::from_utf8_lossy(&affinity.stdout), "");
    // The upgrade can start again.
    for step in ["110-on-delete", "130-stable-ztunnel"] {
        let (ok, text) = world.run(step, "apply.sh");
        assert!(ok, "{step}: {text}");
    }
}
