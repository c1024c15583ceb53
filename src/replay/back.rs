//! The way back of a step, from the difference of the states before and after it.
//!
//! What a step made goes, what it changed or deleted comes back as the file that last wrote it has it, what an installer made
//! comes back by installing again. Every action can be run twice, and after a part of the step as well.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::istio::{facts_near, tag_objects, tag_webhook};
use crate::kube::identity::{Identity, Key};
use crate::kube::order;
use crate::state::{Object, State, version_of};
use crate::step::{Action, Copy, Draft, Folder, Istioctl, Step};

/// What was installed so far: the istioctl of each IstioOperator, by the path of its file.
#[derive(Debug, Default)]
pub struct Installed(BTreeMap<String, Istioctl>);

impl Installed {
    /// Notes what a step installs.
    pub fn note(&mut self, step: &Step) {
        for action in &step.actions {
            if let Action::Install { file, istioctl, .. } = action {
                let path = format!("{}/{file}", step.name);
                self.0.insert(path, istioctl.clone());
            }
        }
    }

    fn of_revision(&self, revision: &str) -> Option<&Istioctl> {
        self.0.values().find(|one| one.revision == revision)
    }
}

/// Returns what leads from the state after a step to the one before it. `text` gives the text of a file of the tree.
pub fn actions(
    step: &Step,
    before: &State,
    after: &State,
    installed: &Installed,
    text: &dyn Fn(&str) -> Option<String>,
) -> Vec<Action> {
    if step.rollback.keeps {
        return Vec::new();
    }
    if let Some(actions) = reversed(step, before) {
        return actions;
    }
    let mut actions = Vec::new();
    let lost = |object: &&Rc<Object>| {
        after
            .get(&object.key)
            .is_none_or(|now| now.value() != object.value())
    };
    let lost: Vec<&Rc<Object>> = before.objects().filter(lost).collect();
    let mut state = after.clone();
    install_again(&lost, &mut state, installed, text, &mut actions);
    let tags = tags_again(before, &mut state, installed, &mut actions);

    // What is gone comes first: what was changed may stand on it, as a route on its Gateway.
    let own = lost.iter().filter(|object| !object.implied);
    let (gone, changed): (Vec<_>, Vec<_>) =
        own.partition(|object| after.get(&object.key).is_none());
    for objects in [gone, changed] {
        // What was there before the first step is nobody's to apply: it comes back as it was, to the last field.
        let (found, own): (Vec<&&Rc<Object>>, Vec<&&Rc<Object>>) =
            objects.into_iter().partition(|object: &&&Rc<Object>| {
                Folder::of(&object.manifest.source) == Folder::Existing
            });
        let copies = |objects: Vec<&&Rc<Object>>| -> Vec<Draft> {
            let copies = objects.into_iter();
            copies.filter_map(|object| copy(object, text)).collect()
        };
        let (found, own) = (copies(found), copies(own));
        if !found.is_empty() {
            actions.push(Action::Restore {
                files: found.into(),
            });
        }
        if !own.is_empty() {
            actions.push(Action::Apply { files: own.into() });
        }
    }
    nodes_again(before, after, &mut actions);
    taken_away(before, &state, &tags, &mut actions);
    actions
}

/// The way back of what has one of its own kind: nodes move back, a label is what it was, and fields are written by the plan.
fn reversed(step: &Step, before: &State) -> Option<Vec<Action>> {
    let mut actions = Vec::new();
    let mut own = false;
    for action in step.actions.iter().rev() {
        match action {
            Action::MoveNodes(cohort) if cohort.surge.is_some() => own = true,
            Action::MoveNodes(cohort) => {
                own = true;
                let mut cohort = cohort.clone();
                cohort.back = !cohort.back;
                std::mem::swap(&mut cohort.ztunnel, &mut cohort.before);
                actions.push(Action::MoveNodes(cohort));
            }
            Action::LabelObject {
                kind,
                namespace,
                name,
                key,
                ..
            } => {
                own = true;
                let object = before.named(kind, Some(namespace), name);
                actions.push(Action::LabelObject {
                    kind: kind.clone(),
                    namespace: namespace.clone(),
                    name: name.clone(),
                    key: key.clone(),
                    value: object
                        .and_then(|object| object.label(key))
                        .map(str::to_owned),
                });
            }
            // Only the plan knows what to ask an owner for.
            Action::Patch { .. } | Action::AtOwner { .. } => own = true,
            _ => {}
        }
    }
    own.then_some(actions)
}

/// Installs again what made the objects that are lost.
fn install_again(
    lost: &[&Rc<Object>],
    state: &mut State,
    installed: &Installed,
    text: &dyn Fn(&str) -> Option<String>,
    actions: &mut Vec<Action>,
) {
    let made = lost.iter().filter(|object| object.implied);
    let sources: BTreeSet<&String> = made.map(|object| &object.manifest.source).collect();
    for source in sources {
        // What a tag's objects point to is not what was installed then, but a revision that is there.
        let Some(istioctl) = installed.0.get(source) else {
            continue;
        };
        let operator = lost.iter().find(|object| {
            object.implied && object.manifest.source == *source && !is_tag(&object.key)
        });
        let (Some(operator), Some(text)) = (operator, text(source)) else {
            continue;
        };
        let whole = Rc::new(Object::of(operator.manifest.original(), operator.phase));
        state.install(&whole);
        actions.push(Action::Install {
            file: Draft::Copy(Copy {
                text,
                name: source.rsplit('/').next().map(str::to_owned),
            })
            .into(),
            istioctl: istioctl.clone(),
            sees: Vec::new(),
        });
    }
}

