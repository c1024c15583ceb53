//! Rules that need a whole tree. Each must report a golden tree in which one thing was changed.

use std::fs;

use crate::common::repository;
use meshplan::proof::{Upgrade, prove};
use meshplan::step::Gate;
use meshplan::text::source::Sources;
use meshplan::tree::sha256;

/// The newer golden tree, with a text replaced in some files and without some other files.
fn upgrade(edit: &dyn Fn(&str, String) -> Option<String>) -> Upgrade {
    edited("bookinfo-1.30", edit)
}

/// Returns a golden tree with the files that `edit` returns.
fn edited(tree: &str, edit: &dyn Fn(&str, String) -> Option<String>) -> Upgrade {
    let root = repository().join("golden").join(tree);
    let mut index: meshplan::tree::Index =
        serde_json::from_slice(&fs::read(root.join("index.json")).expect("index.json"))
            .expect("an index");
    let text = |path: &str| edit(path, fs::read_to_string(root.join(path)).expect("a file"));
    index.files.retain(|file| text(&file.path).is_some());
    for file in &mut index.files {
        file.sha256 = sha256(text(&file.path).unwrap_or_default().as_bytes());
    }
    let (upgrade, findings) = Upgrade::of(index, &text, &str::to_owned, &mut Sources::default());
    assert!(findings.is_empty(), "{findings:?}");
    upgrade
}

fn codes(upgrade: &Upgrade) -> Vec<&'static str> {
    prove(upgrade)
        .into_iter()
        .map(|finding| finding.code)
        .collect()
}

/// Replaces a text in the files whose path contains `part`.
fn replaced(part: &str, from: &str, to: &str) -> Vec<&'static str> {
    codes(&upgrade(&|path, text| {
        Some(if path.contains(part) {
            text.replace(from, to)
        } else {
            text
        })
    }))
}

/// Omits files.
fn without(part: &str) -> Vec<&'static str> {
    codes(&upgrade(&|path, text| {
        (!path.contains(part)).then_some(text)
    }))
}

#[test]
fn each_rule_over_a_whole_tree_trips() {
    for (code, found) in [
        (
            "MP0003",
            replaced(
                "250-canary-workloads/40-deployment",
                "meshplan.dev/pool: canary",
                "meshplan.dev/pool: stable",
            ),
        ),
        ("MP0019", without("250-canary-workloads/10-serviceaccount")),
        ("MP0021", without("istioctl/istio-cni.yaml")),
        (
            "MP0024",
            replaced("istioctl/istiod-1-29-6.yaml", "1.29.6", "1.29.4"),
        ),
        (
            "MP0032",
            replaced("kustomization.yaml", "ref=v1.4.1", "ref=v0.6.1"),
        ),
        (
            "MP0046",
            without("640-retire-control-plane/delete/20-configmap"),
        ),
        (
            "MP0049",
            replaced(
                "250-canary-workloads/30-service",
                "port: 9080",
                "port: 9081",
            ),
        ),
    ] {
        assert!(found.contains(&code), "expected {code}, found {found:?}");
    }
    let mut unmoved = upgrade(&|_, text| Some(text));
    assert!(codes(&unmoved).is_empty());
    unmoved.index.steps.pop();
    assert!(codes(&unmoved).contains(&"MP0047"));
}

/// A gate that no state of the plan can pass is reported before anything is written.
#[test]
fn a_gate_that_never_passes_is_found() {
    let kind = |gate: &Gate| serde_json::to_value(gate).expect("JSON")["gate"].clone();
    let mut tried = std::collections::BTreeSet::new();
    for tree in ["bookinfo-1.30", "shop-1.25", "in-place"] {
        let upgrade = crate::common::upgrade(tree);
        for (number, step) in upgrade.index.steps.iter().enumerate() {
            for (place, gate) in step.step.requires.iter().enumerate() {
                let mut shut = gate.clone();
                let other = "9-9-9".to_owned();
                match &mut shut {
                    Gate::OnlyZtunnels { known } => known.clear(),
                    Gate::Unrouted { namespaces } => *namespaces = routed(&upgrade),
                    Gate::AllOwned { revision, .. } => *revision = other,
                    _ => continue,
                }
                let opens =
                    shut == *gate || kind(gate) == "only-ztunnels" && step.step.number < 200;
                if opens {
                    continue;
                }
                let mut broken = crate::common::upgrade(tree);
                broken.index.steps[number].step.requires[place] = shut;
                assert!(
                    codes(&broken).contains(&"MP0045"),
                    "{tree} {}: {gate:?}",
                    step.step.name
                );
                tried.insert(kind(gate).to_string());
            }
        }
    }
    assert_eq!(tried.len(), 3, "{tried:?}");
}

/// The namespaces that the routes of a tree lead to after the last step.
fn routed(upgrade: &Upgrade) -> Vec<String> {
    let traffic = upgrade.index.steps.iter().rev();
    let mut traffic = traffic.filter_map(|step| step.step.traffic.as_ref());
    traffic
        .next()
        .map(|last| last.canary.clone())
        .unwrap_or_default()
}

/// istioctl 1.30 would give the canary the tag `default` in a mesh that Helm installed.
#[test]
fn a_switch_that_no_step_names_is_found() {
    let took = edited("fleet", &|path, text| {
        let own = path.contains("210-canary-control-plane/istioctl/");
        Some(if own {
            text.replace(
                "operatorManageWebhooks: true",
                "operatorManageWebhooks: false",
            )
        } else {
            text
        })
    });
    let found = prove(&took);
    let switched: Vec<&str> = found
        .iter()
        .filter(|finding| finding.code == "MP0051")
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(
        switched,
        [
            "`210-canary-control-plane` switches tag `default` from nothing to 1-30-3 without naming it",
            "`210-canary-control-plane` switches `istiod-default-validator` from istiod to istiod-1-30-3 without naming it",
        ]
    );
}
