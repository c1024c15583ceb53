//! `meshplan dump`, with a kubectl stub that answers from the dumps of the golden plans.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use meshplan::existing::KINDS;
use meshplan::state::load;
use meshplan::text::source::Source;
use serde_json::{Value, json};

use crate::common::{code, files, meshplan_in, repository, stderr, stdout};

/// Answers `get RESOURCE` with the file of that name. `$FAIL` is the number of the call that fails.
const KUBECTL: &str = r#"#!/bin/sh
cd "$DATA" || exit 9
case $1 in
  config) cat config.json; exit 0 ;;
esac
calls=$(($(cat calls) + 1))
printf '%s\n' "$calls" > calls
[ "$calls" != "${FAIL:-}" ] || { echo 'Error from server (Forbidden): no' >&2; exit 1; }
case "$1 $2" in
  'version -o') echo '{"serverVersion": {"gitVersion": "v1.34.2"}}' ;;
  'get namespace') echo '{"metadata": {"uid": "0b1f"}}' ;;
  api-resources*) cat resources ;;
  get*) cat "$2.json" ;;
esac
"#;

/// A folder in which the `kubectl` stub serves the dump of a golden plan.
fn served(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    let mut all: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for (path, text) in files(&repository().join("plans").join(name)) {
        let source = Source::new(&path, String::from_utf8(text).expect("text"));
        for object in load(&source).objects {
            let kind = (object.key.group.clone(), object.key.kind.clone());
            let mut value = object.value().clone();
            // The API server returns these fields, but meshplan does not need them.
            value["metadata"]["resourceVersion"] = json!("7");
            value["status"] = json!({"observedGeneration": 1});
            all.entry(kind).or_default().push(value);
        }
    }
    let mut resources = String::new();
    for (group, kind, plural) in KINDS {
        let resource = if group.is_empty() {
            plural.to_owned()
        } else {
            format!("{plural}.{group}")
        };
        let items = all.remove(&(group.to_owned(), kind.to_owned()));
        // The API server does not even serve some kinds without objects.
        if items.is_none() && group.contains("istio") {
            continue;
        }
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items.unwrap_or_default()});
        fs::write(data.join(format!("{resource}.json")), list.to_string()).expect("writing");
        resources.push_str(&resource);
        resources.push('\n');
    }
    let crds = all.remove(&(
        "apiextensions.k8s.io".to_owned(),
        "CustomResourceDefinition".to_owned(),
    ));
    let crd = crds.expect("the dump has the CRD of Gateways").remove(0);
    let path = data.join("customresourcedefinitions");
    fs::create_dir(&path).expect("a folder");
    let crd_name = "gateways.gateway.networking.k8s.io.json";
    fs::write(path.join(crd_name), crd.to_string()).expect("writing");
    resources.push_str("customresourcedefinitions.apiextensions.k8s.io\n");
    fs::write(data.join("resources"), resources).expect("writing");
    let config = json!({
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {}}], "current-context": "c",
    });
    fs::write(data.join("config.json"), config.to_string()).expect("writing");
    let kubectl = folder.path().join("kubectl");
    fs::write(&kubectl, KUBECTL).expect("writing");
    fs::set_permissions(&kubectl, fs::Permissions::from_mode(0o755)).expect("chmod");
    folder
}

fn dump(folder: &Path, out: &Path, fail: Option<usize>) -> Output {
    fs::write(folder.join("data/calls"), "0").expect("writing");
    Command::new(env!("CARGO_BIN_EXE_meshplan"))
        .args(["dump", "--out"])
        .arg(out)
        .env("KUBECTL", folder.join("kubectl"))
        .env("DATA", folder.join("data"))
        .env(
            "FAIL",
            fail.map_or_else(String::new, |number| number.to_string()),
        )
        .output()
        .expect("meshplan runs")
}

#[test]
fn a_dump_compiles_to_the_golden_tree() {
    for name in ["in-place", "fleet", "tagged"] {
        let folder = served(name);
        let plan = tempfile::tempdir().expect("a folder");
        let out = plan.path().join(name);
        let output = dump(folder.path(), &out, None);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(
            stdout(&output).contains("left out: Secrets"),
            "{}",
            stdout(&output)
        );
        let asked: Value =
            serde_json::from_slice(&fs::read(out.join("dump.json")).expect("dump.json"))
                .expect("JSON");
        assert_eq!(asked["server_version"], "v1.34.2");
        assert_eq!(asked["kube_system_uid"], "0b1f");
        // The user writes the NodePool file; it is not part of the dump.
        let nodes = repository().join("plans/fleet-nodes.yaml");
        fs::copy(nodes, plan.path().join("fleet-nodes.yaml")).expect("copying");
        let text = fs::read_to_string(repository().join(format!("plans/{name}.toml")));
        fs::write(plan.path().join("plan.toml"), text.expect("the plan")).expect("writing");
        let compiled = meshplan_in(plan.path(), &["compile", "plan.toml", "--out", "tree"]);
        assert_eq!(code(&compiled), 0, "{}", stderr(&compiled));
        assert!(
            files(&plan.path().join("tree")) == files(&repository().join("golden").join(name)),
            "{name}: the tree differs from golden/{name}"
        );
    }
}

#[test]
fn a_failed_call_leaves_no_dump() {
    let folder = served("in-place");
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("dump");
    assert_eq!(code(&dump(folder.path(), &out, None)), 0);
    let calls: usize = fs::read_to_string(folder.path().join("data/calls"))
        .expect("calls")
        .trim()
        .parse()
        .expect("a number");
    assert!(calls > 15, "{calls}");
    let before = files(&out);
    for call in 1..=calls {
        let output = dump(folder.path(), &out, Some(call));
        assert_eq!(code(&output), 2, "call {call}: {}", stdout(&output));
        assert!(stderr(&output).contains("Forbidden"), "{}", stderr(&output));
        assert!(files(&out) == before, "call {call} changed the dump");
        let left = fs::read_dir(place.path()).expect("a folder").count();
        assert_eq!(left, 1, "call {call} left files behind");
    }
}

#[test]
fn a_directory_with_other_files_is_rejected() {
    let folder = served("in-place");
    let place = tempfile::tempdir().expect("a folder");
    fs::write(place.path().join("mine.txt"), "mine\n").expect("writing");
    let output = dump(folder.path(), place.path(), None);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("is not empty and has no dump.json"),
        "{}",
        stderr(&output)
    );
    assert!(place.path().join("mine.txt").exists());
}

#[test]
fn a_file_beside_an_earlier_dump_is_kept() {
    let folder = served("in-place");
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("dump");
    assert_eq!(code(&dump(folder.path(), &out, None)), 0);
    assert_eq!(code(&dump(folder.path(), &out, None)), 0, "a dump again");
    fs::write(out.join("mine.yaml"), "# mine\n").expect("writing");
    let before = files(&out);
    let output = dump(folder.path(), &out, None);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("mine.yaml is not a file of a dump"),
        "{}",
        stderr(&output)
    );
    assert!(files(&out) == before);
    let left = fs::read_dir(place.path()).expect("a folder").count();
    assert_eq!(left, 1, "files are left behind");
}
