//! `meshplan init` writes plans that compile.

use std::collections::BTreeSet;
use std::fs;

use crate::common::{code, files, meshplan, meshplan_in, repository, stderr, stdout};

/// The names of a tree's steps. Groups of nodes come in the order of a plan, so their numbers do not count.
fn steps(index: &[u8]) -> BTreeSet<String> {
    let index: serde_json::Value = serde_json::from_slice(index).expect("JSON");
    let steps = index["steps"].as_array().expect("steps");
    let name = |step: &serde_json::Value| {
        let name = step["name"].as_str().expect("a name").to_owned();
        match name.split_once("-nodes-") {
            Some((number, group)) if number.starts_with('3') => format!("nodes-{group}"),
            _ => name,
        }
    };
    steps.iter().map(name).collect()
}

#[test]
fn a_plan_for_each_golden_dump_has_the_steps_of_the_golden_plan() {
    for name in ["in-place", "fleet", "tagged"] {
        let folder = tempfile::tempdir().expect("a folder");
        let dump = folder.path().join(name);
        fs::create_dir(&dump).expect("a folder");
        for (path, bytes) in files(&repository().join("plans").join(name)) {
            fs::write(dump.join(path), bytes).expect("writing");
        }
        let output = meshplan_in(folder.path(), &["init", "--from", name]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let plan = stdout(&output);
        assert!(!plan.contains("TODO"), "{plan}");
        fs::write(folder.path().join("plan.toml"), &plan).expect("writing");
        let compiled = meshplan_in(folder.path(), &["compile", "plan.toml", "--out", "tree"]);
        assert_eq!(code(&compiled), 0, "{plan}\n{}", stderr(&compiled));
        let index = fs::read(folder.path().join("tree/index.json")).expect("the index");
        let golden = fs::read(repository().join("golden").join(name).join("index.json"));
        assert_eq!(
            steps(&index),
            steps(&golden.expect("the golden index")),
            "{name}:\n{plan}"
        );
    }
}

#[test]
fn the_plan_for_a_new_mesh_is_complete_but_for_its_manifest() {
    let output = meshplan(&["init"]);
    assert_eq!(code(&output), 0);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("plan.toml"), stdout(&output)).expect("writing");
    let web = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 8080}]}\n\
               ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  \
               template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - {name: web, image: web, ports: \
               [{containerPort: 8080}]}\n";
    fs::write(folder.path().join("web.yaml"), web).expect("writing");
    let compiled = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&compiled), 0, "{}", stderr(&compiled));
}

#[test]
fn a_directory_without_a_mesh_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = meshplan_in(folder.path(), &["init", "--from", "."]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("no Istio control plane"),
        "{}",
        stderr(&output)
    );
}
