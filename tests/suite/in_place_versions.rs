//! In-place upgrades between other versions. How a Gateway switches to the new revision depends on the version
//! that loses it.

use std::fmt::Write as _;
use std::fs;

use crate::common::{code, files, meshplan_in, repository, stderr, stdout};
use serde_json::Value;

/// A plan for an existing mesh, its dump with other versions, and the expected result.
struct Case {
    plan: &'static str,
    stable: &'static str,
    canary: &'static str,
    bundle: &'static str,
    /// Whether the plan accepts a loss of traffic.
    accepts: bool,
    /// The steps 520 to 560 and 650, or the only finding.
    comes: Result<&'static [&'static str], &'static str>,
}

const LABELS_THEN_650: &[&str] = &[
    "520-owner-ingress-front",
    "521-owner-shop-waypoint",
    "650-default-tag",
];
const LABELS_THEN_560: &[&str] = &[
    "520-owner-ingress-front",
    "521-owner-shop-waypoint",
    "560-tags",
];
const LOSS: Result<&[&str], &str> = Err("handover-missing");

const fn case(
    plan: &'static str,
    [stable, canary, bundle]: [&'static str; 3],
    accepts: bool,
    comes: Result<&'static [&'static str], &'static str>,
) -> Case {
    Case {
        plan,
        stable,
        canary,
        bundle,
        accepts,
        comes,
    }
}

/// The mesh of `in-place` has no revision name, and its Gateways have no label. The mesh of `tagged` has both.
const CASES: [Case; 19] = [
    case(
        "in-place",
        ["1.18.0-alpha.0", "1.18.1", "v1.0.0"],
        false,
        Ok(&["650-default-tag"]),
    ),
    case(
        "in-place",
        ["1.18.7", "1.19.10", "v1.4.1"],
        false,
        Ok(&["650-default-tag"]),
    ),
    case(
        "in-place",
        ["1.21.6", "1.22.0", "v1.4.1"],
        false,
        Ok(&["650-default-tag"]),
    ),
    case(
        "in-place",
        ["1.22.8", "1.23.6", "v1.4.1"],
        false,
        Ok(&["650-default-tag"]),
    ),
    case(
        "in-place",
        ["1.22.8", "1.23.4", "v1.4.1"],
        true,
        Err("existing-handover"),
    ),
    case("in-place", ["1.23.4", "1.24.6", "v1.4.1"], false, LOSS),
    case(
        "in-place",
        ["1.23.4", "1.24.6", "v1.4.1"],
        true,
        Ok(LABELS_THEN_650),
    ),
    case(
        "in-place",
        ["1.24.2", "1.25.5", "v1.4.1"],
        false,
        Ok(&["650-default-tag"]),
    ),
    case("in-place", ["1.24.6", "1.25.5", "v1.4.1"], false, LOSS),
    case(
        "in-place",
        ["1.24.6", "1.25.5", "v1.4.1"],
        true,
        Ok(LABELS_THEN_650),
    ),
    case(
        "in-place",
        ["1.29.4", "1.30.1", "v1.5.1"],
        true,
        Ok(LABELS_THEN_650),
    ),
    case(
        "in-place",
        ["1.29.6", "1.30.3", "v1.5.1"],
        false,
        Ok(LABELS_THEN_650),
    ),
    case(
        "in-place",
        ["1.30.3", "1.31.0", "v1.6.1"],
        false,
        Ok(LABELS_THEN_650),
    ),
    case(
        "tagged",
        ["1.18.0-alpha.0", "1.18.1", "v1.0.0"],
        true,
        Err("existing-handover"),
    ),
    case("tagged", ["1.22.8", "1.23.6", "v1.4.1"], false, LOSS),
    case(
        "tagged",
        ["1.22.8", "1.23.6", "v1.4.1"],
        true,
        Ok(&["520-owner-ingress-front", "560-tags"]),
    ),
    case(
        "tagged",
        ["1.24.6", "1.25.5", "v1.4.1"],
        true,
        Ok(LABELS_THEN_560),
    ),
    case(
        "tagged",
        ["1.29.4", "1.30.1", "v1.5.1"],
        true,
        Ok(LABELS_THEN_560),
    ),
    case(
        "tagged",
        ["1.29.6", "1.30.3", "v1.5.1"],
        false,
        Ok(LABELS_THEN_560),
    ),
];

/// Writes the plan and its dump to a new folder.
fn written(case: &Case) -> tempfile::TempDir {
    let (old, new) = match case.plan {
        "in-place" => ("1.30.3", "1.31.0"),
        _ => ("1.28.10", "1.29.6"),
    };
    let dashes = |version: &str| version.replace('.', "-");
    let versions = |text: &str| {
        // In two passes, so that the result of the first replacement is not replaced again.
        text.replace(old, "<old>")
            .replace(&dashes(old), "<old-name>")
            .replace(new, case.canary)
            .replace("<old-name>", &dashes(case.stable))
            .replace("<old>", case.stable)
            .replace("v1.4.1", case.bundle)
    };
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| {
        fs::write(folder.path().join(name), text).expect("a file");
    };
    let plan = repository().join(format!("plans/{}.toml", case.plan));
    let plan = versions(&fs::read_to_string(plan).expect("the plan"));
    let mut lines: Vec<&str> = plan
        .lines()
        .filter(|l| !l.starts_with("handover"))
        .collect();
    // Charts before 1.26 cannot be configured to leave their pods in place.
    lines.retain(|line| !line.starts_with("owner"));
    let canary = lines
        .iter()
        .position(|line| *line == "[canary]")
        .expect("a canary");
    if case.accepts {
        lines.insert(canary + 1, "handover = \"relabel\"");
    }
    if case.plan == "tagged" {
        let istio = lines
            .iter()
            .position(|line| *line == "[istio]")
            .expect("istio");
        lines.insert(istio + 1, "owner = { gateways = [\"argocd:argocd/edge\"] }");
    }
    write("plan.toml", lines.join("\n"));
    fs::create_dir(folder.path().join(case.plan)).expect("a folder");
    for (file, bytes) in files(&repository().join("plans").join(case.plan)) {
        let text = versions(std::str::from_utf8(&bytes).expect("text"));
        let kept: Vec<&str> = text.lines().filter(|l| !l.contains("fluxcd")).collect();
        write(&format!("{}/{file}", case.plan), kept.join("\n"));
    }
    folder
}

