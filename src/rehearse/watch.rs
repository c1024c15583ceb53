//! What goes on among the pods while a step is applied: at each moment every node with enrolled pods has exactly one ztunnel.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use serde_json::Value;

use super::cluster::Cluster;

/// A watch on the pods of a cluster.
pub struct Watch {
    child: Child,
    thread: Option<JoinHandle<()>>,
    seen: Arc<Mutex<Seen>>,
}

/// The pods by uid, and what was seen of ztunnels.
#[derive(Default)]
struct Seen {
    /// Node, namespace, and whether it is a ztunnel.
    pods: BTreeMap<String, (String, String, bool)>,
    enrolled: BTreeSet<String>,
    said: BTreeSet<String>,
}

impl Watch {
    /// Begins to watch. `enrolled` are the namespaces that are part of the mesh before the step and after it.
    ///
    /// # Errors
    ///
    /// Where kubectl cannot be started.
    pub fn begin(cluster: &Cluster, enrolled: BTreeSet<String>) -> Result<Self> {
        let mut child = cluster
            .command()
            .args([
                "get",
                "pods",
                "-A",
                "--watch",
                "--output-watch-events",
                "-o",
                "json",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("watching the pods with kubectl")?;
        let seen = Arc::new(Mutex::new(Seen {
            enrolled,
            ..Seen::default()
        }));
        let stdout = child
            .stdout
            .take()
            .context("watching the pods with kubectl")?;
        let shared = Arc::clone(&seen);
        let thread = std::thread::spawn(move || {
            let events =
                serde_json::Deserializer::from_reader(BufReader::new(stdout)).into_iter::<Value>();
            for event in events.map_while(std::result::Result::ok) {
                if let Ok(mut seen) = shared.lock() {
                    seen.note(&event);
                }
            }
        });
        Ok(Self {
            child,
            thread: Some(thread),
            seen,
        })
    }

    /// Ends, and says at which nodes there was something other than one ztunnel.
    #[must_use]
    pub fn end(mut self) -> Vec<String> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.seen
            .lock()
            .map(|seen| seen.said.iter().cloned().collect())
            .unwrap_or_default()
    }
}

impl Seen {
    fn note(&mut self, event: &Value) {
        let pod = &event["object"];
        let text = |pointer: &str| {
            pod.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let uid = text("/metadata/uid");
        let gone = event["type"] == "DELETED" || !pod["metadata"]["deletionTimestamp"].is_null();
        let node = text("/spec/nodeName");
        if gone || node.is_empty() {
            self.pods.remove(&uid);
        } else {
            let ztunnel = text("/metadata/labels/app") == "ztunnel";
            self.pods
                .insert(uid, (node, text("/metadata/namespace"), ztunnel));
        }
        let nodes: BTreeSet<&String> = self
            .pods
            .values()
            .filter(|(_, namespace, ztunnel)| !ztunnel && self.enrolled.contains(namespace))
            .map(|(node, ..)| node)
            .collect();
        for node in nodes {
            let count = self
                .pods
                .values()
                .filter(|(on, _, ztunnel)| *ztunnel && on == node)
                .count();
            // The first events of a watch are what is there, in no order: one that is missing may simply not have come yet.
            if count > 1 || count == 0 && gone {
                self.said.insert(format!(
                    "node {node} had {count} ztunnels beside enrolled pods for a moment"
                ));
            }
        }
    }
}
