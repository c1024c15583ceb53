//! Every known minor version, as stable and as canary: a plan compiles, and each of its states holds.

use crate::common::{code, meshplan, meshplan_in, small_plan, stderr, stdout};

/// Stable, canary and bundle. Each patch version that changes a dialect occurs as stable or as canary.
const PAIRS: &[(&str, &str, &str)] = &[
    ("1.18.0-alpha.0", "1.18.1", "v1.0.0"),
    ("1.18.7", "1.19.10", "v1.4.1"),
    ("1.19.10", "1.20.0", "v1.4.1"),
    ("1.20.7", "1.20.8", "v1.0.0"),
    ("1.21.6", "1.22.0", "v1.4.1"),
    ("1.22.8", "1.23.4", "v1.4.1"),
    ("1.22.8", "1.23.6", "v1.4.1"),
    ("1.23.4", "1.24.1", "v1.4.1"),
    ("1.23.6", "1.24.6", "v1.4.1"),
    ("1.24.2", "1.25.5", "v1.4.1"),
    ("1.24.6", "1.25.5", "v1.4.1"),
    ("1.25.5", "1.26.8", "v1.4.1"),
    ("1.26.8", "1.27.9", "v1.4.1"),
    ("1.27.9", "1.28.5", "v1.4.1"),
    ("1.28.10", "1.29.1", "v1.4.1"),
    ("1.29.4", "1.30.1", "v1.5.1"),
    ("1.29.6", "1.30.3", "v1.5.1"),
    ("1.30.3", "1.31.0", "v1.6.1"),
    ("1.31.0", "1.31.1", "v1.6.1"),
];

/// The plan setting for Gateways that cannot switch revisions without loss.
const CHOICES: [&str; 2] = ["second", "relabel"];

#[test]
fn every_pair_compiles_and_its_states_hold() {
    for (stable, canary, bundle) in PAIRS {
        let edits = [
            ("1.30.3", *canary),
            ("1.29.6", *stable),
            ("v1.4.1", *bundle),
        ];
        let folder = small_plan(&edits);
        let output = meshplan_in(folder.path(), &["check", "plan.toml"]);
        if !stderr(&output).contains("handover-missing") {
            assert_eq!(
                (code(&output), stderr(&output).as_str()),
                (0, ""),
                "{stable} {canary}"
            );
            continue;
        }
        for choice in CHOICES {
            let listener = format!("handover = \"{choice}\"\nlistener = [");
            let mut edits = edits.to_vec();
            edits.push(("listener = [", &listener));
            let folder = small_plan(&edits);
            let output = meshplan_in(folder.path(), &["check", "plan.toml"]);
            assert_eq!(
                (code(&output), stderr(&output).as_str()),
                (0, ""),
                "{stable} {canary} {choice}"
            );
        }
    }
}

#[test]
fn a_newer_minor_counts_as_the_newest_known_one_if_the_plan_says_so() {
    let edits = [
        (
            "version = \"1.30.3\"",
            "version = \"1.32.1\"\nlike = \"1.31\"",
        ),
        ("1.29.6", "1.31.0"),
        ("v1.4.1", "v1.6.1"),
    ];
    let folder = small_plan(&edits);
    let output = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let ztunnel = folder
        .path()
        .join("shop/230-canary-ztunnel/40-daemonset-istio-system-ztunnel-1-32-1.yaml");
    let text = std::fs::read_to_string(ztunnel).expect("the ztunnel");
    assert!(text.contains("ztunnel:1.32.1") && text.contains("ZTUNNEL_RESOURCE_CPU_REQUEST"));
}

#[test]
fn hops_are_supported_upgrades_one_per_line() {
    let output = meshplan(&["hops", "1.27.9", "1.30.3"]);
    assert_eq!(code(&output), 0);
    let text = stdout(&output);
    let hops: Vec<&str> = text.lines().map(|line| line[..20].trim_end()).collect();
    assert_eq!(
        hops,
        [
            "1.27.9  -> 1.28.10",
            "1.28.10 -> 1.29.6",
            "1.29.6  -> 1.30.3"
        ]
    );
    for (from, to, why) in [
        ("1.20.8", "1.21.6", "redirection is done inside the pods"),
        ("1.30.3", "1.29.6", "is not newer than"),
    ] {
        let output = meshplan(&["hops", from, to]);
        assert_eq!(code(&output), 1);
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
    for (from, to) in [("1.17.0", "1.18.1"), ("1.30", "1.31.0")] {
        assert_eq!(code(&meshplan(&["hops", from, to])), 2);
    }
}
