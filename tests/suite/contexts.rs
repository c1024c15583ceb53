//! A rehearsal and the contexts of a kubeconfig: the scripts must write to the cluster that the guard has
//! checked. Two stub servers answer like API servers, one with KWOK nodes and one with a real node. A real
//! kubectl connects to them.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::common::{code, repository, stderr, stdout};
use serde_json::{Value, json};

/// A server that only has nodes, and records its requests.
#[derive(Clone)]
struct Server {
    address: String,
    nodes: Arc<Mutex<BTreeMap<String, Value>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(annotations: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let node = |name: &str| {
            json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": name, "resourceVersion": "1", "labels": {}, "annotations": annotations},
                "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            })
        };
        let names = ["ambient-worker", "ambient-worker2"];
        let nodes = names.map(|name| (name.to_owned(), node(name)));
        let this = Self {
            address: format!("http://{}", listener.local_addr().expect("an address")),
            nodes: Arc::new(Mutex::new(BTreeMap::from(nodes))),
            asked: Arc::default(),
        };
        let server = this.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                thread::spawn(move || server.serve(stream));
            }
        });
        this
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("a connection"));
        loop {
            let mut first = String::new();
            if reader.read_line(&mut first).unwrap_or(0) == 0 {
                return;
            }
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a length");
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let mut words = first.split_whitespace();
            let (method, target) = (
                words.next().expect("a method"),
                words.next().expect("a path"),
            );
            let method = method.to_owned();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            self.asked
                .lock()
                .expect("a list")
                .push(format!("{method} {path}"));
            let (status, answer) = self.answer(&method, path, query, &body);
            let text = answer.to_string();
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                text.len()
            );
            if stream.write_all((head + &text).as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, method: &str, path: &str, query: &str, body: &[u8]) -> (u16, Value) {
        let list = |kind: &str, items: Vec<Value>| {
            (
                200,
                json!({"kind": kind, "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}),
            )
        };
        let resource = |name: &str, kind: &str, namespaced: bool| {
            json!({"name": name, "singularName": "", "namespaced": namespaced, "kind": kind,
            "verbs": ["get", "list", "patch", "watch"]})
        };
        let resources = |version: &str, all: Vec<Value>| {
            (
                200,
                json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": all}),
            )
        };
        if query.contains("watch=") {
            return (200, json!({}));
        }
        let mut nodes = self.nodes.lock().expect("nodes");
        match (method, path) {
            ("GET", "/version") => (
                200,
                json!({"major": "1", "minor": "34", "gitVersion": "v1.34.0"}),
            ),
            ("GET", "/api") => (200, json!({"kind": "APIVersions", "versions": ["v1"]})),
            ("GET", "/apis") => (
                200,
                json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []}),
            ),
            ("GET", "/api/v1") => resources(
                "v1",
                vec![
                    resource("nodes", "Node", false),
                    resource("namespaces", "Namespace", false),
                    resource("pods", "Pod", true),
                ],
            ),
            ("GET", "/api/v1/nodes") => {
                let wanted = query
                    .split('&')
                    .find_map(|part| part.strip_prefix("fieldSelector=metadata.name%3D"));
                let items = nodes
                    .iter()
                    .filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
                list("NodeList", items.map(|(_, node)| node.clone()).collect())
            }
            ("GET", "/api/v1/pods") => list("PodList", Vec::new()),
            ("GET", "/api/v1/namespaces") => list("NamespaceList", Vec::new()),
            (_, path) => {
                let node = path
                    .strip_prefix("/api/v1/nodes/")
                    .and_then(|name| nodes.get_mut(name));
                let Some(node) = node else {
                    return (
                        404,
                        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound",
                            "code": 404, "message": "not found"}),
                    );
                };
                if method == "PATCH" {
                    let change: Value = serde_json::from_slice(body).expect("a patch");
                    merge(node, &change);
                }
                (200, node.clone())
            }
        }
    }

    fn writes(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("a list");
        asked
            .iter()
            .filter(|line| !line.starts_with("GET "))
            .cloned()
            .collect()
    }
}

/// Applies a merge patch.
fn merge(value: &mut Value, patch: &Value) {
    for (key, new) in patch.as_object().into_iter().flatten() {
        match new {
            Value::Null => {
                value.as_object_mut().expect("an object").remove(key);
            }
            Value::Object(_) => {
                if value[key].is_null() {
                    value[key] = json!({});
                }
                merge(&mut value[key], new);
            }
            _ => value[key] = new.clone(),
        }
    }
}

fn kubeconfig(simulated: &Server, production: &Server, current: &str) -> Value {
    let cluster =
        |name: &str, server: &Server| json!({"name": name, "cluster": {"server": server.address}});
    let context =
        |name: &str| json!({"name": name, "context": {"cluster": name, "user": "nobody"}});
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": current,
        "clusters": [cluster("simulated", simulated), cluster("prod", production)],
        "contexts": [context("simulated"), context("prod")],
        "users": [{"name": "nobody", "user": {}}],
    })
}

