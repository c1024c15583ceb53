//! Plans rehearsed on a real control plane: forwards and back from each step without a surprise, and broken trees with one at the right
//! step.
//!
//! Needs what `tests/witness/binaries.sh` makes; its folder in `KUBEBUILDER_ASSETS`, as envtest has it. docs/rehearse.md says more.

#![cfg(unix)]

mod common;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{code, repository, skip, stderr, stdout};
use serde_json::Value;

/// A control plane of its own; it ends with the value.
struct ControlPlane {
    binaries: PathBuf,
    folder: tempfile::TempDir,
}

impl ControlPlane {
    /// Starts one; nothing where the binaries are not there.
    fn up() -> Option<Self> {
        let Some(binaries) = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from) else {
            skip(
                "KUBEBUILDER_ASSETS names no control plane; docs/rehearse.md says how to have one",
            );
            return None;
        };
        for name in ["kwok", "stages.yaml", "etcd", "kube-controller-manager"] {
            if !binaries.join(name).exists() {
                skip(&format!(
                    "there is no {name} in {}; tests/witness/binaries.sh makes it",
                    binaries.display()
                ));
                return None;
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let this = Self { binaries, folder };
        assert!(
            this.script("up").success(),
            "the control plane does not start"
        );
        Some(this)
    }

    fn script(&self, verb: &str) -> std::process::ExitStatus {
        Command::new("sh")
            .arg(repository().join("tests/witness/control-plane.sh"))
            .arg(verb)
            .args([&self.binaries, &self.folder.path().to_path_buf()])
            .status()
            .expect("sh can be started")
    }

    /// Rehearses, and returns the exit code and the report.
    fn rehearse(&self, subject: &Path, arguments: &[&str]) -> (i32, Value) {
        let output = Command::new(env!("CARGO_BIN_EXE_meshplan"))
            .arg("rehearse")
            .arg(subject)
            .args(["--format", "json", "--patience", "20", "--kubeconfig"])
            .arg(self.folder.path().join("kubeconfig"))
            .args(arguments)
            .env("KUBECTL", repository().join("tests/witness/kubectl.sh"))
            .env("MESHPLAN_WITNESS_KUBECTL", self.binaries.join("kubectl"))
            .output()
            .expect("meshplan can be started");
        let text = stdout(&output);
        let report =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", stderr(&output)));
        (code(&output), report)
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.script("down");
    }
}

/// What was surprising, by step and direction.
fn surprises(report: &Value) -> Vec<String> {
    let legs = report["legs"].as_array().expect("legs").iter();
    legs.flat_map(|leg| {
        let (step, direction) = (&leg["step"], &leg["direction"]);
        let said = leg["surprises"].as_array().expect("surprises").iter();
        said.map(move |said| format!("{step} {direction}: {said}"))
    })
    .collect()
}

#[test]
fn a_plan_ends_as_predicted_forwards_and_back() {
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let (code, report) = cluster.rehearse(
        &repository().join("plans/shop-1.25.toml"),
        &["--rollback", "--keep-going"],
    );
    assert_eq!(surprises(&report), [] as [&str; 0]);
    assert_eq!(code, 0);
}

#[test]
fn a_broken_tree_is_surprising_at_the_step_that_is_broken() {
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let tree = folder.path().join("tree");
    let golden = repository().join("golden/shop-1.20");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(&golden)
        .arg(&tree)
        .status()
        .expect("cp");
    assert!(copied.success());
    let namespace = tree.join("140-stable-namespace/00-namespace-shop-1-20-7.yaml");
    let text = fs::read_to_string(&namespace).expect("the namespace");
    fs::write(
        &namespace,
        text.replace("name: shop-1-20-7", "name: shop-1-20-8"),
    )
    .expect("the namespace");
    let (code, report) = cluster.rehearse(&tree, &["--to", "150"]);
    assert_eq!(code, 1);
    let said = surprises(&report);
    assert!(
        said.iter()
            .all(|said| said.starts_with("\"140-") || said.starts_with("\"150-")),
        "{said:?}"
    );
    assert!(!said.is_empty());
}

#[test]
fn a_cluster_that_could_be_anybodys_is_refused() {
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let kubectl = |arguments: &[&str]| {
        let done = Command::new(cluster.binaries.join("kubectl"))
            .arg("--kubeconfig")
            .arg(cluster.folder.path().join("kubeconfig"))
            .args(arguments)
            .status();
        assert!(done.expect("kubectl").success());
    };
    kubectl(&[
        "delete",
        "configmap",
        "meshplan-rehearsal",
        "-n",
        "kube-system",
    ]);
    let refused = || {
        Command::new(env!("CARGO_BIN_EXE_meshplan"))
            .arg("rehearse")
            .arg(repository().join("plans/shop-1.20.toml"))
            .arg("--kubeconfig")
            .arg(cluster.folder.path().join("kubeconfig"))
            .env("KUBECTL", cluster.binaries.join("kubectl"))
            .output()
            .expect("meshplan can be started")
    };
    let output = refused();
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("nothing says that it is for rehearsals"),
        "{}",
        stderr(&output)
    );
    let node = tempfile::NamedTempFile::new().expect("a file");
    fs::write(
        node.path(),
        "{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {\"name\": \"real\"}}",
    )
    .expect("the node");
    kubectl(&["create", "-f", &node.path().display().to_string()]);
    let output = refused();
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("node real of this cluster is not one of KWOK's"),
        "{}",
        stderr(&output)
    );
}
