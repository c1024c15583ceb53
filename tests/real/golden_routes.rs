//! A real istiod and a real Envoy answer as `trace` says in each state of the golden trees.
//!
//! Needs the output of `tests/witness/binaries.sh` and `tests/witness/istio.sh`. `KUBEBUILDER_ASSETS` and
//! `MESHPLAN_ISTIO` are these folders. istiod is 1.31 for every tree: no other version can be built from Go
//! modules.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::common::control_plane::ControlPlane;
use crate::common::envoy::{Envoy, backend, cluster, free_ports, listener, wrong};
use crate::common::istiod::{Istiod, under_another_name};
use crate::common::{evidence, plans, repository, skip, upgrade};
use meshplan::proof::kinds;
use meshplan::route::{Answer, Request, Table};
use meshplan::state::{Facet, State, load};
use meshplan::text::source::Source;
use semver::Version;
use serde_json::{Value, json};

/// How long an Envoy may take to receive a change.
const HEARING: Duration = Duration::from_secs(20);

/// The objects of a state that affect requests, without the label of their revision.
fn deciding(state: &State) -> Vec<Value> {
    let mut all = Vec::new();
    for object in state.objects().filter(|object| !object.implied) {
        let counts = matches!(
            object.facet,
            Facet::Namespace(_)
                | Facet::Service(_)
                | Facet::Gateway(_)
                | Facet::Route(_)
                | Facet::Grant(_)
        );
        if !counts {
            continue;
        }
        let mut value = object.value().clone();
        if let Some(Value::Object(labels)) = value.pointer_mut("/metadata/labels") {
            labels.retain(|key, _| !key.contains("istio.io/"));
        }
        all.push(value);
    }
    all
}

/// The names by which kubectl finds an object.
fn handle(object: &Value) -> (String, Option<String>, String) {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    (
        text("/kind").expect("a kind"),
        text("/metadata/namespace"),
        text("/metadata/name").expect("a name"),
    )
}

/// A cluster with an istiod, and the objects that were applied to it.
struct World {
    cluster: ControlPlane,
    istiod: Istiod,
    program: PathBuf,
    there: BTreeSet<(String, Option<String>, String)>,
    /// For each Gateway, the Envoy, and its port for each port of the Gateway.
    envoys: BTreeMap<String, (Envoy, BTreeMap<u64, u16>)>,
}

