//! A cluster that is rehearsed on or dumped, accessed with kubectl, and the checks that it is one for rehearsals.

mod dump;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

pub use dump::Printed;

/// The annotation of nodes that KWOK simulates.
const FAKE: &str = "kwok.x-k8s.io/node";
/// The ConfigMap in `kube-system` that marks a cluster without nodes as one for rehearsals.
const MARK: &str = "meshplan-rehearsal";

/// A cluster that kubectl can access.
///
/// It is resolved once, into a separate kubeconfig with one context. Later changes of the environment or of
/// the caller's kubeconfig cannot redirect a child process to another cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    kubectl: String,
    kubeconfig: PathBuf,
}

impl Cluster {
    /// Resolves the cluster of a context, or of the kubeconfig's current context, and writes a kubeconfig for
    /// this cluster only into `scratch`. The default for `kubeconfig` is the one that kubectl would use.
    ///
    /// # Errors
    ///
    /// If kubectl cannot be run, or the context does not exist.
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
            if said.contains("current-context must exist") {
                bail!(
                    "kubectl has no current context; name one with --context, or a kubeconfig with --kubeconfig"
                );
            }
            bail!("{}: {}", what(), said.trim());
        }
        let config: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("reading the output of `{kubectl} config view`"))?;
        let one = |key: &str| config[key].as_array().is_some_and(|all| all.len() == 1);
        if !one("contexts") || !one("clusters") {
            bail!("kubectl has no context; name one with --context");
        }
        let path = scratch.join("kubeconfig");
        write_private(&path, &config.to_string())
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(Self {
            kubectl: kubectl.to_owned(),
            kubeconfig: path,
        })
    }

    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        self.environment(&mut command);
        command
    }

    /// Sets the environment variables with which kubectl, istioctl and the scripts find the cluster, and
    /// removes those that could redirect them to another one.
    pub fn environment(&self, command: &mut Command) {
        without_preferences(command);
        command
            .env("KUBECTL", &self.kubectl)
            .env("KUBECONFIG", &self.kubeconfig);
    }

    /// Runs kubectl and returns its output.
    ///
    /// # Errors
    ///
    /// If it cannot be started or fails; the error contains its message.
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
    /// If kubectl fails or does not print a list.
    pub fn items(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let mut all = vec!["get"];
        all.extend(arguments);
        all.extend(["--ignore-not-found", "-o", "json"]);
        let text = self.run(&all, None)?;
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let list: Value = serde_json::from_str(&text).context("reading the output of kubectl")?;
        Ok(match list.get("items") {
            Some(Value::Array(items)) => items.clone(),
            _ => vec![list],
        })
    }

    /// Rejects a cluster that may be real: one with a node that KWOK does not simulate, or one without nodes
    /// and without the mark.
    ///
    /// # Errors
    ///
    /// If the cluster is rejected or cannot be reached.
    pub fn refuse_real(&self) -> Result<()> {
        let nodes = self.items(&["nodes"])?;
        let real = nodes.iter().find(|node| {
            let annotations = &node["metadata"]["annotations"];
            annotations.get(FAKE).is_none()
        });
        if let Some(node) = real {
            bail!(
                "node {} of this cluster is not simulated by KWOK (it lacks the annotation {FAKE}): a rehearsal \
                    restarts and deletes objects, so it accepts only clusters of simulated nodes",
                node["metadata"]["name"].as_str().unwrap_or_default()
            );
        }
        if nodes.is_empty() {
            let mark = self.items(&["configmap", MARK, "-n", "kube-system"])?;
            if mark.is_empty() {
                bail!(
                    "this cluster has no nodes and no ConfigMap kube-system/{MARK}, so it may not be for \
                        rehearsals; if it is, run `kubectl create configmap {MARK} -n kube-system`"
                );
            }
        }
        Ok(())
    }

    /// Deletes a node, with its pods.
    ///
    /// # Errors
    ///
    /// If kubectl fails.
    pub fn take_node(&self, name: &str) -> Result<()> {
        self.run(&["delete", "node", name], None)?;
        let on = format!("--field-selector=spec.nodeName={name}");
        self.run(
            &["delete", "pods", "-A", &on, "--force", "--grace-period=0"],
            None,
        )?;
        Ok(())
    }

    /// Creates a node that KWOK simulates, cordoned or not, unless a node with this name exists.
    ///
    /// # Errors
    ///
    /// If kubectl fails.
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

/// Removes the caller's preferences from a command: the context for meshplan's scripts, and kubectl's
/// preferences file and diff program.
fn without_preferences(command: &mut Command) {
    command
        .env_remove("MESHPLAN_CONTEXT")
        .env_remove("KUBECTL_EXTERNAL_DIFF")
        .env("KUBERC", "off")
        .env("KUBECTL_KUBERC", "false");
}

/// Writes a file that only its user can read, because a kubeconfig contains credentials.
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
