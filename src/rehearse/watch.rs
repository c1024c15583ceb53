//! Watches the cluster during a step: every change of a pod, a DaemonSet, a node and a route, in the order of
//! the API server.

use std::io::BufReader;
use std::process::{Child, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::expected::{Expected, judge};
use crate::cluster::Cluster;

/// The watched kinds. The last one is watched only if the Gateway API CRDs exist; every bundle serves routes
/// in this version.
const KINDS: [&str; 4] = [
    "/api/v1/pods",
    "/apis/apps/v1/daemonsets",
    "/api/v1/nodes",
    "/apis/gateway.networking.k8s.io/v1beta1/httproutes",
];

/// How long to wait for late events.
const TAIL: Duration = Duration::from_millis(500);

/// The watches of one run of a step.
pub struct Watch {
    /// The latest resource version when the watches started.
    start: u64,
    expected: Expected,
    streams: Vec<(Child, JoinHandle<Vec<Value>>)>,
}

impl Watch {
    /// Starts to watch.
    ///
    /// # Errors
    ///
    /// If kubectl cannot be started, or returns no resource version.
    pub fn begin(cluster: &Cluster, expected: Expected) -> Result<Self> {
        let newest = cluster.run(&["get", "--raw", "/api/v1/namespaces?limit=1"], None)?;
        let newest: Value =
            serde_json::from_str(&newest).context("reading the output of kubectl")?;
        let kinds = if expected.routes {
            &KINDS[..]
        } else {
            &KINDS[..KINDS.len() - 1]
        };
        let streams = kinds.iter().map(|kind| stream(cluster, kind));
        Ok(Self {
            start: version(&newest),
            streams: streams.collect::<Result<_>>()?,
            expected,
        })
    }

    /// Stops, and returns the unexpected events.
    #[must_use]
    pub fn end(self) -> Vec<String> {
        std::thread::sleep(TAIL);
        let mut events = Vec::new();
        for (mut child, thread) in self.streams {
            let _ = child.kill();
            let _ = child.wait();
            events.extend(thread.join().unwrap_or_default());
        }
        // The streams have different delays. The resource versions come from one store and give the order.
        events.sort_by_key(|event| version(&event["object"]));
        let known = events.partition_point(|event| version(&event["object"]) <= self.start);
        judge(&events[..known], &events[known..], &self.expected)
    }
}

/// The resource version of an object; all objects of one store share a counter.
fn version(object: &Value) -> u64 {
    let text = object.pointer("/metadata/resourceVersion");
    text.and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

fn stream(cluster: &Cluster, kind: &str) -> Result<(Child, JoinHandle<Vec<Value>>)> {
    let what = || format!("watching {kind} with kubectl");
    let mut child = cluster
        .command()
        .args(["get", "--raw", &format!("{kind}?watch=true")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(what)?;
    let stdout = child.stdout.take().with_context(what)?;
    let thread = std::thread::spawn(move || {
        let events =
            serde_json::Deserializer::from_reader(BufReader::new(stdout)).into_iter::<Value>();
        events.map_while(std::result::Result::ok).collect()
    });
    Ok((child, thread))
}
