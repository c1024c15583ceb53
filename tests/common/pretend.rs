//! A pretend cluster behind a stub kubectl. It has objects in a file, the subcommands that scripts use, and
//! pods computed from workloads and nodes. One call of a run can be faulty.
#![allow(clippy::format_push_string, reason = "short answers")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use meshplan::state::NodeSet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What goes wrong in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The server is unreachable.
    Fails,
    /// The stub does and prints nothing, and exits with 0.
    Silent,
    /// The stub skips some of several objects, and truncates the output.
    Partial,
    /// The stub asks for a confirmation and gets none. It does nothing, and exits with 0.
    Cancelled,
}

/// The state that the stub keeps between calls.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Cluster {
    pub objects: Vec<Value>,
    /// The objects that istioctl, or an apply of a kustomization, creates in place of the objects with these
    /// keys.
    pub installed: Vec<Value>,
    pub uninstalled: BTreeSet<String>,
    /// Nodes that were drained since they were cordoned.
    pub drained: BTreeSet<String>,
    /// How often the pod of a DaemonSet on a node was replaced.
    pub replaced: BTreeMap<String, usize>,
    /// Nodes that disappear when they are drained, as with an autoscaler.
    pub leaving: BTreeSet<String>,
    /// The last applied version of each object, since the first step. An apply removes fields that are only in
    /// this version.
    pub applied: BTreeMap<String, Value>,
    /// All calls so far.
    pub calls: Vec<Vec<String>>,
    /// The calls with these arguments are faulty.
    pub fault: Option<(Vec<String>, Fault)>,
}

/// The result of a call.
struct Answer {
    text: String,
    error: String,
    code: i32,
}

fn said(text: impl Into<String>) -> Answer {
    Answer {
        text: text.into(),
        error: String::new(),
        code: 0,
    }
}

fn failed(error: impl Into<String>) -> Answer {
    Answer {
        text: String::new(),
        error: error.into(),
        code: 1,
    }
}

/// Acts as kubectl or istioctl if the environment says so, and then ends the process. The stubs run only this
/// test.
#[test]
fn kubectl() {
    let Ok(arguments) = std::env::var("PRETEND_ARGUMENTS") else {
        return;
    };
    let arguments: Vec<String> = arguments
        .split_terminator('\u{1f}')
        .map(str::to_owned)
        .collect();
    let file = std::env::var("PRETEND_STATE").expect("a state");
    let mut cluster = Cluster::read(Path::new(&file));
    let answer = cluster.call(&arguments);
    cluster.write(Path::new(&file));
    // The test runner uses standard output.
    let mut out = fs::OpenOptions::new()
        .write(true)
        .open("/dev/fd/3")
        .expect("the stub's output");
    let _ = out.write_all(answer.text.as_bytes());
    let _ = std::io::stderr().write_all(answer.error.as_bytes());
    std::process::exit(answer.code);
}

impl Cluster {
    pub fn read(path: &Path) -> Self {
        serde_json::from_slice(&fs::read(path).expect("the state")).expect("a state")
    }

    pub fn write(&self, path: &Path) {
        fs::write(path, serde_json::to_vec(self).expect("JSON")).expect("writing the state");
    }

    /// The objects, in an order that does not depend on the order of the calls.
    pub fn contents(&self) -> BTreeMap<String, Value> {
        let objects = self.objects.iter();
        objects
            .map(|object| (key(object), object.clone()))
            .chain(
                self.replaced
                    .iter()
                    .map(|(pod, times)| (pod.clone(), json!(*times > 0))),
            )
            .collect()
    }