/// Points tags where they pointed; returns those that were not there, with the istioctl of the revision that they point to.
fn tags_again(
    before: &State,
    state: &mut State,
    installed: &Installed,
    actions: &mut Vec<Action>,
) -> Vec<(String, Istioctl)> {
    let all = |state: &State| -> BTreeMap<String, String> {
        let tags = state.tags();
        tags.map(|(_, tag)| (tag.name.clone(), tag.revision.clone()))
            .collect()
    };
    let (old, new) = (all(before), all(state));
    for (tag, revision) in &old {
        if new.get(tag) != Some(revision)
            && let Some(istioctl) = installed.of_revision(revision)
        {
            state.set_tag(tag, istioctl);
            actions.push(Action::SetTag {
                tag: tag.clone(),
                istioctl: istioctl.clone(),
            });
        }
    }
    new.into_iter()
        .filter(|(tag, _)| !old.contains_key(tag))
        .filter_map(|(tag, revision)| Some((tag, installed.of_revision(&revision)?.clone())))
        .collect()
}

/// Gives nodes the labels that they had.
fn nodes_again(before: &State, after: &State, actions: &mut Vec<Action>) {
    let mut bare: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    let mut other: BTreeMap<(&String, &String), Vec<String>> = BTreeMap::new();
    for (node, now) in &after.nodes {
        let was = before.nodes.get(node);
        for key in now.keys() {
            match was.and_then(|labels| labels.get(key)) {
                None => bare.entry(key).or_default().push(node.clone()),
                Some(value) if now.get(key) != Some(value) => {
                    other.entry((key, value)).or_default().push(node.clone());
                }
                Some(_) => {}
            }
        }
    }
    // Nodes that are known by their pool's labels alone are somebody else's to label.
    let named = |nodes: &[String]| nodes.iter().all(|node| !node.contains(' '));
    for (key, nodes) in bare.into_iter().filter(|(_, nodes)| named(nodes)) {
        actions.push(Action::UnlabelNodes {
            nodes,
            key: key.clone(),
        });
    }
    for ((key, value), nodes) in other.into_iter().filter(|(_, nodes)| named(nodes)) {
        actions.push(Action::ReturnNodes {
            nodes,
            key: key.clone(),
            value: value.clone(),
        });
    }
}

/// Deletes what was not there: webhooks that would call what goes first, then the last applied first; namespaces at the end.
fn taken_away(
    before: &State,
    after: &State,
    tags: &[(String, Istioctl)],
    actions: &mut Vec<Action>,
) {
    let made = after
        .objects()
        .filter(|object| before.get(&object.key).is_none());
    let (mut namespaces, mut others): (Vec<Identity>, Vec<Identity>) = made
        .map(|object| object.manifest.identity.clone())
        .partition(|identity| identity.kind == "Namespace" && identity.group().is_empty());
    // A namespace that an installer makes may be anybody's.
    namespaces.retain(|identity| after.get(&identity.key()).is_some_and(|o| !o.implied));
    others.sort_by_key(|identity| {
        let webhook = identity.group() == "admissionregistration.k8s.io";
        (!webhook, std::cmp::Reverse(order(identity)))
    });
    for (tag, istioctl) in tags {
        let facts = facts_near(version_of(&istioctl.version).as_ref());
        let objects = tag_objects(facts, tag, &istioctl.namespace);
        let (own, rest): (Vec<Identity>, Vec<Identity>) = others
            .into_iter()
            .partition(|identity| objects.iter().any(|one| one.key() == identity.key()));
        others = rest;
        actions.push(Action::DeleteTag {
            files: own.into_iter().map(Draft::Identity).collect(),
            tag: tag.clone(),
            webhook: tag_webhook(tag, &istioctl.namespace),
            revision: istioctl.revision.clone(),
        });
    }
    if !others.is_empty() {
        actions.push(Action::Delete {
            files: others.into_iter().map(Draft::Identity).collect(),
        });
    }
    if !namespaces.is_empty() {
        actions.push(Action::DeleteNamespaces {
            files: namespaces.into_iter().map(Draft::Identity).collect(),
        });
    }
}

/// Whether an object is one of a tag's.
fn is_tag(key: &Key) -> bool {
    key.name.starts_with("istio-revision-tag-")
        || key.name.starts_with("istiod-revision-tag-")
        || key.name == "istiod-default-validator"
}

/// The file that an object was written by, as it is.
fn copy(object: &Rc<Object>, text: &dyn Fn(&str) -> Option<String>) -> Option<Draft> {
    // A step has changed some fields of it since.
    if object.manifest.original().value != *object.value() {
        return Some(Draft::Given(object.value().clone()));
    }
    Some(Draft::Copy(Copy {
        text: text(&object.manifest.source)?,
        name: None,
    }))
}
