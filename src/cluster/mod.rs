//! The cluster of a rehearsal, by kubectl, and what says that it is one for rehearsals.

mod dump;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

pub use dump::Printed;

/// What KWOK's nodes carry.
const FAKE: &str = "kwok.x-k8s.io/node";
/// The ConfigMap, in `kube-system`, that says of a cluster without nodes that it is for rehearsals.
const MARK: &str = "meshplan-rehearsal";

/// A cluster that kubectl reaches.
///
/// It is resolved once, into a kubeconfig of its own with one context. Nothing that changes afterwards, in the environment or in
/// the caller's kubeconfig, leads a child to another cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    kubectl: String,
    kubeconfig: PathBuf,
}

impl Cluster {
    /// Resolves the cluster that a context names, or the current context of the kubeconfig, and writes a kubeconfig for it alone
    /// into `scratch`. Without `kubeconfig` it is the one that kubectl itself would take.
    ///
    /// # Errors
    ///
    /// Where kubectl cannot be run, or there is no such context.
    pub fn resolve(
        kubectl: &str,
        kubeconfig: Option<&Path>,
        context: Option<&str>,
        scratch: &Path,
    ) -> Result<Self> {
        let mut command = Command::new(kubectl);
        without_preferences(&mut command);
        command.args([
            "config",
            "view",
            "--minify",
            "--flatten",
            "--raw",
            "-o",
            "json",
        ]);
        if let Some(kubeconfig) = kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        if let Some(context) = context {
            command.arg(format!("--context={context}"));
        }
        let what = || format!("running `{kubectl} config view`");
        let output = command.stdin(Stdio::null()).output().with_context(what)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{}: {}", what(), said.trim());
        }
        let config: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("reading what `{kubectl} config view` printed"))?;
        let one = |key: &str| config[key].as_array().is_some_and(|all| all.len() == 1);
        if !one("contexts") || !one("clusters") {
            bail!("kubectl knows no context to rehearse on; name one with --context");
        }
        let path = scratch.join("kubeconfig");
        write_private(&path, &config.to_string())
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(Self {
            kubectl: kubectl.to_owned(),
            kubeconfig: path,
        })
    }

    /// Starts a kubectl command for the cluster.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        self.environment(&mut command);
        command
    }

    /// Gives a command the environment by which kubectl, istioctl and the scripts find the cluster, and takes away what could
    /// lead them to another.
    pub fn environment(&self, command: &mut Command) {
        without_preferences(command);
        command
            .env("KUBECTL", &self.kubectl)
            .env("KUBECONFIG", &self.kubeconfig);
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

/// Keeps preferences of the caller's own from a command: its context for meshplan's scripts, kubectl's preferences file and diff
/// program.
fn without_preferences(command: &mut Command) {
    command
        .env_remove("MESHPLAN_CONTEXT")
        .env_remove("KUBECTL_EXTERNAL_DIFF")
        .env("KUBERC", "off")
        .env("KUBECTL_KUBERC", "false");
}

/// Writes a file that nobody else can read: a kubeconfig holds credentials.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}
