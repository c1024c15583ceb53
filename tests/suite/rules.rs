//! Each rule reports its wrong example and accepts its right example. The pages in docs/rules.md are current.
//! The known mistakes in handwritten manifests are found.

use std::env;
use std::fs;

use crate::common::{code, meshplan, plans, repository, stderr, stdout};
use meshplan::rules::{RULES, pages};
use serde_json::Value;

/// The findings of `check` for manifests: code and object of each.
fn findings(text: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("manifests.yaml");
    fs::write(&file, text).expect("writing manifests");
    let output = meshplan(&["check", &file.to_string_lossy(), "--format", "json"]);
    assert!(code(&output) < 2, "{}", stderr(&output));
    let json: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    json["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            (
                finding["code"].as_str().expect("code").to_owned(),
                finding["object"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

fn codes(text: &str) -> Vec<String> {
    let mut codes: Vec<String> = findings(text).into_iter().map(|(code, _)| code).collect();
    codes.dedup();
    codes
}

#[test]
fn each_rule_reports_its_wrong_example_and_accepts_its_right_one() {
    let mut examples = 0;
    for rule in RULES {
        let (wrong, right) = (rule.section("## Wrong"), rule.section("## Right"));
        assert!(!wrong.is_empty() && !right.is_empty(), "{}", rule.code);
        if !wrong.contains("kind: ") {
            continue;
        }
        examples += 1;
        assert!(
            codes(&wrong).iter().any(|code| code == rule.code),
            "{}: {:?}",
            rule.code,
            findings(&wrong)
        );
        assert!(
            codes(&right).iter().all(|code| code != rule.code),
            "{}: {:?}",
            rule.code,
            findings(&right)
        );
    }
    assert!(
        examples >= 30,
        "only {examples} rules have manifests as examples"
    );
}

#[test]
fn the_pages_are_current() {
    let path = repository().join("docs/rules.md");
    if env::var_os("MESHPLAN_BLESS").is_some() {
        fs::write(&path, pages()).expect("writing docs/rules.md");
    }
    let text = fs::read_to_string(&path).expect("docs/rules.md");
    assert!(
        text == pages(),
        "docs/rules.md is out of date; `MESHPLAN_BLESS=1 cargo test --test suite rules` regenerates it"
    );
}

#[test]
fn each_page_describes_its_rule() {
    for rule in RULES {
        let severity = format!("{:?}", rule.severity).to_lowercase();
        let head = format!(
            "# {}: {}\n\nSeverity: {severity}.\n\n",
            rule.code,
            rule.title()
        );
        assert!(rule.page.starts_with(&head), "{}", rule.code);
        assert!(!rule.title().is_empty(), "{}", rule.code);
    }
}

#[test]
fn explain_prints_a_page_and_rejects_unknown_codes() {
    let output = meshplan(&["explain", "mp0001"]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).starts_with("# MP0001: "));
    let output = meshplan(&["explain", "MP1"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("rule `MP1` does not exist"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn golden_trees_break_no_rule() {
    if env::var_os("MESHPLAN_BLESS").is_some() {
        return;
    }
    for plan in plans() {
        let name = plan
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let output = meshplan(&["check", &format!("golden/{name}")]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert_eq!(
            stdout(&output) + &stderr(&output),
            "",
            "check must print nothing if there is no finding"
        );
    }
}

/// The parts of a manual upgrade, each correct by itself.
const WORKLOAD: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop-a, labels: {istio.io/dataplane-mode: ambient}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop-a}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop-a}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: \
{nodeSelector: {pool: stable}, containers: [{name: web, image: web}]}}
";
const GATEWAY: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: default, labels: {istio.io/rev: 1-18-0}}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
";
const GRANT: &str = "
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: web, namespace: shop-a}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}], to: \
    [{group: '', kind: Service, name: web}]}
";
const ROUTE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: default}
spec:
  parentRefs: [{name: front}]
  rules: [{matches: [{path: {type: Exact, value: /page}}], backendRefs: [{name: web, namespace: shop-a, port: 80}]}]
";
const CNI: &str = r#"
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: istio-cni}
spec: {profile: empty, tag: "1.18.1", components: {cni: {enabled: true}}}
"#;