    fn call(&mut self, arguments: &[String]) -> Answer {
        let fault = self.fault.clone();
        let fault = fault
            .filter(|(calls, _)| calls == arguments)
            .map(|(_, fault)| fault);
        self.calls.push(arguments.to_vec());
        let words = arguments.iter().map(String::as_str);
        let words: Vec<&str> = words
            .filter(|word| !word.starts_with("--context="))
            .collect();
        match fault {
            Some(Fault::Fails) => {
                failed("Unable to connect to the server: dial tcp: connection refused\n")
            }
            Some(Fault::Silent) => said(""),
            Some(Fault::Cancelled) => said("deletion is cancelled\n"),
            Some(Fault::Partial) => {
                let mut answer = self.run(&half(&words));
                let end = answer.text.len() / 2;
                answer.text.truncate(
                    (0..=end)
                        .rev()
                        .find(|end| answer.text.is_char_boundary(*end))
                        .unwrap_or(0),
                );
                answer.error.truncate(answer.error.len() / 2);
                answer
            }
            None => self.run(&words),
        }
    }

    #[allow(clippy::too_many_lines, reason = "one arm per subcommand")]
    fn run(&mut self, words: &[&str]) -> Answer {
        match words {
            ["istioctl", "version", ..] => {
                let version = std::env::var("PRETEND_VERSION").unwrap_or_default();
                said(format!("client version: {version}\n"))
            }
            ["istioctl", ..] => {
                self.install();
                said("✔ Installation complete\n")
            }
            ["config", ..] => said("pretend\n"),
            ["delete", "--help"] => said("      --interactive=false: asks first\n"),
            ["get", rest @ ..] => self.get(&Options::of(rest)),
            ["wait", rest @ ..] => {
                let options = Options::of(rest);
                let mut text = String::new();
                for name in &options.names {
                    let (kind, own) = name.split_once('/').unwrap_or(("", name));
                    let there = self
                        .all(kind_of(kind))
                        .iter()
                        .any(|object| object["metadata"]["name"] == own);
                    if !there {
                        return Answer {
                            text,
                            ..failed(format!("Error from server (NotFound): {name} not found\n"))
                        };
                    }
                    text.push_str(&format!("{name} condition met\n"));
                }
                said(text)
            }
            ["apply", rest @ ..] if rest.contains(&"-k") => {
                self.install();
                said(
                    "customresourcedefinition.apiextensions.k8s.io/gateways.gateway.networking.k8s.io \
                     serverside-applied\n",
                )
            }
            ["apply" | "create" | "replace", rest @ ..] if rest.contains(&"-f") => {
                let mut text = String::new();
                for object in Options::of(rest).objects() {
                    text.push_str(&format!("{} configured\n", shown(&object)));
                    if words[0] == "apply" {
                        self.apply(object);
                    } else {
                        self.put(object, words[0] == "replace");
                    }
                }
                said(text)
            }
            ["create", "namespace", name] => {
                self.put(
                    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
                    true,
                );
                said(format!("namespace/{name} created\n"))
            }
            ["diff", rest @ ..] => {
                let same = Options::of(rest).objects().iter().all(|object| {
                    self.objects
                        .iter()
                        .any(|own| key(own) == key(object) && contains(own, object))
                });
                if same {
                    said("")
                } else {
                    Answer {
                        code: 1,
                        ..said("a difference\n")
                    }
                }
            }
            ["delete", rest @ ..] => self.delete(&Options::of(rest)),
            ["patch", rest @ ..] => self.patch(&Options::of(rest)),
            ["label" | "annotate", kind, name, rest @ ..] => {
                let field = if words[0] == "label" {
                    "labels"
                } else {
                    "annotations"
                };
                let options = Options::of(rest);
                let Some(object) = self.find(kind, name, options.namespace.as_deref()) else {
                    return failed(format!(
                        "Error from server (NotFound): {kind} \"{name}\" not found\n"
                    ));
                };
                if object["metadata"][field].is_null() {
                    object["metadata"][field] = json!({});
                }
                let map = object["metadata"][field].as_object_mut().expect("a map");
                for pair in &options.names {
                    match pair.split_once('=') {
                        Some((key, value)) => {
                            map.insert(key.to_owned(), json!(value));
                        }
                        None => {
                            map.remove(pair.trim_end_matches('-'));
                        }
                    }
                }
                said(format!("{kind}/{name} changed\n"))
            }
            ["cordon" | "uncordon", name] => {
                if words[0] == "uncordon" {
                    self.drained.remove(*name);
                }
                let Some(node) = self.find("node", name, None) else {
                    return failed("Error from server (NotFound)\n");
                };
                if words[0] == "cordon" {
                    node["spec"]["unschedulable"] = json!(true);
                } else if let Some(spec) = node["spec"].as_object_mut() {
                    spec.remove("unschedulable");
                }
                said(format!("node/{name} {}ed\n", words[0]))
            }
            ["drain", name, rest @ ..] => {
                if !rest.contains(&"--dry-run=server") {
                    self.drained.insert((*name).to_owned());
                    if self.leaving.contains(*name) {
                        self.objects
                            .retain(|object| key(object) != format!("Node//{name}"));
                    }
                }
                said(format!("node/{name} drained\n"))
            }
            ["rollout", "status", name, ..] => said(format!("{name} successfully rolled out\n")),
            ["exec", ..] => said(""),
            _ => failed(format!("the pretend kubectl does not support: {words:?}\n")),
        }
    }

