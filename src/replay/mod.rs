//! Computes the next state from a state and the actions of a step, or a part of them, and what an API server
//! would reject.

pub mod back;

use std::collections::BTreeMap;
use std::rc::Rc;

use semver::Version;
use serde_json::Value;

use crate::istio::{Channel, bundle_of_crd, bundle_of_resource};
use crate::kube::Selector;
use crate::state::{Object, Refusal, State, version_of};
use crate::step::{Action, Gate, Step, StepFile};

/// A part of a step: a number of complete actions, and some units (files or nodes) of the next action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The number of complete actions.
    pub done: usize,
    /// The indexes of the completed units of the next action.
    pub units: Vec<usize>,
}

/// The objects of a compiled tree, ready to be replayed.
pub struct Replay<'a> {
    /// Objects by the path of their file, including those in `delete/` and `rollback/`.
    pub files: &'a BTreeMap<String, Rc<Object>>,
}

/// Returns the number of units of an action that `kubectl` handles one by one; 1 if it is a single operation.
#[must_use]
pub fn units(action: &Action) -> usize {
    match action.effect() {
        Action::Apply { files }
        | Action::Restore { files }
        | Action::Delete { files }
        | Action::DeleteNamespaces { files }
        | Action::DeleteTag { files, .. } => files.len(),
        Action::LabelNodes { nodes, .. }
        | Action::UnlabelNodes { nodes, .. }
        | Action::ReturnNodes { nodes, .. } => nodes.len(),
        Action::MoveNodes(cohort) => cohort.nodes.len(),
        _ => 1,
    }
}

