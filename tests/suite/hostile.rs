//! Generates the table of hostile inputs and their results in docs/evidence.md. `MESHPLAN_BLESS=1 cargo test
//! --test suite hostile` regenerates it.

#![allow(clippy::too_many_lines)] // a long table

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use crate::common::{evidence, repository, small_plan};
use meshplan::Compiled;
use meshplan::plan::Files;
use meshplan::text::source::Source;
use meshplan::text::yaml;
use serde_json::Value;

/// Texts that a YAML, TOML, template or shell parser could misread.
const TEXTS: &[&str] = &[
    "yes",
    "on",
    "n",
    "1e3",
    "0123",
    "0x1F",
    "1_000",
    "null",
    "~",
    "2024-01-01",
    "12:30:45",
    ".inf",
    "=",
    "<<",
    "'",
    "\"",
    "a: b",
    "a #b",
    "{a}",
    "[a]",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "- a",
    "%a",
    "@a",
    "`a`",
    "\\",
    "$HOME",
    "$(id)",
    "; rm -rf /",
    "{{ 7*7 }}",
    "{% x %}",
    "{# x #}",
    "a\nb",
    "\ta",
    "\u{7}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "ü",
    "日本",
    "🚀",
];

fn compile(plan: &str, manifest: &str) -> Compiled {
    let read = |_: &str| Ok(manifest.to_owned());
    let files = Files {
        folder: String::new(),
        read: &read,
        list: &|_| Ok(Vec::new()),
    };
    meshplan::compile(&Source::new("plan.toml", plan), &files, BTreeMap::new())
}

fn plan() -> String {
    fs::read_to_string(small_plan(&[]).path().join("plan.toml")).expect("the plan")
}

fn web() -> String {
    fs::read_to_string(repository().join("tests/bad/manifests/web.yaml")).expect("the manifest")
}

fn object(compiled: &Compiled, path: &str) -> Value {
    let output = compiled.output.as_ref().expect("a tree");
    yaml::read_strict(
        &output
            .tree
            .get(path)
            .unwrap_or_else(|| panic!("{path}"))
            .text,
    )
    .expect("YAML")
    .value
}

/// The result of an input: the value in the output, or the code of the finding that rejected it.
fn outcome(compiled: &Compiled, path: &str, pointer: &str) -> Result<Value, String> {
    if compiled.output.is_some() {
        let arrived = object(compiled, path);
        return Ok(arrived.pointer(pointer).cloned().unwrap_or_default());
    }
    let is_error = |f: &&meshplan::text::finding::Finding| {
        f.severity == meshplan::text::finding::Severity::Error
    };
    let errors: Vec<&str> = compiled
        .findings
        .iter()
        .filter(is_error)
        .map(|f| f.code)
        .collect();
    assert!(
        compiled.findings.iter().all(|f| f.at.is_some()),
        "{:?}",
        compiled.findings
    );
    Err((*errors.first().expect("an error")).to_owned())
}

fn cell(outcome: &Result<Value, String>, sent: &Value) -> String {
    match outcome {
        Ok(value) if value == sent => "arrives".to_owned(),
        Ok(value) => format!("arrives as {}", code(&value.to_string())),
        Err(code) => format!("rejected, `{code}`"),
    }
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "ˋ").replace('|', "\\|"))
}

