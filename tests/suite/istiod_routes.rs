//! `trace` answers as a real istiod and Envoy did, for every route set in the folder `MESHPLAN_ISTIOD_ROUTES`.
//! docs/istiod-routes.md describes that folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{code, meshplan, skip, stderr, stdout};
use serde_json::Value;

/// Cases in which meshplan answers differently, and the reasons. There are none.
const DIFFERENCES: &[(&str, &str)] = &[];

fn json(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Outcomes without their reasons, sorted; fractions are rounded to nine digits.
fn outcomes(answer: &Value) -> Vec<String> {
    let mut all: Vec<String> = answer["outcomes"]
        .as_array()
        .expect("outcomes")
        .iter()
        .map(|outcome| {
            format!(
                "{} {} {} {:.9}",
                outcome["backend"],
                outcome["port"],
                outcome["status"],
                outcome["fraction"].as_f64().expect("a fraction")
            )
        })
        .collect();
    all.sort();
    all
}

/// Whether two answers are equal except for their reasons.
fn same(ours: &Value, theirs: &Value) -> bool {
    outcomes(ours) == outcomes(theirs)
        && ["route", "rule", "location", "forwarded", "mirrors"]
            .iter()
            .all(|key| ours[*key] == theirs[*key])
}

#[test]
fn answers_are_those_of_a_real_istiod_and_envoy() {
    let Some(folder) = env::var_os("MESHPLAN_ISTIOD_ROUTES").map(PathBuf::from) else {
        return skip("MESHPLAN_ISTIOD_ROUTES is not set to a folder of route sets");
    };
    let mut sets: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("requests.json").exists())
        .collect();
    sets.sort();
    assert!(
        !sets.is_empty(),
        "{} contains no route set",
        folder.display()
    );
    let mut wrong = Vec::new();
    let mut count = 0;
    for set in &sets {
        let name = set
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let manifests = set.join("manifests.yaml");
        let requests = set.join("requests.json");
        let output = meshplan(&[
            "trace",
            &manifests.to_string_lossy(),
            "--requests",
            &requests.to_string_lossy(),
            "--format",
            "json",
        ]);
        assert_eq!(code(&output), 0, "{name}: {}", stderr(&output));
        let ours: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let (requests, theirs) = (json(&requests), json(&set.join("answers.json")));
        let ours = ours.as_array().expect("an array");
        let theirs = theirs.as_array().expect("an array");
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            count += 1;
            if !same(ours, theirs) {
                wrong.push((
                    name.clone(),
                    format!(
                        "{name} {}\n  ours   {ours}\n  theirs {theirs}",
                        requests[number]
                    ),
                ));
            }
        }
    }
    wrong.retain(|(name, _)| !DIFFERENCES.iter().any(|(known, _)| known == name));
    let shown: Vec<&str> = wrong.iter().map(|(_, text)| text.as_str()).collect();
    assert!(
        wrong.is_empty(),
        "{} of {count} answers differ:\n{}",
        wrong.len(),
        shown.join("\n")
    );
}
