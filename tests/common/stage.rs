//! Scripts of golden trees on a pretend cluster in the state that the replay predicts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use meshplan::proof::Upgrade;
use meshplan::state::{Facet, State};
use meshplan::step::{Action, Gate};
use meshplan::tree::{Index, IndexStep};
use serde_json::{Value, json};

use super::pretend::{self, Cluster, Fault};
use super::repository;

pub fn tree_names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(repository().join("golden"))
        .expect("golden/")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// A folder with the stubs.
pub fn stubs() -> tempfile::TempDir {
    static VERSIONS: OnceLock<BTreeSet<String>> = OnceLock::new();
    let folder = tempfile::tempdir().expect("a folder");
    let own = std::env::current_exe().expect("this test");
    let call = |first: &str| {
        format!(
            "#!/bin/sh\nall=\nfor one in {first} \"$@\"; do all=\"$all$one\u{1f}\"; done\
             \nPRETEND_ARGUMENTS=$all PRETEND_VERSION=${{0##*istioctl-}} exec '{}' --exact common::pretend::kubectl \
             --nocapture 3>&1 >/dev/null\n",
            own.display()
        )
    };
    let stub = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a stub");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    };
    stub("kubectl", &call(""));
    stub("sleep", "#!/bin/sh\nexit 0\n");
    stub("curl", "#!/bin/sh\nprintf '%s' \"$CURL_ANSWER\"\n");
    let versions = VERSIONS.get_or_init(|| {
        let indexes = tree_names().into_iter().map(|name| {
            let path = repository().join("golden").join(name).join("index.json");
            serde_json::from_slice::<Index>(&fs::read(path).expect("index.json")).expect("an index")
        });
        indexes
            .flat_map(|index| index.steps)
            .flat_map(|step| [step.step.actions, step.step.rollback.actions].concat())
            .filter_map(|action| match action {
                Action::Install { istioctl, .. } | Action::SetTag { istioctl, .. } => {
                    Some(istioctl.version)
                }
                _ => None,
            })
            .collect()
    });
    for version in versions {
        stub(&format!("istioctl-{version}"), &call("istioctl"));
    }
    folder
}

/// One script, and the cluster that it runs on.
pub struct Case<'a> {
    pub tree: &'a str,
    pub step: &'a IndexStep,
    pub script: &'static str,
    pub start: Cluster,
    /// Whether the script skips checks that only a data plane can answer.
    pub simulated: bool,
    /// The output of curl.
    pub answer: String,
    /// Additional environment variables.
    pub environment: Vec<(&'static str, String)>,
}

impl Case<'_> {
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.tree, self.step.step.name, self.script)
    }

    pub fn run(&self, stubs: &Path, fault: Option<(Vec<String>, Fault)>) -> (Output, Cluster) {
        let file = stubs.join("state.json");
        let start = Cluster {
            fault,
            ..self.start.clone()
        };
        start.write(&file);
        let mut child = Command::new("sh");
        let child = child
            .arg(repository().join("golden").join(self.name()))
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", stubs.display()))
            .env("PRETEND_STATE", &file)
            .env("CURL_ANSWER", &self.answer)
            .env("MESHPLAN_WAIT", "0")
            .env("MESHPLAN_CLIENTS_MOVED", "yes")
            .env("MESHPLAN_SIMULATED", if self.simulated { "1" } else { "" })
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("sh can be started");
        // A script that waits forever is killed; its exit code shows this.
        let group = format!("-{}", child.id());
        let (done, ended) = mpsc::channel::<()>();
        let watchdog = thread::spawn(move || {
            if ended.recv_timeout(Duration::from_mins(1)) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            }
        });
        let output = child.wait_with_output().expect("an end");
        let _ = done.send(());
        watchdog.join().expect("the watchdog");
        (output, Cluster::read(&file))
    }

    /// The first words of the script's lines. Two scripts of one shape make the same calls for different
    /// objects.
    pub fn shape(&self) -> String {
        let text =
            fs::read_to_string(repository().join("golden").join(self.name())).expect("a script");
        let words = text
            .lines()
            .skip(7)
            .map(|line| line.split_whitespace().next().unwrap_or_default());
        let mut words: Vec<&str> = words
            .filter(|word| !word.starts_with("\"$here\""))
            .collect();
        words.dedup();
        words.join(" ")
    }
}

