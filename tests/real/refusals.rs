//! What a real API server rejects: parts of a step that need an object of another part, and changed files. The
//! replay and the rules must find the same problems.
//!
//! Needs the output of `tests/witness/binaries.sh`. `KUBEBUILDER_ASSETS` is this folder.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use crate::common::control_plane::{ControlPlane, surprises};
use crate::common::mutants::{changed, leaves, object};
use crate::common::{copied, evidence, upgrade};
use meshplan::proof::{is_broken, schemas};
use meshplan::state::Object;
use meshplan::step::Action;
use serde_json::Value;

/// Moves the Namespace of the stable workloads into the step of the objects in it.
fn merged(tree: &Path) {
    let (first, second) = ("140-stable-namespace", "150-stable-workloads");
    let file = "00-namespace-shop-1-20-7.yaml";
    fs::copy(tree.join(first).join(file), tree.join(second).join(file)).expect("the namespace");
    let script = tree.join(second).join("apply.sh");
    let text = fs::read_to_string(&script).expect("apply.sh");
    let apply = "\napply \\\n";
    let own = format!("{apply}  \"$here\"/{file} \\\n");
    assert!(text.contains(apply));
    fs::write(&script, text.replace(apply, &own)).expect("apply.sh");
    let path = tree.join("index.json");
    let mut index: Value =
        serde_json::from_slice(&fs::read(&path).expect("index.json")).expect("an index");
    let moved = |all: &Value| -> Vec<Value> {
        let own = all.as_array().expect("files").iter();
        own.filter(|own| own["path"] == format!("{first}/{file}"))
            .map(|own| {
                let mut own = own.clone();
                own["path"] = format!("{second}/{file}").into();
                own
            })
            .collect()
    };
    let files = moved(&index["files"]);
    let steps = index["steps"].as_array_mut().expect("steps");
    let at = steps.iter().position(|step| step["name"] == first);
    let gone = steps.remove(at.expect("the step of the namespace"));
    let step = &mut steps[at.expect("a number")];
    let names = step["actions"][0]["files"].as_array_mut();
    names.expect("files").insert(0, file.into());
    let own = step["files"].as_array_mut();
    own.expect("files").extend(moved(&gone["files"]));
    let all = index["files"].as_array_mut();
    all.expect("files").extend(files);
    fs::write(&path, index.to_string()).expect("index.json");
}

#[test]
fn the_server_rejects_the_parts_that_the_replay_rejects() {
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let folder = copied("shop-1.20");
    merged(folder.path());
    let (_, report) = cluster.rehearse(folder.path(), &["--parts", "--to", "150"]);
    // The only other findings are that the step has no rollback for the Namespace, and the script that this
    // test edits.
    let mut said = surprises(&report).into_iter();
    let known = ["MP0039", "edited-file"];
    assert!(
        said.all(|said| known.iter().any(|code| said.contains(code))),
        "{report:#}"
    );
    let legs = report["legs"].as_array().expect("legs");
    let last = legs.last().expect("a leg");
    assert_eq!(last["step"], "150-stable-workloads");
    // First a grant and a Service without their namespace. Then all four files in reverse order, with the
    // Namespace last.
    assert_eq!((&last["tried"], &last["refused"]), (&6.into(), &5.into()));
}

/// What the server rejects and what the proof finds, in one class of changes.
#[derive(Default)]
struct Row {
    mutants: usize,
    found: usize,
    refused: usize,
}

/// The class of a change: the last name in its pointer that is not a number.
fn class(pointer: &str) -> &'static str {
    let parts: Vec<&str> = pointer.split('/').collect();
    for (part, said) in [
        ("/labels/", "a label"),
        ("/matchLabels/", "a selector"),
        ("/selector/", "a selector"),
        ("/nodeSelector/", "a node selector"),
        ("/matches/", "a match"),
        ("/env/", "an address or account in the environment"),
        ("/addresses/", "an address"),
        ("/parentRefs/", "a reference to a Gateway"),
        ("/backendRefs/", "a reference to a Service"),
        ("/from/", "who is granted"),
        ("/to/", "what is granted"),
    ] {
        if pointer.contains(part) {
            return said;
        }
    }
    match *parts.last().expect("a part") {
        "name" if parts.len() == 3 => "a name",
        "namespace" if parts.len() == 3 => "a namespace",
        "port" | "targetPort" | "containerPort" => "a port",
        "serviceAccountName" => "a ServiceAccount of pods",
        _ => "another reference",
    }
}

#[test]
fn the_proof_finds_each_change_that_the_server_rejects() {
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let name = "shop-1.20";
    let folder = copied(name);
    let mut upgrade = upgrade(name);
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut missed = Vec::new();
    for step in upgrade.index.steps.clone() {
        let files = step.step.actions.iter().flat_map(|action| match action {
            Action::Apply { files } => files.to_vec(),
            _ => Vec::new(),
        });
        for file in files {
            let path = format!("{}/{file}", step.step.name);
            let old = Rc::clone(&upgrade.files[&path]);
            let copies: Vec<(String, Rc<Object>)> = upgrade
                .files
                .iter()
                .filter(|(other, object)| {
                    other.contains("/rollback/")
                        && !other.contains("/delete/")
                        && object.value() == old.value()
                })
                .map(|(other, object)| (other.clone(), Rc::clone(object)))
                .collect();
            let mut pointers = Vec::new();
            leaves(old.value(), "", &mut pointers);
            for pointer in pointers {
                let mut value = old.value().clone();
                let place = value.pointer_mut(&pointer).expect("a leaf");
                *place = changed(place);
                let changed_file = folder.path().join("mutant.json");
                fs::write(&changed_file, value.to_string()).expect("a mutant");
                let shown = changed_file.to_str().expect("a path");
                let said = cluster.kubectl(&["apply", "--dry-run=server", "-f", shown]);
                let refused = !said.status.success();
                for other in std::iter::once(&path).chain(copies.iter().map(|(other, _)| other)) {
                    let mutant = object(other, &value, &old);
                    upgrade.files.insert(other.clone(), mutant);
                }
                let mutant = object(&path, &value, &old);
                let found = is_broken(&upgrade) || !schemas(&[mutant]).0.is_empty();
                let row = rows.entry(class(&pointer)).or_default();
                row.mutants += 1;
                row.found += usize::from(found);
                row.refused += usize::from(refused);
                if refused && !found {
                    let said = String::from_utf8_lossy(&said.stderr).trim().to_owned();
                    missed.push(format!("{path}#{pointer}: {said}"));
                }
                upgrade.files.insert(path.clone(), Rc::clone(&old));
                upgrade.files.extend(copies.iter().cloned());
            }
        }
        let number = step.step.number.to_string();
        let (code, report) = cluster.rehearse(
            &crate::common::repository().join("golden").join(name),
            &["--from", &number, "--to", &number],
        );
        assert_eq!(code, 0, "{report:#}");
    }
    assert!(
        missed.is_empty(),
        "the server rejects changes that the proof does not find:\n{}",
        missed.join("\n")
    );
    let mut table =
        "| what is changed | files changed | found by the proof | rejected by the server | rejected and not found |\
         \n| --- | --- | --- | --- | --- |\n".to_owned();
    for (class, row) in rows {
        writeln!(
            table,
            "| {class} | {} | {} | {} | 0 |",
            row.mutants, row.found, row.refused
        )
        .expect("a string");
    }
    evidence("refusals", &table, "MESHPLAN_BLESS_WITNESS");
}