    fn install(&mut self) {
        let gone = self.uninstalled.clone();
        self.objects.retain(|object| !gone.contains(&key(object)));
        for object in self.installed.clone() {
            self.put(object, true);
        }
    }

    fn apply(&mut self, object: Value) {
        let own = key(&object);
        let there = self.objects.iter_mut().find(|other| key(other) == own);
        if let Some(there) = there
            && let Some(last) = self.applied.get(&own)
        {
            without(there, last, &object);
        }
        self.applied.insert(own, object.clone());
        self.put(object, false);
    }

    fn put(&mut self, object: Value, whole: bool) {
        let own = key(&object);
        match self.objects.iter_mut().find(|other| key(other) == own) {
            Some(other) if whole => *other = object,
            Some(other) => merge(other, &object),
            None => self.objects.push(object),
        }
    }

    fn find(&mut self, kind: &str, name: &str, namespace: Option<&str>) -> Option<&mut Value> {
        let kind = kind_of(kind);
        self.objects.iter_mut().find(|object| {
            object["kind"] == kind
                && object["metadata"]["name"] == name
                && namespace.is_none_or(|namespace| object["metadata"]["namespace"] == namespace)
        })
    }

    fn get(&self, options: &Options) -> Answer {
        if let ([_], Some(template)) = (
            options.files.as_slice(),
            options.output.strip_prefix("jsonpath="),
        ) {
            let objects = options.objects();
            let own = self.objects.iter().find(|own| key(own) == key(&objects[0]));
            return match own.map(|own| jsonpath(template, own)) {
                Some(Ok(text)) => said(text),
                _ => failed("Error from server (NotFound)\n"),
            };
        }
        if !options.files.is_empty() {
            let (mut text, mut error) = (String::new(), String::new());
            for object in options.objects() {
                if self.objects.iter().any(|own| key(own) == key(&object)) {
                    text.push_str(&format!("{}\n", shown(&object)));
                } else {
                    error.push_str(&format!(
                        "Error from server (NotFound): {} not found\n",
                        shown(&object)
                    ));
                }
            }
            let code = i32::from(!error.is_empty());
            return Answer { text, error, code };
        }
        let kind = options.names.first().map_or("", String::as_str);
        let items: Vec<Value> = self
            .all(kind_of(kind))
            .into_iter()
            .filter(|object| options.selects(object))
            .collect();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        match options.output.strip_prefix("jsonpath=") {
            Some(template) => match jsonpath(template, &list) {
                Ok(text) => said(text),
                Err(why) => failed(format!("{template}: {why}\n")),
            },
            None if options.output == "json" => said(list.to_string()),
            None => failed(format!(
                "the pretend kubectl does not support -o {}\n",
                options.output
            )),
        }
    }