/// The objects of a state as a cluster has them, with nodes and CRDs.
#[allow(clippy::too_many_lines, reason = "one kind of object after the other")]
fn contents(upgrade: &Upgrade, state: &State, gates: &[&Gate]) -> BTreeMap<String, Value> {
    // In a large mesh, a few workloads represent all, except those that the steps themselves write.
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    let written = written(upgrade);
    let mut all: Vec<Value> = Vec::new();
    for object in state
        .objects()
        .filter(|object| !matches!(object.facet, Facet::Node(_)))
    {
        let kind = object.key.kind.as_str();
        let counts = [
            "Deployment",
            "StatefulSet",
            "Service",
            "ConfigMap",
            "PodDisruptionBudget",
            "Pod",
            "HTTPRoute",
            "Namespace",
        ];
        let own = object.key.namespace.as_deref() == Some("istio-system")
            || object.key.name == "istio-system";
        if counts.contains(&kind) && !own && !written.contains(&pretend::key(object.value())) {
            let number = others.entry(kind).or_default();
            *number += 1;
            if *number > 3 {
                continue;
            }
        }
        all.push(object.value().clone());
    }
    let mut nodes: BTreeMap<String, Value> = BTreeMap::new();
    for action in upgrade
        .index
        .steps
        .iter()
        .flat_map(|step| &step.step.actions)
    {
        if let Action::LabelNodes { nodes: names, .. } = action {
            nodes.extend(names.iter().map(|name| (name.clone(), json!({}))));
        }
    }
    for object in state.objects() {
        if let Facet::Node(labels) = &object.facet {
            nodes.insert(object.key.name.clone(), json!(labels));
        }
    }
    for (name, labels) in &state.nodes {
        // Nodes of a pool that is only known by its labels.
        let name = if name.contains(['=', ',']) {
            format!("pool-{}", nodes.len())
        } else {
            name.clone()
        };
        nodes.insert(name, json!(labels));
    }
    // Two nodes represent all identical nodes.
    let mut alike: BTreeMap<String, usize> = BTreeMap::new();
    for (name, labels) in nodes {
        let mut own = labels.clone();
        own.as_object_mut()
            .map(|own| own.remove("kubernetes.io/hostname"));
        let number = alike.entry(own.to_string()).or_default();
        *number += 1;
        if *number > 2 {
            continue;
        }
        all.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": {}}));
    }
    for name in ["default", "kube-system", "istio-system"] {
        all.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    }
    // The CRDs that the gates of the whole upgrade name.
    let text = serde_json::to_value(&upgrade.index).expect("JSON");
    let mut crds = BTreeSet::new();
    names_of_crds(&text, &mut crds);
    for name in crds {
        let is_gateway_api = name.ends_with(".k8s.io");
        let stored = gates.iter().find_map(|gate| match gate {
            Gate::Stored { crds } => crds
                .iter()
                .find(|one| one.crd == name)
                .map(|one| one.version.clone()),
            _ => None,
        });
        let stored = stored.unwrap_or_else(|| "v1beta1".to_owned());
        let mut metadata = json!({"name": name});
        match (&state.bundle, &state.base) {
            (Some((version, channel)), _) if is_gateway_api => {
                metadata["annotations"] = json!({
                    "gateway.networking.k8s.io/bundle-version": format!("v{version}"),
                    "gateway.networking.k8s.io/channel": channel.as_str(),
                });
            }
            (_, Some(version)) if !is_gateway_api => {
                metadata["labels"] = json!({"app.kubernetes.io/version": version.to_string()});
            }
            _ => continue,
        }
        all.push(
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": metadata, "status": {"storedVersions": [stored]}}),
        );
    }
    all.push(
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass",
        "metadata": {"name": "istio"}, "spec": {"controllerName": "istio.io/gateway-controller"}}),
    );
    // The objects that a control plane creates for a Gateway.
    for object in state
        .objects()
        .filter(|object| object.key.kind == "Gateway")
    {
        all.push(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": format!("{}-istio", object.key.name), "namespace": object.key.namespace},
            "spec": {"template": {"metadata": {},
                "spec": {"containers": [{"name": "istio-proxy", "image": "registry.example/proxyv2:1.0.0"}]}}},
        }));
    }
    let mut by_key: BTreeMap<String, Value> = BTreeMap::new();
    for object in all {
        by_key.entry(pretend::key(&object)).or_insert(object);
    }
    // The objects that the control plane would have created for a Gateway by then.
    for gate in gates {
        if let Gate::GatewayOwner {
            gateway,
            version,
            revision,
            ..
        } = gate
        {
            let deployment = json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": gateway.deployment, "namespace": gateway.namespace},
                "spec": {"template": {
                    "metadata": {"labels": {}, "annotations": {"istio.io/rev": revision}},
                    "spec": {"containers": [{"name": "istio-proxy",
                        "image": format!("registry.example/proxyv2:{version}")}]},
                }},
            });
            by_key.insert(pretend::key(&deployment), deployment);
        }
    }
    by_key
}

/// The objects that steps write, by key.
fn written(upgrade: &Upgrade) -> BTreeSet<String> {
    upgrade
        .files
        .iter()
        .filter(|(path, _)| !path.contains("/existing/"))
        .map(|(_, object)| pretend::key(object.value()))
        .collect()
}

fn names_of_crds(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("crds", Value::Array(all)) => {
                        names.extend(all.iter().filter_map(|one| {
                            Some(one.as_str().or(one["crd"].as_str())?.to_owned())
                        }));
                    }
                    _ => names_of_crds(value, names),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|value| names_of_crds(value, names)),
        _ => {}
    }
}