/// The kubectl on the path, and the folder of a kubectl that switches the current context after its first call.
struct Stage {
    folder: tempfile::TempDir,
    simulated: Server,
    production: Server,
}

impl Stage {
    fn new() -> Option<Self> {
        let there = Command::new("kubectl")
            .args(["version", "--client"])
            .output();
        if !there.is_ok_and(|output| output.status.success()) {
            crate::common::skip("there is no kubectl on the path");
            return None;
        }
        let stage = Self {
            folder: tempfile::tempdir().expect("a folder"),
            simulated: Server::start(&json!({"kwok.x-k8s.io/node": "fake"})),
            production: Server::start(&json!({})),
        };
        stage.config("config", "simulated");
        stage.config("prod", "prod");
        Some(stage)
    }

    fn config(&self, name: &str, current: &str) {
        let text = kubeconfig(&self.simulated, &self.production, current).to_string();
        fs::write(self.folder.path().join(name), text).expect("a kubeconfig");
    }

    fn rehearse(&self, environment: &[(&str, &Path)], arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshplan"));
        command
            .args([
                "rehearse",
                "golden/bookinfo",
                "--from",
                "100",
                "--to",
                "100",
                "--patience",
                "2",
            ])
            .args(arguments)
            .current_dir(repository())
            .env_remove("KUBECTL")
            .env("HOME", self.folder.path())
            .env("KUBECONFIG", self.folder.path().join("config"));
        for (name, value) in environment {
            command.env(name, value);
        }
        command.output().expect("meshplan can be started")
    }
}

#[test]
fn a_rehearsal_writes_to_the_cluster_that_it_has_checked() {
    let Some(stage) = Stage::new() else { return };
    let prod = Path::new("prod");
    // Preferences in kubectl's own file, and a kubectl that switches contexts as another user at another
    // terminal could.
    fs::create_dir_all(stage.folder.path().join(".kube")).expect("a folder");
    let kuberc = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ndefaults:\n- command: label\
        \n  options: [{name: context, default: prod}]\n";
    fs::write(stage.folder.path().join(".kube/kuberc"), kuberc).expect("preferences");
    let switching = stage.folder.path().join("switching");
    let text = format!(
        "#!/bin/sh\nkubectl \"$@\" || exit $?\ncp '{0}/prod' '{0}/config'\n",
        stage.folder.path().display()
    );
    fs::write(&switching, text).expect("a kubectl");
    fs::set_permissions(&switching, fs::Permissions::from_mode(0o755)).expect("a mode");

    for (environment, arguments) in [
        (&[][..], &[][..]),
        (&[("MESHPLAN_CONTEXT", prod)], &[]),
        (&[("MESHPLAN_CONTEXT", prod)], &["--context", "simulated"]),
        (&[("KUBECTL_KUBERC", Path::new("true"))], &[]),
        (&[("KUBECTL", switching.as_path())], &[]),
    ] {
        stage.config("config", "simulated");
        stage.simulated.asked.lock().expect("a list").clear();
        let output = stage.rehearse(environment, arguments);
        let said = format!(
            "{environment:?} {arguments:?}: {}{}",
            stdout(&output),
            stderr(&output)
        );
        // The servers only have nodes, so the comparison at the end fails. The scripts have run by then.
        let writes = stage.simulated.writes();
        assert!(
            writes.contains(&"PATCH /api/v1/nodes/ambient-worker".to_owned()),
            "{writes:?} {said}"
        );
        assert_eq!(
            stage.production.asked.lock().expect("a list").as_slice(),
            [""; 0],
            "{said}"
        );
        let mut nodes = stage.simulated.nodes.lock().expect("nodes");
        for node in nodes.values_mut() {
            node["metadata"]["labels"] = json!({});
        }
    }
}

#[test]
fn a_real_cluster_is_rejected_and_nothing_is_written() {
    let Some(stage) = Stage::new() else { return };
    let config = stage.folder.path().join("prod");
    for (environment, arguments) in [
        (&[][..], &["--context", "prod"][..]),
        (&[("KUBECONFIG", config.as_path())], &[]),
        (&[], &["--kubeconfig", config.to_str().expect("a path")]),
    ] {
        let output = stage.rehearse(environment, arguments);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        assert!(
            stderr(&output).contains("is not simulated by KWOK"),
            "{}",
            stderr(&output)
        );
        assert_eq!(stage.production.writes(), [""; 0]);
        assert_eq!(stage.simulated.writes(), [""; 0]);
    }
    let output = stage.rehearse(&[], &["--context", "another"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("another"), "{}", stderr(&output));
}
