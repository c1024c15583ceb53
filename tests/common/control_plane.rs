//! A Kubernetes control plane with simulated kubelets for a test.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

use serde_json::Value;

use super::{code, repository, skip, stderr, stdout};

/// A control plane that stops when the value is dropped.
pub struct ControlPlane {
    pub binaries: PathBuf,
    pub folder: tempfile::TempDir,
    /// The environment of a rehearsal's scripts.
    pub environment: Vec<(String, OsString)>,
}

impl ControlPlane {
    /// Starts a control plane. Returns `None` if the binaries are missing.
    pub fn up() -> Option<Self> {
        let Some(binaries) = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from) else {
            skip(
                "KUBEBUILDER_ASSETS is not set to the binaries of a control plane; see docs/rehearse.md",
            );
            return None;
        };
        for name in ["kwok", "stages.yaml", "etcd", "kube-controller-manager"] {
            if !binaries.join(name).exists() {
                skip(&format!(
                    "there is no {name} in {}; run tests/witness/binaries.sh",
                    binaries.display()
                ));
                return None;
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let this = Self {
            binaries,
            folder,
            environment: Vec::new(),
        };
        assert!(
            this.script("up").success(),
            "the control plane did not start"
        );
        Some(this)
    }

    fn script(&self, verb: &str) -> ExitStatus {
        Command::new("sh")
            .arg(repository().join("tests/witness/control-plane.sh"))
            .arg(verb)
            .args([&self.binaries, &self.folder.path().to_path_buf()])
            .status()
            .expect("sh can be started")
    }

    /// The kubeconfig of the cluster.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// A command that connects to the cluster as the scripts of a tree do.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("KUBECONFIG", self.kubeconfig())
            .env("KUBECTL", repository().join("tests/witness/kubectl.sh"))
            .env("MESHPLAN_WITNESS_KUBECTL", self.binaries.join("kubectl"))
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    /// Runs kubectl.
    pub fn kubectl(&self, arguments: &[&str]) -> Output {
        let program = self.binaries.join("kubectl");
        let mut command = self.command(program.to_str().expect("a path"));
        command.args(arguments).output().expect("kubectl")
    }

    /// Runs a rehearsal. Returns the exit code and the report.
    pub fn rehearse(&self, subject: &Path, arguments: &[&str]) -> (i32, Value) {
        let output = self
            .command(env!("CARGO_BIN_EXE_meshplan"))
            .arg("rehearse")
            .arg(subject)
            .args(["--format", "json", "--patience", "60", "--kubeconfig"])
            .arg(self.kubeconfig())
            .args(arguments)
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

/// The surprises of a report, with step and direction.
pub fn surprises(report: &Value) -> Vec<String> {
    let legs = report["legs"].as_array().expect("legs").iter();
    legs.flat_map(|leg| {
        let (step, direction) = (&leg["step"], &leg["direction"]);
        let said = leg["surprises"].as_array().expect("surprises").iter();
        said.map(move |said| format!("{step} {direction}: {said}"))
    })
    .collect()
}
