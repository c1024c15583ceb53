//! Breaks each YAML template in three ways: bad indentation, a wrong type and an unknown field. meshplan must
//! report each break at its line in the rendered text and name the template.

use std::fs;
use std::path::Path;

use crate::common::{code, meshplan_in, repository, small_plan, stderr};

/// A template, a line in it, and the same line with a value of a wrong type.
const WRONG_TYPES: &[(&str, &str, &str)] = &[
    (
        "gateway-api/gateway.yaml",
        "    port: {{ listener.port }}",
        "    port: \"{{ listener.port }}\"",
    ),
    (
        "gateway-api/httproute.yaml",
        "        value: {{ match.path }}",
        "        value: [{{ match.path }}]",
    ),
    (
        "gateway-api/kustomization.yaml",
        "- {{ resource }}",
        "- [{{ resource }}]",
    ),
    (
        "gateway-api/referencegrant.yaml",
        "    kind: HTTPRoute",
        "    kind: 5",
    ),
    ("identity.yaml", "kind: {{ kind }}", "kind: true"),
    (
        "istio/base.yaml",
        "      enabled: true",
        "      enabled: \"true\"",
    ),
    (
        "istio/istio-cni.yaml",
        "      enabled: true",
        "      enabled: 1",
    ),
    ("istio/istiod.yaml", "  tag: {{ tag }}", "  tag: 1.5"),
    (
        "istio/ztunnel.yaml",
        "      enabled: true",
        "      enabled: 1",
    ),
    ("lab/ipaddresspool.yaml", "  - {{ address }}", "  - 10"),
    ("lab/kind.yaml", "- role: control-plane", "- role: 1"),
    ("lab/l2advertisement.yaml", "  - {{ pool }}", "  - true"),
    (
        "namespace.yaml",
        "    app.kubernetes.io/managed-by: meshplan",
        "    app.kubernetes.io/managed-by: true",
    ),
    (
        "ztunnel/daemonset.yaml",
        "          runAsUser: 0",
        "          runAsUser: root",
    ),
    (
        "ztunnel/serviceaccount.yaml",
        "    app.kubernetes.io/part-of: istio",
        "    app.kubernetes.io/part-of: 5",
    ),
];

/// Compiles with one template replaced. Returns the finding as code, rendered line and label.
fn found(template: &str, text: &str) -> (String, String) {
    let form = if template == "istio/ztunnel.yaml" {
        "[istio]\nztunnel = \"istio-operator\"\n\n[gateway-api]"
    } else {
        "[gateway-api]"
    };
    let plan = small_plan(&[
        ("[gateway-api]", form),
        ("\"a1\", \"a2\"", "\"lab-worker\""),
        ("\"b1\"", "\"lab-worker2\""),
        (
            "[shift]",
            "[lab]\nkind = { name = \"lab\", workers = 2 }\
             \nmetallb = { version = \"v0.14.9\", addresses = [\"10.0.0.0/28\"] }\n\n[shift]",
        ),
    ]);
    let path = plan.path().join("own").join(template);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).expect("a template");
    let output = meshplan_in(
        plan.path(),
        &[
            "compile",
            "plan.toml",
            "--templates",
            "own",
            "--out",
            "never",
        ],
    );
    let said = stderr(&output);
    assert_eq!(code(&output), 1, "{template}: {said}");
    assert!(!plan.path().join("never").exists());
    assert!(
        said.contains(&format!("`{template}` renders to")),
        "{template}: {said}"
    );
    let place = said
        .lines()
        .find(|line| line.trim_start().starts_with("-->"))
        .expect("a place")
        .to_owned();
    let line = place.split(':').nth(1).expect("a line").to_owned();
    let excerpt = format!("{line} |");
    let shown = said
        .lines()
        .find(|l| l.trim_start().starts_with(&excerpt))
        .unwrap_or_default();
    (
        said.clone(),
        shown
            .split_once('|')
            .map_or("", |(_, text)| text)
            .to_owned(),
    )
}

fn templates() -> Vec<String> {
    fn walk(folder: &Path, prefix: &str, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("templates/") {
            let path = entry.expect("an entry").path();
            let name = format!(
                "{prefix}{}",
                path.file_name().expect("a name").to_string_lossy()
            );
            if path.is_dir() {
                walk(&path, &format!("{name}/"), names);
            } else if path.extension().is_some_and(|e| e == "yaml") {
                names.push(name);
            }
        }
    }
    let mut names = Vec::new();
    walk(&repository().join("templates"), "", &mut names);
    names.sort();
    names
}

fn text(template: &str) -> String {
    fs::read_to_string(repository().join("templates").join(template)).expect("a template")
}

#[test]
fn bad_indentation_is_reported_at_its_line() {
    for template in templates() {
        let good = text(&template);
        let second = good.lines().nth(1).expect("a second line");
        let (said, line) = found(
            &template,
            &good.replacen(&format!("\n{second}\n"), &format!("\n {second}\n"), 1),
        );
        assert!(
            line.trim().starts_with("kind:") && said.contains("[rendered-not-yaml]"),
            "{template}: {said}"
        );
    }
}

#[test]
fn an_unknown_field_is_reported_at_its_line() {
    for template in templates() {
        let good = text(&template);
        let (first, rest) = good.split_once('\n').expect("lines");
        let (said, line) = found(&template, &format!("{first}\nbogus: 1\n{rest}"));
        assert!(
            line.trim() == "bogus: 1" && said.contains("bogus: unknown field"),
            "{template}: {said}"
        );
    }
}

#[test]
fn a_wrong_type_is_reported_at_its_line() {
    let covered: Vec<&str> = WRONG_TYPES.iter().map(|(template, ..)| *template).collect();
    assert_eq!(
        covered,
        templates(),
        "WRONG_TYPES must have an entry for every template"
    );
    for (template, right, wrong) in WRONG_TYPES {
        let good = text(template);
        assert!(good.contains(right), "{template}: {right}");
        let (said, line) = found(template, &good.replacen(right, wrong, 1));
        let key = wrong
            .split(['{', '"', '['])
            .next()
            .expect("a key")
            .trim_end();
        assert!(
            line.trim().starts_with(key.trim()),
            "{template}: {line}: {said}"
        );
        assert!(said.contains("[rendered-schema]"), "{template}: {said}");
    }
}

#[test]
fn an_ambiguous_value_is_found() {
    let good = text("namespace.yaml");
    for value in [
        "yes",
        "on",
        "0644",
        "1_000",
        "2024-01-01",
        "12:30:45",
        "1e3",
        "!!str x",
        "&a x",
    ] {
        let broken = good.replacen(
            "managed-by: meshplan",
            &format!("managed-by: meshplan\n    extra: {value}"),
            1,
        );
        let (said, line) = found("namespace.yaml", &broken);
        assert!(
            line.contains("extra:") || said.contains("extra"),
            "{value}: {said}"
        );
    }
}
