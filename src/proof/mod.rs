//! The proof of a compiled tree: every state, every transition and every part of a step is checked against
//! the rules.

mod gates;
mod guards;
mod judged;
mod manifests;
mod parts;
mod requests;
mod switches;
mod traffic;
mod tree;
mod upgrade;
mod way_back;

use std::rc::Rc;

pub use manifests::{prove_manifests, schemas};
pub use parts::parts;
pub use requests::kinds;
pub use upgrade::{After, Upgrade};

use crate::istio::{ListenerFilter, facts_near};
use crate::replay::Part;
use crate::rules::{self, Judged, finding};
use crate::state::{Object, State, Ztunnel, given_label};
use crate::step::{Action, Folder, Phase};
use crate::text::finding::{Finding, Severity};
use crate::tree::IndexStep;
use judged::{Basis, judged};
use traffic::RequestKinds;
use way_back::Transition;

/// Applies every rule to a compiled tree: after each step, in each part of a step, between two steps, and on
/// rollback.
#[must_use]
pub fn prove(upgrade: &Upgrade) -> Vec<Finding> {
    run(upgrade, false)
}

/// Proves a compiled tree that was read from disk and may have been edited. This also checks schemas, and it
/// leaves out findings that the plan allows.
#[must_use]
pub fn prove_read(upgrade: &Upgrade) -> Vec<Finding> {
    // Files of deleted objects contain only their identities. Patches are checked together with the object
    // that they change.
    let written = upgrade
        .files
        .iter()
        .filter(|(path, _)| !matches!(Folder::of(path), Folder::Delete | Folder::Patch));
    let mut objects: Vec<Rc<Object>> = written.map(|(_, object)| Rc::clone(object)).collect();
    for (step, after) in upgrade.states() {
        for action in &step.step.actions {
            let Action::Patch { file } = action.effect() else {
                continue;
            };
            let fields = upgrade.files.get(&format!("{}/{file}", step.step.name));
            objects.extend(fields.and_then(|fields| after.state.get(&fields.key).cloned()));
        }
    }
    let (mut findings, _) = schemas(&objects);
    for finding in &mut findings {
        let file = finding.at.as_ref().map(|place| place.source.as_str());
        let mut folders = file.into_iter().flat_map(|file| file.split('/'));
        let step = folders.rfind(|name| {
            upgrade
                .index
                .steps
                .iter()
                .any(|step| step.step.name == *name)
        });
        finding.step = step.map(str::to_owned);
    }
    findings.extend(prove(upgrade));
    findings.retain(|finding| !upgrade.index.allows.iter().any(|code| code == finding.code));
    findings
}

/// Returns whether [`prove`] finds something, and stops at the first step that has a finding.
#[must_use]
pub fn is_broken(upgrade: &Upgrade) -> bool {
    !run(upgrade, true).is_empty()
}

fn run(upgrade: &Upgrade, until_found: bool) -> Vec<Finding> {
    let traffic = RequestKinds::of(upgrade);
    let mut proof = Proof {
        upgrade,
        traffic,
        said: Vec::new(),
        found: Vec::new(),
    };
    let mut before = Basis::of(upgrade.start(), &[]);
    let mut known: Vec<Judged> = Vec::new();
    for (number, step) in upgrade.index.steps.iter().enumerate() {
        let (after, now) = proof.step(number, step, &before, &known);
        before = after;
        known = now;
        if until_found && !proof.found.is_empty() {
            return proof.found;
        }
    }
    proof.end(&before.state);
    proof.copies();
    proof.found
}

struct Proof<'a> {
    upgrade: &'a Upgrade,
    traffic: RequestKinds,
    /// The findings so far, so that each one is reported only where it first appears.
    said: Vec<Judged>,
    found: Vec<Finding>,
}

