//! meshplan does not write a tree that breaks a rule, unless the plan allows it. It checks a tree that was
//! edited on disk as it is on disk.

use std::fmt::Write as _;
use std::fs;

use crate::common::{code, files, meshplan_in, repository, small_plan, stderr, stdout};
use serde_json::Value;

/// The small plan, with templates whose ReferenceGrants allow another kind of route.
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
fn a_tree_that_breaks_a_rule_is_not_written_unless_allowed() {
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
        "the index lists what the plan allows: {}",
        stderr(&output)
    );
}

#[test]
fn a_tree_edited_on_disk_is_checked_as_it_is() {
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
    assert_eq!(code(&output), 1);
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

/// The index has the digest of every file, including the files that the proof does not read.
#[test]
fn an_edited_script_is_an_error_and_an_edited_runbook_a_warning() {
    let folder = small_plan(&[]);
    assert_eq!(
        code(&meshplan_in(folder.path(), &["compile", "plan.toml"])),
        0
    );
    let shop = folder.path().join("shop");
    let original = files(&shop);
    // One script represents all scripts of its kind.
    let step = "310-weight-10";
    let looked_at =
        |path: &str| path == "README.md" || path.starts_with(step) && path.contains(".sh");
    for (path, bytes) in original.iter().filter(|(path, _)| looked_at(path)) {
        let file = shop.join(path);
        let is_script = path != "README.md";
        fs::write(&file, [bytes.as_slice(), b"# edited\n"].concat()).expect("a file");
        let output = meshplan_in(folder.path(), &["check", "shop"]);
        let said = stderr(&output);
        assert_eq!(code(&output), i32::from(is_script), "{path}: {said}");
        assert!(
            said.contains(&format!(
                "[edited-file]: `{path}` was changed after it was compiled"
            )),
            "{path}: {said}"
        );
        fs::remove_file(&file).expect("removing");
        let output = meshplan_in(folder.path(), &["check", "shop"]);
        assert_eq!(code(&output), 1, "{path}");
        assert!(stderr(&output).contains("missing-file"), "{path}");
        fs::write(&file, bytes).expect("a file");
    }
}

/// Steps that are missing, that the index does not list, or that are in another order.
#[test]
fn the_index_and_the_folders_have_the_same_steps() {
    let folder = small_plan(&[]);
    assert_eq!(
        code(&meshplan_in(folder.path(), &["compile", "plan.toml"])),
        0
    );
    let path = folder.path().join("shop/index.json");
    let whole: Value = serde_json::from_slice(&fs::read(&path).expect("the index")).expect("JSON");
    let said = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut index = whole.clone();
        change(index["steps"].as_array_mut().expect("steps"));
        fs::write(&path, index.to_string()).expect("the index");
        let output = meshplan_in(folder.path(), &["check", "shop"]);
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        stderr(&output)
    };
    let gone = said(&|steps| steps.truncate(steps.len() - 5));
    assert!(
        gone.contains("`640-retire-control-plane` is not a step"),
        "{gone}"
    );
    assert!(said(&Vec::clear).contains("`310-weight-10` is not a step of index.json"));
    assert!(said(&|steps| steps.reverse()).contains("steps-differ"));
    fs::write(&path, whole.to_string()).expect("the index");
    fs::create_dir(folder.path().join("shop/405-extra")).expect("a folder");
    let output = meshplan_in(folder.path(), &["check", "shop"]);
    assert!(
        stderr(&output).contains("`405-extra` is not a step"),
        "{}",
        stderr(&output)
    );
    fs::remove_dir(folder.path().join("shop/405-extra")).expect("the folder");
    fs::write(
        folder.path().join("shop/310-weight-10/zz.sh"),
        "#!/bin/sh\n",
    )
    .expect("a script");
    let output = meshplan_in(folder.path(), &["check", "shop"]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("does not list `310-weight-10/zz.sh`"),
        "{}",
        stderr(&output)
    );
}

/// A file that cannot be read is never treated as an empty file.
#[test]
fn an_unreadable_index_or_manifest_is_reported() {
    let folder = small_plan(&[]);
    assert_eq!(
        code(&meshplan_in(folder.path(), &["compile", "plan.toml"])),
        0
    );
    let index = folder.path().join("shop/index.json");
    let whole = fs::read_to_string(&index).expect("the index");
    let trace = ["trace", "shop", "--path", "/"];
    let all = [
        &["check", "shop"][..],
        &trace,
        &["diff", "shop", "plan.toml"],
        &["check", "plan.toml", "--golden", "shop"],
        &["rehearse", "shop"],
    ];
    for text in [
        &whole[..whole.len() / 2],
        "",
        "{\"format_version\": 1, \"facts_version\": \"x\"}",
    ] {
        fs::write(&index, text).expect("the index");
        for arguments in all {
            let output = meshplan_in(folder.path(), arguments);
            let said = stderr(&output);
            assert_eq!(code(&output), 2, "{arguments:?}: {said}");
            assert!(said.contains("index.json cannot be read"), "{said}");
            assert_eq!(stdout(&output), "", "{arguments:?}");
        }
    }
    // A first compile that was interrupted has not written an index yet.
    fs::remove_file(&index).expect("removing");
    fs::write(folder.path().join("shop/.meshplan-pending"), "{}").expect("a list");
    for arguments in all {
        let output = meshplan_in(folder.path(), arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(
            stderr(&output).contains("was interrupted; run it again first"),
            "{}",
            stderr(&output)
        );
    }

    let gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g, namespace: d}\nspec:\
        \n  gatewayClassName: istio\n  listeners: [{name: http, port: 80, protocol: HTTP}]\n";
    let route = |weight: &str| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r, namespace: d}}\nspec:\
             \n  parentRefs: [{{name: g}}]\n  rules: [{{backendRefs: [{{name: s, port: 80, weight: {weight}}}]}}]\n"
        )
    };
    for (text, code_wanted) in [
        (route("1"), 0),
        (route("-1"), 1),
        ("{ this: is [no yaml\n".to_owned(), 1),
    ] {
        let manifests = tempfile::tempdir().expect("a folder");
        fs::write(manifests.path().join("gw.yaml"), gateway).expect("a file");
        fs::write(manifests.path().join("route.yaml"), text).expect("a file");
        let output = meshplan_in(manifests.path(), &["trace", ".", "--path", "/"]);
        assert_eq!(code(&output), code_wanted, "{}", stderr(&output));
        assert_eq!(stdout(&output).is_empty(), code_wanted == 1);
        assert_eq!(
            stderr(&output).contains("error["),
            code_wanted == 1,
            "{}",
            stderr(&output)
        );
    }
}
