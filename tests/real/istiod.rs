//! A plan applied with a real istioctl beside real istiods, one process a revision: what is installed is what the version facts say, and
//! the gates that wait for an istiod open and stay shut as they should.
//!
//! Needs what `tests/witness/binaries.sh` and `tests/witness/istio.sh` make, their folders in `KUBEBUILDER_ASSETS` and `MESHPLAN_ISTIO`.
//! Istio 1.31 plays the stable revision as well, under its name and tag: it alone can be built from Go modules.

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

/// The plan: from 1.30.3 to 1.31.0.
const PLAN: &str = "shop-1.31";

/// Runs verify.sh of a step, which does not know that the kubelets are simulated.
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

/// Every object of the cluster, by kubectl's own list of kinds, whose name says a revision.
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

/// What the state after a step says that istioctl made, and the cluster lacks.
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
fn real_istiods_do_as_the_gates_expect() {
    let Some(istio) = env::var_os("MESHPLAN_ISTIO").map(PathBuf::from) else {
        return skip(
            "MESHPLAN_ISTIO names no folder with istioctl and istiod; docs/rehearse.md says how to have one",
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
    // An istiod makes its Leases once it runs.
    let (leases, lacked): (Vec<String>, Vec<String>) = lacking(&cluster, 120)
        .into_iter()
        .partition(|object| object.starts_with("Lease "));
    assert_eq!((leases.len(), lacked), (2, Vec::new()));
    run(130, 170);
    // Nobody takes the Gateway yet.
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
    // The canary does not have the Gateway before its own step.
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
    // What the canary has and made is still there, and the route still holds.
    verified("510-routes-to-canary");
    assert_eq!(lacking(&cluster, 660), [] as [&str; 0]);
    drop(second);
}
