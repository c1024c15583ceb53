//! A compile cannot break a tree. If a failing disk or a kill stops a compile, the directory contains the old
//! tree, the new tree, or a tree that the next compile finishes.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::common::{code, files, meshplan_in, small_plan, stderr};
use meshplan::tree::{Disk, PENDING, Tree, write};

/// Two trees of one plan, with files that are new, changed, deleted and unchanged.
fn trees() -> (Tree, Tree) {
    let tree = |edits: &[(&str, &str)]| {
        let folder = small_plan(edits);
        let compiled = compiled(folder.path());
        drop(folder);
        compiled
    };
    (
        tree(&[]),
        tree(&[("[10, 100]", "[20, 100]"), ("x-canary", "x-test")]),
    )
}

fn compiled(folder: &Path) -> Tree {
    let text = fs::read_to_string(folder.join("plan.toml")).expect("the plan");
    let read = |name: &str| fs::read_to_string(folder.join(name));
    let files = meshplan::plan::Files {
        folder: String::new(),
        read: &read,
        list: &|_| Ok(Vec::new()),
    };
    let source = meshplan::text::source::Source::new("plan.toml", text);
    meshplan::compile(&source, &files, BTreeMap::new())
        .output
        .expect("a plan without mistakes")
        .tree
}

fn texts(tree: &Tree) -> BTreeMap<String, Vec<u8>> {
    tree.iter()
        .map(|(path, file)| (path.clone(), file.text.clone().into_bytes()))
        .collect()
}

#[derive(Default, Debug)]
struct Count {
    old: usize,
    new: usize,
    pending: usize,
}

/// Returns which of the three states a folder is in, and panics in any other state.
fn judge(root: &Path, old: &Tree, new: &Tree, count: &mut Count, when: &str) {
    let pending = root.join(PENDING).exists();
    let mut there = files(root);
    there.retain(|path, _| !path.starts_with(".meshplan-"));
    if pending {
        count.pending += 1;
    } else if there == texts(old) {
        count.old += 1;
    } else if there == texts(new) {
        count.new += 1;
    } else {
        panic!("{when}: neither the old tree nor the new tree, and no journal to finish from");
    }
    write(&Disk::default(), root, new, true)
        .unwrap_or_else(|error| panic!("{when}: the next compile failed: {error:#}"));
    assert_eq!(
        files(root),
        texts(new),
        "{when}: wrong tree after the next compile"
    );
}

fn fresh(old: &Tree) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(&Disk::default(), &folder.path().join("tree"), old, true).expect("the old tree");
    folder
}

#[test]
fn after_a_stop_or_failure_at_any_operation_the_tree_is_whole_or_can_be_finished() {
    let (old, new) = trees();
    let folder = fresh(&old);
    let disk = Disk::default();
    write(&disk, &folder.path().join("tree"), &new, true).expect("an undisturbed compile");
    let operations = disk.changes();
    assert!(operations > 30, "{operations}");

    let (mut stopped, mut failed) = (Count::default(), Count::default());
    for operation in 0..=operations {
        for (disk, count) in [
            (Disk::stopping_after(operation), &mut stopped),
            (Disk::failing_at(operation), &mut failed),
        ] {
            let folder = fresh(&old);
            let root = folder.path().join("tree");
            let result = write(&disk, &root, &new, true);
            assert_eq!(
                result.is_ok(),
                operation >= operations,
                "operation {operation}: {result:?}"
            );
            judge(&root, &old, &new, count, &format!("operation {operation}"));
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "{operations} operations: stopped after each {stopped:?}, failed at each {failed:?}"
    );
    assert!(
        stopped.old > 0 && stopped.pending > 0 && stopped.new > 0,
        "{stopped:?}"
    );
}

#[test]
fn the_first_compile_leaves_nothing_behind_when_it_fails() {
    let (old, _) = trees();
    let empty = Tree::default();
    let whole = {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Disk::default();
        write(&disk, &folder.path().join("tree"), &old, true).expect("a compile");
        disk.changes()
    };
    // All operations at both ends, where they differ, and some of those that write one file after the other.
    let ends = (0..20).chain(whole.saturating_sub(20)..whole);
    for operation in ends.chain((20..whole - 20).step_by(17)) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("tree");
        assert!(write(&Disk::failing_at(operation), &root, &old, true).is_err());
        if root.exists() {
            judge(
                &root,
                &empty,
                &old,
                &mut Count::default(),
                &format!("operation {operation}"),
            );
        }
    }
}

