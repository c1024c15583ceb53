//! Every bad plan in `tests/bad` contains its findings as comments: under each wrong line, a comment with
//! carets at the position, the code and the message. The compiler must report exactly these findings.
//!
//! A caret cannot be in the first column, because the `#` is there. `#<` points to the first column.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::common::{code, meshplan, repository, stdout};

/// File, line, column, code and message.
type Expected = (String, usize, usize, String, String);

fn expected(file: &str, text: &str) -> BTreeSet<Expected> {
    let mut found = BTreeSet::new();
    let mut line = 0;
    for (number, content) in text.lines().enumerate() {
        match annotation(content) {
            Some((column, code, message)) => {
                // Annotation lines count as lines of the file, so the line number of the wrong line does not
                // change.
                found.insert((file.to_owned(), line, column, code, message));
            }
            None => line = number + 1,
        }
    }
    found
}

fn annotation(line: &str) -> Option<(usize, String, String)> {
    let rest = line.strip_prefix('#')?;
    let (column, rest) = if let Some(rest) = rest.strip_prefix('<') {
        (1, rest)
    } else {
        let spaces = rest.len() - rest.trim_start().len();
        rest.trim_start()
            .starts_with('^')
            .then_some((spaces + 2, rest.trim_start()))?
    };
    let rest = rest.trim_start_matches('^');
    let (code, message) = rest.trim_start().split_once(": ")?;
    Some((column, code.to_owned(), message.to_owned()))
}

fn plans() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(repository().join("tests/bad"))
        .expect("tests/bad")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| Path::new(name).extension().is_some_and(|e| e == "toml"))
        .collect();
    names.sort();
    names
}

#[test]
fn bad_plans_have_exactly_their_annotated_findings() {
    let names = plans();
    assert!(names.len() > 60, "{} plans", names.len());
    for name in names {
        let path = format!("tests/bad/{name}");
        let plan = fs::read_to_string(repository().join(&path)).expect("the plan");
        let mut wanted = expected(&path, &plan);
        for word in plan
            .split('"')
            .filter(|word| word.starts_with("manifests/"))
        {
            let manifest = format!("tests/bad/{word}");
            if let Ok(text) = fs::read_to_string(repository().join(&manifest)) {
                wanted.extend(expected(&manifest, &text));
            }
        }
        for word in plan.split('"').filter(|word| word.starts_with("dumps/")) {
            let dump = format!("tests/bad/{word}");
            for entry in fs::read_dir(repository().join(&dump)).into_iter().flatten() {
                let file = entry.expect("an entry").path();
                let text = fs::read_to_string(&file).expect("a dump");
                let name = file.file_name().expect("a name").to_string_lossy();
                wanted.extend(expected(&format!("{dump}/{name}"), &text));
            }
        }

        let output = meshplan(&["check", &path, "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let found: BTreeSet<Expected> = json["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .map(|finding| {
                let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
                let number =
                    |key: &str| usize::try_from(finding[key].as_u64().expect(key)).expect(key);
                assert!(
                    !text("help").is_empty() || text("code") == "manifest-not-yaml",
                    "{path}: no help: {finding}"
                );
                // In JSON, the label is part of the message. The annotation contains only the message.
                let message = text("message");
                let known = wanted
                    .iter()
                    .map(|(.., wanted)| wanted.clone())
                    .find(|wanted| {
                        message == *wanted || message.starts_with(&format!("{wanted}: "))
                    });
                (
                    text("file"),
                    number("line"),
                    number("column"),
                    text("code"),
                    known.unwrap_or(message),
                )
            })
            .collect();
        assert_eq!(found, wanted, "{path}");
        let errors = json["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .any(|finding| finding["severity"] == "error");
        assert_eq!(code(&output), i32::from(errors), "{path}");
    }
}

#[test]
fn every_code_has_a_bad_plan() {
    let mut known = BTreeSet::new();
    for folder in ["src/plan", "src/plan/check", "src/existing"] {
        for entry in fs::read_dir(repository().join(folder)).expect(folder) {
            let path = entry.expect("an entry").path();
            if !path.is_file() {
                continue;
            }
            let text = fs::read_to_string(&path)
                .expect("a source file")
                .replace([' ', '\n'], "");
            for head in ["Finding::error(\"", "Finding::warning(\""] {
                known.extend(
                    text.split(head)
                        .skip(1)
                        .filter_map(|rest| rest.split('"').next())
                        .map(str::to_owned),
                );
            }
        }
    }
    // `not-toml` is not a bad plan. The other code cannot occur in a test; see its function.
    for apart in ["not-toml", "unreadable-table"] {
        assert!(known.remove(apart), "{apart}");
    }
    let mut shown = BTreeSet::from(["unknown-gateway".to_owned()]);
    for name in plans() {
        let output = meshplan(&["check", &format!("tests/bad/{name}"), "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        for finding in json["findings"].as_array().expect("findings") {
            shown.insert(finding["code"].as_str().expect("a code").to_owned());
        }
    }
    let missing: Vec<&String> = known.difference(&shown).collect();
    assert!(missing.is_empty(), "no bad plan has {missing:?}");
}

#[test]
fn five_mistakes_are_five_findings_at_once() {
    let output = meshplan(&[
        "compile",
        "tests/bad/five-mistakes.toml",
        "--out",
        "target/never",
    ]);
    assert_eq!(code(&output), 1);
    let text = crate::common::stderr(&output);
    assert_eq!(text.matches("error[").count(), 5, "{text}");
    assert!(text.contains("5 errors"), "{text}");
    assert!(
        !repository().join("target/never").exists(),
        "meshplan wrote files despite findings"
    );
}
