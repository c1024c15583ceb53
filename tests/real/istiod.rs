//! Applies a plan with a real istioctl next to real istiods, one process per revision. The installed objects
//! must match the version facts, and the gates that wait for an istiod must pass and fail as expected.
//!
//! Needs the output of `tests/witness/binaries.sh` and `tests/witness/istio.sh`. `KUBEBUILDER_ASSETS` and
//! `MESHPLAN_ISTIO` are these folders. Istio 1.31 also stands in for the stable revision, under its name and
//! tag: only 1.31 can be built from Go modules.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::PathBuf;
use std::time::Duration;

use crate::common::control_plane::{ControlPlane, surprises};
use crate::common::istiod::{Istiod, under_another_name};
use crate::common::{repository, skip, upgrade};
use meshplan::kube::identity::Key;
use serde_json::Value;

/// The plan, from 1.30.3 to 1.31.0.
const PLAN: &str = "shop-1.31";

/// Runs verify.sh of a step without telling it that the kubelets are simulated.
fn verify(cluster: &ControlPlane, step: &str, patience: u32) -> (bool, String) {
    let script = repository()
        .join("golden")
        .join(PLAN)
        .join(step)
        .join("verify.sh");
    let output = cluster
        .command("sh")
        .arg(script)
        .env("MESHPLAN_WAIT", patience.to_string())
        .output()
        .expect("sh");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Every object of the cluster whose name contains a revision, for all kinds that kubectl lists.
fn named_after(cluster: &ControlPlane, revision: &str) -> BTreeSet<String> {
    let kinds = cluster.kubectl(&["api-resources", "--verbs=list", "-o", "name"]);
    let kinds = String::from_utf8(kinds.stdout).expect("UTF-8");
    let kinds: Vec<&str> = kinds
        .lines()
        .filter(|kind| !kind.starts_with("events") && !kind.contains("metrics"))
        .collect();
    let all = cluster.kubectl(&[
        "get",
        &kinds.join(","),
        "-A",
        "--ignore-not-found",
        "-o",
        "json",
    ]);
    let all: Value = serde_json::from_slice(&all.stdout).expect("a list");
    let items = all["items"].as_array().expect("items").iter();
    let of = |item: &Value| {
        let name = item["metadata"]["name"]
            .as_str()
            .expect("a name")
            .to_owned();
        let kind = item["kind"].as_str().expect("a kind").to_owned();
        name.contains(revision).then(|| format!("{kind} {name}"))
    };
    items.filter_map(of).collect()
}

/// The istioctl objects in the state after a step that the cluster does not have.
fn lacking(cluster: &ControlPlane, number: u16) -> Vec<String> {
    let upgrade = upgrade(PLAN);
    let states = upgrade.states();
    let at = |(step, _): &&(&meshplan::tree::IndexStep, meshplan::proof::After)| {
        step.step.number == number
    };
    let (_, after) = states.iter().find(at).expect("the step");
    let mut kinds: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    for object in after.state.objects().filter(|object| object.implied) {
        let Key { group, kind, .. } = &object.key;
        let name = if group.is_empty() {
            kind.clone()
        } else {
            format!("{kind}.{group}")
        };
        kinds.entry(name).or_default().push(object.key.clone());
    }
    let mut lacking = Vec::new();
    for (kind, keys) in kinds {
        let all = cluster.kubectl(&["get", &kind, "-A", "-o", "json"]);
        let all: Value = serde_json::from_slice(&all.stdout).expect("a list");
        let live: BTreeSet<(Option<&str>, Option<&str>)> = all["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|item| {
                (
                    item["metadata"]["namespace"].as_str(),
                    item["metadata"]["name"].as_str(),
                )
            })
            .collect();
        for key in keys {
            if !live.contains(&(key.namespace.as_deref(), Some(&key.name))) {
                lacking.push(key.to_string());
            }
        }
    }
    lacking
}

#[test]
fn real_istiods_behave_as_the_gates_expect() {
    let Some(istio) = env::var_os("MESHPLAN_ISTIO").map(PathBuf::from) else {
        return skip(
            "MESHPLAN_ISTIO is not set to a folder with istioctl and istiod; see docs/rehearse.md",
        );
    };
    let Some(mut cluster) = ControlPlane::up() else {
        return;
    };
    let istioctl = istio.join("istioctl-1.31.0");
    let discovery = istio.join("pilot-discovery-1.31.0");
    let stable = under_another_name(&cluster, &istioctl, "1.30.3");
    cluster.environment = vec![
        ("ISTIOCTL_1_30_3".to_owned(), stable.into()),
        ("ISTIOCTL_1_31_0".to_owned(), istioctl.into()),
    ];
    let cluster = cluster;
    let tree = repository().join("golden").join(PLAN);
    let run = |from: u16, to: u16| {
        let (from, to) = (from.to_string(), to.to_string());
        let (_, report) = cluster.rehearse(&tree, &["--from", &from, "--to", &to]);
        assert_eq!(surprises(&report), [] as [&str; 0], "{report:#}");
        let who = report["istioctl"].to_string();
        assert!(who.contains("istioctl 1.31.0 itself"), "{who}");
    };
    let verified = |step: &str| {
        let (ok, said) = verify(&cluster, step, 30);
        assert!(ok, "{step}: {said}");
    };
    run(0, 120);
    // istiod creates its Leases after it starts.
    let (leases, lacked): (Vec<String>, Vec<String>) = lacking(&cluster, 120)
        .into_iter()
        .partition(|object| object.starts_with("Lease "));
    assert_eq!((leases.len(), lacked), (2, Vec::new()));
    run(130, 170);
    // No istiod manages the Gateway yet.
    let (ok, said) = verify(&cluster, "170-gateway", 3);
    assert!(!ok, "{said}");
    let first = Istiod::start(&cluster, &discovery, "1-30-3");
    verified("170-gateway");
    run(180, 180);
    verified("180-route");
    run(190, 210);
    let second = Istiod::start(&cluster, &discovery, "1-31-0");
    run(220, 230);
    assert_eq!(lacking(&cluster, 230), [] as [&str; 0]);
    run(240, 510);
    verified("510-routes-to-canary");
    // The canary does not manage the Gateway before the step that switches it.
    let (ok, said) = verify(&cluster, "520-gateway-owner", 3);
    assert!(!ok, "{said}");
    run(520, 530);
    verified("520-gateway-owner");
    verified("530-default-tag");
    verified("510-routes-to-canary");
    run(610, 630);
    drop(first);
    run(640, 660);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(named_after(&cluster, "1-30-3"), BTreeSet::new());
    assert!(!named_after(&cluster, "1-31-0").is_empty());
    // The objects of the canary still exist, and the route is still accepted.
    verified("510-routes-to-canary");
    assert_eq!(lacking(&cluster, 660), [] as [&str; 0]);
    drop(second);
}
