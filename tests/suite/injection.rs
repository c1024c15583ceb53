//! Puts text that a shell, Markdown or YAML could interpret as code into every field of plans, manifests, dumps
//! and values. meshplan must reject it, or it must arrive as text. By default, `cargo test` takes a sample of
//! the fields of manifests and dumps. With `MESHPLAN_INJECTION=all`, it takes all fields.

#![cfg(unix)]
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "short texts"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use meshplan::plan::Files;
use meshplan::text::finding::Severity;
use meshplan::text::source::Source;
use meshplan::text::yaml;
use meshplan::tree::Tree;
use meshplan::tree::sha256;
use serde_json::Value;

use crate::common::repository;

/// Each payload contains a command that would create a file if a shell ran it. `F` is replaced by the name of
/// that file.
const PAYLOADS: [&str; 4] = [
    "x$(touch F)`touch F`",
    "x'; touch F; ' \"; touch F; \" # | <b>x</b> [l](u) ``` \\",
    "x\ntouch F\n```\n<script>\n| a | b |\n",
    "EOF\n$(touch F)",
];

/// Compiles a plan of the repository, with other texts in place of some of its files.
fn compile(plan: &str, text: &str, others: &BTreeMap<PathBuf, String>) -> Option<Tree> {
    let folder = repository().join("plans");
    let read = |name: &str| {
        let path = folder.join(name);
        others
            .get(&path)
            .map_or_else(|| fs::read_to_string(&path), |text| Ok(text.clone()))
    };
    let list = |name: &str| -> std::io::Result<Vec<String>> {
        let entries = fs::read_dir(folder.join(name))?;
        let mut names: Vec<String> = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<std::io::Result<_>>()?;
        names.sort();
        Ok(names)
    };
    let files = Files {
        folder: folder.to_string_lossy().into_owned(),
        read: &read,
        list: &list,
    };
    let compiled = meshplan::compile(&Source::new(plan, text), &files, BTreeMap::new());
    if compiled.output.is_none() {
        // meshplan must reject the input at a position in a file. An error while it renders a template comes
        // too late to be useful.
        for finding in compiled
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
        {
            assert!(
                finding.at.is_some() && finding.code != "template",
                "{plan}: {finding:?}\n{text}"
            );
        }
    }
    compiled.output.map(|output| output.tree)
}

/// Runs every script with functions that do nothing, so that every line is reached. Then checks the runbook.
fn harmless(tree: &Tree, marker: &Path, what: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut all = String::from("set -u\n");
    let library = &tree.get("lib.sh").expect("lib.sh").text;
    let mut stub = String::new();
    for line in library.lines() {
        if let Some(name) = line
            .strip_suffix("() (")
            .or_else(|| line.strip_suffix("() {"))
        {
            stub.push_str(&match name {
                // `at_owner` runs the functions that its arguments name.
                "at_owner" => "at_owner() { \"$2\"; \"$3\"; }\n".to_owned(),
                _ if name.contains(' ') => continue,
                _ => format!("{name}() {{ :; }}\n"),
            });
        }
    }
    for (path, file) in tree.iter() {
        let target = folder.path().join(path);
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        let text = if path == "lib.sh" { &stub } else { &file.text };
        fs::write(&target, text).expect("a file");
        if file.executable && !path.starts_with("lab/") {
            all.push_str(&format!("(. ./{path}) || echo failed: {path}\n"));
        }
    }
    let output = Command::new("sh")
        .args(["-c", &all])
        .current_dir(folder.path())
        .env("MESHPLAN_CONTEXT", "")
        .env("MESHPLAN_CLIENTS_MOVED", "yes")
        .output()
        .expect("sh can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!marker.exists(), "{what}: a command was run: {said}");
    assert!(
        !said.contains("yntax error") && !said.contains("not found"),
        "{what}: {said}"
    );
    markdown(&tree.get("README.md").expect("a runbook").text, what);
}

/// Checks that tables are intact and that the text contains no HTML and no link that the template does not
/// have.
fn markdown(text: &str, what: &str) {
    let (mut fenced, mut columns) = (false, None);
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        // Remove code spans first, then the characters that a backslash escapes.
        let mut bare = String::new();
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            bare.push_str(&rest[..at]);
            let from = &rest[at..];
            let ticks = from.len() - from.trim_start_matches('`').len();
            if bare.ends_with('\\') {
                bare.push_str(&from[..ticks]);
                rest = &from[ticks..];
                continue;
            }
            match from[ticks..].find(&from[..ticks]) {
                Some(end) => {
                    let inner = &from[ticks..ticks + end];
                    assert!(
                        !line.starts_with('|') || !inner.replace("\\|", "").contains('|'),
                        "{what}: broken table cell: {line}"
                    );
                    rest = &from[ticks + end + ticks..];
                }
                None => rest = &from[ticks..],
            }
        }
        bare.push_str(rest);
        let mut plain = String::new();
        let mut characters = bare.chars();
        while let Some(c) = characters.next() {
            if c == '\\' {
                characters.next();
            } else {
                plain.push(c);
            }
        }
        assert!(
            !plain.contains('<') && !plain.contains("](u)"),
            "{what}: markup: {line}"
        );
        if line.starts_with('|') {
            let number = plain.matches('|').count();
            assert_eq!(
                *columns.get_or_insert(number),
                number,
                "{what}: a table row with a wrong number of cells: {line}"
            );
        } else {
            columns = None;
        }
    }
    assert!(!fenced, "{what}: unterminated code block");
}

