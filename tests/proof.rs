//! A tree that breaks a rule is not written, unless the plan allows it; what is edited on disk is judged as it is.

mod common;

use std::fmt::Write as _;
use std::fs;

use common::{code, files, meshplan_in, repository, small_plan, stderr, stdout};
use serde_json::Value;

/// The small plan with templates whose grants are for another kind of route.
fn broken() -> tempfile::TempDir {
    let folder = small_plan(&[]);
    let own = folder.path().join("own/gateway-api");
    fs::create_dir_all(&own).expect("a folder");
    let template =
        fs::read_to_string(repository().join("templates/gateway-api/referencegrant.yaml"))
            .expect("the template");
    let broken = template.replace("kind: HTTPRoute", "kind: GRPCRoute");
    assert_ne!(template, broken);
    fs::write(own.join("referencegrant.yaml"), broken).expect("the template");
    folder
}

const COMPILE: [&str; 4] = ["compile", "plan.toml", "--templates", "own"];

#[test]
fn what_breaks_a_rule_is_not_written_unless_it_is_allowed() {
    let folder = broken();
    let output = meshplan_in(
        folder.path(),
        &[&COMPILE[..], &["--format", "json"]].concat(),
    );
    assert_eq!(code(&output), 1);
    assert!(!folder.path().join("shop").exists(), "nothing was written");
    let json: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let findings = json["findings"].as_array().expect("findings");
    let grant = findings
        .iter()
        .find(|finding| finding["code"] == "MP0011")
        .expect("MP0011");
    assert_eq!(grant["step"], "180-route");
    assert_eq!(grant["object"], "HTTPRoute ingress/web");
    assert_eq!(grant["plan"]["file"], "plan.toml");
    assert!(
        grant["line"].as_u64() > Some(1)
            && grant["help"]
                .as_str()
                .is_some_and(|help| help.contains("ReferenceGrant"))
    );

    let mut codes: Vec<&str> = findings
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let plan = folder.path().join("plan.toml");
    let mut text = fs::read_to_string(&plan).expect("the plan");
    for code in codes {
        let _ = write!(
            text,
            "\n[[allow]]\nrule = \"{code}\"\nbecause = \"to see what becomes of it\"\n"
        );
    }
    fs::write(&plan, text).expect("the plan");
    let output = meshplan_in(folder.path(), &COMPILE);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = meshplan_in(folder.path(), &["check", "shop"]);
    assert_eq!(
        code(&output),
        0,
        "the index says what is allowed: {}",
        stderr(&output)
    );
}

#[test]
fn what_was_edited_on_disk_is_judged_as_it_is() {
    let folder = small_plan(&[]);
    assert_eq!(
        code(&meshplan_in(folder.path(), &["compile", "plan.toml"])),
        0
    );
    let before = files(folder.path());
    let route = folder
        .path()
        .join("shop/310-weight-10/70-httproute-ingress-web.yaml");
    let text = fs::read_to_string(&route).expect("the route");
    fs::write(&route, text.replace("weight: 10\n", "weight: 11\n")).expect("the route");
    let output = meshplan_in(folder.path(), &["check", "shop", "--format", "json"]);
    assert_eq!(code(&output), 1);
    let json: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let of = |wanted: &str| {
        json["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .any(|finding| finding["code"] == wanted)
    };
    assert!(of("edited-file") && of("MP0016"), "{json}");
    fs::write(&route, text).expect("the route");
    fs::write(
        folder.path().join("shop/310-weight-10/99-stray.yaml"),
        "a: 1\n",
    )
    .expect("a stray file");
    let output = meshplan_in(folder.path(), &["check", "shop"]);
    assert_eq!(code(&output), 0);
    assert!(
        stderr(&output).contains("unlisted-file"),
        "{}",
        stderr(&output)
    );
    fs::remove_file(folder.path().join("shop/310-weight-10/99-stray.yaml"))
        .expect("the stray file");
    assert_eq!(files(folder.path()), before);
    fs::remove_file(&route).expect("the route");
    let output = meshplan_in(folder.path(), &["check", "shop"]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("missing-file"),
        "{}",
        stderr(&output)
    );
}
