//! Runs the commands of docs/in-place.md exactly as the page shows them.

#![cfg(unix)]

use std::fs;

use crate::common::control_plane::{ControlPlane, surprises};
use crate::common::{code, meshplan_in, repository, stderr, stdout};

/// The code blocks of one language in docs/in-place.md, in their order.
fn blocks(language: &str) -> Vec<String> {
    let text = fs::read_to_string(repository().join("docs/in-place.md")).expect("the page");
    let fences: Vec<&str> = text.split("```").collect();
    let inside = fences.iter().skip(1).step_by(2);
    inside
        .filter_map(|block| Some(block.strip_prefix(language)?.trim_start().to_owned()))
        .collect()
}

#[test]
fn the_plan_of_the_page_is_the_one_in_plans() {
    let own = &blocks("toml")[0];
    let text = fs::read_to_string(repository().join("plans/in-place.toml")).expect("the plan");
    let plan: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(own.trim(), plan.join("\n").trim());
}

#[test]
fn the_commands_of_the_page_print_a_dump_that_its_plan_compiles_with() {
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let (_, report) = cluster.rehearse(&repository().join("golden/in-place"), &["--to", "0"]);
    assert_eq!(surprises(&report), [] as [&str; 0], "{report:#}");

    // By meshplan, and by kubectl.
    let all = blocks("sh");
    dumped(&cluster, &all[0].replace("--context prod ", ""));
    dumped(&cluster, &all[1]);
}

/// Runs commands that print a dump, and compiles the plan of the page with it.
fn dumped(cluster: &ControlPlane, commands: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let own = std::path::Path::new(env!("CARGO_BIN_EXE_meshplan")).parent();
    let own = own.expect("the folder of meshplan").display();
    let output = cluster
        .command("sh")
        .args(["-euc", commands])
        .current_dir(folder.path())
        .env(
            "PATH",
            format!("{}:{own}:{path}", cluster.binaries.display()),
        )
        .output()
        .expect("sh");
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    fs::write(
        folder.path().join("plans/in-place.toml"),
        &blocks("toml")[0],
    )
    .expect("the plan");
    let output = meshplan_in(folder.path(), &["compile", "plans/in-place.toml"]);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let steps = |tree: &std::path::Path| {
        let all = fs::read_dir(tree).expect("a tree");
        let mut names: Vec<_> = all
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    };
    // This file is not one of the printed files.
    let output = meshplan_in(&folder.path().join("plans"), &["compile", "in-place.toml"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("--out"), "{}", stderr(&output));
    assert_eq!(
        steps(&folder.path().join("in-place")),
        steps(&repository().join("golden/in-place"))
    );
}