    /// Every object of a kind, with the status that a healthy cluster would set.
    fn all(&self, kind: &str) -> Vec<Value> {
        match kind {
            "Pod" => return self.pods(),
            "EndpointSlice" => return self.slices(),
            _ => {}
        }
        let mut all: Vec<Value> = self
            .objects
            .iter()
            .filter(|object| object["kind"] == kind)
            .cloned()
            .collect();
        for object in &mut all {
            match kind {
                "Node" => {
                    object["status"] = json!({"conditions": [{"type": "Ready", "status": "True"}]});
                }
                "DaemonSet" => {
                    let number = self.hosts(object).len();
                    object["status"] = json!({"desiredNumberScheduled": number, "numberReady": number,
                        "observedGeneration": 1});
                    object["metadata"]["generation"] = json!(1);
                }
                "Deployment" => object["metadata"]["generation"] = json!(1),
                "HTTPRoute" => {
                    object["metadata"]["generation"] = json!(1);
                    let condition = |name: &str| json!({"type": name, "status": "True", "observedGeneration": 1});
                    let parents = object["spec"]["parentRefs"]
                        .as_array()
                        .cloned()
                        .unwrap_or_default();
                    let parents: Vec<Value> = parents
                        .into_iter()
                        .map(|parent| {
                            json!({"parentRef": parent,
                            "conditions": [condition("Accepted"), condition("ResolvedRefs")]})
                        })
                        .collect();
                    object["status"] = json!({"parents": parents});
                }
                _ => {}
            }
        }
        all
    }

    /// The nodes on which a workload's pods can run.
    fn hosts(&self, workload: &Value) -> Vec<String> {
        let place = NodeSet::of(&workload["spec"]["template"]["spec"]);
        let nodes = self
            .objects
            .iter()
            .filter(|object| object["kind"] == "Node");
        nodes
            .filter(|node| place.allows(&texts(&node["metadata"]["labels"])))
            .map(|node| text(&node["metadata"]["name"]))
            .collect()
    }

    fn pods(&self) -> Vec<Value> {
        let mut pods: Vec<Value> = Vec::new();
        for object in &self.objects {
            let (namespace, name) = (
                text(&object["metadata"]["namespace"]),
                text(&object["metadata"]["name"]),
            );
            let pod = |name: String,
                       node: Option<&str>,
                       owner: &str,
                       labels: &Value,
                       spec: &Value,
                       generation: usize| {
                let enrolled = self.objects.iter().any(|object| {
                    object["kind"] == "Namespace"
                        && object["metadata"]["name"] == namespace.as_str()
                        && object["metadata"]["labels"]["istio.io/dataplane-mode"] == "ambient"
                });
                let host = spec["hostNetwork"] == true;
                let mut annotations = json!({});
                if enrolled && !host && labels["istio.io/dataplane-mode"] != "none" {
                    annotations["ambient.istio.io/redirection"] = json!("enabled");
                }
                json!({
                    "kind": "Pod",
                    "metadata": {
                        "namespace": namespace, "name": name, "uid": format!("{namespace}-{name}-{generation}"),
                        "labels": labels,
                        "annotations": annotations, "ownerReferences": [{"kind": owner}],
                    },
                    "spec": {"nodeName": node, "hostNetwork": host.then_some(true)},
                    "status": {
                        "phase": if node.is_some() { "Running" } else { "Pending" }, "podIP": "10.0.0.9",
                        "conditions": [{"type": "Ready", "status": if node.is_some() { "True" } else { "False" }}],
                    },
                })
            };
            let template = &object["spec"]["template"];
            match object["kind"].as_str() {
                Some("DaemonSet") => {
                    for node in self.hosts(object) {
                        let own = format!("{namespace}/{name}/{node}");
                        let generation = self.replaced.get(&own).copied().unwrap_or_default();
                        pods.push(pod(
                            format!("{name}-{node}"),
                            Some(&node),
                            "DaemonSet",
                            &template["metadata"]["labels"],
                            &template["spec"],
                            generation,
                        ));
                    }
                }
                Some("Deployment" | "StatefulSet") => {
                    let hosts = self.hosts(object);
                    let node = hosts.iter().find(|node| !self.drained.contains(*node));
                    let number = object["spec"]["replicas"].as_u64().unwrap_or(1);
                    for index in 0..number {
                        pods.push(pod(
                            format!("{name}-{index}"),
                            node.map(String::as_str),
                            "ReplicaSet",
                            &template["metadata"]["labels"],
                            &template["spec"],
                            0,
                        ));
                    }
                }
                Some("Pod") => {
                    let mut own = pod(
                        name.clone(),
                        Some("some-node"),
                        "",
                        &object["metadata"]["labels"],
                        &object["spec"],
                        0,
                    );
                    own["metadata"]["ownerReferences"] = json!([]);
                    pods.push(own);
                }
                _ => {}
            }
        }
        pods
    }

