//! Simulates an autoscaler in a rehearsal: new nodes of a group join immediately, and old nodes are removed
//! when they are cordoned and empty.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::state::State;
use crate::step::{Action, Cohort};

/// A running autoscaler.
pub struct Autoscaler {
    /// The nodes to remove.
    pub leaving: BTreeSet<String>,
    stop: Arc<AtomicBool>,
    /// Why nodes have not been removed yet, as of the last check.
    waits: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Autoscaler {
    /// Creates the new nodes of each group that a step replaces, and starts to remove the old nodes.
    ///
    /// # Errors
    ///
    /// If kubectl fails.
    pub fn begin(cluster: &Cluster, actions: &[Action], to: &State) -> Result<Self> {
        let mut leaving = BTreeSet::new();
        for action in actions {
            if let Action::MoveNodes(cohort) = action
                && cohort.surge.is_some()
            {
                leaving.extend(replace(cluster, cohort, to)?);
            }
        }
        let stop = Arc::new(AtomicBool::new(false));
        let waits = Arc::new(Mutex::new(Vec::new()));
        let (names, stopped, cluster) = (leaving.clone(), Arc::clone(&stop), cluster.clone());
        let noted = Arc::clone(&waits);
        let thread = (!names.is_empty()).then(|| {
            std::thread::spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    // Failed attempts are retried.
                    let now = take(&cluster, &names).unwrap_or_else(|why| vec![format!("{why:#}")]);
                    if let Ok(mut noted) = noted.lock() {
                        *noted = now;
                    }
                    std::thread::sleep(Duration::from_millis(500));
                }
            })
        });
        Ok(Self {
            leaving,
            stop,
            waits,
            thread,
        })
    }

    /// Stops the autoscaler; returns why nodes have not been removed.
    pub fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread {
            let _ = thread.join();
        }
        self.waits
            .lock()
            .map(|waits| waits.clone())
            .unwrap_or_default()
    }
}

/// Creates the new nodes of a group; returns the old ones.
fn replace(cluster: &Cluster, cohort: &Cohort, to: &State) -> Result<Vec<String>> {
    let new = |node: &String| format!("{node}-new");
    let mut old = Vec::new();
    for node in &cohort.nodes {
        let (come, go) = if cohort.back {
            (node.clone(), new(node))
        } else {
            (new(node), node.clone())
        };
        let mut labels = to.nodes.get(node).cloned().unwrap_or_default();
        let own = cohort.surge.as_ref().filter(|_| !cohort.back);
        labels.extend(own.unwrap_or(&cohort.selector).to_labels());
        labels.insert("kubernetes.io/hostname".to_owned(), come.clone());
        if !cohort.back {
            labels.insert(cohort.key.clone(), cohort.value.clone());
        }
        cluster.new_node(&come, &labels.into_iter().collect::<Vec<_>>(), false)?;
        old.push(go);
    }
    Ok(old)
}

/// Removes the nodes that are cordoned and have no pods except those of `DaemonSet`s; returns why other nodes
/// stay.
fn take(cluster: &Cluster, names: &BTreeSet<String>) -> Result<Vec<String>> {
    let mut waits = Vec::new();
    for node in cluster.items(&["nodes"])? {
        let name = node["metadata"]["name"].as_str().unwrap_or_default();
        if !names.contains(name) {
            continue;
        }
        if node["spec"]["unschedulable"] != Value::Bool(true) {
            waits.push(format!("node {name} is not cordoned"));
            continue;
        }
        let on = format!("--field-selector=spec.nodeName={name}");
        let pods = cluster.items(&["pods", "-A", &on])?;
        let of_a_node = |pod: &Value| pod["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet";
        if let Some(pod) = pods.iter().find(|pod| !of_a_node(pod)) {
            waits.push(format!(
                "node {name} still has pod {}, {}",
                pod["metadata"]["name"], pod["status"]["phase"]
            ));
        } else {
            cluster.take_node(name)?;
        }
    }
    Ok(waits)
}
