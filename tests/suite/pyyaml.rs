//! PyYAML, a YAML 1.1 parser, reads every golden file as meshplan does. The test is skipped if Python has no
//! PyYAML.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::common::{files, plans, repository, skip};
use serde_json::Value;

const READER: &str = "
import json, sys, yaml
json.dump({path: yaml.safe_load(open(path)) for path in sys.argv[1:]}, sys.stdout)
";

#[test]
fn every_golden_file_means_the_same_to_pyyaml() {
    let has_yaml = Command::new("python3")
        .args(["-c", "import yaml"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_yaml {
        skip("python3 has no PyYAML; install it with `pip install pyyaml`");
        return;
    }
    let mut compared = 0;
    for plan in plans() {
        let root = repository()
            .join("golden")
            .join(plan.file_stem().expect("a name"));
        let texts: BTreeMap<String, Vec<u8>> = files(&root)
            .into_iter()
            .filter(|(path, _)| Path::new(path).extension().is_some_and(|e| e == "yaml"))
            .collect();
        let output = Command::new("python3")
            .args(["-c", READER])
            .args(texts.keys())
            .current_dir(&root)
            .output()
            .expect("python3");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let theirs: BTreeMap<String, Value> = serde_json::from_slice(&output.stdout).expect("JSON");
        for (path, bytes) in &texts {
            let text = String::from_utf8(bytes.clone()).expect("UTF-8");
            let ours = meshplan::text::yaml::read_strict(&text)
                .unwrap_or_else(|problems| panic!("{path}: {problems:?}"))
                .value;
            assert_eq!(ours, theirs[path], "{path}");
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}
