//! The nodes of a rehearsal, and the changes to them that a step expects from the user.

use anyhow::Result;

use super::Rehearsal;
use super::report::Direction;
use crate::kube::Selector;
use crate::state::{Facet, State};
use crate::step::{Action, Gate};
use crate::tree::IndexStep;

impl Rehearsal<'_> {
    /// Creates the nodes that the plan names, and two for each pool that it knows by labels.
    pub(super) fn nodes(&self) -> Result<()> {
        let mut pools = 0;
        for step in &self.upgrade.index.steps {
            for action in &step.step.actions {
                match action {
                    Action::LabelNodes { nodes, .. } => {
                        for node in nodes {
                            self.cluster.new_node(node, &[], false)?;
                        }
                    }
                    Action::Found { files, .. } => {
                        for file in files {
                            let path = format!("{}/{file}", step.step.name);
                            if let Some(object) = self.upgrade.files.get(&path)
                                && let Facet::Node(labels) = &object.facet
                            {
                                let labels = labels.clone().into_iter().collect::<Vec<_>>();
                                self.cluster.new_node(&object.key.name, &labels, false)?;
                            }
                        }
                    }
                    _ => {}
                }
            }
            for gate in &step.step.gates {
                if let (Gate::Pool { selector }, true) = (gate, step.step.actions.is_empty()) {
                    pools += 1;
                    for number in 0..2 {
                        self.cluster.new_node(
                            &format!("pool-{pools}-{number}"),
                            &selector.to_labels().into_iter().collect::<Vec<_>>(),
                            false,
                        )?;
                    }
                }
            }
        }
        self.cluster.run(
            &[
                "wait",
                "--for=condition=Ready",
                "node",
                "--all",
                "--timeout=60s",
            ],
            None,
        )?;
        Ok(())
    }

    /// Adds a node for each ztunnel that exists after a step, or for one that it had before the step if
    /// possible; returns the names.
    ///
    /// The nodes are cordoned, so that only pods of `DaemonSet`s run on them and no pod moves when they are
    /// removed.
    pub(super) fn join(&self, from: &State, to: &State) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for (object, ztunnel) in to.ztunnels() {
            let before = from.get(&object.key).and_then(|object| object.pods());
            let place = &before.unwrap_or(&ztunnel.pods).place;
            let Some(labels) = place.example() else {
                continue;
            };
            let name = format!("joining-{}", names.len());
            let labels: Vec<_> = labels.into_iter().collect();
            self.cluster.new_node(&name, &labels, true)?;
            names.push(name);
        }
        Ok(names)
    }

    /// Removes nodes, with their pods.
    pub(super) fn leave(&self, nodes: &[String]) -> Result<()> {
        for node in nodes {
            self.cluster.take_node(node)?;
        }
        Ok(())
    }

    /// Makes the changes that a step expects from the user.
    pub(super) fn somebody(&self, step: &IndexStep, way: Direction) -> Result<()> {
        for action in &step.step.actions {
            let Action::AwaitPoolMoved { selector, other } = action else {
                continue;
            };
            let (from, to) = if way == Direction::Back {
                (other, selector)
            } else {
                (selector, other)
            };
            let first = self.first_pool(selector);
            for node in self.cluster.items(&["nodes", "-l", &from.to_string()])? {
                let name = node["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                if !name.starts_with(&first) {
                    continue;
                }
                let mut arguments = vec![
                    "label".to_owned(),
                    "node".to_owned(),
                    name,
                    "--overwrite".to_owned(),
                ];
                arguments.extend(to.labels().map(|(key, value)| format!("{key}={value}")));
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                self.cluster.run(&arguments, None)?;
            }
        }
        Ok(())
    }

    /// The prefix of the names of the nodes that were created for a pool.
    fn first_pool(&self, selector: &Selector) -> String {
        let pools = self
            .upgrade
            .index
            .steps
            .iter()
            .filter(|step| step.step.actions.is_empty());
        let gates = pools.flat_map(|step: &IndexStep| &step.step.gates);
        let selectors = gates.filter_map(|gate| match gate {
            Gate::Pool { selector } => Some(selector),
            _ => None,
        });
        let number = selectors.take_while(|other| *other != selector).count() + 1;
        format!("pool-{number}-")
    }
}
