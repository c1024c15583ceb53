//! Puts common mistakes with an existing mesh into golden trees and plans. A rule or the checks of the plan
//! must find each mistake. If only a script is wrong, a rehearsal must find it.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::common::control_plane::{ControlPlane, surprises};
use crate::common::{copied, evidence, meshplan, stdout};
use serde_json::{Value, json};

/// A mistake in a compiled tree.
struct Fault {
    what: &'static str,
    tree: &'static str,
    /// Puts the mistake into the tree.
    seed: fn(&Path),
    /// The rule that finds it, and the step.
    found: (&'static str, &'static str),
}

const FAULTS: [Fault; 6] = [
    Fault {
        what: "istio-cni first, everywhere",
        tree: "in-place",
        seed: |tree| moved(tree, 220, 210),
        found: ("MP0030", "220-istio-cni-upgrade"),
    },
    Fault {
        what: "the DaemonSets keep RollingUpdate (step 110 is missing)",
        tree: "in-place",
        seed: |tree| edit(tree, |steps| steps.retain(|step| step["number"] != 110)),
        found: ("MP0045", "130-stable-ztunnel"),
    },
    Fault {
        what: "the default tag moved before the Gateways switch, as istioctl does",
        tree: "in-place",
        seed: |tree| moved(tree, 650, 520),
        found: ("MP0045", "650-default-tag"),
    },
    Fault {
        what: "the default revision moved before the Gateways switch, as Helm names it",
        tree: "fleet",
        seed: |tree| moved(tree, 560, 520),
        found: ("MP0023", "560-default-validator"),
    },
    Fault {
        what: "the old IstioOperator installed again while the canary runs",
        tree: "in-place",
        seed: old_operator,
        found: ("MP0001", "301-nodes-general"),
    },
    Fault {
        what: "nodes labelled by hand, with the old istio-cni pods left running",
        tree: "in-place",
        seed: labelled_by_hand,
        found: ("MP0030", "302-nodes-batch"),
    },
];

/// The operator labels the nodes of a group by hand, and does nothing else.
fn labelled_by_hand(tree: &Path) {
    edit(tree, |steps| {
        let step = steps.iter_mut().find(|step| step["number"] == 302);
        let actions = step.expect("the second group")["actions"].as_array_mut();
        for action in actions.expect("actions") {
            if action["action"] == "move-nodes" {
                *action = json!({
                    "action": "label-nodes", "nodes": action["nodes"], "key": action["key"], "value": action["value"],
                });
            }
        }
    });
}

/// Edits the steps in a tree's index.
fn edit(tree: &Path, edit: impl FnOnce(&mut Vec<Value>)) {
    let path = tree.join("index.json");
    let text = fs::read_to_string(&path).expect("index.json");
    let mut index: Value = serde_json::from_str(&text).expect("an index");
    edit(index["steps"].as_array_mut().expect("steps"));
    fs::write(&path, index.to_string()).expect("index.json");
}

/// Moves one step before another, by their numbers.
fn moved(tree: &Path, number: u16, before: u16) {
    edit(tree, |steps| {
        let at = |steps: &[Value], number: u16| {
            let found = steps.iter().position(|step| step["number"] == number);
            found.expect("a step of that number")
        };
        let step = steps.remove(at(steps, number));
        steps.insert(at(steps, before), step);
    });
}

/// The operator installs the IstioOperator that created the mesh again.
fn old_operator(tree: &Path) {
    const FILE: &str = "istioctl/mesh.yaml";
    let folder = tree.join("301-nodes-general");
    fs::create_dir(folder.join("istioctl")).expect("a folder");
    let operator = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata:\n  name: mesh\
        \n  namespace: istio-system\nspec:\n  \
                    profile: ambient\n  hub: docker.io/istio\n  tag: 1.30.3\n";
    fs::write(folder.join(FILE), operator).expect("an IstioOperator");
    let path = format!("301-nodes-general/{FILE}");
    let file = json!({"path": path, "sha256": meshplan::tree::sha256(operator.as_bytes()), "identity": {
        "apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "namespace": "istio-system", "name": "mesh",
    }});
    edit(tree, |steps| {
        let step = steps.iter_mut().find(|step| step["number"] == 301);
        let step = step.expect("the first group");
        step["files"]
            .as_array_mut()
            .expect("files")
            .push(file.clone());
        step["actions"].as_array_mut().expect("actions").push(json!({
            "action": "install", "file": FILE,
            "istioctl": {"version": "1.30.3", "revision": "default", "namespace": "istio-system"},
        }));
    });
    let index = tree.join("index.json");
    let mut all: Value =
        serde_json::from_str(&fs::read_to_string(&index).expect("index.json")).expect("an index");
    all["files"].as_array_mut().expect("files").push(file);
    fs::write(index, all.to_string()).expect("index.json");
}