fn toml(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn texts(table: &mut String) {
    let route = "300-header/70-httproute-ingress-web.yaml";
    let config = "150-stable-workloads/20-configmap-shop-1-29-6-c.yaml";
    let deployment = "150-stable-workloads/40-deployment-shop-1-29-6-web.yaml";
    table.push_str("| text | header value in the plan | quoted in a ConfigMap | bare as an `env` value | in a probe \
        |\n| --- | --- | --- | --- | --- |\n");
    for text in TEXTS {
        let sent = Value::from(*text);
        let header = compile(
            &plan().replacen("value = \"yes\"", &format!("value = {}", toml(text)), 1),
            &web(),
        );
        let header = outcome(&header, route, "/spec/rules/0/matches/0/headers/0/value");

        let quoted = serde_json::to_string(text).expect("JSON");
        let map = format!(
            "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  a: {}\n",
            web(),
            yaml::quote(text)
        );
        let quoted_value = outcome(&compile(&plan(), &map), config, "/data/a");
        assert_eq!(quoted_value, Ok(sent.clone()), "{quoted}");

        let env = web().replace(
            "        image:",
            &format!("        env:\n        - name: A\n          value: {text}\n        image:"),
        );
        let bare = outcome(
            &compile(&plan(), &env),
            deployment,
            "/spec/template/spec/containers/0/env/0/value",
        );
        // kubectl must not read any text differently than meshplan does.
        if let (Ok(arrived), Ok(documents)) = (&bare, yaml::read(&env)) {
            let read = documents[1]
                .value
                .pointer("/spec/template/spec/containers/0/env/0/value")
                .cloned()
                .unwrap_or_default();
            assert_eq!(*arrived, read, "{text:?}");
        }

        let probe = format!(
            "[[probe]]\nname = \"p\"\nurl = \"http://10.0.0.1/\"\nexpect = {{ status = 200, contains = {} }}\n\
             \n[shift]",
            toml(text)
        );
        let probe = compile(&plan().replacen("[shift]", &probe, 1), &web());
        let in_probe = match &probe.output {
            Some(output) => {
                let script = &output
                    .tree
                    .get("180-route/verify.sh")
                    .expect("the script")
                    .text;
                assert!(
                    script.contains(&format!(
                        "probe http://10.0.0.1/ '' 200 {}\n",
                        meshplan::render::shell_word(text)
                    )),
                    "{text:?}: {script}"
                );
                "arrives".to_owned()
            }
            None => format!("rejected, `{}`", probe.findings[0].code),
        };
        writeln!(
            table,
            "| {} | {} | {} | {} | {in_probe} |",
            code(&text.escape_debug().to_string()),
            cell(&header, &sent),
            cell(&quoted_value, &sent),
            cell(&bare, &sent)
        )
        .expect("writing to a string");
    }
}

fn others(table: &mut String) {
    let deployment = "150-stable-workloads/40-deployment-shop-1-29-6-web.yaml";
    let volume = |mode: &str| {
        web().replace(
            "      containers:",
            &format!(
                "      volumes:\n      - name: v\
            \n        secret: {{secretName: s, defaultMode: {mode}}}\n      containers:"
            ),
        )
    };
    let mode = "/spec/template/spec/volumes/0/secret/defaultMode";
    let label = |value: &str| {
        web().replace(
            "      labels:\n        app: web",
            &format!("      labels:\n        app: web\n        long: {value}"),
        )
    };
    let long = "a".repeat(253);
    let service = format!(
        "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {long}}}\n",
        web()
    );
    let service = compile(&plan(), &service);
    let named = service
        .output
        .as_ref()
        .expect("a tree")
        .tree
        .iter()
        .map(|(path, _)| path.clone())
        .find(|path| path.starts_with("150-stable-workloads/") && path.contains("configmap"))
        .expect("a file");
    assert!(
        named.len() < 255 && object(&service, &named)["metadata"]["name"] == long.as_str(),
        "{named}"
    );

    let rows: Vec<(&str, Compiled, &str, Value)> = vec![
        (
            "`defaultMode: 0644`",
            compile(&plan(), &volume("0644")),
            mode,
            Value::from(420),
        ),
        (
            "`defaultMode: 0o644`",
            compile(&plan(), &volume("0o644")),
            mode,
            Value::from(420),
        ),
        (
            "`defaultMode: \"0644\"`",
            compile(&plan(), &volume("\"0644\"")),
            mode,
            Value::from("0644"),
        ),
        (
            "`defaultMode: 18446744073709551616`",
            compile(&plan(), &volume("18446744073709551616")),
            mode,
            Value::Null,
        ),
        (
            "`defaultMode: .nan`",
            compile(&plan(), &volume(".nan")),
            mode,
            Value::Null,
        ),
        (
            "a label of 63 characters",
            compile(&plan(), &label(&"a".repeat(63))),
            "/spec/template/metadata/labels/long",
            Value::from("a".repeat(63)),
        ),
        (
            "a label `yes`, bare",
            compile(&plan(), &label("yes")),
            "",
            Value::Null,
        ),
        (
            "a label `1.30`, bare",
            compile(&plan(), &label("1.30")),
            "",
            Value::Null,
        ),
        (
            "a duplicate key",
            compile(
                &plan(),
                &web().replace("    app: web\n", "    app: web\n    app: other\n"),
            ),
            "",
            Value::Null,
        ),
        (
            "a key `on`, bare",
            compile(&plan(), &web().replace("    app: web\n", "    on: web\n")),
            "",
            Value::Null,
        ),
        (
            "a tag `!x`",
            compile(&plan(), &label("!x web")),
            "",
            Value::Null,
        ),
        (
            "nine levels of aliases",
            compile(&plan(), &bomb()),
            "",
            Value::Null,
        ),
        (
            "10,000 times `[`",
            compile(&plan(), &"[".repeat(10_000)),
            "",
            Value::Null,
        ),
        ("an empty file", compile(&plan(), ""), "", Value::Null),
        (
            "bytes that are not YAML",
            compile(&plan(), "\u{0}\u{1}: ["),
            "",
            Value::Null,
        ),
        (
            "a file with CRLF",
            compile(&plan(), &web().replace('\n', "\r\n")),
            "/metadata/name",
            Value::from("web"),
        ),
        (
            "a byte order mark",
            compile(&plan(), &format!("\u{feff}{}", web())),
            "/metadata/name",
            Value::from("web"),
        ),
    ];
    table.push_str("\n| in a manifest | result |\n| --- | --- |\n");
    for (what, compiled, pointer, sent) in rows {
        let outcome = outcome(&compiled, deployment, pointer);
        if let Ok(value) = &outcome {
            assert_eq!(*value, sent, "{what}");
        }
        writeln!(table, "| {what} | {} |", cell(&outcome, &Value::from("?")))
            .expect("writing to a string");
    }
    writeln!(
        table,
        "| a name of 253 characters | arrives, in a file whose name is truncated to {} bytes |",
        named.split('/').next_back().expect("a name").len()
    )
    .expect("writing to a string");
}

/// Nine anchors, each nine times as large as the one before.
fn bomb() -> String {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..10 {
        let list = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{list}]").expect("writing to a string");
    }
    text
}

#[test]
fn hostile_inputs_arrive_or_are_rejected() {
    let mut table = String::new();
    texts(&mut table);
    others(&mut table);
    let own = evidence("hostile inputs", &table, "MESHPLAN_BLESS");
    assert_eq!(
        own, table,
        "docs/evidence.md is out of date; MESHPLAN_BLESS=1 regenerates it"
    );
}
