//! Checks of a tree as a whole: the two copies of each workload, and the state after the last step.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Proof, gates};
use crate::kube::identity::Key;
use crate::rules::{self, finding};
use crate::state::{Object, State};
use crate::step::{Action, kind};
use crate::tree::IndexStep;

impl Proof<'_> {
    /// The canary's copy of each workload must equal the stable copy, except for namespace and nodes.
    pub(super) fn copies(&mut self) {
        let steps = &self.upgrade.index.steps;
        let Some(traffic) = steps.iter().find_map(|step| step.step.traffic.as_ref()) else {
            return;
        };
        let (stable, canary) = (&kind::STABLE_WORKLOADS, &kind::CANARY_WORKLOADS);
        let index = &self.upgrade.index;
        let (Some(stable), Some(canary)) = (index.step(stable), index.step(canary)) else {
            return;
        };
        let (old, new) = (
            self.copy(stable, &traffic.stable),
            self.copy(canary, &traffic.canary),
        );
        for (left, right, step, way) in [
            (&old, &new, canary, "only the stable copy has it"),
            (&new, &old, stable, "only the canary's copy has it"),
        ] {
            for (path, (text, object)) in left {
                let why = match right.get(path) {
                    None => way.to_owned(),
                    Some((other, _)) if other != text => "the content differs".to_owned(),
                    Some(_) => continue,
                };
                let here = right.get(path).map_or(object, |(_, object)| object);
                let said = finding(
                    &rules::COPIES_DIFFER,
                    format!(
                        "the two copies of {} differ",
                        object.key.kind.clone() + " `" + &object.key.name + "`"
                    ),
                )
                .label(why)
                .help("render both copies from the same manifests");
                self.say(step, said, Some(&Rc::clone(here)), "", &[]);
            }
        }
    }

    /// The objects of one copy by kind and name, without namespaces and nodes.
    fn copy(
        &self,
        step: &IndexStep,
        namespaces: &[String],
    ) -> BTreeMap<(String, String, usize), (String, Rc<Object>)> {
        // Only what the step applies, not what its rollback deletes.
        let files = step
            .files
            .iter()
            .filter(|file| file.path.matches('/').count() == 1)
            .filter_map(|file| self.upgrade.files.get(&file.path));
        files
            .map(|object| {
                let own = object.key.namespace.as_deref().unwrap_or_default();
                let number = namespaces
                    .iter()
                    .position(|namespace| namespace == own)
                    .unwrap_or(usize::MAX);
                let mut value = object.value().clone();
                if let Some(spec) = object.pods().and_then(|pods| value.pointer_mut(pods.spec)) {
                    spec["nodeSelector"] = serde_json::Value::Null;
                }
                let mut text = value.to_string();
                for (number, namespace) in namespaces.iter().enumerate() {
                    text = text.replace(namespace.as_str(), &format!("(namespace {number})"));
                }
                (
                    (object.key.kind.clone(), object.key.name.clone(), number),
                    (text, Rc::clone(object)),
                )
            })
            .collect()
    }

    /// Checks the state after the last step.
    pub(super) fn end(&mut self, state: &State) {
        let Some(step) = self.upgrade.index.steps.last() else {
            return;
        };
        let retires = self
            .upgrade
            .index
            .steps
            .iter()
            .any(|step| !step.deletes.is_empty());
        if !retires {
            return;
        }
        for (node, labels) in &state.nodes {
            if state
                .ztunnels()
                .any(|(_, ztunnel)| ztunnel.pods.place.allows(labels))
            {
                continue;
            }
            let said = finding(
                &rules::NODE_LEFT,
                format!("`{node}` has no ztunnel after the last step"),
            )
            .label("no pod of the mesh can run there")
            .help("label it for the canary's pool in the last step");
            self.say(step, said, gates::anchor(self.upgrade, step), "", &[]);
        }
        // The objects that the retired revision created and that no remaining revision created again.
        let gone: Vec<String> = self
            .upgrade
            .index
            .steps
            .iter()
            .flat_map(|step| &step.step.actions)
            .filter_map(|action| match action {
                Action::Install { istioctl, .. } if !state.has_istiod(&istioctl.revision) => {
                    Some(istioctl.revision.clone())
                }
                _ => None,
            })
            .collect();
        let stays_too = state.istiods().map(|(_, istiod)| istiod.revision.as_str());
        let all: Vec<&str> = stays_too.chain(gone.iter().map(String::as_str)).collect();
        let own = |object: &Object| {
            let revision = object.revision(&all);
            revision.is_some_and(|revision| gone.iter().any(|gone| gone == revision))
        };
        let stays: Vec<Key> = state
            .objects()
            .filter(|object| own(object))
            .map(|object| object.key.clone())
            .collect();
        for key in stays {
            let said = finding(
                &rules::LEFT_BEHIND,
                format!("{key} remains after its revision is removed"),
            )
            .label("no step deletes it")
            .help("add it to `delete/` of the step that retires the revision");
            let object = state.get(&key).cloned();
            self.say(step, said, object.as_ref(), "", &[]);
        }
    }
}
