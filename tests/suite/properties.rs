//! Every text in a plan or a manifest arrives unchanged in the output, or meshplan rejects it.

use std::collections::BTreeMap;
use std::fs;

use crate::common::{repository, small_plan};
use meshplan::plan::Files;
use meshplan::text::source::Source;
use meshplan::text::yaml;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Compiles a plan whose one manifest is `manifest`.
fn compile(plan: &str, manifest: &str) -> meshplan::Compiled {
    let read = |_: &str| Ok(manifest.to_owned());
    let files = Files {
        folder: String::new(),
        read: &read,
        list: &|_| Ok(Vec::new()),
    };
    meshplan::compile(&Source::new("plan.toml", plan), &files, BTreeMap::new())
}

fn plan() -> String {
    let folder = small_plan(&[]);
    fs::read_to_string(folder.path().join("plan.toml")).expect("the plan")
}

fn web() -> String {
    fs::read_to_string(repository().join("tests/bad/manifests/web.yaml")).expect("the manifest")
}

/// Strings as users and attackers write them.
fn strings() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z0-9:_./+-]{0,12}",
        "[ \t\n\"'{}\\[\\]#&*!|>%@`~,=<-]{0,8}",
        "[0-9]{1,4}[-:_.][0-9]{1,2}[-:_.]?[0-9]{0,2}",
        prop::sample::select(vec![
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "true",
            "null",
            "~",
            "",
            "1e3",
            "0123",
            "0o17",
            "0x1F",
            "1_000",
            ".inf",
            ".nan",
            "=",
            "<<",
            "- a",
            "a: b",
            "a #b",
            "{{ x }}",
            "{% x %}",
            "\u{feff}a",
            "\u{2028}",
            "\u{85}",
            "\tx\ny",
            "x \ny",
            "\n\n\tx",
        ])
        .prop_map(str::to_owned),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        strings().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        (-1_000_000i32..1_000_000).prop_map(|n| json!(f64::from(n) / 64.0)),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((strings(), inner), 0..5)
                .prop_map(|pairs| Value::Object(Map::from_iter(pairs))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn every_parser_reads_a_quoted_string_as_that_string(text in strings()) {
        let written = format!("{}: {}\n", yaml::quote(&text), yaml::quote(&text));
        let document = yaml::read_strict(&written).map_err(|p| TestCaseError::fail(format!("{written:?}: {p:?}")))?;
        prop_assert_eq!(document.value, Value::Object(Map::from_iter([(text.clone(), Value::from(text))])));
    }

    #[test]
    fn what_is_written_is_read_back(value in values()) {
        let value = json!({ "a": value });
        let written = yaml::write(&value);
        let document = yaml::read_strict(&written).map_err(|p| TestCaseError::fail(format!("{written}: {p:?}")))?;
        prop_assert_eq!(document.value, value);
    }

    #[test]
    fn a_word_is_one_word_to_a_shell(text in "[^\0]{0,20}") {
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("printf %s {}", meshplan::render::shell_word(&text))])
            .output()
            .expect("sh");
        prop_assert_eq!(String::from_utf8_lossy(&output.stdout).into_owned(), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn a_header_arrives_in_every_route_or_is_rejected(value in strings()) {
        let literal = toml::Value::from(value.clone()).to_string();
        let compiled = compile(&plan().replacen("value = \"yes\"", &format!("value = {literal}"), 1), &web());
        match compiled.output {
            None => prop_assert!(compiled.findings.iter().any(|f| f.code == "bad-header-value")),
            Some(output) => {
                let text = &output.tree.get("300-header/70-httproute-ingress-web.yaml").expect("the route").text;
                let route = yaml::read_strict(text).expect("YAML").value;
                prop_assert_eq!(&route["spec"]["rules"][0]["matches"][0]["headers"][0]["value"], &Value::from(value));
            }
        }
    }

    #[test]
    fn a_config_map_arrives_unchanged(data in prop::collection::btree_map("[a-z][a-z0-9._-]{0,10}", strings(), 1..5)) {
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data});
        let compiled = compile(&plan(), &format!("{}---\n{}", web(), yaml::write(&manifest)));
        let findings = format!("{:?}", compiled.findings);
        let output = compiled.output.ok_or_else(|| TestCaseError::fail(findings))?;
        let text = &output.tree.get("150-stable-workloads/20-configmap-shop-1-29-6-settings.yaml")
            .expect("the object").text;
        let mut placed = yaml::read_strict(text).expect("YAML").value;
        prop_assert_eq!(
            placed["metadata"].as_object_mut().and_then(|m| m.remove("namespace")),
            Some(Value::from("shop-1-29-6"))
        );
        prop_assert_eq!(placed, manifest);
    }

    #[test]
    fn no_text_makes_the_compiler_panic(text in strings(), manifest in any::<String>()) {
        let _ = compile(&text, "");
        let _ = compile(&plan(), &manifest);
        let at = plan().len() / 2;
        let cut = plan().char_indices().map(|(i, _)| i).find(|i| *i >= at).unwrap_or(0);
        let _ = compile(&format!("{}{text}{}", &plan()[..cut], &plan()[cut..]), &web());
    }
}