/// The JSON pointer of every text in a value.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(all) => all
            .iter()
            .enumerate()
            .for_each(|(index, value)| places(value, &format!("{at}/{index}"), found)),
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{at}/{key}"), found);
            }
        }
        _ => {}
    }
}

/// A pointer without its indexes: one element represents all elements of a list.
fn shape(place: &str) -> String {
    let parts = place.split('/').map(|part| {
        if part.parse::<usize>().is_ok() {
            "*"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn a_field_of_a_plan_is_never_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let marker = folder.path().join("ran");
    let name = marker.to_string_lossy().into_owned();
    let (mut arrived, mut refused) = (0, 0);
    for plan in ["bookinfo.toml", "shop.toml", "in-place.toml"] {
        let text = fs::read_to_string(repository().join("plans").join(plan)).expect("the plan");
        let written: toml::Value = toml::from_str(&text).expect("TOML");
        let value = serde_json::to_value(&written).expect("JSON");
        let mut all = Vec::new();
        places(&value, "", &mut all);
        let mut met = BTreeSet::new();
        for place in all.into_iter().filter(|place| met.insert(shape(place))) {
            for payload in PAYLOADS {
                let mut other = value.clone();
                let old = other.pointer_mut(&place).expect("a place");
                *old = Value::from(payload.replace('F', &name));
                let text = toml::to_string(&other).expect("TOML");
                match compile(plan, &text, &BTreeMap::new()) {
                    Some(tree) => {
                        arrived += 1;
                        harmless(&tree, &marker, &format!("{plan} {place} {payload:?}"));
                    }
                    None => refused += 1,
                }
            }
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "fields of plans: {arrived} arrived, {refused} were rejected"
    );
    assert!(arrived > 10 && refused > 100, "{arrived} {refused}");
}

#[test]
fn a_field_of_a_manifest_or_dump_is_never_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let marker = folder.path().join("ran");
    let name = marker.to_string_lossy().into_owned();
    let whole = std::env::var_os("MESHPLAN_INJECTION").is_some();
    let (mut arrived, mut refused) = (0, 0);
    for (plan, below) in [
        ("bookinfo.toml", "bookinfo"),
        ("in-place.toml", "in-place"),
        ("shop.toml", "shop"),
    ] {
        let text = fs::read_to_string(repository().join("plans").join(plan)).expect("the plan");
        let entries = fs::read_dir(repository().join("plans").join(below)).expect("a folder");
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        let mut met = BTreeSet::new();
        for path in paths
            .iter()
            .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        {
            let documents = yaml::read(&fs::read_to_string(path).expect("a file")).expect("YAML");
            let documents: Vec<Value> = documents
                .into_iter()
                .map(|document| document.value)
                .collect();
            for (number, document) in documents.iter().enumerate() {
                let mut all = Vec::new();
                places(document, "", &mut all);
                for place in all {
                    // For each kind of object, each field once.
                    let owner = place
                        .strip_prefix("/items/")
                        .and_then(|rest| rest.split('/').next());
                    let kind = match owner {
                        Some(index) => document["items"][index.parse::<usize>().expect("a number")]
                            ["kind"]
                            .to_string(),
                        None => document["kind"].to_string(),
                    };
                    if !met.insert(format!("{kind}{}", shape(&place))) {
                        continue;
                    }
                    for payload in PAYLOADS {
                        let turn = sha256(format!("{plan}{kind}{place}{payload}").as_bytes());
                        if !whole && !turn.starts_with("00") && !turn.starts_with("01") {
                            continue;
                        }
                        let mut others = documents.clone();
                        *others[number].pointer_mut(&place).expect("a place") =
                            Value::from(payload.replace('F', &name));
                        let text_of = others
                            .iter()
                            .map(|value| format!("---\n{}", yaml::write(value)))
                            .collect::<String>();
                        let others = BTreeMap::from([(path.clone(), text_of)]);
                        match compile(plan, &text, &others) {
                            Some(tree) => {
                                arrived += 1;
                                harmless(
                                    &tree,
                                    &marker,
                                    &format!("{} {place} {payload:?}", path.display()),
                                );
                            }
                            None => refused += 1,
                        }
                    }
                }
            }
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "fields of manifests and dumps: {arrived} arrived, {refused} were rejected"
    );
    assert!(arrived + refused > 10, "{arrived} {refused}");
}
