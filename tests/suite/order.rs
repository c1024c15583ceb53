//! Whether the order of steps is needed. The test swaps each pair of adjacent steps, and merges each pair into
//! one step. docs/evidence.md lists the rules that then report something, and the pairs where nothing breaks.

use std::env;
use std::fmt::Write as _;
use std::rc::Rc;

use crate::common::{evidence, plans, upgrade};
use meshplan::proof::{Upgrade, prove};
use meshplan::step::{Action, Rollback};

fn codes(upgrade: &Upgrade) -> String {
    let mut codes: Vec<&str> = prove(upgrade).iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    if codes.is_empty() {
        "nothing breaks".to_owned()
    } else {
        codes.join(", ")
    }
}

/// Merges the second of two steps into the first: their file sets become one set, the rest is appended.
fn merge(upgrade: &mut Upgrade, number: usize) {
    let second = upgrade.index.steps.remove(number + 1);
    let first = &mut upgrade.index.steps[number];
    for (path, object) in upgrade.files.clone() {
        if let Some(rest) = path.strip_prefix(&format!("{}/", second.step.name)) {
            upgrade
                .files
                .entry(format!("{}/{rest}", first.step.name))
                .or_insert(Rc::clone(&object));
        }
    }
    for action in second.step.actions {
        match (first.step.actions.last_mut(), action) {
            (Some(Action::Apply { files }), Action::Apply { files: more }) => {
                let both = files.iter().chain(more.iter());
                *files = both.map(ToString::to_string).collect();
            }
            (_, action) => first.step.actions.push(action),
        }
    }
    first.step.requires.extend(second.step.requires);
    first.step.gates.extend(second.step.gates);
    first.step.traffic = second.step.traffic.or(first.step.traffic.take());
    first.step.restarts.extend(second.step.restarts);
    first.deletes.extend(second.deletes);
    first.step.rollback = keeps();
}

/// The tree that the test checks by default.
const SAMPLE: &str = "shop-1.25";

/// A rollback for which there is nothing to prove.
fn keeps() -> Rollback {
    Rollback {
        keeps: true,
        ..Rollback::default()
    }
}

#[test]
fn steps_out_of_order_are_found_or_listed_as_harmless() {
    if env::var_os("MESHPLAN_BLESS").is_some() {
        return;
    }
    // All trees take minutes. By default, one tree shows whether its table is current.
    let bless = env::var_os("MESHPLAN_BLESS_ORDER").is_some();
    let all = bless || env::var_os("MESHPLAN_MUTANTS").is_some();
    let mut sections: Vec<String> = Vec::new();
    for plan in plans() {
        let name = plan
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if !all && name != SAMPLE {
            continue;
        }
        let mut table = String::new();
        writeln!(
            table,
            "| {name}: two steps | swapped | merged |\n| --- | --- | --- |"
        )
        .expect("a string");
        let count = upgrade(&name).index.steps.len();
        for number in 0..count - 1 {
            let mut swapped = upgrade(&name);
            let pair = format!(
                "{}, {}",
                swapped.index.steps[number].step.name,
                swapped.index.steps[number + 1].step.name
            );
            swapped.index.steps.swap(number, number + 1);
            // Each rollback leads to the previous state in the old order. After a swap it cannot, so rollbacks
            // are not checked.
            for step in &mut swapped.index.steps {
                step.step.rollback = keeps();
            }
            let mut merged = upgrade(&name);
            for step in &mut merged.index.steps {
                step.step.rollback = keeps();
            }
            merge(&mut merged, number);
            writeln!(
                table,
                "| {pair} | {} | {} |",
                codes(&swapped),
                codes(&merged)
            )
            .expect("a string");
        }
        table.push('\n');
        sections.push(table);
    }
    let table = sections.concat();
    let own = evidence("order", &table, "MESHPLAN_BLESS_ORDER");
    assert!(
        own.contains(&table),
        "docs/evidence.md is out of date; `MESHPLAN_BLESS_ORDER=1 cargo test --test suite order` regenerates it\
         \n{table}"
    );
}
