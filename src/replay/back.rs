//! The rollback of a step, computed from the difference of the states before and after it.
//!
//! Objects that the step created are deleted. Objects that it changed or deleted are applied again from the
//! file that wrote them last. Objects of an installer are installed again. Every action can run twice, and
//! also after only a part of the step.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::istio::{facts_near, tag_objects, tag_webhook};
use crate::kube::identity::{Identity, Key};
use crate::kube::order;
use crate::state::{Object, State, version_of};
use crate::step::{Action, Copy, Draft, Folder, Istioctl, Step};

/// The installations so far: the istioctl of each IstioOperator, by the path of its file.
#[derive(Debug, Default)]
pub struct Installed(BTreeMap<String, Istioctl>);

impl Installed {
    /// Records what a step installs.
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

/// Returns the actions that lead from the state after a step to the state before it. `text` returns the
/// content of a file of the tree.
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

    // Deleted objects come first, because changed objects may depend on them, as a route on its Gateway.
    let own = lost.iter().filter(|object| !object.implied);
    let (gone, changed): (Vec<_>, Vec<_>) =
        own.partition(|object| after.get(&object.key).is_none());
    for objects in [gone, changed] {
        // Objects that existed before the first step are not applied. They are restored with all their
        // fields.
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

/// The rollback of actions that have an inverse: nodes move back, a label gets its previous value, and
/// patches are reversed by the plan.
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
            // Only the plan knows which change to ask for.
            Action::Patch { .. } | Action::AtOwner { .. } => own = true,
            _ => {}
        }
    }
    own.then_some(actions)
}

/// Installs the missing objects of an installer again.
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
        // The objects of a tag may point to another existing revision than when they were installed.
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

/// Points tags back to their previous revisions. Returns the tags that did not exist before, with the
/// istioctl of the revision that they point to.
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

/// Restores the labels of nodes.
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
    // Nodes that are known only by the labels of their pool are not labelled by meshplan.
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

/// Deletes the new objects: webhooks that would call a deleted Service first, then the others in reverse
/// order; namespaces last.
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
    // A namespace that an installer creates may be in use by others.
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

fn is_tag(key: &Key) -> bool {
    key.name.starts_with("istio-revision-tag-")
        || key.name.starts_with("istiod-revision-tag-")
        || key.name == "istiod-default-validator"
}

/// The file that wrote an object last, unchanged.
fn copy(object: &Rc<Object>, text: &dyn Fn(&str) -> Option<String>) -> Option<Draft> {
    // A later step has changed some of its fields.
    if object.manifest.original().value != *object.value() {
        return Some(Draft::Given(object.value().clone()));
    }
    Some(Draft::Copy(Copy {
        text: text(&object.manifest.source)?,
        name: None,
    }))
}