#[test]
fn a_killed_compile_is_finished_by_the_next() {
    const KILLS: u32 = 60;
    let (old, new) = trees();
    let plan = small_plan(&[("[10, 100]", "[20, 100]"), ("x-canary", "x-test")]);
    let mut count = Count::default();
    for kill in 0..KILLS {
        let folder = fresh(&old);
        let root = folder.path().join("tree");
        let mut child = Command::new(env!("CARGO_BIN_EXE_meshplan"))
            .args([
                "compile",
                "plan.toml",
                "--out",
                root.to_str().expect("a path"),
            ])
            .current_dir(plan.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("meshplan can be started");
        // Wait until the compile writes, then a little longer each time, so that the kills occur at different
        // moments of the write.
        let staged = root.join(".meshplan-staged");
        for _ in 0..20_000 {
            if staged.exists() || child.try_wait().expect("a state").is_some() {
                break;
            }
            thread::sleep(Duration::from_micros(100));
        }
        thread::sleep(Duration::from_micros(u64::from(kill) * 150));
        let _ = child.kill();
        child.wait().expect("an end");
        judge(&root, &old, &new, &mut count, &format!("kill {kill}"));
    }
    let _ = writeln!(std::io::stderr(), "{KILLS} kills: {count:?}");
}

#[test]
fn two_compiles_at_once_do_not_mix() {
    let plan = small_plan(&[]);
    let children: Vec<_> = (0..8)
        .map(|_| {
            Command::new(env!("CARGO_BIN_EXE_meshplan"))
                .args(["compile", "plan.toml"])
                .current_dir(plan.path())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("meshplan can be started")
        })
        .collect();
    let mut done = 0;
    for child in children {
        let output = child.wait_with_output().expect("an end");
        match code(&output) {
            0 => done += 1,
            2 => assert!(
                stderr(&output).contains("another compile is writing"),
                "{}",
                stderr(&output)
            ),
            other => panic!("{other}: {}", stderr(&output)),
        }
    }
    assert!(done > 0);
    assert_eq!(
        files(&plan.path().join("shop")),
        texts(&compiled(plan.path()))
    );
}

#[cfg(unix)]
#[test]
fn links_and_folders_in_the_way_are_rejected() {
    use std::os::unix::fs::symlink;
    let plan = small_plan(&[]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let root = plan.path().join("shop");
    let compile = || meshplan_in(plan.path(), &["compile", "plan.toml"]);
    let refused = |word: &str| {
        let output = compile();
        assert_eq!(code(&output), 2);
        assert!(
            stderr(&output).contains(word),
            "{word}: {}",
            stderr(&output)
        );
        assert_eq!(
            files(elsewhere.path()).len(),
            0,
            "meshplan wrote to the target of a link"
        );
    };
    fs::create_dir(&root).expect("a folder");
    symlink(elsewhere.path(), root.join("310-weight-10")).expect("a link");
    refused("310-weight-10 is a link");
    fs::remove_file(root.join("310-weight-10")).expect("removing");
    symlink(elsewhere.path().join("x"), root.join("README.md")).expect("a link");
    refused("README.md is a link");
    fs::remove_file(root.join("README.md")).expect("removing");
    fs::create_dir(root.join("README.md")).expect("a folder");
    refused("README.md is not a file");
    fs::remove_dir(root.join("README.md")).expect("removing");
    fs::write(root.join("310-weight-10"), "mine\n").expect("a file");
    refused("310-weight-10 was not written by meshplan");
    fs::remove_file(root.join("310-weight-10")).expect("removing");
    assert_eq!(code(&compile()), 0);
}

#[test]
fn a_directory_that_meshplan_did_not_write_is_rejected() {
    let plan = small_plan(&[]);
    let root = plan.path().join("shop");
    fs::create_dir(&root).expect("a folder");
    fs::write(root.join("index.json"), "{\"name\": \"a web page\"}\n").expect("a file");
    let output = meshplan_in(plan.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("index.json was not written by meshplan"),
        "{}",
        stderr(&output)
    );

    fs::remove_file(root.join("index.json")).expect("removing");
    assert_eq!(
        code(&meshplan_in(plan.path(), &["compile", "plan.toml"])),
        0
    );
    let text = fs::read_to_string(plan.path().join("plan.toml")).expect("the plan");
    fs::write(
        plan.path().join("other.toml"),
        text.replace("name = \"shop\"", "name = \"other\""),
    )
    .expect("a plan");
    let output = meshplan_in(plan.path(), &["compile", "other.toml", "--out", "shop"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("contains the plan `shop`"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_tree_of_another_release_is_accepted() {
    let plan = small_plan(&[]);
    assert_eq!(
        code(&meshplan_in(plan.path(), &["compile", "plan.toml"])),
        0
    );
    let index = plan.path().join("shop/index.json");
    let mut json: serde_json::Value =
        serde_json::from_slice(&fs::read(&index).expect("the index")).expect("JSON");
    json["steps"] = serde_json::json!([{ "number": 10, "actions": [{ "action": "of-long-ago" }] }]);
    fs::write(&index, serde_json::to_vec_pretty(&json).expect("JSON")).expect("the index");
    let output = meshplan_in(plan.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(
        files(&plan.path().join("shop")),
        texts(&compiled(plan.path()))
    );

    json["format_version"] = serde_json::json!(99);
    fs::write(&index, serde_json::to_vec_pretty(&json).expect("JSON")).expect("the index");
    let output = meshplan_in(plan.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("written by a later meshplan"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_index_with_paths_outside_the_tree_removes_nothing() {
    let plan = small_plan(&[]);
    assert_eq!(
        code(&meshplan_in(plan.path(), &["compile", "plan.toml"])),
        0
    );
    let precious = plan.path().join("precious.txt");
    fs::write(&precious, "mine\n").expect("a file");
    let index = plan.path().join("shop/index.json");
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(&index).expect("the index")).expect("JSON");
    let digest = meshplan::tree::sha256(b"mine\n");
    for path in [
        "../precious.txt",
        precious.to_str().expect("a path"),
        "310-weight-10/../../precious.txt",
        ".git/hooks/pre-commit",
        "src/main.rs",
    ] {
        let mut json = json.clone();
        let listed = json["files"].as_array_mut().expect("files");
        listed.push(serde_json::json!({ "path": path, "sha256": digest }));
        fs::write(&index, serde_json::to_vec_pretty(&json).expect("JSON")).expect("the index");
        for arguments in [&["compile", "plan.toml"][..], &["check", "shop"]] {
            let output = meshplan_in(plan.path(), arguments);
            assert_eq!(code(&output), 2, "{path}: {}", stderr(&output));
            assert!(
                stderr(&output).contains("which no compile writes"),
                "{path}: {}",
                stderr(&output)
            );
        }
    }
    assert!(precious.exists());
}

/// A folder with a tree, and a list of pending changes that no compile of that tree wrote.
fn with_pending(writes: &[(&str, &str)], removes: &[(&str, &[u8])]) -> tempfile::TempDir {
    let plan = small_plan(&[]);
    let compiled = meshplan_in(plan.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&compiled), 0, "{}", stderr(&compiled));
    let root = plan.path().join("shop");
    fs::create_dir(root.join(".meshplan-staged")).expect("a folder");
    let digest = meshplan::tree::sha256;
    let mut listed = Vec::new();
    for (number, (path, text)) in writes.iter().enumerate() {
        let staged = root.join(".meshplan-staged").join(number.to_string());
        fs::write(staged, text).expect("a staged file");
        listed.push(serde_json::json!({ "path": path, "sha256": digest(text.as_bytes()) }));
    }
    let removes: Vec<_> = removes
        .iter()
        .map(|(path, bytes)| serde_json::json!({ "path": path, "sha256": digest(bytes) }))
        .collect();
    let pending = serde_json::json!({ "writes": listed, "removes": removes });
    fs::write(root.join(PENDING), pending.to_string()).expect("a list");
    plan
}

#[test]
fn a_pending_list_that_no_compile_wrote_is_rejected() {
    let hook = "#!/bin/sh\necho gotcha\n";
    for (writes, removes, why) in [
        (
            &[(".git/hooks/pre-commit", hook)][..],
            &[][..],
            "no compile writes `.git/hooks/pre-commit`",
        ),
        (
            &[("../outside", hook)],
            &[],
            "no compile writes `../outside`",
        ),
        (&[("310-weight-10/.git/x", hook)], &[], "no compile writes"),
        (
            &[("310-weight-10/apply.sh", hook)],
            &[],
            "no index contains `310-weight-10/apply.sh` with its digest",
        ),
        (
            &[],
            &[("310-weight-10/notes.txt", &b"mine\n"[..])],
            "the old index does not list `310-weight-10/notes.txt`",
        ),
        (
            &[],
            &[("../precious.txt", &b"mine\n"[..])],
            "no compile writes `../precious.txt`",
        ),
    ] {
        let plan = with_pending(writes, removes);
        let root = plan.path().join("shop");
        fs::write(plan.path().join("precious.txt"), "mine\n").expect("a file");
        fs::write(root.join("310-weight-10/notes.txt"), "mine\n").expect("a file");
        let before = files(plan.path());
        let output = meshplan_in(plan.path(), &["compile", "plan.toml"]);
        assert_eq!(code(&output), 2, "{why}: {}", stderr(&output));
        assert!(stderr(&output).contains(why), "{why}: {}", stderr(&output));
        assert_eq!(before, files(plan.path()), "{why}");
    }
    // The index in the list claims a file that the user wrote.
    let plan = with_pending(&[], &[]);
    let root = plan.path().join("shop");
    let mut index: serde_json::Value =
        serde_json::from_slice(&fs::read(root.join("index.json")).expect("the index"))
            .expect("JSON");
    let digest = |text: &str| meshplan::tree::sha256(text.as_bytes());
    let claimed = serde_json::json!({ "path": "lab/mine.txt", "sha256": digest("evil\n") });
    index["files"]
        .as_array_mut()
        .expect("files")
        .push(claimed.clone());
    let index = index.to_string();
    fs::create_dir(root.join("lab")).expect("a folder");
    fs::write(root.join("lab/mine.txt"), "mine\n").expect("a file");
    fs::write(root.join(".meshplan-staged/0"), "evil\n").expect("a staged file");
    fs::write(root.join(".meshplan-staged/1"), &index).expect("a staged file");
    let own = serde_json::json!({ "path": "index.json", "sha256": digest(&index) });
    let list = serde_json::json!({ "writes": [claimed, own], "removes": [] });
    fs::write(root.join(PENDING), list.to_string()).expect("a list");
    let output = meshplan_in(plan.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("`lab/mine.txt` was not written by meshplan"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        fs::read_to_string(root.join("lab/mine.txt")).expect("a file"),
        "mine\n"
    );

    // The old format, a truncated list, and a staged file that does not match the list.
    for text in [r#"{"renames":[],"removes":[]}"#, "{\"writes\"", ""] {
        let plan = with_pending(&[], &[]);
        fs::write(plan.path().join("shop").join(PENDING), text).expect("a list");
        let output = meshplan_in(plan.path(), &["compile", "plan.toml"]);
        assert_eq!(code(&output), 2, "{text}");
        assert!(
            stderr(&output).contains("was not created by a compile of this tree"),
            "{}",
            stderr(&output)
        );
    }
    let plan = with_pending(&[("README.md", "new\n")], &[]);
    fs::write(plan.path().join("shop/.meshplan-staged/0"), "other\n").expect("a staged file");
    let output = meshplan_in(plan.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("does not match the list"),
        "{}",
        stderr(&output)
    );
}

#[cfg(unix)]
#[test]
fn links_below_the_tree_are_not_followed() {
    use std::os::unix::fs::symlink;
    // The staging folder is a link, is a file, or contains files that no compile puts there.
    let elsewhere = tempfile::tempdir().expect("a folder");
    fs::write(elsewhere.path().join("0"), "mine\n").expect("a file");
    let plan = small_plan(&[]);
    let root = plan.path().join("shop");
    let staged = root.join(".meshplan-staged");
    let refused = |word: &str| {
        let output = meshplan_in(plan.path(), &["compile", "plan.toml"]);
        assert_eq!(code(&output), 2, "{word}");
        assert!(
            stderr(&output).contains(word),
            "{word}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains("nothing was written"),
            "{}",
            stderr(&output)
        );
        assert!(elsewhere.path().join("0").exists(), "{word}");
    };
    fs::create_dir(&root).expect("a folder");
    symlink(elsewhere.path(), &staged).expect("a link");
    refused(".meshplan-staged was not created by meshplan");
    fs::remove_file(&staged).expect("removing");
    fs::write(&staged, "mine\n").expect("a file");
    refused(".meshplan-staged was not created by meshplan");
    fs::remove_file(&staged).expect("removing");
    fs::create_dir(&staged).expect("a folder");
    fs::write(staged.join("notes.txt"), "mine\n").expect("a file");
    refused(".meshplan-staged was not created by meshplan");
    assert!(staged.join("notes.txt").exists());

    // A pending list that would write through a linked folder.
    let plan = with_pending(&[], &[]);
    let root = plan.path().join("shop");
    let text = fs::read_to_string(root.join("310-weight-10/apply.sh")).expect("a script");
    fs::remove_dir_all(root.join("310-weight-10")).expect("removing");
    symlink(elsewhere.path(), root.join("310-weight-10")).expect("a link");
    fs::write(root.join(".meshplan-staged/0"), &text).expect("a staged file");
    let listed = serde_json::json!({ "path": "310-weight-10/apply.sh",
        "sha256": meshplan::tree::sha256(text.as_bytes()) });
    fs::write(
        root.join(PENDING),
        serde_json::json!({ "writes": [listed], "removes": [] }).to_string(),
    )
    .expect("a list");
    let output = meshplan_in(plan.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("310-weight-10 is a link, and meshplan follows no links"),
        "{}",
        stderr(&output)
    );
    assert!(!elsewhere.path().join("apply.sh").exists());

    // Reading does not follow links either.
    let plan = small_plan(&[]);
    assert_eq!(
        code(&meshplan_in(plan.path(), &["compile", "plan.toml"])),
        0
    );
    let secret = elsewhere.path().join("secret.yaml");
    fs::write(&secret, "a secret\n").expect("a file");
    let linked = plan.path().join("shop/310-weight-10/zz.yaml");
    symlink(&secret, &linked).expect("a link");
    for arguments in [
        &["diff", "plan.toml", "shop"][..],
        &["check", "plan.toml", "--golden", "shop"],
    ] {
        let output = meshplan_in(plan.path(), arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(
            stderr(&output).contains("zz.yaml is a link"),
            "{}",
            stderr(&output)
        );
    }
    let output = meshplan_in(plan.path(), &["check", "shop"]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("unlisted-file") && !stderr(&output).contains("a secret"),
        "{}",
        stderr(&output)
    );

    // Manifests: a link out of the folder is an error. A link inside it is read once.
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("m")).expect("a folder");
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: one}\n";
    fs::write(folder.path().join("m/one.yaml"), namespace).expect("a file");
    symlink("one.yaml", folder.path().join("m/two.yaml")).expect("a link");
    symlink(".", folder.path().join("m/again")).expect("a link");
    let output = meshplan_in(folder.path(), &["check", "m"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(!stderr(&output).contains("twice"), "{}", stderr(&output));
    symlink(&secret, folder.path().join("m/three.yaml")).expect("a link");
    let output = meshplan_in(folder.path(), &["check", "m"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("three.yaml is a link that leads out of m"),
        "{}",
        stderr(&output)
    );
}

/// "nothing was written" is true. Once the list exists, files may have been written.
#[test]
fn the_error_says_correctly_whether_something_was_written() {
    let (old, new) = trees();
    let folder = fresh(&old);
    let disk = Disk::default();
    write(&disk, &folder.path().join("tree"), &new, true).expect("a compile");
    let (mut nothing, mut half) = (0, 0);
    for operation in 0..disk.changes() {
        let folder = fresh(&old);
        let root = folder.path().join("tree");
        let error =
            write(&Disk::stopping_after(operation), &root, &new, true).expect_err("stopped");
        let said = format!("{error:#}");
        let mut there = files(&root);
        there.retain(|path, _| !path.starts_with(".meshplan-"));
        if said.contains("nothing was written") {
            nothing += 1;
            assert_eq!(there, texts(&old), "operation {operation}: {said}");
        } else {
            half += 1;
            assert!(said.contains("is incomplete"), "{said}");
            assert!(root.join(PENDING).exists(), "operation {operation}: {said}");
        }
    }
    assert!(nothing > 5 && half > 5, "{nothing} {half}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_folder_that_cannot_be_created_are_reported() {
    let plan = small_plan(&[]);
    // No user can create a folder below /proc, not even root.
    let output = meshplan_in(
        plan.path(),
        &["compile", "plan.toml", "--out", "/proc/meshplan"],
    );
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("creating the folder /proc/meshplan"),
        "{}",
        stderr(&output)
    );
    // A file size limit stops the writes as a full disk does.
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -f 8; trap '' XFSZ; exec \"$0\" compile plan.toml --out full",
            env!("CARGO_BIN_EXE_meshplan"),
        ])
        .current_dir(plan.path())
        .output()
        .expect("sh can be started");
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("error: nothing was written to full: writing full/"),
        "{}",
        stderr(&output)
    );
    assert!(
        !plan.path().join("full").exists(),
        "nothing half-written stays"
    );
}