impl Replay<'_> {
    /// Returns the state before the first step: a cluster with the nodes that the steps name and nothing
    /// else.
    #[must_use]
    pub fn start<'s>(steps: impl Iterator<Item = &'s Step>) -> State {
        let mut state = State::default();
        state.whole = true;
        for step in steps {
            for action in &step.actions {
                match action {
                    Action::LabelNodes { nodes, .. } => {
                        for node in nodes {
                            state.nodes.entry(node.clone()).or_default();
                        }
                    }
                    Action::MoveNodes(cohort) => {
                        let label = (cohort.key.clone(), cohort.value.clone());
                        state.given.insert(label);
                    }
                    _ => {}
                }
            }
            for gate in &step.gates {
                // The nodes of this pool are labelled outside meshplan, and the step only waits until they
                // exist.
                if let (Gate::Pool { selector }, true) = (gate, step.actions.is_empty()) {
                    state
                        .nodes
                        .insert(pool_node(selector), selector.to_labels());
                }
            }
        }
        state
    }

    /// Runs a step or a part of it. Returns the state afterwards and what the API server would reject.
    #[must_use]
    pub fn run(
        &self,
        before: &State,
        step: &Step,
        actions: &[Action],
        part: Option<&Part>,
    ) -> (State, Vec<Refusal>) {
        let mut state = before.clone();
        let mut refused = Vec::new();
        for (number, action) in actions.iter().enumerate() {
            match part {
                Some(part) if number > part.done => break,
                Some(part) if number == part.done => {
                    self.action(&mut state, step, action, Some(&part.units), &mut refused);
                }
                _ => self.action(&mut state, step, action, None, &mut refused),
            }
        }
        state.settle();
        (state, refused)
    }

    fn action(
        &self,
        state: &mut State,
        step: &Step,
        action: &Action,
        units: Option<&[usize]>,
        refused: &mut Vec<Refusal>,
    ) {
        let cni = state.cni_version().cloned();
        self.effect(state, step, action, units, refused);
        state.hold(cni.as_ref());
    }

    #[allow(clippy::too_many_lines, reason = "one arm an action")]
    fn effect(
        &self,
        state: &mut State,
        step: &Step,
        action: &Action,
        units: Option<&[usize]>,
        refused: &mut Vec<Refusal>,
    ) {
        let chosen = |number: usize| units.is_none_or(|units| units.contains(&number));
        let objects = |files: &[StepFile]| -> Vec<Rc<Object>> {
            let files = files
                .iter()
                .enumerate()
                .filter(|(number, _)| chosen(*number));
            files
                .filter_map(|(_, file)| self.files.get(&format!("{}/{file}", step.name)).cloned())
                .collect()
        };
        match action.effect() {
            Action::Apply { files } | Action::Restore { files } => {
                for object in objects(files) {
                    refused.extend(state.apply(&object));
                }
            }
            Action::Delete { files } | Action::DeleteNamespaces { files } => {
                for object in objects(files) {
                    state.delete(&object.key);
                }
            }
            Action::DeleteTag {
                files,
                tag,
                revision,
                ..
            } => {
                let other = state
                    .tags()
                    .any(|(_, t)| t.name == *tag && t.revision != *revision);
                if !other {
                    for object in objects(files) {
                        state.delete(&object.key);
                    }
                }
            }
            Action::UnlabelNodes { nodes, key } => {
                for (number, node) in nodes.iter().enumerate() {
                    if chosen(number)
                        && let Some(labels) = state.nodes.get_mut(node)
                    {
                        labels.remove(key);
                    }
                }
            }
            Action::AwaitPoolReturned { selector } => {
                if let Some(node) = state.nodes.get_mut(&pool_node(selector)) {
                    *node = selector.to_labels();
                }
            }
            Action::LabelNodes { nodes, key, value }
            | Action::ReturnNodes { nodes, key, value } => {
                for (number, node) in nodes.iter().enumerate() {
                    if chosen(number) {
                        let labels = state.nodes.entry(node.clone()).or_default();
                        labels.insert(key.clone(), value.clone());
                    }
                }
            }
            Action::AwaitPoolMoved { selector, other } => {
                let (from, to) = (selector.to_labels(), other.to_labels());
                for node in state.nodes.values_mut() {
                    if from.iter().all(|(key, value)| node.get(key) == Some(value)) {
                        node.retain(|key, _| !from.contains_key(key));
                        node.extend(to.clone());
                    }
                }
            }
            Action::Found {
                files,
                bundle,
                version,
                revision,
            } => {
                let found: Vec<Rc<Object>> = files
                    .iter()
                    .filter_map(|file| self.files.get(&format!("{}/{file}", step.name)).cloned())
                    .collect();
                state.find(&found, version, revision);
                state.bundle = bundle
                    .as_ref()
                    .and_then(|(bundle, channel)| Some((release(bundle)?, Channel::of(channel)?)));
                state.base = version_of(version);
            }
            Action::Patch { file } if chosen(0) => {
                if let Some(fields) = self.files.get(&format!("{}/{file}", step.name)) {
                    refused.extend(state.patch(fields));
                }
            }
            Action::LabelObject {
                kind,
                namespace,
                name,
                key,
                value,
            } if chosen(0) => state.label(kind, namespace, name, (key, value.as_deref())),
            Action::MoveNodes(cohort) => {
                for (number, node) in cohort.nodes.iter().enumerate() {
                    if chosen(number)
                        && let Some(labels) = state.nodes.get_mut(node)
                    {
                        if cohort.back {
                            labels.remove(&cohort.key);
                        } else {
                            labels.insert(cohort.key.clone(), cohort.value.clone());
                            // The istio-cni pod is replaced when the node moves, and stays when it moves
                            // back.
                            state.held.remove(node);
                        }
                    }
                }
            }
            Action::Install { file, .. } if chosen(0) => {
                if let Some(object) = self.files.get(&format!("{}/{file}", step.name)) {
                    state.install(object);
                }
            }
            Action::ApplyKustomization { file, .. } if chosen(0) => {
                let object = self.files.get(&format!("{}/{file}", step.name));
                let resources = object.and_then(|o| o.value().get("resources")?.as_array());
                for resource in resources.into_iter().flatten().filter_map(Value::as_str) {
                    let folder = file
                        .path()
                        .rsplit_once('/')
                        .map_or("", |(folder, _)| folder);
                    let beside = self
                        .files
                        .get(&format!("{}/{folder}/{resource}", step.name));
                    let bundle = match beside {
                        Some(crd) => bundle_of_crd(crd.value()),
                        None => bundle_of_resource(resource),
                    };
                    if let Some(bundle) = bundle {
                        state.bundle = Some(bundle);
                    }
                }
            }
            Action::ExpectBundle { bundle, channel } if chosen(0) => {
                state.bundle = release(bundle).map(|version| (version, *channel));
            }
            Action::ExpectBase { version } if chosen(0) => state.base = version_of(version),
            Action::SetTag { tag, istioctl } if chosen(0) => {
                refused.extend(state.set_tag(tag, istioctl));
            }
            _ => {}
        }
    }
}

/// The version in the name of a release, such as `v1.4.1`.
fn release(bundle: &str) -> Option<Version> {
    Version::parse(bundle.strip_prefix('v')?).ok()
}

/// The name of a node that is known only by the labels of its pool.
fn pool_node(selector: &Selector) -> String {
    format!("a node with {selector}")
}
