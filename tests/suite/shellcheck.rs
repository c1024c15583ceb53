//! Every generated script passes shellcheck. The test is skipped if shellcheck is not installed.

use std::process::Command;

use crate::common::{files, plans, repository, skip, small_plan};

#[test]
fn every_generated_script_passes_shellcheck() {
    if Command::new("shellcheck")
        .arg("--version")
        .output()
        .is_err()
    {
        skip("shellcheck is not installed; install it with `apt-get install shellcheck`");
        return;
    }
    let mut trees: Vec<std::path::PathBuf> = plans()
        .iter()
        .map(|plan| {
            repository()
                .join("golden")
                .join(plan.file_stem().expect("a name"))
        })
        .collect();
    // Node pools by label, another namespace for Istio, and texts that a shell could interpret.
    let odd = small_plan(&[
        (
            "[gateway-api]",
            "[istio]\nnamespace = \"mesh\"\n\n[gateway-api]",
        ),
        (
            "{ nodes = [\"a1\", \"a2\"] }",
            "{ selector = { \"node-pool\" = \"blue\" } }",
        ),
        (
            "{ nodes = [\"b1\"] }",
            "{ selector = { \"node-pool\" = \"green\" } }",
        ),
        ("value = \"yes\"", "value = \"it's $HOME `x` \\\"\""),
        (
            "[shift]",
            "[[probe]]\nname = \"it's `a` $HOME; rm -rf / #\"\nurl = \"http://10.0.0.1/?a=$b&c='d'\"\
             \nexpect = { status = 200, contains = \"'$x\" }\n\n[shift]\nsoak = \"1m\"",
        ),
    ]);
    let compiled = crate::common::meshplan_in(odd.path(), &["compile", "plan.toml"]);
    assert_eq!(
        crate::common::code(&compiled),
        0,
        "{}",
        crate::common::stderr(&compiled)
    );
    trees.push(odd.path().join("shop"));

    let mut checked = 0;
    for tree in trees {
        let scripts: Vec<String> = files(&tree)
            .into_keys()
            .filter(|path| path.rsplit('.').next() == Some("sh"))
            .collect();
        checked += scripts.len();
        // The library is the same in every tree and slow to read. Scripts of one step follow it, the others do not: it must not
        // be among them, and they use and set variables of the library.
        let follow = tree.starts_with(odd.path());
        let (followed, others): (Vec<&String>, Vec<&String>) = scripts
            .iter()
            .partition(|path| *path == "lib.sh" || follow && path.starts_with("210-"));
        let run = |arguments: &[&str], scripts: &[&String]| {
            Command::new("shellcheck")
                .args(arguments)
                .args(scripts)
                .current_dir(&tree)
                .output()
                .expect("shellcheck")
        };
        let mut outputs = vec![run(&["-e", "SC1091,SC2034,SC2154"], &others)];
        if follow {
            assert_eq!(followed.len(), 4, "{followed:?}");
            outputs.push(run(&["-x"], &followed));
        }
        for output in outputs {
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
    }
    assert!(checked > 150, "{checked}");
}
