//! The cluster of a rehearsal, by kubectl, and what says that it is one for rehearsals.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What KWOK's nodes carry.
const FAKE: &str = "kwok.x-k8s.io/node";
/// The ConfigMap, in `kube-system`, that says of a cluster without nodes that it is for rehearsals.
const MARK: &str = "meshplan-rehearsal";

/// A cluster that kubectl reaches.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The kubectl; `kubectl` of the path if `KUBECTL` does not name another.
    pub kubectl: String,
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
}

impl Cluster {
    /// Starts a kubectl command for the cluster.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        self.environment(&mut command);
        if let Some(context) = &self.context {
            command.arg(format!("--context={context}"));
        }
        command
    }

    /// Gives a command the environment by which kubectl, and the scripts, find the cluster.
    pub fn environment(&self, command: &mut Command) {
        command.env("KUBECTL", &self.kubectl);
        if let Some(kubeconfig) = &self.kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        if let Some(context) = &self.context {
            command.env("MESHPLAN_CONTEXT", context);
        }
    }

    /// Runs kubectl and returns what it prints.
    ///
    /// # Errors
    ///
    /// Where it cannot be started or fails, with what it said.
    pub fn run(&self, arguments: &[&str], input: Option<&str>) -> Result<String> {
        let what = || format!("running `{} {}`", self.kubectl, arguments.join(" "));
        let mut child = self
            .command()
            .args(arguments)
            .stdin(if input.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(what)?;
        if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
            stdin.write_all(text.as_bytes()).with_context(what)?;
        }
        let output = child.wait_with_output().with_context(what)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{}: {}", what(), said.trim());
        }
        String::from_utf8(output.stdout).with_context(what)
    }

    /// Returns the items of `kubectl get … -o json`.
    ///
    /// # Errors
    ///
    /// Where kubectl fails or does not print a list.
    pub fn items(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let mut all = vec!["get"];
        all.extend(arguments);
        all.extend(["--ignore-not-found", "-o", "json"]);
        let text = self.run(&all, None)?;
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let list: Value = serde_json::from_str(&text).context("reading what kubectl printed")?;
        Ok(match list.get("items") {
            Some(Value::Array(items)) => items.clone(),
            _ => vec![list],
        })
    }

    /// Refuses a cluster that could be anybody's: one with a node that is not KWOK's, or without nodes and the mark.
    ///
    /// # Errors
    ///
    /// Why the cluster is refused, or that it cannot be reached.
    pub fn refuse_real(&self) -> Result<()> {
        let nodes = self.items(&["nodes"])?;
        let real = nodes.iter().find(|node| {
            let annotations = &node["metadata"]["annotations"];
            annotations.get(FAKE).is_none()
        });
        if let Some(node) = real {
            bail!(
                "node {} of this cluster is not one of KWOK's (it lacks the annotation {FAKE}): a rehearsal restarts and deletes what it \
                 meets, so only clusters of simulated nodes will do",
                node["metadata"]["name"].as_str().unwrap_or_default()
            );
        }
        if nodes.is_empty() {
            let mark = self.items(&["configmap", MARK, "-n", "kube-system"])?;
            if mark.is_empty() {
                bail!(
                    "this cluster has no node and no ConfigMap kube-system/{MARK}, so nothing says that it is for rehearsals; if it is, run \
                     `kubectl create configmap {MARK} -n kube-system`"
                );
            }
        }
        Ok(())
    }

    /// Takes a node away, with the pods that are on it.
    ///
    /// # Errors
    ///
    /// Where kubectl fails.
    pub fn take_node(&self, name: &str) -> Result<()> {
        self.run(&["delete", "node", name], None)?;
        let on = format!("--field-selector=spec.nodeName={name}");
        self.run(
            &["delete", "pods", "-A", &on, "--force", "--grace-period=0"],
            None,
        )?;
        Ok(())
    }

    /// Makes a node that KWOK simulates, cordoned or not, where there is none of that name.
    ///
    /// # Errors
    ///
    /// Where kubectl fails.
    pub fn new_node(&self, name: &str, labels: &[(String, String)], cordoned: bool) -> Result<()> {
        let mut all = serde_json::json!({
            "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
        });
        for (key, value) in labels {
            all[key] = Value::from(value.as_str());
        }
        let node = serde_json::json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": all, "annotations": {FAKE: "fake"}},
            "spec": {"unschedulable": cordoned},
        });
        if self.items(&["node", name])?.is_empty() {
            self.run(&["create", "-f", "-"], Some(&node.to_string()))?;
        }
        Ok(())
    }
}
