//! `golden/<plan>/` is the output of `plans/<plan>.toml`, byte for byte. `MESHPLAN_BLESS=1 cargo test --test
//! suite golden` regenerates it. Read the diff before you commit it.

use std::env;
use std::fs;
use std::path::Path;

use crate::common::{code, files, meshplan, plans, repository, stderr, stdout};

/// Whether the golden directories are being regenerated. Other tests must not read them at that time.
fn blessing() -> bool {
    env::var_os("MESHPLAN_BLESS").is_some()
}

fn golden(plan: &Path) -> String {
    format!(
        "golden/{}",
        plan.file_stem().expect("a name").to_string_lossy()
    )
}

#[test]
fn plans_compile_to_their_golden_directories() {
    for plan in plans() {
        let golden = golden(&plan);
        let path = plan.to_string_lossy().into_owned();
        if blessing() {
            let folder = repository().join(&golden);
            if folder.exists() {
                fs::remove_dir_all(&folder).expect("removing the old golden directory");
            }
            let output = meshplan(&["compile", &path, "--out", &golden]);
            assert_eq!(code(&output), 0, "{}", stderr(&output));
        }
        let output = meshplan(&["check", &path, "--golden", &golden]);
        assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
        assert_eq!(
            stdout(&output) + &stderr(&output),
            "",
            "check must print nothing if there is no finding"
        );
    }
}

#[test]
fn every_golden_directory_has_a_plan() {
    let known: Vec<String> = plans().iter().map(|plan| golden(plan)).collect();
    for entry in fs::read_dir(repository().join("golden")).expect("golden/") {
        let name = format!(
            "golden/{}",
            entry.expect("an entry").file_name().to_string_lossy()
        );
        assert!(known.contains(&name), "{name} has no plan");
    }
}

#[test]
fn a_changed_golden_directory_is_shown_as_a_diff() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = repository().join("plans/bookinfo.toml");
    let plan = plan.to_string_lossy();
    let out = folder.path().join("tree");
    let out = out.to_string_lossy();
    assert_eq!(code(&meshplan(&["compile", &plan, "--out", &out])), 0);
    let route = Path::new(&*out).join("310-weight-10/70-httproute-default-bookinfo.yaml");
    let text = fs::read_to_string(&route).expect("the route");
    fs::write(&route, text.replace("weight: 90", "weight: 91")).expect("editing the route");
    fs::write(
        Path::new(&*out).join("310-weight-10/99-extra.yaml"),
        "a: 1\n",
    )
    .expect("a stray file");

    let output = meshplan(&["check", &plan, "--golden", &out]);
    assert_eq!(code(&output), 1);
    let diff = stdout(&output);
    assert!(
        diff.contains("-      weight: 91\n+      weight: 90\n"),
        "{diff}"
    );
    assert!(
        diff.contains("99-extra.yaml") && diff.contains("+++ /dev/null"),
        "{diff}"
    );

    let output = meshplan(&["check", &plan, "--golden", &out, "--format", "json"]);
    assert_eq!(code(&output), 1);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_index_names_every_file_and_every_digest() {
    if blessing() {
        return;
    }
    for plan in plans() {
        let root = repository().join(golden(&plan));
        let index: serde_json::Value =
            serde_json::from_slice(&fs::read(root.join("index.json")).expect("index.json"))
                .expect("JSON");
        let listed: Vec<(String, String)> = index["files"]
            .as_array()
            .expect("files")
            .iter()
            .map(|file| {
                (
                    file["path"].as_str().expect("path").to_owned(),
                    file["sha256"].as_str().expect("sha256").to_owned(),
                )
            })
            .collect();
        let mut on_disk = files(&root);
        on_disk.remove("index.json");
        let digests: Vec<(String, String)> = on_disk
            .iter()
            .map(|(path, bytes)| (path.clone(), meshplan::tree::sha256(bytes)))
            .collect();
        assert_eq!(listed, digests);
    }
}

#[test]
fn an_index_can_be_read_back() {
    if blessing() {
        return;
    }
    for plan in plans() {
        let text = fs::read_to_string(repository().join(golden(&plan)).join("index.json"))
            .expect("index.json");
        let index: meshplan::tree::Index = serde_json::from_str(&text).expect("an index");
        let again = serde_json::to_string_pretty(&index).expect("JSON") + "\n";
        assert_eq!(again, text);
    }
}
