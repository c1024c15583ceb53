//! The committed schema is the one that the types generate. It accepts and rejects the same plans as the
//! parser.

use std::env;
use std::fs;

use crate::common::{meshplan, plans, repository, stdout};
use meshplan::plan::{parse, published_schema};
use meshplan::text::source::Source;

#[test]
fn the_committed_schema_is_current() {
    let printed = stdout(&meshplan(&["schema"]));
    let path = repository().join("schema/plan.schema.json");
    if env::var_os("MESHPLAN_BLESS").is_some() {
        fs::write(&path, &printed).expect("writing the schema");
    }
    assert_eq!(
        fs::read_to_string(path).expect("the schema"),
        printed,
        "MESHPLAN_BLESS=1 rewrites it"
    );
}

#[test]
fn schema_and_parser_agree_on_every_plan() {
    let validator = jsonschema::validator_for(&published_schema()).expect("a schema");
    let mut bad = 0;
    let mut all = plans();
    for entry in fs::read_dir(repository().join("tests/bad")).expect("tests/bad") {
        all.push(entry.expect("an entry").path());
    }
    for path in all.iter().filter(|path| path.is_file()) {
        let text = fs::read_to_string(path).expect("a plan");
        let value: toml::Value = toml::from_str(&text).expect("TOML");
        let value = serde_json::to_value(value).expect("JSON");
        let parsed = parse(&Source::new("plan.toml", &text)).expect("TOML");
        let shape: Vec<&str> = parsed.findings.iter().map(|f| f.code).collect();
        bad += usize::from(!shape.is_empty());
        if validator.is_valid(&value) {
            assert!(
                shape.is_empty(),
                "{}: the schema accepts it, the parser reports {shape:?}",
                path.display()
            );
        } else {
            assert!(
                !shape.is_empty(),
                "{}: the parser accepts it, the schema does not",
                path.display()
            );
        }
    }
    assert!(bad >= 9, "only {bad} plans with a bad shape");
}
