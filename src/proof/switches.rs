//! Which Gateways, tags and default validation a step switches to another control plane, and whether it names them.

use std::collections::BTreeMap;

use super::{Proof, gates};
use crate::kube::identity::Key;
use crate::rules::{self, finding};
use crate::state::State;
use crate::step::Action;
use crate::tree::IndexStep;

/// The webhook configuration that validates Istio's objects without a revision.
const VALIDATOR: &str = "istiod-default-validator";

impl Proof<'_> {
    /// Every switch from one state to the next is one that the step names.
    pub(super) fn switches(&mut self, step: &IndexStep, before: &State, after: &State) {
        // The first control plane takes what nobody had.
        if before.istiods().next().is_none() {
            return;
        }
        let mut unnamed: Vec<String> = Vec::new();
        let (old, new) = (tags(before), tags(after));
        for (tag, revision) in &new {
            if old.get(tag) != Some(revision) && !self.moves_tag(step, tag) {
                let from = old.get(tag).map_or("nothing", String::as_str);
                unnamed.push(format!("tag `{tag}` from {from} to {revision}"));
            }
        }
        let moves_default = self.moves_tag(step, "default");
        let (old, new) = (validated_by(before), validated_by(after));
        let named = self.names(step, |key| key.name == VALIDATOR);
        if let (Some(old), Some(new)) = (old, new)
            && old != new
            && !named
            && !moves_default
        {
            unnamed.push(format!("`{VALIDATOR}` from {old} to {new}"));
        }
        for (key, old) in &before.served {
            let Some(new) = after.served.get(key) else {
                continue;
            };
            let moves_any = step.step.actions.iter().any(|action| {
                matches!(
                    action.effect(),
                    Action::SetTag { .. } | Action::DeleteTag { .. }
                )
            });
            if old.revision != new.revision && !moves_any && !self.names(step, |own| own == key) {
                unnamed.push(format!("{key} from {} to {}", old.revision, new.revision));
            }
        }
        for one in unnamed {
            let said = finding(
                &rules::SWITCHED,
                format!("`{}` switches {one} without naming it", step.step.name),
            )
            .label("the installation of a revision does this on its own")
            .help("give the switch a step of its own, after the nodes have moved");
            let anchor = gates::anchor(self.upgrade, step);
            self.say(step, said, anchor, "", &[]);
        }
    }

    fn moves_tag(&self, step: &IndexStep, tag: &str) -> bool {
        let by_action = step.step.actions.iter().any(|action| {
            matches!(action.effect(), Action::SetTag { tag: own, .. } | Action::DeleteTag { tag: own, .. } if own == tag)
        });
        by_action || self.names(step, |key| key.name.starts_with("istio-revision-tag-"))
    }

    /// Whether a step writes, patches, labels or deletes an object itself.
    fn names(&self, step: &IndexStep, is: impl Fn(&Key) -> bool) -> bool {
        step.step.actions.iter().any(|action| {
            let files: Vec<&crate::step::StepFile> = match action.effect() {
                Action::Apply { files }
                | Action::Restore { files }
                | Action::Delete { files }
                | Action::DeleteTag { files, .. }
                | Action::Found { files, .. } => files.iter().collect(),
                Action::Patch { file } => vec![file],
                Action::LabelObject {
                    namespace, name, ..
                } => {
                    let group = "gateway.networking.k8s.io";
                    return is(&Key::namespaced(group, "Gateway", namespace, name));
                }
                _ => return false,
            };
            files.into_iter().any(|file| {
                let path = format!("{}/{file}", step.step.name);
                self.upgrade
                    .files
                    .get(&path)
                    .is_some_and(|object| is(&object.key))
            })
        })
    }
}

/// The tags and the revisions that they point to.
fn tags(state: &State) -> BTreeMap<String, String> {
    let own = state.tags();
    own.map(|(_, tag)| (tag.name.clone(), tag.revision.clone()))
        .collect()
}

/// The Service of the control plane that validates Istio's objects without a revision.
fn validated_by(state: &State) -> Option<String> {
    let key = Key::cluster(
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        VALIDATOR,
    );
    let webhooks = state.get(&key)?.value().get("webhooks")?.as_array()?;
    let service = webhooks
        .first()?
        .pointer("/clientConfig/service/name")?
        .as_str()?;
    Some(service.to_owned())
}
