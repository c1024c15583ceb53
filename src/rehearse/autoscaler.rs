//! Whoever makes nodes and takes them away, in a rehearsal: new ones of a group join at once, old ones go when they are cordoned and empty.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::cluster::Cluster;
use super::nodes::pairs;
use crate::state::State;
use crate::step::{Action, Cohort};

/// An autoscaler at work.
pub struct Autoscaler {
    /// The nodes that go.
    pub leaving: BTreeSet<String>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Autoscaler {
    /// Makes the new nodes of each group that a run of a step replaces, and begins to take the old ones away.
    ///
    /// # Errors
    ///
    /// Where kubectl fails.
    pub fn begin(cluster: &Cluster, actions: &[Action<String>], to: &State) -> Result<Self> {
        let mut leaving = BTreeSet::new();
        for action in actions {
            if let Action::MoveNodes(cohort) = action
                && cohort.surge
            {
                leaving.extend(replace(cluster, cohort, to)?);
            }
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (names, stopped, cluster) = (leaving.clone(), Arc::clone(&stop), cluster.clone());
        let thread = (!names.is_empty()).then(|| {
            std::thread::spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    // What cannot be done now is tried again.
                    let _ = take(&cluster, &names);
                    std::thread::sleep(Duration::from_millis(500));
                }
            })
        });
        Ok(Self {
            leaving,
            stop,
            thread,
        })
    }

    /// Ends its work.
    pub fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread {
            let _ = thread.join();
        }
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
        labels.extend(pairs(&cohort.selector));
        labels.insert("kubernetes.io/hostname".to_owned(), come.clone());
        if !cohort.back {
            labels.insert(cohort.key.clone(), cohort.value.clone());
        }
        cluster.new_node(&come, &labels.into_iter().collect::<Vec<_>>(), false)?;
        old.push(go);
    }
    Ok(old)
}

/// Takes the nodes away that are cordoned and have no pods but those of `DaemonSet`s.
fn take(cluster: &Cluster, names: &BTreeSet<String>) -> Result<()> {
    for node in cluster.items(&["nodes"])? {
        let name = node["metadata"]["name"].as_str().unwrap_or_default();
        if !names.contains(name) || node["spec"]["unschedulable"] != Value::Bool(true) {
            continue;
        }
        let on = format!("--field-selector=spec.nodeName={name}");
        let pods = cluster.items(&["pods", "-A", &on])?;
        let of_a_node = |pod: &Value| pod["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet";
        if pods.iter().all(of_a_node) {
            cluster.take_node(name)?;
        }
    }
    Ok(())
}