/// What `meshplan check` reports, except edited files: code and step.
fn findings(subject: &str) -> BTreeSet<(String, String)> {
    let output = meshplan(&["check", subject, "--format", "json"]);
    let json: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let findings = json["findings"].as_array().expect("findings").iter();
    let errors = findings
        .filter(|finding| finding["severity"] == "error" && finding["code"] != "edited-file");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors
        .map(|finding| (text(&finding["code"]), text(&finding["step"])))
        .collect()
}

/// The script of a group labels its nodes before it drains them.
fn label_first(tree: &Path) {
    let path = tree.join("302-nodes-batch/apply.sh");
    let script = fs::read_to_string(&path).expect("a script");
    let label = script
        .lines()
        .find(|line| line.trim_start().starts_with("label meshplan.dev/pool "))
        .expect("where the node is labelled")
        .to_owned();
    let without = script.replace(&format!("{label}\n"), "");
    let cordon = "  cordon \"$1\"\n";
    assert!(without.contains(cordon));
    let script = without.replace(cordon, &format!("{label}\n{cordon}"));
    fs::write(&path, script).expect("a script");
}

#[test]
fn each_mistake_is_found() {
    let mut table = "| mistake | where | found by | step |\n| --- | --- | --- | --- |\n".to_owned();
    for fault in FAULTS {
        let folder = copied(fault.tree);
        assert!(
            findings(folder.path().to_str().expect("a path")).is_empty(),
            "{}",
            fault.tree
        );
        (fault.seed)(folder.path());
        let found = findings(folder.path().to_str().expect("a path"));
        let (code, step) = fault.found;
        assert!(
            found.contains(&(code.to_owned(), step.to_owned())),
            "{}: {found:?}",
            fault.what
        );
        let (what, tree) = (fault.what, fault.tree);
        writeln!(
            table,
            "| {what} | {tree} | `meshplan check`, {code} | {step} |"
        )
        .expect("a string");
    }
    for (what, plan, code) in [
        (
            "a group with new nodes, whose NodePool does not set the label",
            "existing-surge-label",
            "surge-label",
        ),
        (
            "a node that no group selects",
            "existing-groups",
            "existing-group",
        ),
    ] {
        let found = findings(&format!("tests/bad/{plan}.toml"));
        assert!(
            found.iter().any(|(own, _)| own == code),
            "{what}: {found:?}"
        );
        writeln!(
            table,
            "| {what} | tests/bad | `meshplan check`, {code} | the plan |"
        )
        .expect("a string");
    }
    let folder = copied("in-place");
    label_first(folder.path());
    assert!(findings(folder.path().to_str().expect("a path")).is_empty());
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let (code, report) = cluster.rehearse(folder.path(), &["--to", "302", "--keep-going"]);
    assert_eq!(code, 1, "{report:#}");
    let said = surprises(&report);
    let wanted = "switched from DaemonSet istio-system/ztunnel to DaemonSet istio-system/ztunnel-1-31-0 while \
        enrolled pods were running on it";
    assert!(
        said.iter()
            .all(|said| said.starts_with("\"302-nodes-batch\"")),
        "{said:#?}"
    );
    assert!(said.iter().any(|said| said.contains(wanted)), "{said:#?}");
    table.push_str("| a node labelled before it is drained | in-place | `meshplan rehearse`: node … switched from \
        one ztunnel to the other while enrolled pods were running on it | 302-nodes-batch |\n");
    let written = evidence("faults in place", &table, "MESHPLAN_BLESS_WITNESS");
    assert_eq!(written, table);
}