impl Proof<'_> {
    fn step(
        &mut self,
        number: usize,
        step: &IndexStep,
        start: &Basis,
        known: &[Judged],
    ) -> (Basis, Vec<Judged>) {
        let before = &start.state;
        let replay = self.upgrade.replay();
        let actions = &step.step.actions;
        for gate in &step.step.requires {
            self.gate(step, before, gate, "before it starts");
        }
        let (after, refused) = replay.run(before, &step.step, actions, None);
        for refusal in refused {
            let object = refusal
                .object
                .as_ref()
                .or(gates::anchor(self.upgrade, step));
            let said = finding(
                &rules::API_REFUSES,
                format!("the API server rejects what `{}` applies", step.step.name),
            )
            .label(refusal.why)
            .help("create the object that it needs in an earlier step");
            self.say(step, said, object, refusal.pointer, &[]);
        }
        self.switches(step, before, &after);
        let end = Basis::of(after, &[start]);
        let after = &end.state;
        let now: Vec<Judged> = end
            .judged()
            .into_iter()
            .filter(|judged| !self.is_between(number, judged))
            .collect();
        let parts: Vec<(Part, State, Vec<Judged>)> = parts(actions)
            .into_iter()
            .map(|part| {
                let (state, _) = replay.run(before, &step.step, actions, Some(&part));
                let found = judged(&state, &[start, &end]);
                (part, state, found)
            })
            .collect();
        let is_in = |judged: &Judged, all: &[Judged]| all.iter().any(|other| other.is_same(judged));
        for judged in now.iter().filter(|judged| !is_in(judged, known)) {
            let part = parts
                .iter()
                .find(|(_, _, found)| is_in(judged, found))
                .map(|(part, ..)| part);
            self.report(step, judged, part);
        }
        for (part, state, found) in &parts {
            for judged in found {
                if joins(step, judged, state) {
                    continue;
                }
                // Objects that the step adds or deletes may be incomplete in a part. Objects that were valid
                // and stay must stay valid.
                let stays =
                    before.get(&judged.subject).is_some() && after.get(&judged.subject).is_some();
                let was_fit = stays && !is_in(judged, known);
                if was_fit && !is_in(judged, &now) && !self.is_between(number, judged) {
                    self.report(step, judged, Some(part));
                }
            }
        }
        self.hand_over(step, before, after);
        let states: Vec<(&Part, &State)> =
            parts.iter().map(|(part, state, _)| (part, state)).collect();
        for (said, part) in self.traffic.step(step, before, after, &states) {
            let object = gates::anchor(self.upgrade, step);
            let files = part
                .map(|part| part_files(actions, part))
                .unwrap_or_default();
            self.say(step, said, object, "/spec", &files);
        }
        for gate in &step.step.gates {
            self.gate(step, after, gate, "after it");
        }
        self.makers(step);
        self.way_back(
            step,
            &Transition {
                number,
                start,
                end: &end,
                before,
                after,
                known,
                now: &now,
            },
            &states,
        );
        (end, now)
    }

    /// Adds a finding at an object of a step.
    fn say(
        &mut self,
        step: &IndexStep,
        said: Finding,
        object: Option<&Rc<Object>>,
        pointer: &str,
        part: &[String],
    ) {
        let mut said = said;
        if let Some(object) = object {
            let manifest = &object.manifest;
            said = said
                .at(&manifest.source, manifest.range(pointer))
                .object(object.key.to_string());
        }
        said.step = Some(step.step.name.clone());
        said.part = part.to_vec();
        if step.step.phase == Phase::Existing {
            before_all(&mut said);
        }
        let same = |other: &Finding| {
            other.code == said.code && other.message == said.message && other.object == said.object
        };
        if !self.found.iter().any(same) {
            self.found.push(said);
        }
    }

    fn report(&mut self, step: &IndexStep, judged: &Judged, part: Option<&Part>) {
        if self.said.iter().any(|other| other.is_same(judged)) {
            return;
        }
        self.said.push(judged.clone());
        let mut said = judged.finding.clone();
        said.step = Some(step.step.name.clone());
        said.part = part
            .map(|part| part_files(&step.step.actions, part))
            .unwrap_or_default();
        if step.step.phase == Phase::Existing {
            before_all(&mut said);
        }
        self.found.push(said);
    }

    fn gate(&mut self, step: &IndexStep, state: &State, gate: &crate::step::Gate, when: &str) {
        if let Some(why) = gates::closed(step, state, gate) {
            let said = finding(
                &rules::GATE_FAILS,
                format!(
                    "`{}` waits {when} for something that never happens: {why}",
                    step.step.name
                ),
            )
            .label("the step never finishes")
            .help("make files and gates agree; compile the plan again if a file was edited");
            let object = gates::anchor(self.upgrade, step).cloned();
            self.say(step, said, object.as_ref(), "", &[]);
        }
    }

    /// Whether a finding is the one exception: a Gateway's own pods, between the step that deletes a tag and
    /// a later step that sets it again, if the first of these lists the pods as restarting.
    pub(super) fn is_between(&self, number: usize, judged: &Judged) -> bool {
        if judged.finding.code != "MP0022" {
            return false;
        }
        let steps = &self.upgrade.index.steps;
        let deletes = |step: &IndexStep| {
            step.step
                .actions
                .iter()
                .any(|action| matches!(action, Action::DeleteTag { .. }))
        };
        let sets = |step: &IndexStep| {
            step.step
                .actions
                .iter()
                .any(|action| matches!(action, Action::SetTag { .. }))
        };
        let since = steps[..=number].iter().rposition(deletes);
        since.is_some_and(|since| {
            !steps[since + 1..=number].iter().any(sets)
                && steps[number + 1..].iter().any(sets)
                && steps[since]
                    .step
                    .restarts
                    .iter()
                    .any(|restart| restart.object.contains(&judged.subject.name))
        })
    }

    /// The source of a step's new nodes must give them the labels that the step waits for.
    fn makers(&mut self, step: &IndexStep) {
        let applied = step.step.actions.iter().filter_map(|action| match action {
            Action::Apply { files } => Some(files),
            _ => None,
        });
        let paths = applied
            .flatten()
            .map(|file| format!("{}/{file}", step.step.name));
        let makers: Vec<Rc<Object>> = paths
            .filter_map(|path| self.upgrade.files.get(&path).cloned())
            .collect();
        for action in &step.step.actions {
            let Action::MoveNodes(cohort) = action else {
                continue;
            };
            let Some(fresh) = cohort.surge.as_ref().filter(|_| !makers.is_empty()) else {
                continue;
            };
            for (key, value) in fresh
                .labels()
                .chain([(cohort.key.as_str(), cohort.value.as_str())])
            {
                let given =
                    |maker: &Rc<Object>| given_label(maker.value(), key, value) == Some(value);
                if !makers.iter().any(given) {
                    let said = finding(
                        &rules::GATE_FAILS,
                        format!(
                            "`{}` waits for new nodes with {key}={value}, but nothing sets this label",
                            step.step.name
                        ),
                    )
                    .label("the nodes that it creates do not have this label")
                    .help("add the label to its template");
                    self.say(step, said, makers.first(), "/spec", &[]);
                }
            }
        }
    }

    /// If the label of a Gateway changes its control plane, the Gateway keeps its listeners only with some
    /// versions of the previous control plane.
    fn hand_over(&mut self, step: &IndexStep, before: &State, after: &State) {
        for (object, _) in after.gateways() {
            let (Some(old), Some(new)) = (
                before.served.get(&object.key),
                after.served.get(&object.key),
            ) else {
                continue;
            };
            let was = before.get(&object.key).map(|o| before.claims(o).asked);
            let relabelled = was.is_some_and(|asked| asked != after.claims(object).asked);
            let drops = match facts_near(old.version.as_ref()).listeners {
                ListenerFilter::All => false,
                ListenerFilter::Owned => true,
                ListenerFilter::Revision => relabelled,
            };
            let accepted = step
                .step
                .accepts
                .iter()
                .any(|code| *code == rules::HANDOVER_DROPS.code);
            if old.revision == new.revision || !old.owned || !drops || accepted {
                continue;
            }
            let version = old
                .version
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
            let said = finding(
                &rules::HANDOVER_DROPS,
                format!(
                    "Gateway `{}` switches from revision `{}` to `{}` while its pods run",
                    object.key.name, old.revision, new.revision
                ),
            )
            .label(format!("istiod {version} drops the listeners of its pods immediately"))
            .help("upgrade the stable revision to a patch that keeps the listeners, or let the Gateway follow the \
                tag `default`");
            let object = Rc::clone(object);
            self.say(step, said, Some(&object), "/metadata/labels", &[]);
        }
    }
}

