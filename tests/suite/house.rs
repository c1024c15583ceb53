//! The order of the modules: each module uses only modules above it in the list of `src/lib.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Returns every source file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Returns the text of a file without its unit tests, which may use any module.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text[..end].to_owned()
}

/// Returns the first names after `crate::` in a text: for `crate::{a::B, c}`, both `a` and `c`.
fn used(text: &str) -> BTreeSet<String> {
    let single = Regex::new(r"crate::(\w+)").expect("a pattern");
    let group = Regex::new(r"crate::\{([^;]*)\};").expect("a pattern");
    let first = Regex::new(r"(?:^|,)\s*(\w+)").expect("a pattern");
    let mut names: BTreeSet<String> = single
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect();
    for found in group.captures_iter(text) {
        let mut depth = 0;
        let outer: String = found[1]
            .chars()
            .filter(|c| {
                depth += i32::from(*c == '{') - i32::from(*c == '}');
                depth == 0 && *c != '}'
            })
            .collect();
        names.extend(first.captures_iter(&outer).map(|name| name[1].to_owned()));
    }
    names
}

#[test]
fn each_module_uses_only_those_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(root.join("lib.rs")).expect("lib.rs");
    let order: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert!(order.len() > 10, "{order:?}");
    let place = |name: &str| order.iter().position(|module| *module == name);
    let mut wrong = Vec::new();
    for path in sources(&root) {
        let inside = path.strip_prefix(&root).expect("a path under src");
        let top = inside.iter().next().and_then(|part| part.to_str());
        let top = top.expect("a name").trim_end_matches(".rs");
        if top == "main" || top == "lib" {
            continue;
        }
        let own = place(top).unwrap_or_else(|| panic!("{top} is not in lib.rs"));
        for name in used(&code(&path)) {
            if place(&name).is_some_and(|other| other > own) {
                wrong.push(format!("{}: {name} is below {top}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn grouped_imports_are_found() {
    let names = used("use crate::{plan::{self, Plan}, step};\nfn a() { crate::tree::write(); }");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(names, ["plan", "step", "tree"]);
}

#[test]
fn each_public_type_has_its_own_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let definition = Regex::new(r"(?m)^\s*pub(?:\([^)]*\))? (?:struct|enum|trait|type) (\w+)");
    let definition = definition.expect("a pattern");
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in sources(&root) {
        let inside = path.strip_prefix(&root).expect("a path below src");
        for found in definition.captures_iter(&code(&path)) {
            let place = inside.display().to_string();
            places.entry(found[1].to_owned()).or_default().push(place);
        }
    }
    places.retain(|_, all| all.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

#[test]
fn every_kind_of_step_has_its_texts_and_texts_name_known_steps() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let number = Regex::new(r"\b([0-9]{3})\b").expect("a pattern");
    let mut texts = BTreeSet::new();
    for kind in meshplan::step::kind::ALL {
        texts.insert(kind.prose);
        let text = fs::read_to_string(templates.join(kind.prose)).expect(kind.prose);
        for found in number.captures_iter(&text) {
            let named: u16 = found[1].parse().expect("a number");
            let known = meshplan::step::kind::ALL
                .iter()
                .any(|kind| kind.number == named);
            // A percentage and a status are no steps.
            assert!(
                known || [100, 500].contains(&named),
                "{}: {named}",
                kind.prose
            );
        }
    }
    for entry in fs::read_dir(templates.join("steps")).expect("templates/steps") {
        let name = entry.expect("an entry").file_name();
        let name = format!("steps/{}", name.to_string_lossy());
        assert!(
            texts.contains(name.as_str()),
            "{name} is of no kind of step"
        );
    }
}