#[test]
fn gateways_switch_as_the_old_version_allows() {
    for case in CASES {
        let folder = written(&case);
        let what = format!("{} from {} to {}", case.plan, case.stable, case.canary);
        let output = meshplan_in(folder.path(), &["check", "plan.toml", "--format", "json"]);
        let json: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let findings = json["findings"].as_array().expect("findings");
        let errors: Vec<&str> = findings
            .iter()
            .filter(|finding| finding["severity"] == "error")
            .filter_map(|finding| finding["code"].as_str())
            .collect();
        let steps = match case.comes {
            Ok(steps) => {
                assert_eq!(errors, [] as [&str; 0], "{what}");
                steps
            }
            Err(finding) => {
                assert_eq!(errors, [finding], "{what}");
                continue;
            }
        };
        let output = meshplan_in(folder.path(), &["compile", "plan.toml", "--out", "out"]);
        assert_eq!(code(&output), 0, "{what}: {}", stderr(&output));
        let index = fs::read_to_string(folder.path().join("out/index.json")).expect("the index");
        let index: Value = serde_json::from_str(&index).expect("JSON");
        let all = index["steps"].as_array().expect("steps").iter();
        let hands: Vec<&Value> = all
            .filter(|step| {
                let number = step["number"].as_u64().expect("a number");
                (520..=560).contains(&number) || number == 650
            })
            .collect();
        let names: Vec<&str> = hands
            .iter()
            .filter_map(|step| step["name"].as_str())
            .collect();
        assert_eq!(names, steps, "{what}");
        // The steps list every restart, and the plan accepts each loss by name.
        let lossy = hands
            .iter()
            .any(|step| step["accepts"] == serde_json::json!(["MP0024"]));
        assert_eq!(lossy, case.accepts, "{what}");
        let said = hands
            .iter()
            .flat_map(|step| step["restarts"].as_array().expect("restarts"));
        let said: Vec<&str> = said
            .filter_map(|restart| restart["object"].as_str())
            .collect();
        assert_eq!(said.len(), 2, "{what}: {said:?}");
    }
}

/// Tags that istiod's Helm release creates are removed from the release, created again for the canary, and
/// restored by the rollback.
#[test]
fn tags_of_an_owner_are_changed_at_the_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let tagged = repository().join("plans/tagged");
    fs::create_dir(folder.path().join("tagged")).expect("a folder");
    for (file, bytes) in files(&tagged) {
        let before = String::from_utf8(bytes).expect("text");
        let lines: Vec<&str> = before.lines().collect();
        let mut text = String::new();
        for (number, line) in lines.iter().enumerate() {
            let of_a_tag = |line: &&str| line.contains("istio.io/tag: ");
            let next = lines.iter().skip(number).take(3);
            let istiod = line.trim() == "istio: pilot" && !next.into_iter().any(of_a_tag);
            if istiod || line.trim() == "istio.io/tag: prod" {
                let indent = &line[..line.len() - line.trim_start().len()];
                for own in ["name: istiod", "namespace: mesh"] {
                    writeln!(text, "{indent}helm.toolkit.fluxcd.io/{own}").expect("a string");
                }
            }
            writeln!(text, "{line}").expect("a string");
        }
        fs::write(folder.path().join("tagged").join(file), text).expect("a file");
    }
    let plan = fs::read_to_string(repository().join("plans/tagged.toml")).expect("the plan");
    let write = |plan: &str| fs::write(folder.path().join("plan.toml"), plan).expect("the plan");
    write(&plan);
    let output = meshplan_in(folder.path(), &["check", "plan.toml"]);
    let unnamed = "MutatingWebhookConfiguration istio-revision-tag-prod is managed by Flux's HelmRelease mesh/istiod";
    assert!(stderr(&output).contains(unnamed), "{}", stderr(&output));

    write(&plan.replace(
        "owner = { cni",
        "owner = { istiod = \"flux:mesh/istiod\", cni",
    ));
    let output = meshplan_in(folder.path(), &["compile", "plan.toml", "--out", "out"]);
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
    let script = |name: &str| {
        let path = folder.path().join("out/560-tags").join(name);
        fs::read_to_string(path).expect("a script")
    };
    let at = |script: &str, what: &str| {
        let found = script.find(what);
        found.unwrap_or_else(|| panic!("no {what} in {script}"))
    };
    let apply = script("apply.sh");
    assert!(at(&apply, "say '  revisionTags: []'") < at(&apply, " tag set prod"));
    // The script checks that the tag no longer belongs to stable, so a second run has no change to ask for.
    assert!(
        at(&apply, "tag_left prod istio-revision-tag-prod 1-28-10")
            < at(&apply, " tag set default")
    );
    let back = script("rollback.sh");
    let gone = at(
        &back,
        "delete/02-mutatingwebhookconfiguration-istio-revision-tag-prod.yaml",
    );
    assert!(gone < at(&back, "say '  - prod'"));
    assert!(
        back.contains("restore/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml")
    );
}