    fn slices(&self) -> Vec<Value> {
        let pods = self.pods();
        let services = self
            .objects
            .iter()
            .filter(|object| object["kind"] == "Service");
        services
            .map(|service| {
                let namespace = &service["metadata"]["namespace"];
                let selector = texts(&service["spec"]["selector"]);
                let ready = pods.iter().filter(|pod| {
                    let labels = texts(&pod["metadata"]["labels"]);
                    pod["metadata"]["namespace"] == *namespace
                        && !selector.is_empty()
                        && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
                });
                let endpoints: Vec<Value> = ready.map(|_| json!({"conditions": {"ready": true}})).collect();
                let labels = json!({"kubernetes.io/service-name": service["metadata"]["name"]});
                json!({"kind": "EndpointSlice",
                    "metadata": {"name": service["metadata"]["name"], "namespace": namespace, "labels": labels},
                    "endpoints": endpoints})
            })
            .collect()
    }

    fn delete(&mut self, options: &Options) -> Answer {
        let mut text = String::new();
        let mut gone: BTreeSet<String> = BTreeSet::new();
        if options.files.is_empty() {
            let kind = kind_of(options.names.first().map_or("", String::as_str));
            if kind == "Pod" {
                for pod in self.pods().into_iter().filter(|pod| options.selects(pod)) {
                    let (namespace, name, node) = (
                        &pod["metadata"]["namespace"],
                        &pod["metadata"]["name"],
                        &pod["spec"]["nodeName"],
                    );
                    let (name, node) = (self::text(name), self::text(node));
                    let set = name.trim_end_matches(&format!("-{node}")).to_owned();
                    *self
                        .replaced
                        .entry(format!("{}/{set}/{node}", self::text(namespace)))
                        .or_default() += 1;
                    text.push_str(&format!("pod \"{name}\" deleted\n"));
                }
                return said(text);
            }
            for name in &options.names[1..] {
                gone.insert(format!(
                    "{kind}/{}/{name}",
                    options.namespace.as_deref().unwrap_or_default()
                ));
            }
        }
        gone.extend(options.objects().iter().map(key));
        let namespaces: BTreeSet<String> = gone
            .iter()
            .filter_map(|key| key.strip_prefix("Namespace//").map(str::to_owned))
            .collect();
        self.objects.retain(|object| {
            let goes = gone.contains(&key(object))
                || namespaces.contains(&self::text(&object["metadata"]["namespace"]));
            if goes {
                text.push_str(&format!("{} deleted\n", shown(object)));
            }
            !goes
        });
        said(text)
    }

    fn patch(&mut self, options: &Options) -> Answer {
        let (target, patch) = if let Some(patch) = &options.patch {
            let (Some(kind), Some(name)) = (options.names.first(), options.names.get(1)) else {
                return failed("nothing to patch\n");
            };
            let value: Value = serde_json::from_str(patch).expect("a patch");
            (format!("{}//{name}", kind_of(kind)), value)
        } else {
            let objects = options.objects();
            let Some(object) = objects.first() else {
                return failed("nothing to patch\n");
            };
            (key(object), object.clone())
        };
        let Some(object) = self.objects.iter_mut().find(|object| key(object) == target) else {
            return failed("Error from server (NotFound)\n");
        };
        let mut new = object.clone();
        merge(&mut new, &patch);
        let changed = new != *object;
        if let Some(template) = options.output.strip_prefix("jsonpath=") {
            return jsonpath(template, &new).map_or_else(failed, said);
        }
        if !options.dry_run {
            *object = new;
        }
        said(format!(
            "{target} patched{}\n",
            if changed { "" } else { " (no change)" }
        ))
    }
}

