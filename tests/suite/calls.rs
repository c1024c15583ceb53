//! Every kubectl call of every script in turn fails, says nothing, says half, or is not confirmed. No script may say then that something is
//! done, or so, which is not.
//!
//! `cargo test` takes a sample of the calls of one script of each shape; with `MESHPLAN_CALLS=shapes` all of these calls go wrong, and with
//! `MESHPLAN_CALLS=all` all of every script of every golden tree.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use crate::common::pretend::Fault;
use crate::common::stage::{cases, stubs, tree_names};
use crate::common::{stderr, stdout, upgrade};

/// What may go wrong without a script noticing it, and why that is no harm.
const HARMLESS: [(&str, Option<Fault>, &str); 6] = [
    (
        "get -o name",
        Some(Fault::Partial),
        "a name that is cut short is still the name of an object that exists; the lines are counted",
    ),
    (
        "diff",
        Some(Fault::Silent),
        "kubectl diff says nothing where all is well; that the objects exist was asked before",
    ),
    (
        "exec",
        Some(Fault::Silent),
        "agnhost connect says nothing where it connects",
    ),
    (
        "exec",
        Some(Fault::Partial),
        "agnhost connect says nothing where it connects",
    ),
    (
        "delete --help",
        None,
        "asks only whether this kubectl has --interactive; kubectl's preferences are off in any case",
    ),
    (
        "config current-context",
        None,
        "completes a command that a person runs, and the script stops after it",
    ),
];

#[test]
fn no_faulty_call_is_taken_for_an_answer() {
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
            scripts += 1;
            let name = case.name();
            let (output, healthy) = case.run(stubs.path(), None);
            if output.status.code() != Some(0) {
                wrong.push(format!(
                    "{name} fails on a healthy cluster: {}{}",
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
                    // The same ones each time.
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
                    // What is done although half of what was said is missing is done.
                    let reads = ["get", "wait", "rollout"].contains(&call[0].as_str());
                    let fine = output.status.code().is_some_and(|code| code != 0)
                        || (!reads && cluster.contents() == healthy.contents());
                    if !fine {
                        match known {
                            Some((words, _, _)) => *harmless.entry(*words).or_default() += 1,
                            None => wrong.push(format!(
                                "{name}: {fault:?} of `{line}` is not noticed: {}{}",
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
        "{scripts} scripts, {runs} runs with a faulty call; not noticed, and harmless: {harmless:?}"
    );
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(scripts > 100 && runs > 150, "{scripts} {runs}");
}