/// Every script of a tree, with the cluster that it runs on in a healthy upgrade.
pub fn cases<'a>(tree: &'a str, upgrade: &'a Upgrade) -> Vec<Case<'a>> {
    let mut all = Vec::new();
    let replay = upgrade.replay();
    let mut before = upgrade.start();
    for step in &upgrade.index.steps {
        let (after, _) = replay.run(&before, &step.step, &step.step.actions, None);
        for script in ["apply.sh", "verify.sh", "rollback.sh"] {
            let rollback = &step.step.rollback;
            let (from, to, gates, actions) = match script {
                "apply.sh" => (
                    &before,
                    &after,
                    vec![&step.step.requires],
                    &step.step.actions[..],
                ),
                "verify.sh" => (&after, &after, vec![&step.step.gates], &[][..]),
                _ => (
                    &after,
                    &before,
                    vec![&rollback.requires, &rollback.gates],
                    &rollback.actions[..],
                ),
            };
            let mut gates: Vec<&Gate> = gates.into_iter().flatten().collect();
            let (mut made, mut waits) = (false, false);
            for action in actions {
                match action {
                    Action::AtOwner { done, .. } => {
                        gates.extend(done);
                        made = true;
                    }
                    Action::AwaitPoolMoved { .. } | Action::AwaitPoolReturned { .. } => {
                        waits = true;
                    }
                    _ => {}
                }
            }
            // The owner has made the requested changes, and other tools have moved what they manage.
            let meets = contents(upgrade, if made { to } else { from }, &gates);
            let becomes = contents(upgrade, to, &gates);
            let implied = |state: &State| -> BTreeSet<String> {
                let objects = state.objects().filter(|object| object.implied);
                objects.map(|object| pretend::key(object.value())).collect()
            };
            let (old, new) = (implied(from), implied(to));
            let is_crd = |key: &str| key.starts_with("CustomResourceDefinition/");
            let mut start = Cluster {
                objects: meets.values().cloned().collect(),
                installed: becomes
                    .iter()
                    .filter(|(key, _)| new.contains(*key) || is_crd(key))
                    .map(|(_, object)| object.clone())
                    .collect(),
                uninstalled: old.difference(&new).cloned().collect(),
                applied: meets
                    .iter()
                    .filter(|(key, _)| written(upgrade).contains(*key))
                    .map(|(key, object)| (key.clone(), object.clone()))
                    .collect(),
                ..Cluster::default()
            };
            if waits {
                start.objects.retain(|object| object["kind"] != "Node");
                start.objects.extend(
                    becomes
                        .values()
                        .filter(|object| object["kind"] == "Node")
                        .cloned(),
                );
            }
            for action in actions {
                surge(action, &mut start);
            }
            let samples = gates.iter().any(|gate| matches!(gate, Gate::Sample { .. }));
            all.push(Case {
                tree,
                step,
                script,
                start,
                simulated: samples,
                answer: answer(&gates),
                environment: Vec::new(),
            });
        }
        before = after;
    }
    all
}

/// The new nodes of a replaced group have joined. The old nodes disappear when they are drained.
fn surge(action: &Action, cluster: &mut Cluster) {
    let Action::MoveNodes(cohort) = action else {
        return;
    };
    let Some(surge) = &cohort.surge else { return };
    let new = if cohort.back { &cohort.selector } else { surge };
    let mut labels = json!(new.to_labels());
    if !cohort.back {
        labels[&cohort.key] = json!(cohort.value);
    }
    let of_group = json!(cohort.selector.to_labels());
    let mut leaving = BTreeSet::new();
    for node in cluster
        .objects
        .iter()
        .filter(|object| object["kind"] == "Node")
    {
        let own = &node["metadata"]["labels"];
        let all = of_group.as_object().expect("a map");
        let in_group = all.iter().all(|(key, value)| own[key] == *value);
        let has = own[&cohort.key] == cohort.value.as_str();
        if in_group && has == cohort.back {
            leaving.insert(
                node["metadata"]["name"]
                    .as_str()
                    .expect("a name")
                    .to_owned(),
            );
        }
    }
    cluster.leaving = leaving;
    cluster
        .objects
        .push(json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "new-node", "labels": labels}, "spec": {}}));
}

/// An answer that passes every probe of a script.
fn answer(gates: &[&Gate]) -> String {
    let (mut status, mut headers, mut body) = (200, String::new(), String::new());
    for gate in gates {
        if let Gate::Probe {
            status: wanted,
            contains,
            answers,
            ..
        } = gate
        {
            status = *wanted;
            if let Some(answered) = answers {
                headers.extend([answered.name.as_str(), ": ", &answered.value, "\r\n"]);
            }
            body.push_str(contains.as_deref().unwrap_or_default());
        }
    }
    format!("HTTP/1.1 {status} X\r\n{headers}\r\n{body}\n{status}")
}