/// The arguments of a call without half of the objects that it names.
fn half<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let files = words.iter().filter(|word| **word == "-f").count();
    if files < 2 || words.first() == Some(&"get") {
        return words.to_vec();
    }
    let mut seen = 0;
    let mut kept = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if *word == "-f" {
            seen += 1;
            let file = rest.next();
            if seen > files / 2 {
                continue;
            }
            kept.push(*word);
            kept.extend(file.copied());
        } else {
            kept.push(*word);
        }
    }
    kept
}

/// The parsed arguments of a call.
#[derive(Default)]
struct Options {
    names: Vec<String>,
    namespace: Option<String>,
    selector: String,
    fields: String,
    files: Vec<String>,
    output: String,
    patch: Option<String>,
    dry_run: bool,
}

impl Options {
    fn of(words: &[&str]) -> Self {
        let mut this = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut next = || {
                words
                    .next()
                    .map(|word| (*word).to_owned())
                    .unwrap_or_default()
            };
            match *word {
                "-n" => this.namespace = Some(next()),
                "-l" => this.selector = next(),
                "-f" => this.files.push(next()),
                "-o" => this.output = next(),
                "-p" => this.patch = Some(next()),
                "-A" => {}
                word => {
                    if let Some(value) = word.strip_prefix("--namespace=") {
                        this.namespace = Some(value.to_owned());
                    } else if let Some(value) = word.strip_prefix("--selector=") {
                        this.selector = value.to_owned();
                    } else if let Some(value) = word.strip_prefix("--field-selector=") {
                        this.fields = value.to_owned();
                    } else if word == "--dry-run=server" {
                        this.dry_run = true;
                    } else if !word.starts_with('-') {
                        this.names.push(word.to_owned());
                    }
                }
            }
        }
        this
    }

    /// The objects of the files in its arguments.
    fn objects(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for file in &self.files {
            let text = if file == "-" {
                let mut text = String::new();
                std::io::stdin()
                    .read_to_string(&mut text)
                    .expect("standard input");
                text
            } else {
                fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"))
            };
            // Several JSON documents, one per line.
            if text.starts_with('{') {
                let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
                for value in values {
                    let value = value.expect("JSON");
                    match value["items"].as_array() {
                        Some(items) => all.extend(items.iter().cloned()),
                        None => all.push(value),
                    }
                }
            } else {
                let documents = meshplan::text::yaml::read(&text).expect("YAML");
                all.extend(documents.into_iter().map(|document| document.value));
            }
        }
        all
    }

    fn selects(&self, object: &Value) -> bool {
        let labels = texts(&object["metadata"]["labels"]);
        let by_label = self
            .selector
            .split(',')
            .filter(|part| !part.is_empty())
            .all(|part| {
                if let Some((key, value)) = part.split_once("!=") {
                    labels.get(key).is_none_or(|own| own != value)
                } else if let Some((key, value)) = part.split_once('=') {
                    labels.get(key).is_some_and(|own| own == value)
                } else {
                    labels.contains_key(part)
                }
            });
        let by_field = self
            .fields
            .split(',')
            .filter(|part| !part.is_empty())
            .all(|part| {
                let (key, value, equal) = if let Some((key, value)) = part.split_once("!=") {
                    (key, value, false)
                } else {
                    let (key, value) = part.split_once('=').expect("a field");
                    (key, value, true)
                };
                let own = object
                    .pointer(&format!("/{}", key.replace('.', "/")))
                    .map(text)
                    .unwrap_or_default();
                (own == value) == equal
            });
        let namespace = &object["metadata"]["namespace"];
        let here = self
            .namespace
            .as_deref()
            .is_none_or(|own| namespace.is_null() || namespace == own);
        by_label && by_field && here
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// `Kind/namespace/name`
pub fn key(object: &Value) -> String {
    let field = |name: &str| text(&object["metadata"][name]);
    let group = object["apiVersion"]
        .as_str()
        .and_then(|version| version.split_once('/'))
        .map_or("", |(group, _)| group);
    // Istio also has a kind Gateway.
    let kind = if group == "networking.istio.io" && object["kind"] == "Gateway" {
        "IstioGateway".to_owned()
    } else {
        text(&object["kind"])
    };
    format!("{kind}/{}/{}", field("namespace"), field("name"))
}

fn shown(object: &Value) -> String {
    format!(
        "{}/{}",
        text(&object["kind"]).to_lowercase(),
        text(&object["metadata"]["name"])
    )
}

/// The kind for a resource name of kubectl.
fn kind_of(word: &str) -> &'static str {
    let word = word.split('.').next().unwrap_or_default();
    let kinds = [
        ("node", "Node"),
        ("pod", "Pod"),
        ("namespace", "Namespace"),
        ("daemonset", "DaemonSet"),
        ("deployment", "Deployment"),
        ("statefulset", "StatefulSet"),
        ("service", "Service"),
        ("endpointslice", "EndpointSlice"),
        ("crd", "CustomResourceDefinition"),
        ("httproute", "HTTPRoute"),
        ("gateway", "Gateway"),
        ("gatewayclass", "GatewayClass"),
        ("referencegrant", "ReferenceGrant"),
        (
            "mutatingwebhookconfiguration",
            "MutatingWebhookConfiguration",
        ),
        (
            "validatingwebhookconfiguration",
            "ValidatingWebhookConfiguration",
        ),
    ];
    let single =
        |name: &str| word == name || word == format!("{name}s") || word == format!("{name}es");
    kinds
        .iter()
        .find(|(name, _)| single(name))
        .map_or("", |(_, kind)| kind)
}

