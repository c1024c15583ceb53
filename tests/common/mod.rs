//! Functions that the tests of the command share: running it, and folders to run it in.
#![allow(
    dead_code,
    missing_docs,
    clippy::missing_panics_doc,
    clippy::must_use_candidate
)]

pub mod control_plane;
pub mod envoy;
#[cfg(unix)]
pub mod istiod;
pub mod mutants;
pub mod pretend;
#[cfg(unix)]
pub mod stage;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use meshplan::proof::Upgrade;
use meshplan::text::source::Sources;

/// Reports that a test is skipped. Not with a macro, because the test runner captures the output of macros.
pub fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// The repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs meshplan in a folder, without environment variables that could change its output.
pub fn meshplan_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meshplan"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("meshplan can be started")
}

/// Runs meshplan in the repository.
pub fn meshplan(arguments: &[&str]) -> Output {
    meshplan_in(&repository(), arguments)
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("meshplan prints UTF-8")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("meshplan prints UTF-8")
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("meshplan ends by itself")
}

/// Returns the table of a section of docs/evidence.md. If `variable` is set, writes `table` there first.
pub fn evidence(section: &str, table: &str, variable: &str) -> String {
    let path = repository().join("docs/evidence.md");
    let page = fs::read_to_string(&path).expect("docs/evidence.md");
    let begin = format!("<!-- {section}: begin -->\n");
    let end = format!("<!-- {section}: end -->");
    let (head, rest) = page
        .split_once(&begin)
        .expect("the marker at the beginning of the table");
    let (own, tail) = rest
        .split_once(&end)
        .expect("the marker at the end of the table");
    if std::env::var_os(variable).is_none() {
        return own.to_owned();
    }
    fs::write(&path, format!("{head}{begin}{table}{end}{tail}")).expect("writing docs/evidence.md");
    table.to_owned()
}

/// Every plan in `plans/`.
pub fn plans() -> Vec<PathBuf> {
    let mut plans: Vec<PathBuf> = fs::read_dir(repository().join("plans"))
        .expect("plans/")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    plans.sort();
    assert!(!plans.is_empty());
    plans
}

/// A golden tree for a replay.
pub fn upgrade(name: &str) -> Upgrade {
    let root = repository().join("golden").join(name);
    let index = serde_json::from_slice(&fs::read(root.join("index.json")).expect("index.json"))
        .expect("an index");
    let text = |path: &str| fs::read_to_string(root.join(path)).ok();
    let (upgrade, findings) = Upgrade::of(index, &text, &str::to_owned, &mut Sources::default());
    assert!(findings.is_empty());
    upgrade
}

/// Every file below a folder, by its relative path.
pub fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in
            fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.expect("an entry").path();
            let name = format!(
                "{prefix}{}",
                path.file_name().expect("a name").to_string_lossy()
            );
            if path.is_dir() {
                walk(&path, &format!("{name}/"), files);
            } else {
                files.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(root, "", &mut all);
    all
}

/// A copy of a golden tree that a test may change.
pub fn copied(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files(&repository().join("golden").join(name)) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, bytes).expect("a file");
    }
    folder
}

/// A small plan with one workload, in a new folder. `edits` are replacements in the plan.
pub fn small_plan(edits: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let bad = repository().join("tests/bad");
    let mut plan = SMALL.to_owned();
    for (from, to) in edits {
        assert!(plan.contains(from), "{from} is not in the small plan");
        plan = plan.replacen(from, to, 1);
    }
    fs::write(folder.path().join("plan.toml"), plan).expect("writing the plan");
    fs::copy(
        bad.join("manifests/web.yaml"),
        folder.path().join("web.yaml"),
    )
    .expect("copying the manifest");
    folder
}

const SMALL: &str = r#"name = "shop"

[gateway-api]
bundle = "v1.4.1"
channel = "standard"

[stable]
version = "1.29.6"
pool = { nodes = ["a1", "a2"] }

[canary]
version = "1.30.3"
pool = { nodes = ["b1"] }

[[workload]]
name = "web"
namespace = "shop"
manifests = ["web.yaml"]

[[gateway]]
name = "front"
namespace = "ingress"
listener = [{ name = "http", port = 80, protocol = "HTTP" }]

[[route]]
name = "web"
namespace = "ingress"
gateway = "front"
backend = { workload = "web", service = "web", port = 8080 }
match = [{ prefix = "/" }]

[shift]
header = { name = "x-canary", value = "yes" }
weights = [10, 100]
"#;