/// Whether a finding in a part concerns only nodes that could join at that moment, and no existing node. A
/// step that deletes one ztunnel and lets the other run on all nodes always has such a moment.
pub(super) fn joins(step: &IndexStep, judged: &Judged, state: &State) -> bool {
    let both = |action: &Action| matches!(action.effect(), Action::Delete { .. });
    let is_ztunnel = ["MP0001", "MP0002"].contains(&judged.finding.code);
    let count = |labels| {
        let on = |(_, ztunnel): &(&Rc<Object>, &Ztunnel)| ztunnel.pods.place.allows(labels);
        state.ztunnels().filter(on).count()
    };
    is_ztunnel
        && !state.given.is_empty()
        && step.step.actions.iter().any(both)
        && state.nodes.values().all(|labels| count(labels) == 1)
}

/// Findings before the first step become warnings and stop nothing.
fn before_all(said: &mut Finding) {
    said.severity = Severity::Warning;
    said.message = format!("before the first step, {}", said.message);
}

/// The names of the files or nodes of a part, for messages.
fn part_files(actions: &[Action], part: &Part) -> Vec<String> {
    let names = |action: &Action| -> Vec<String> {
        match action.effect() {
            Action::Apply { files }
            | Action::Restore { files }
            | Action::Delete { files }
            | Action::DeleteNamespaces { files }
            | Action::DeleteTag { files, .. } => files.iter().map(ToString::to_string).collect(),
            Action::LabelNodes { nodes, .. }
            | Action::UnlabelNodes { nodes, .. }
            | Action::ReturnNodes { nodes, .. } => nodes.clone(),
            Action::MoveNodes(cohort) => cohort.nodes.clone(),
            Action::Install { file, .. } | Action::ApplyKustomization { file, .. } => {
                vec![file.to_string()]
            }
            _ => Vec::new(),
        }
    };
    let done = actions.iter().take(part.done).flat_map(names);
    let next = actions.get(part.done).map(names).unwrap_or_default();
    let next = part
        .units
        .iter()
        .filter_map(|unit| next.get(*unit).cloned());
    done.chain(next).collect()
}