/// Applies a merge patch.
fn merge(value: &mut Value, patch: &Value) {
    let (Value::Object(own), Value::Object(new)) = (&mut *value, patch) else {
        *value = patch.clone();
        return;
    };
    for (key, new) in new {
        if new.is_null() {
            own.remove(key);
        } else {
            merge(own.entry(key.clone()).or_insert(Value::Null), new);
        }
    }
}

/// Removes the fields that were in the last applied version and are not in the next.
fn without(value: &mut Value, last: &Value, next: &Value) {
    let (Value::Object(own), Value::Object(last), Value::Object(next)) = (value, last, next) else {
        return;
    };
    own.retain(|key, _| next.contains_key(key) || !last.contains_key(key));
    for (key, value) in own {
        if let (Some(last), Some(next)) = (last.get(key), next.get(key)) {
            without(value, last, next);
        }
    }
}

/// Whether `whole` has all the fields of `part`.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(key, value)| {
            value.is_null() || whole.get(key).is_some_and(|own| contains(own, value))
        }),
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len()
                && whole
                    .iter()
                    .zip(part)
                    .all(|(own, value)| contains(own, value))
        }
        _ => whole == part,
    }
}

/// Evaluates the part of kubectl's jsonpath that the scripts use.
fn jsonpath(template: &str, root: &Value) -> Result<String, String> {
    let mut tokens = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('{') {
            let mut quoted = false;
            let end = inner
                .char_indices()
                .find(|(at, c)| {
                    if *c == '"' && !inner[..*at].ends_with('\\') {
                        quoted = !quoted;
                    }
                    *c == '}' && !quoted
                })
                .ok_or("unterminated brace")?
                .0;
            tokens.push((true, &inner[..end]));
            rest = &inner[end + 1..];
        } else {
            let end = rest.find('{').unwrap_or(rest.len());
            tokens.push((false, &rest[..end]));
            rest = &rest[end..];
        }
    }
    let mut out = String::new();
    evaluate(&tokens, root, root, &mut out)?;
    Ok(out)
}

