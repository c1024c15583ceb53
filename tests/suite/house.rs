//! The order of the modules: each module uses only modules above it in the list of `src/lib.rs`.

use std::collections::BTreeSet;
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