fn istiod(version: &str, revision: &str, base: bool, values: &str) -> String {
    format!(
        "
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {{name: istiod-{revision}}}
spec:
  profile: ambient
  tag: \"{version}\"
  revision: {revision}
  components: {{base: {{enabled: {base}}}, cni: {{enabled: false}}, ztunnel: {{enabled: false}}}}
  values: {{pilot: {{env: {{CA_TRUSTED_NODE_ACCOUNTS: \"istio-system/ztunnel-1-18-0,\
istio-system/ztunnel-1-18-1\"}}}}{values}}}
"
    )
}

fn ztunnel(version: &str, revision: &str, pool: &str, own: bool) -> String {
    let (label, account) = if own {
        (format!(", rev: {revision}"), format!("ztunnel-{revision}"))
    } else {
        (String::new(), "ztunnel-1-18-0".to_owned())
    };
    format!(
        r#"
apiVersion: v1
kind: ServiceAccount
metadata: {{name: ztunnel-{revision}, namespace: istio-system}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: ztunnel-{revision}, namespace: istio-system}}
spec:
  selector: {{matchLabels: {{app: ztunnel{label}}}}}
  template:
    metadata: {{labels: {{app: ztunnel{label}}}}}
    spec:
      serviceAccountName: {account}
      nodeSelector: {{{pool}}}
      containers:
      - name: istio-proxy
        image: docker.io/istio/ztunnel:{version}
        env:
        - {{name: XDS_ADDRESS, value: "istiod-{revision}.istio-system.svc:15012"}}
        - {{name: CA_ADDRESS, value: "istiod-{revision}.istio-system.svc:15012"}}
"#
    )
}

/// A whole mesh of two revisions, with some parts replaced.
fn mesh(parts: &[(&str, &str)]) -> String {
    let all = [
        ("cni", CNI.to_owned()),
        ("stable", istiod("1.18.0", "1-18-0", false, "")),
        ("canary", istiod("1.18.1", "1-18-1", true, "")),
        (
            "ztunnel-stable",
            ztunnel("1.18.0", "1-18-0", "pool: stable", true),
        ),
        (
            "ztunnel-canary",
            ztunnel("1.18.1", "1-18-1", "pool: canary", true),
        ),
        ("workload", WORKLOAD.to_owned()),
        ("gateway", GATEWAY.to_owned()),
        ("grant", GRANT.to_owned()),
        ("route", ROUTE.to_owned()),
    ];
    let texts: Vec<String> = all
        .into_iter()
        .map(|(name, text)| {
            parts
                .iter()
                .find(|(part, _)| *part == name)
                .map_or(text, |(_, new)| (*new).to_owned())
        })
        .filter(|text| !text.trim().is_empty())
        .collect();
    texts.join("---")
}

#[test]
fn a_mesh_without_a_mistake_has_no_finding() {
    assert_eq!(findings(&mesh(&[])), []);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of mistakes")]
fn each_mistake_of_a_manual_upgrade_is_found_and_nothing_else() {
    let header_only = ROUTE.to_owned()
        + "  - {matches: [{headers: [{name: traffic, value: test}]}], backendRefs: [{name: other, namespace: \
            shop-a, port: 80}]}\n";
    let header_only = header_only.replace(
        "rules: [{matches: [{path: {type: Exact, value: /page}}], backendRefs: \
        [{name: web, namespace: shop-a, port: 80}]}]",
        "rules:\
        \n  - {matches: [{path: {type: Exact, value: /page}}], backendRefs: \
        [{name: web, namespace: shop-a, port: 80}]}",
    );
    let both = WORKLOAD.to_owned()
        + "---\napiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: shop-a}\
            \nspec: {selector: {app: web}, ports: [{port: 80}]}\n";
    let all_grant = GRANT.replace(", name: web}]}", "}]}");
    let weighted = ROUTE.replace(
        "backendRefs: [",
        "backendRefs: [{name: web, port: 80, weight: 90}, ",
    );
    let untagged = istiod("1.18.1", "1-18-1", true, "").replace("  tag: \"1.18.1\"\n", "");
    let twice = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: ztunnel-b}\
        \nspec: {profile: empty, tag: \"1.30.3\", revision: b, components: {ztunnel: {enabled: true}, base: \
        {enabled: false}}, values: {ztunnel: {env: {XDS_ADDRESS: x}}}}\n".to_owned();
    let tagged = |version: &str, revision: &str, base| {
        istiod(version, revision, base, ", revisionTags: [canary]")
    };
    let cases: Vec<(&str, &str, String)> = vec![
        ("1: no tag", "MP0034", mesh(&[("canary", &untagged)])),
        (
            "3: two DaemonSets select the same node",
            "MP0001",
            mesh(&[("ztunnel-canary", &ztunnel("1.18.1", "1-18-1", "", true))]),
        ),
        (
            "4: a namespace that does not exist",
            "MP0040",
            mesh(&[])
                + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop-b}\n",
        ),
        (
            "5: a route to its own namespace",
            "MP0010",
            mesh(&[("route", &ROUTE.replace(", namespace: shop-a", ""))]),
        ),
        ("6: no ReferenceGrant", "MP0011", mesh(&[("grant", "")])),
        (
            "7: 90 % to namespace default",
            "MP0010",
            mesh(&[("route", &weighted)]),
        ),
        (
            "8: a header rule without paths",
            "MP0015",
            mesh(&[
                ("route", &header_only),
                ("workload", &both),
                ("grant", &all_grant),
            ]),
        ),
        (
            "11: the same tag in both",
            "MP0026",
            mesh(&[
                ("stable", &tagged("1.18.0", "1-18-0", false)),
                ("canary", &tagged("1.18.1", "1-18-1", true)),
            ]),
        ),
        (
            "12: shared selector and ServiceAccount",
            "MP0004",
            mesh(&[(
                "ztunnel-canary",
                &ztunnel("1.18.1", "1-18-1", "pool: canary", false),
            )]),
        ),
        ("13: addresses in env from 1.20", "MP0007", twice),
        (
            "14: both install base",
            "MP0033",
            mesh(&[("stable", &istiod("1.18.0", "1-18-0", true, ""))]),
        ),
        (
            "15: istio-cni is not upgraded",
            "MP0030",
            mesh(&[("cni", &CNI.replace("1.18.1", "1.18.0"))]),
        ),
        (
            "16: the Gateway uses the first revision",
            "MP0025",
            mesh(&[(
                "gateway",
                &GATEWAY.replace(", labels: {istio.io/rev: 1-18-0}", ""),
            )]),
        ),
        (
            "17: pods without a node selector",
            "MP0002",
            mesh(&[(
                "workload",
                &WORKLOAD.replace("nodeSelector: {pool: stable}, ", ""),
            )]),
        ),
        (
            "18: istiod is bound to one node",
            "MP0037",
            mesh(&[(
                "canary",
                &istiod("1.18.1", "1-18-1", true, "").replace(
                    "cni: {enabled: false}",
                    "pilot: {k8s: {nodeSelector: {pool: canary}}}, cni: {enabled: false}",
                ),
            )]),
        ),
    ];
    for (mistake, code, text) in cases {
        let found = findings(&text);
        let found: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
        assert!(
            !found.is_empty() && found.iter().all(|own| *own == code),
            "{mistake}: expected {code}, found {found:?}"
        );
    }
}

#[test]
fn manifests_of_lists_helm_and_kustomize_are_read() {
    let list = "apiVersion: v1\nkind: List\nitems:\
        \n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: x}}\
        \n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: x}}\n";
    assert_eq!(codes(list), ["MP0048"]);
    let helm = "NAME: x\nLAST DEPLOYED: today\nMANIFEST:\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\
        \nNOTES:\nhere: it: is\n";
    assert_eq!(findings(helm), []);
    let kustomize =
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n";
    assert_eq!(findings(kustomize), []);
    assert_eq!(
        codes("apiVersion: v1\nkind: ConfigMap\n"),
        ["not-an-object"]
    );
    assert_eq!(codes("a: [\n"), ["manifest-not-yaml"]);
    assert_eq!(
        findings("apiVersion: a.example/v1\nkind: Thing\nmetadata: {name: a}\n"),
        []
    );
}
