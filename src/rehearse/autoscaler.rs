//! Whoever makes nodes and takes them away, in a rehearsal: new ones of a group join at once, old ones go when they are cordoned and empty.

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

/// An autoscaler at work.
pub struct Autoscaler {
    /// The nodes that go.
    pub leaving: BTreeSet<String>,
    stop: Arc<AtomicBool>,
    /// Why nodes that are to go are there still, as it was last looked at.
    waits: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Autoscaler {
    /// Makes the new nodes of each group that a run of a step replaces, and begins to take the old ones away.
    ///
    /// # Errors
    ///
    /// Where kubectl fails.
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
                    // What cannot be done now is tried again.
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

    /// Ends its work; returns why nodes that are to go are there still.
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

/// Makes the new nodes of a group; returns the old ones.
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

/// Takes the nodes away that are cordoned and have no pods but those of `DaemonSet`s; returns why others stay.
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
                "node {name} has pod {}, {}",
                pod["metadata"]["name"], pod["status"]["phase"]
            ));
        } else {
            cluster.take_node(name)?;
        }
    }
    Ok(waits)
}