fn evaluate(
    tokens: &[(bool, &str)],
    current: &Value,
    root: &Value,
    out: &mut String,
) -> Result<(), String> {
    let mut at = 0;
    while at < tokens.len() {
        let (is_code, token) = tokens[at];
        at += 1;
        if !is_code {
            out.push_str(token);
        } else if token.starts_with('"') {
            let text: String = serde_json::from_str(token).map_err(|error| error.to_string())?;
            out.push_str(&text);
        } else if let Some(path) = token.strip_prefix("range ") {
            let mut depth = 1;
            let mut end = at;
            while depth > 0 {
                match tokens.get(end).ok_or("unterminated range")? {
                    (true, "end") => depth -= 1,
                    (true, token) if token.starts_with("range ") => depth += 1,
                    _ => {}
                }
                end += 1;
            }
            for item in select(path, current, root)? {
                evaluate(&tokens[at..end - 1], item, root, out)?;
            }
            at = end;
        } else {
            let found: Vec<String> = select(token, current, root)?
                .into_iter()
                .map(|value| match value {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => other.to_string(),
                })
                .collect();
            out.push_str(&found.join(" "));
        }
    }
    Ok(())
}

/// The values of a path. A missing field has no value.
fn select<'v>(path: &str, current: &'v Value, root: &'v Value) -> Result<Vec<&'v Value>, String> {
    let mut found = vec![if path.starts_with(".items") {
        root
    } else {
        current
    }];
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let mut depth = 1;
            let end = inner
                .char_indices()
                .find(|(_, c)| {
                    depth += i32::from(*c == '[') - i32::from(*c == ']');
                    depth == 0
                })
                .ok_or("unterminated bracket")?
                .0;
            let index = &inner[..end];
            found = found
                .into_iter()
                .flat_map(|value| -> Vec<&Value> {
                    let all: Vec<&Value> = value
                        .as_array()
                        .map_or_else(Vec::new, |all| all.iter().collect());
                    if index == "*" {
                        return all;
                    }
                    if let Some(condition) = index
                        .strip_prefix("?(@")
                        .and_then(|text| text.strip_suffix(')'))
                    {
                        let (field, wanted) = condition.split_once("==").unwrap_or((condition, ""));
                        let wanted = wanted.trim_matches('"');
                        return all
                            .into_iter()
                            .filter(|item| {
                                select(field, item, item)
                                    .is_ok_and(|own| own.first().is_some_and(|own| *own == wanted))
                            })
                            .collect();
                    }
                    index
                        .parse()
                        .ok()
                        .and_then(|index: usize| all.get(index).copied())
                        .into_iter()
                        .collect()
                })
                .collect();
            rest = &inner[end + 1..];
        } else if let Some(inner) = rest.strip_prefix('.') {
            let mut end = 0;
            let bytes = inner.as_bytes();
            while end < bytes.len()
                && (bytes[end] != b'.' && bytes[end] != b'[' || end > 0 && bytes[end - 1] == b'\\')
            {
                end += 1;
            }
            let name = inner[..end].replace('\\', "");
            found = found
                .into_iter()
                .filter_map(|value| value.get(&name))
                .filter(|value| !value.is_null())
                .collect();
            rest = &inner[end..];
        } else {
            return Err(format!("cannot parse `{rest}`"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{json, jsonpath};

    #[test]
    fn paths_are_those_of_kubectl() {
        let list = json!({"items": [{"metadata": {"name": "a", "labels": {"x.io/y": "1"}},
            "c": [{"t": "R", "s": "True"}]}, {"metadata": {"name": "b"}}]});
        let text = jsonpath(
            r#"{range .items[*]}{.metadata.name} {.metadata.labels.x\.io/y}{.c[?(@.t=="R")].s}{"\n"}{end}{"end"}"#,
            &list,
        );
        assert_eq!(text.as_deref(), Ok("a 1True\nb \nend"));
    }
}
