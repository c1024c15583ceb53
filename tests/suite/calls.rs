//! Makes each kubectl call of each script fail, return nothing, return half of its output, or be cancelled. No
//! script may then report a change as done or a condition as met if it is not.
//!
//! By default, `cargo test` runs a sample of the calls of one script of each shape. With
//! `MESHPLAN_CALLS=shapes`, it runs all of these calls. With `MESHPLAN_CALLS=all`, it runs all calls of every
//! script of every golden tree.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use crate::common::pretend::Fault;
use crate::common::stage::{cases, stubs, tree_names};
use crate::common::{stderr, stdout, upgrade};

/// Faults that a script may ignore, and why they are harmless.
const HARMLESS: [(&str, Option<Fault>, &str); 6] = [
    (
        "get -o name",
        Some(Fault::Partial),
        "a truncated name is still the name of an existing object, and the script counts the lines",
    ),
    (
        "diff",
        Some(Fault::Silent),
        "kubectl diff prints nothing if there is no difference, and the script has already checked that the objects \
         exist",
    ),
    (
        "exec",
        Some(Fault::Silent),
        "agnhost connect prints nothing if it connects",
    ),
    (
        "exec",
        Some(Fault::Partial),
        "agnhost connect prints nothing if it connects",
    ),
    (
        "delete --help",
        None,
        "only asks whether this kubectl has --interactive; the script disables kubectl's preferences in any case",
    ),
    (
        "config current-context",
        None,
        "completes a command for the operator to run; the script stops after it",
    ),
];

#[test]
fn no_faulty_call_counts_as_an_answer() {
    let mode = std::env::var("MESHPLAN_CALLS").unwrap_or_default();
    let (all, sampled) = (mode == "all", mode.is_empty());
    let stubs = stubs();
    let mut shapes = BTreeSet::new();
    let (mut scripts, mut runs, mut harmless) = (0, 0, BTreeMap::<&str, usize>::new());
    let mut wrong: Vec<String> = Vec::new();
    for tree in tree_names() {
        let upgrade = upgrade(&tree);
        for case in cases(&tree, &upgrade) {
            if !shapes.insert(case.shape()) && !all {
                continue;
            }
            // A sample runs every second shape; the next tree may have the others under another name.
            let turn = meshplan::tree::sha256(case.name().as_bytes());
            if sampled && turn.as_bytes()[0] % 2 == 1 {
                continue;
            }
            scripts += 1;
            let name = case.name();
            let (output, healthy) = case.run(stubs.path(), None);
            if output.status.code() != Some(0) {
                wrong.push(format!(
                    "{name} failed on a healthy cluster: {}{}",
                    stdout(&output),
                    stderr(&output)
                ));
                continue;
            }
            let calls: BTreeSet<Vec<String>> = healthy.calls.iter().cloned().collect();
            for call in calls {
                let line = call.join(" ");
                let faults: &[Fault] = if call[0] == "delete" {
                    &[
                        Fault::Fails,
                        Fault::Silent,
                        Fault::Partial,
                        Fault::Cancelled,
                    ]
                } else {
                    &[Fault::Fails, Fault::Silent, Fault::Partial]
                };
                for fault in faults {
                    // Each run takes the same sample.
                    let turn =
                        meshplan::tree::sha256(format!("{name} {line} {fault:?}").as_bytes());
                    if sampled && !turn.starts_with(['0', '1']) {
                        continue;
                    }
                    let known = HARMLESS.iter().find(|(words, which, _)| {
                        line.starts_with(words) && which.is_none_or(|which| which == *fault)
                    });
                    let (output, cluster) = case.run(stubs.path(), Some((call.clone(), *fault)));
                    runs += 1;
                    // A script may exit with 0 if the whole change was made although half of the output is
                    // missing.
                    let reads = ["get", "wait", "rollout"].contains(&call[0].as_str());
                    let fine = output.status.code().is_some_and(|code| code != 0)
                        || (!reads && cluster.contents() == healthy.contents());
                    if !fine {
                        match known {
                            Some((words, _, _)) => *harmless.entry(*words).or_default() += 1,
                            None => wrong.push(format!(
                                "{name}: the script ignored {fault:?} of `{line}`: {}{}",
                                stdout(&output),
                                stderr(&output)
                            )),
                        }
                    }
                }
            }
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "{scripts} scripts, {runs} runs with a faulty call; ignored and harmless: {harmless:?}"
    );
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(scripts > 50 && runs > 80, "{scripts} {runs}");
}
