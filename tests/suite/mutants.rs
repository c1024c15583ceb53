//! What the proof detects. In each golden tree, the test removes each object and changes each reference, port,
//! weight, label, selector, namespace and address, one at a time. The proof must find each mutant, or the
//! mutant must belong to a class of harmless changes that has a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::rc::Rc;

use crate::common::mutants::{changed, leaves, object};
use crate::common::{evidence, plans, upgrade};
use meshplan::proof::{Upgrade, is_broken, prove, schemas};
use meshplan::state::Object;
use meshplan::step::{Action, Gate};
use serde_json::Value;

/// Harmless changes: a part of the path and pointer, and the reason.
const HARMLESS: &[(&str, &str)] = &[
    (
        "#/metadata/labels/app",
        "no selector uses this label of the object",
    ),
    (
        "#/metadata/labels/service",
        "no selector uses this label of the object",
    ),
    (
        "#/metadata/labels/version",
        "no selector uses this label of the object",
    ),
    (
        "#/metadata/labels/account",
        "no selector uses this label of the object",
    ),
    (
        "/template/metadata/labels/app.kubernetes.io",
        "no selector uses this label of the pods",
    ),
    (
        "/template/metadata/labels/sidecar.istio.io~1inject",
        "no sidecar injector applies to the namespace of the control planes",
    ),
    (
        "/template/metadata/labels/istio.io~1dataplane-mode",
        "the namespace of the control planes is not enrolled",
    ),
    (
        "/nodeSelector/kubernetes.io~1os",
        "all nodes of the pools run Linux; the model has no other nodes",
    ),
    (
        "/istioctl/istio-base.yaml#/metadata/name",
        "istioctl identifies its own objects by this name; any unique name works",
    ),
    (
        "/istioctl/istio-cni.yaml#/metadata/name",
        "istioctl identifies its own objects by this name; any unique name works",
    ),
    (
        "/containers/0/ports/0/containerPort",
        "a ztunnel port that is informational only; no Service uses it",
    ),
    (
        "(the only backend)",
        "the only backend of a rule gets all requests at any weight",
    ),
    (
        "(where both go to one place)",
        "at 100 %, requests with and without the header go to the same backend",
    ),
    (
        "(a port that no probe asks)",
        "a Gateway can listen on any port; this plan has no probe for it",
    ),
    (
        "istio-cni.yaml#/metadata/namespace",
        "istioctl uses `spec.namespace` instead",
    ),
    (
        "istio-base.yaml#/metadata/namespace",
        "istioctl uses `spec.namespace` instead",
    ),
    (
        "/istioctl/istiod-",
        "istioctl uses `spec.namespace` instead",
    ),
    (
        "/istioctl/ztunnel-",
        "istioctl uses `spec.namespace` instead",
    ),
    (
        "/imagePullSecrets/",
        "a Secret of the user that is in no file; only the cluster knows whether it exists",
    ),
    (
        "/50-nodepool-spot-canary.yaml: removed",
        "nodes can join in another way; the step waits for them",
    ),
    (
        "/50-nodepool-spot-canary.yaml#/spec/template/spec/nodeClassRef/",
        "a NodePool refers to an object of the cloud provider that is in no file",
    ),
    (
        "(an owner writes it)",
        "a file that predicts an owner's change; no script applies it",
    ),
    (
        "(an address that no probe asks)",
        "a Gateway can have any address; this plan has no probe for it",
    ),
];

/// Returns the property of a route that makes a change to it harmless.
fn note(path: &str, route: &Value, pointer: &str, probed: bool) -> &'static str {
    let alone = || {
        let (list, own) = pointer.strip_suffix("/weight")?.rsplit_once('/')?;
        let backends = route.pointer(list)?.as_array()?;
        let own: usize = own.parse().ok()?;
        let weight = |backend: &Value| backend["weight"].as_u64().unwrap_or(1);
        let others = backends.iter().enumerate().filter(|(n, _)| *n != own);
        Some(weight(&backends[own]) > 0 && others.map(|(_, b)| weight(b)).sum::<u64>() == 0)
    };
    if alone() == Some(true) {
        " (the only backend)"
    } else if path.starts_with("400-")
        && (pointer.contains("/headers/") || pointer == "/spec/rules/0/matches/0/path/value")
    {
        " (where both go to one place)"
    } else if !probed && pointer.contains("/listeners/") && pointer.ends_with("/port") {
        " (a port that no probe asks)"
    } else if !probed && pointer.contains("/addresses/") {
        " (an address that no probe asks)"
    } else {
        ""
    }
}

/// The files that predict an owner's change. No script applies them.
fn foretold(upgrade: &Upgrade) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for step in &upgrade.index.steps {
        let actions = step.step.actions.iter().chain(&step.step.rollback.actions);
        for action in actions {
            let Action::AtOwner { does, .. } = action else {
                continue;
            };
            let files = match &**does {
                Action::Patch { file } => vec![file],
                Action::Restore { files } => files.iter().collect(),
                _ => Vec::new(),
            };
            all.extend(
                files
                    .into_iter()
                    .map(|file| format!("{}/{file}", step.step.name)),
            );
        }
    }
    all
}

/// Without `MESHPLAN_MUTANTS`, the test takes one of this many files, and fewer in a large tree.
const SAMPLE: usize = 16;
const LARGE: usize = 300;