impl World {
    fn apply(&mut self, objects: &[Value]) {
        let list = self.cluster.folder.path().join("state.json");
        let text = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
        fs::write(&list, text).expect("the objects");
        let done = self.cluster.kubectl(&[
            "apply",
            "--server-side",
            "--force-conflicts",
            "-f",
            list.to_str().expect("a path"),
        ]);
        assert!(
            done.status.success() || objects.is_empty(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        // A tree for an existing mesh contains the namespace of its istiod. The istiod of this test uses the
        // same namespace.
        let now: BTreeSet<_> = objects
            .iter()
            .map(handle)
            .filter(|(kind, _, name)| {
                (kind.as_str(), name.as_str()) != ("Namespace", "istio-system")
            })
            .collect();
        // Deleting a namespace deletes all objects in it at once.
        let gone: Vec<_> = self.there.difference(&now).cloned().collect();
        let namespaces: BTreeSet<&str> = gone
            .iter()
            .filter(|(kind, ..)| kind == "Namespace")
            .map(|(.., name)| name.as_str())
            .collect();
        let delete = |arguments: &[&str]| {
            let arguments = [&["delete", "--ignore-not-found"], arguments].concat();
            let done = self.cluster.kubectl(&arguments);
            assert!(
                done.status.success(),
                "{}",
                String::from_utf8_lossy(&done.stderr)
            );
        };
        if !namespaces.is_empty() {
            let names: Vec<&str> = ["namespace"]
                .into_iter()
                .chain(namespaces.clone())
                .collect();
            delete(&names);
        }
        for (kind, namespace, name) in &gone {
            let namespace = namespace.as_deref().unwrap_or("default");
            if kind != "Namespace" && !namespaces.contains(namespace) {
                delete(&[kind, name, "-n", namespace]);
            }
            if kind == "Gateway" {
                self.envoys.remove(&format!("{namespace}/{name}"));
            }
        }
        self.there = now;
    }

    /// The pod that istiod created for a Gateway.
    fn pod(&self, namespace: &str, name: &str) -> Value {
        let label = format!("gateway.networking.k8s.io/gateway-name={name}");
        let begun = Instant::now();
        while begun.elapsed() < HEARING {
            let pods = self
                .cluster
                .kubectl(&["get", "pods", "-n", namespace, "-l", &label, "-o", "json"]);
            let pods: Value = serde_json::from_slice(&pods.stdout).expect("pods");
            if pods["items"][0]["status"]["podIP"].is_string() {
                return pods["items"][0].clone();
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("istiod creates no pod for Gateway {namespace}/{name}");
    }

    /// An Envoy that istiod treats as the one in the pod of a Gateway. It gets its routes from istiod, and has
    /// a backend for every Service.
    fn envoy(
        &self,
        gateway: &str,
        ports: &BTreeSet<u64>,
        services: &BTreeSet<String>,
    ) -> (Envoy, BTreeMap<u64, u16>) {
        let (namespace, name) = gateway.split_once('/').expect("a namespace");
        let pod = self.pod(namespace, name);
        let free = free_ports(ports.len() + services.len());
        let (front, behind) = free.split_at(ports.len());
        let listeners = ports.iter().zip(front).map(|(port, own)| {
            let source = json!({"ads": {}, "resource_api_version": "V3"});
            listener(*own, &json!({"rds": {"route_config_name": format!("http.{port}"), "config_source": source}}))
        });
        let backends = services
            .iter()
            .zip(behind)
            .map(|(service, own)| backend(*own, service));
        let clusters = services.iter().zip(behind).map(|(service, own)| {
            let (place, port) = service.split_once(':').expect("a port");
            let (namespace, name) = place.split_once('/').expect("a namespace");
            cluster(
                &format!("outbound|{port}||{name}.{namespace}.svc.cluster.local"),
                *own,
            )
        });
        let mut control = cluster("istiod", self.istiod.port);
        control["typed_extension_protocol_options"] = json!({"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": {"http2_protocol_options": {}},
        }});
        let address = pod["status"]["podIP"].as_str().expect("an address");
        let pod_name = pod["metadata"]["name"].as_str().expect("a name");
        let bootstrap = json!({
            "node": {
                "id": format!("router~{address}~{pod_name}.{namespace}~{namespace}.svc.cluster.local"),
                "cluster": format!("{name}-istio.{namespace}"),
                "metadata": {
                    "NAMESPACE": namespace, "CLUSTER_ID": "Kubernetes", "ISTIO_VERSION": "1.31.0",
                    "LABELS": pod["metadata"]["labels"],
                },
            },
            "dynamic_resources": {"ads_config": {
                "api_type": "GRPC", "transport_api_version": "V3",
                "grpc_services": [{"envoy_grpc": {"cluster_name": "istiod"}}],
            }},
            "static_resources": {
                "listeners": listeners.chain(backends).collect::<Vec<_>>(),
                "clusters": clusters.chain([control]).collect::<Vec<_>>(),
            },
        });
        let envoy = Envoy::start(&self.program, &bootstrap, front);
        (
            envoy,
            ports.iter().copied().zip(front.iter().copied()).collect(),
        )
    }
}

#[test]
fn a_real_istiod_and_envoy_answer_as_trace_says() {
    let Some(istio) = env::var_os("MESHPLAN_ISTIO").map(PathBuf::from) else {
        return skip(
            "MESHPLAN_ISTIO is not set to a folder with istioctl, istiod and Envoy; see docs/rehearse.md",
        );
    };
    let Some(mut cluster) = ControlPlane::up() else {
        return;
    };
    let istioctl = istio.join("istioctl-1.31.0");
    let stable = under_another_name(&cluster, &istioctl, "1.30.3");
    cluster.environment = vec![("ISTIOCTL_1_30_3".to_owned(), stable.into())];
    let tree = repository().join("golden/shop-1.31");
    let (code, report) = cluster.rehearse(&tree, &["--to", "120"]);
    assert_eq!(code, 0, "{report:#}");
    let discovery = istio.join("pilot-discovery-1.31.0");
    let istiod = Istiod::start(&cluster, &discovery, "1-30-3");
    let mut world = World {
        cluster,
        istiod,
        program: istio.join("envoy"),
        there: BTreeSet::new(),
        envoys: BTreeMap::new(),
    };
    let mut table =
        "| plan | states with routes | requests | different answers |\n| --- | --- | --- | --- |\n"
            .to_owned();
    for plan in plans() {
        let name = plan
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let (states, requests) = answered(&mut world, &name);
        writeln!(table, "| {name} | {states} | {requests} | 0 |").expect("a string");
    }
    evidence("golden routes", &table, "MESHPLAN_BLESS_WITNESS");
}

/// Sends requests in every state of a golden tree. Returns the numbers of states and requests.
fn answered(world: &mut World, name: &str) -> (usize, usize) {
    let upgrade = upgrade(name);
    let requests = kinds(upgrade.files.values());
    let mut services: BTreeSet<String> = BTreeSet::new();
    for object in upgrade.files.values() {
        if let Facet::Service(_) = &object.facet {
            let namespace = object.key.namespace.as_deref().expect("a namespace");
            for port in object.value()["spec"]["ports"]
                .as_array()
                .into_iter()
                .flatten()
            {
                services.insert(format!("{namespace}/{}:{}", object.key.name, port["port"]));
            }
        }
    }
    let version = Version::new(1, 31, 0);
    let mut before = Vec::new();
    let (mut states, mut count) = (0, 0);
    for (step, after) in upgrade.states() {
        let objects = deciding(&after.state);
        if objects == before || !objects.iter().any(|object| object["kind"] == "HTTPRoute") {
            continue;
        }
        world.apply(&objects);
        let text: Vec<String> = objects.iter().map(Value::to_string).collect();
        let loaded = load(&Source::new("state.yaml", text.join("\n---\n")));
        let state = State::of(&loaded.objects);
        let answers = Table::new(&state, Some(&version));
        states += 1;
        for gateway in answers.gateways() {
            let mut asked: BTreeMap<u64, Vec<(Request, Answer)>> = BTreeMap::new();
            for request in &requests {
                if request.gateway.as_deref() == Some(gateway) {
                    let port = request.port.unwrap_or(80);
                    let answer = answers.answer(request);
                    asked
                        .entry(port)
                        .or_default()
                        .push((request.clone(), answer));
                }
            }
            let ports: BTreeSet<u64> = asked.keys().copied().collect();
            if !world.envoys.contains_key(gateway) {
                let envoy = world.envoy(gateway, &ports, &services);
                world.envoys.insert(gateway.to_owned(), envoy);
            }
            let (_, fronts) = &world.envoys[gateway];
            for (port, asked) in asked {
                count += asked.len();
                let begun = Instant::now();
                loop {
                    let said = wrong(fronts[&port], &asked, false);
                    if said.is_empty() {
                        break;
                    }
                    assert!(
                        begun.elapsed() < HEARING,
                        "{name} {} {gateway}: {}",
                        step.step.name,
                        said.join("\n")
                    );
                    std::thread::sleep(Duration::from_millis(300));
                }
            }
        }
        before = objects;
    }
    world.apply(&[]);
    (states, count)
}