/// How many threads run the mutants.
const THREADS: usize = 2;

/// Runs the mutants of every n-th file of a tree.
fn score_of(name: &str, thread: usize, every: usize) -> Score {
    let mut upgrade = upgrade(name);
    let foretold = foretold(&upgrade);
    let every = if every > 1 && upgrade.files.len() > LARGE {
        4 * every
    } else {
        every
    };
    let mut gates = upgrade.index.steps.iter().flat_map(|step| &step.step.gates);
    let probed = gates.any(|gate| matches!(gate, Gate::Probe { .. }));
    let mut score = Score::default();
    // Objects that exist before the first step are not part of any step.
    let mut paths: Vec<String> = upgrade.files.keys().cloned().collect();
    paths.retain(|path| !path.contains("/existing/"));
    for path in paths
        .into_iter()
        .step_by(every)
        .skip(thread)
        .step_by(THREADS)
    {
        let Some(old) = upgrade.files.remove(&path) else {
            continue;
        };
        score.count(&format!("{path}: removed"), is_broken(&upgrade));
        let mut pointers = Vec::new();
        // A rollback copy changes together with its original, below.
        if !path.contains("/rollback/") || path.contains("/delete/") {
            leaves(old.value(), "", &mut pointers);
        }
        let copies: Vec<(String, Rc<Object>)> = upgrade
            .files
            .iter()
            .filter(|(other, object)| {
                other.contains("/rollback/")
                    && !other.contains("/delete/")
                    && object.value() == old.value()
            })
            .map(|(other, object)| (other.clone(), Rc::clone(object)))
            .collect();
        for pointer in pointers {
            let mut value = old.value().clone();
            let place = value.pointer_mut(&pointer).expect("a leaf");
            *place = changed(place);
            upgrade
                .files
                .insert(path.clone(), object(&path, &value, &old));
            for (other, object_of) in &copies {
                upgrade
                    .files
                    .insert(other.clone(), object(other, &value, object_of));
            }
            let why = if foretold.contains(&path) {
                " (an owner writes it)"
            } else {
                note(&path, old.value(), &pointer, probed)
            };
            let found = is_broken(&upgrade)
                || !path.contains("/delete/")
                    && !path.contains("/patch/")
                    && !schemas(&[object(&path, &value, &old)]).0.is_empty();
            score.count(&format!("{path}#{pointer}{why}"), found);
        }
        upgrade.files.insert(path, old);
        upgrade.files.extend(copies);
    }
    score
}

#[derive(Default)]
struct Score {
    found: usize,
    harmless: BTreeMap<&'static str, usize>,
    missed: Vec<String>,
}

impl Score {
    fn add(&mut self, other: Self) {
        self.found += other.found;
        self.missed.extend(other.missed);
        for (why, number) in other.harmless {
            *self.harmless.entry(why).or_default() += number;
        }
    }

    fn count(&mut self, what: &str, found: bool) {
        if found {
            self.found += 1;
        } else if let Some((_, why)) = HARMLESS.iter().find(|(part, _)| what.contains(part)) {
            *self.harmless.entry(why).or_default() += 1;
        } else {
            self.missed.push(what.to_owned());
        }
    }
}

#[test]
fn mutants_of_the_golden_trees_are_found_or_harmless() {
    if env::var_os("MESHPLAN_BLESS").is_some() {
        return;
    }
    // All mutants take minutes. A sample also detects a regression, but does not regenerate the tables.
    let all = env::var_os("MESHPLAN_BLESS_MUTANTS").is_some()
        || env::var_os("MESHPLAN_MUTANTS").is_some();
    let every = if all { 1 } else { SAMPLE };
    let mut table =
        String::from("| tree | mutants | found | harmless |\n| --- | --- | --- | --- |\n");
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut missed = Vec::new();
    for plan in plans() {
        let name = plan
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        assert!(prove(&upgrade(&name)).is_empty(), "{name} itself");
        // Each thread has its own tree. The files are divided among the threads.
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let name = name.clone();
                std::thread::spawn(move || score_of(&name, thread, every))
            })
            .collect();
        let mut score = Score::default();
        for thread in threads {
            score.add(thread.join().expect("a thread that returns its score"));
        }
        let harmless: usize = score.harmless.values().sum();
        writeln!(
            table,
            "| {name} | {} | {} | {harmless} |",
            score.found + harmless + score.missed.len(),
            score.found
        )
        .expect("a string");
        for (why, number) in score.harmless {
            *reasons.entry(why).or_default() += number;
        }
        missed.extend(score.missed.iter().map(|what| format!("{name}: {what}")));
    }
    assert!(
        missed.is_empty(),
        "{} harmful mutants were not found:\n{}",
        missed.len(),
        missed.join("\n")
    );
    table.push_str("\n| why a change is harmless | mutants |\n| --- | --- |\n");
    for (why, number) in reasons {
        writeln!(table, "| {why} | {number} |").expect("a string");
    }
    if !all {
        return;
    }
    let own = evidence("mutants", &table, "MESHPLAN_BLESS_MUTANTS");
    assert!(
        own == table,
        "docs/evidence.md is out of date; `MESHPLAN_BLESS_MUTANTS=1 cargo test --test suite mutants` regenerates it\
         \n{table}"
    );
}
