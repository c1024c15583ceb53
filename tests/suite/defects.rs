//! The mistakes of a manual upgrade. No golden tree contains any of them.
// meshplan writes these paths itself, in lower case.
#![allow(clippy::case_sensitive_file_extension_comparisons)]

use std::collections::BTreeMap;

use crate::common::{files, plans, repository};
use meshplan::text::yaml;
use serde_json::Value;

/// A golden tree: all texts and all objects, by path.
struct Golden {
    texts: BTreeMap<String, String>,
    objects: BTreeMap<String, Value>,
    stable: String,
    canary: String,
}

fn goldens() -> Vec<Golden> {
    // The case of the original blog post, with its versions and with newer ones.
    let of_the_post = |plan: &&std::path::PathBuf| plan.to_string_lossy().contains("/bookinfo");
    plans()
        .iter()
        .filter(of_the_post)
        .map(|plan| {
            let name = plan
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let texts: BTreeMap<String, String> = files(&repository().join("golden").join(name))
                .into_iter()
                .map(|(path, bytes)| (path, String::from_utf8(bytes).expect("UTF-8")))
                .collect();
            let objects: BTreeMap<String, Value> = texts
                .iter()
                // Rollback folders contain copies of these objects, and identities.
                .filter(|(path, _)| path.ends_with(".yaml") && !path.contains("/rollback/"))
                .map(|(path, text)| (path.clone(), yaml::read(text).expect(path).remove(0).value))
                .collect();
            let revision = |step: &str| {
                let (_, object) = objects
                    .iter()
                    .find(|(path, _)| path.starts_with(step))
                    .expect(step);
                object["spec"]["revision"]
                    .as_str()
                    .expect("a revision")
                    .to_owned()
            };
            let (stable, canary) = (revision("120-"), revision("210-"));
            Golden {
                texts,
                objects,
                stable,
                canary,
            }
        })
        .collect()
}

impl Golden {
    fn in_step<'a>(&'a self, step: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.objects
            .iter()
            .filter(move |(path, _)| path.starts_with(step))
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.objects
            .iter()
            .filter(move |(path, object)| object["kind"] == kind && !path.contains("/delete/"))
    }

    fn scripts(&self) -> impl Iterator<Item = (&String, &String)> {
        self.texts.iter().filter(|(path, _)| path.ends_with(".sh"))
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[test]
fn each_revision_is_installed_by_its_own_version() {
    for golden in goldens() {
        for (path, operator) in golden.of_kind("IstioOperator") {
            assert!(
                !text(operator, "/spec/tag").is_empty() && !text(operator, "/spec/hub").is_empty(),
                "{path}"
            );
            assert_eq!(text(operator, "/spec/profile"), "ambient", "{path}");
            let script = path.split('/').next().expect("a step").to_owned() + "/apply.sh";
            assert!(
                golden.texts[&script]
                    .contains(&format!("istioctl_of {} ", text(operator, "/spec/tag"))),
                "{path}"
            );
        }
        let tag =
            |step: &str| text(golden.in_step(step).next().expect(step).1, "/spec/tag").to_owned();
        assert_ne!(tag("120-"), tag("210-"));
    }
}

#[test]
fn kubectl_accepts_the_commands() {
    for golden in goldens() {
        for (path, script) in golden.scripts() {
            assert!(!script.contains("apply -f <<"), "{path}");
        }
        let library = &golden.texts["lib.sh"];
        assert!(
            library.contains(
                r#"kubectl "$verb" "$1" "$2" ${3:+"--namespace=$3"} "$pair" --overwrite"#
            )
        );
        let labels = golden
            .scripts()
            .filter(|(path, script)| {
                path.ends_with("/apply.sh")
                    && (script.contains("\nlabel_nodes ") || script.contains("\nreturn_node "))
            })
            .count();
        assert_eq!(
            labels, 3,
            "three label changes: stable, canary, and stable to canary"
        );
    }
}

#[test]
fn each_node_has_one_ztunnel() {
    for golden in goldens() {
        let sets: Vec<&Value> = golden
            .of_kind("DaemonSet")
            .map(|(_, object)| object)
            .collect();
        assert_eq!(sets.len(), 2);
        let of = |pointer: &str| [text(sets[0], pointer), text(sets[1], pointer)];
        for pointer in [
            "/metadata/name",
            "/spec/selector/matchLabels/meshplan.dev~1revision",
            "/spec/template/metadata/labels/meshplan.dev~1revision",
            "/spec/template/spec/nodeSelector/meshplan.dev~1pool",
            "/spec/template/spec/serviceAccountName",
            "/spec/template/spec/containers/0/env/0/value",
            "/spec/template/spec/containers/0/image",
        ] {
            let [one, other] = of(pointer);
            assert!(
                one != other && !one.is_empty() && !other.is_empty(),
                "{pointer}: {one}"
            );
        }
        assert_eq!(
            of("/spec/template/spec/nodeSelector/kubernetes.io~1os"),
            ["linux", "linux"]
        );
        assert_eq!(
            of("/spec/template/metadata/labels/app"),
            ["ztunnel", "ztunnel"]
        );
        for script in ["130-stable-ztunnel/apply.sh", "230-canary-ztunnel/apply.sh"] {
            assert!(
                golden.texts[script].contains("\nonly_ztunnels istio-system/ztunnel-"),
                "{script}"
            );
        }
        assert!(
            golden
                .texts
                .values()
                .all(|text| !text.contains("--set profile="))
        );
    }
}

#[test]
fn ztunnel_is_configured_as_its_version_requires() {
    for golden in goldens() {
        for (path, set) in golden.of_kind("DaemonSet") {
            let env: Vec<&str> = set["spec"]["template"]["spec"]["containers"][0]["env"]
                .as_array()
                .expect("env")
                .iter()
                .map(|variable| text(variable, "/name"))
                .collect();
            let mut once = env.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(
                once.len(),
                env.len(),
                "{path}: an environment variable occurs twice"
            );
            let address = text(set, "/spec/template/spec/containers/0/env/0/value");
            let revision = text(set, "/spec/selector/matchLabels/meshplan.dev~1revision");
            let scheme = if revision.starts_with("1-18") {
                "https://"
            } else {
                ""
            };
            assert_eq!(
                address,
                format!("{scheme}istiod-{revision}.istio-system.svc:15012"),
                "{path}"
            );
        }
    }
}

#[test]
fn namespaces_exist_before_the_objects_in_them() {
    for golden in goldens() {
        let mut known = vec!["default".to_owned(), "istio-system".to_owned()];
        for (path, object) in &golden.objects {
            if path.contains("/delete/") || path.contains("lab/") || path.contains("kustomize/") {
                continue;
            }
            if object["kind"] == "Namespace" {
                known.push(text(object, "/metadata/name").to_owned());
            }
            let namespace = text(object, "/metadata/namespace");
            assert!(
                namespace.is_empty() || known.iter().any(|n| n == namespace),
                "{path}: {namespace}"
            );
            assert!(
                object["kind"] == "Namespace" || !namespace.is_empty(),
                "{path}: no namespace"
            );
        }
    }
}

#[test]
fn every_backend_of_a_route_exists_and_has_a_grant() {
    for golden in goldens() {
        let mut services = Vec::new();
        let mut grants = Vec::new();
        let mut routes = 0;
        for (path, object) in &golden.objects {
            if path.contains("/delete/") || path.contains("/rollback/") {
                continue;
            }
            let namespace = text(object, "/metadata/namespace").to_owned();
            match object["kind"].as_str() {
                Some("Service") => {
                    for port in object["spec"]["ports"].as_array().expect("ports") {
                        services.push((
                            namespace.clone(),
                            text(object, "/metadata/name").to_owned(),
                            port["port"].clone(),
                        ));
                    }
                }
                Some("ReferenceGrant") => {
                    assert_eq!(
                        object["apiVersion"], "gateway.networking.k8s.io/v1beta1",
                        "{path}"
                    );
                    let to = object["spec"]["to"].as_array().expect("to");
                    assert_eq!(to.len(), 1, "{path}: a grant must name exactly one Service");
                    grants.push((
                        namespace.clone(),
                        text(&to[0], "/name").to_owned(),
                        text(object, "/spec/from/0/namespace").to_owned(),
                    ));
                }
                Some("HTTPRoute") => {
                    routes += 1;
                    for rule in object["spec"]["rules"].as_array().expect("rules") {
                        for backend in rule["backendRefs"].as_array().expect("backendRefs") {
                            let (to, name) = (
                                text(backend, "/namespace").to_owned(),
                                text(backend, "/name").to_owned(),
                            );
                            assert!(
                                services.contains(&(
                                    to.clone(),
                                    name.clone(),
                                    backend["port"].clone()
                                )),
                                "{path}"
                            );
                            assert!(
                                grants.contains(&(to, name, namespace.clone())),
                                "{path}: no grant"
                            );
                        }
                    }
                }
                _ => {}
            }
        }
        assert_eq!(routes, 6, "plain, header, three weights, canary alone");
    }
}

#[test]
fn the_header_reaches_the_canary_on_every_path_and_at_all_weights() {
    for golden in goldens() {
        let canary = format!("bookinfo-{}", golden.canary);
        let steps = ["300-", "310-", "350-", "400-"];
        for step in steps {
            let (path, route) = golden
                .in_step(step)
                .find(|(path, _)| !path.contains("/rollback/"))
                .expect("the step's route");
            let rules = route["spec"]["rules"].as_array().expect("rules");
            let paths = |rule: &Value| -> Vec<Value> {
                rule["matches"]
                    .as_array()
                    .expect("matches")
                    .iter()
                    .map(|m| m["path"].clone())
                    .collect()
            };
            assert_eq!(paths(&rules[0]), paths(&rules[1]), "{path}");
            assert_eq!(paths(&rules[0]).len(), 5, "{path}");
            for one in rules[0]["matches"].as_array().expect("matches") {
                assert_eq!(
                    (text(one, "/headers/0/name"), text(one, "/headers/0/value")),
                    ("traffic", "test"),
                    "{path}"
                );
            }
            let backends = rules[0]["backendRefs"].as_array().expect("backendRefs");
            assert!(
                backends.len() == 1 && text(&backends[0], "/namespace") == canary,
                "{path}"
            );
        }
        let weights: Vec<(u64, u64)> = steps[1..]
            .iter()
            .map(|step| {
                let (_, route) = golden
                    .in_step(step)
                    .find(|(path, _)| !path.contains("/rollback/"))
                    .expect("a route");
                let backends = &route["spec"]["rules"][1]["backendRefs"];
                assert_eq!(
                    text(&backends[0], "/namespace"),
                    format!("bookinfo-{}", golden.stable)
                );
                (
                    backends[0]["weight"].as_u64().expect("a weight"),
                    backends[1]["weight"].as_u64().expect("a weight"),
                )
            })
            .collect();
        assert_eq!(weights, [(90, 10), (50, 50), (0, 100)]);
    }
}

#[test]
fn the_revisions_share_no_names() {
    for golden in goldens() {
        let mut names: Vec<&str> = golden
            .of_kind("IstioOperator")
            .filter(|(path, _)| !path.starts_with("220-"))
            .map(|(_, operator)| text(operator, "/metadata/name"))
            .collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(
            names.len(),
            all,
            "duplicate IstioOperator names; istioctl prunes by name"
        );
        assert_eq!(
            text(
                golden.in_step("110-").next().expect("110").1,
                "/metadata/name"
            ),
            "istio-cni"
        );
        assert_eq!(
            text(
                golden.in_step("220-").next().expect("220").1,
                "/metadata/name"
            ),
            "istio-cni"
        );
        let base = golden
            .of_kind("IstioOperator")
            .filter(|(_, o)| o["spec"]["components"]["base"]["enabled"] == true);
        assert_eq!(
            base.map(|(path, _)| &path[..3]).collect::<Vec<_>>(),
            ["020"]
        );
        for (path, operator) in golden.of_kind("IstioOperator") {
            assert!(
                operator["spec"]["values"].get("revisionTags").is_none(),
                "{path}"
            );
            assert!(
                !golden.texts[path].contains("nodeSelector"),
                "{path}: istiod is not pinned to its revision"
            );
        }
        for step in ["120-", "210-"] {
            let (path, operator) = golden.in_step(step).next().expect(step);
            let trusted = text(operator, "/spec/values/pilot/env/CA_TRUSTED_NODE_ACCOUNTS");
            let both = format!(
                "istio-system/ztunnel-{},istio-system/ztunnel-{}",
                golden.stable, golden.canary
            );
            assert_eq!(trusted, both, "{path}");
        }
    }
}

#[test]
fn istio_cni_follows_the_newer_control_plane() {
    for golden in goldens() {
        let tag =
            |step: &str| text(golden.in_step(step).next().expect(step).1, "/spec/tag").to_owned();
        assert_eq!(tag("110-"), tag("120-"));
        assert_eq!(tag("220-"), tag("210-"));
        assert!(
            golden.texts.keys().any(|path| path.starts_with("230-")),
            "istio-cni must be upgraded before the newer ztunnel is installed"
        );
    }
}

#[test]
fn the_gateway_always_has_an_owner() {
    for golden in goldens() {
        let label = |step: &str| {
            golden
                .in_step(step)
                .next()
                .map(|(_, gateway)| text(gateway, "/metadata/labels/istio.io~1rev").to_owned())
        };
        if golden.stable.starts_with("1-18-0-alpha") {
            assert_eq!(
                label("170-").as_deref(),
                Some(""),
                "the default tag manages the Gateway"
            );
            assert!(
                !golden
                    .texts
                    .keys()
                    .any(|path| path.starts_with("520-") || path.starts_with("530-"))
            );
            assert!(
                golden.texts["650-default-tag/apply.sh"]
                    .contains(" tag set default --revision 1-18-1 ")
            );
            let retire = &golden.texts["640-retire-control-plane/apply.sh"];
            let tag = retire
                .find("istio-revision-tag-default.yaml")
                .expect("the script removes the tag");
            assert!(
                tag < retire.find("-deployment-").expect("istiod goes"),
                "the script must remove the tag first"
            );
        } else {
            assert_eq!(label("170-"), Some(golden.stable.clone()));
            assert_eq!(label("520-"), Some(golden.canary.clone()));
            assert!(
                golden.texts["530-default-tag/apply.sh"]
                    .contains(" tag set default --revision 1-30-3 ")
            );
            assert!(
                !golden.texts["640-retire-control-plane/apply.sh"]
                    .contains("istio-revision-tag-default.yaml")
            );
        }
        for (path, namespace) in golden.of_kind("Namespace") {
            assert!(
                namespace["metadata"]["labels"]
                    .get("istio.io/rev")
                    .is_none(),
                "{path}"
            );
        }
    }
}

#[test]
fn every_enrolled_pod_is_on_a_node_with_its_ztunnel() {
    for golden in goldens() {
        for (step, pool) in [("150-", "stable"), ("250-", "canary")] {
            let mut pods = 0;
            for (path, object) in golden
                .in_step(step)
                .filter(|(_, object)| object["kind"] == "Deployment")
            {
                pods += 1;
                let selector = "/spec/template/spec/nodeSelector/meshplan.dev~1pool";
                assert_eq!(text(object, selector), pool, "{path}");
            }
            assert_eq!(pods, 8, "{step}");
        }
    }
}

#[test]
fn retiring_deletes_each_object_by_name_and_no_shared_object() {
    for golden in goldens() {
        for (path, script) in golden.scripts() {
            assert!(
                !script.contains("uninstall") && !script.contains("--cascade"),
                "{path}"
            );
            // lib.sh deletes by identity, except probe pods, which no plan contains.
            assert!(
                !script.contains("kubectl delete") || path == "lib.sh",
                "{path}"
            );
            for line in script.lines().filter(|line| line.starts_with("delete ")) {
                assert_eq!(line, "delete \\", "{path}: does not delete by identity");
            }
        }
        let deleted: Vec<&Value> = golden
            .objects
            .iter()
            .filter(|(path, _)| path.contains("/delete/"))
            .map(|(_, object)| object)
            .collect();
        assert!(deleted.len() > 35, "{}", deleted.len());
        for object in deleted {
            let whole = object.to_string();
            assert!(!whole.contains(&golden.canary), "{whole}");
            assert!(
                whole.contains(&golden.stable)
                    || whole.contains("default") && golden.stable.contains("alpha"),
                "{whole}"
            );
            let kind = text(object, "/kind");
            assert!(
                !["CustomResourceDefinition", "Node", "Secret", "GatewayClass"].contains(&kind),
                "{whole}"
            );
        }
    }
}

#[test]
fn the_old_nodes_move_to_the_canary_pool() {
    for golden in goldens() {
        let script = &golden.texts["660-nodes-to-canary/apply.sh"];
        assert!(script.contains(" meshplan.dev/pool canary ambient-worker\n"));
        assert!(golden.texts["660-nodes-to-canary/verify.sh"].contains("ztunnel-"));
    }
}

#[test]
fn every_step_has_a_verification_and_a_rollback() {
    for golden in goldens() {
        let index: Value = serde_json::from_str(&golden.texts["index.json"]).expect("JSON");
        for step in index["steps"].as_array().expect("steps") {
            for key in ["title", "why", "watch"] {
                assert!(
                    !text(step, &format!("/{key}")).is_empty(),
                    "{}: {key}",
                    step["name"]
                );
            }
            assert!(!text(step, "/back").is_empty(), "{}", step["name"]);
            assert!(
                !step["gates"].as_array().expect("gates").is_empty(),
                "{}: verify.sh has no check that can fail",
                step["name"]
            );
            assert!(
                !step["actions"].as_array().expect("actions").is_empty(),
                "{}",
                step["name"]
            );
            assert!(
                golden
                    .texts
                    .contains_key(&format!("{}/rollback.sh", text(step, "/name"))),
                "{}",
                step["name"]
            );
            let no_return = step["reversible"] == false;
            assert_eq!(no_return, step["number"] == 620, "{}", step["name"]);
        }
    }
}

#[test]
fn crds_are_pinned_and_never_rolled_back() {
    for golden in goldens() {
        let script = &golden.texts["010-gateway-api/apply.sh"];
        assert!(
            script.contains("apply_kustomization \"$here\"/kustomize/")
                && script.contains("may_install_bundle v")
        );
        assert!(golden.texts["010-gateway-api/kustomize/kustomization.yaml"].contains("?ref=v"));
    }
}

#[test]
fn kubectl_apply_of_a_step_contains_only_kinds_that_a_server_knows() {
    for golden in goldens() {
        for (path, object) in &golden.objects {
            let parts: Vec<&str> = path.split('/').collect();
            if let [step, _] = parts.as_slice()
                && step.starts_with(|c: char| c.is_ascii_digit())
            {
                let group = text(object, "/apiVersion")
                    .split_once('/')
                    .map_or("", |(group, _)| group);
                assert!(
                    ["", "apps", "gateway.networking.k8s.io"].contains(&group),
                    "{path}: {group}"
                );
            }
        }
        for path in golden.texts.keys() {
            let parts: Vec<&str> = path.split('/').collect();
            if let [step, file] = parts.as_slice()
                && step.starts_with(|c: char| c.is_ascii_digit())
            {
                let kubectl_reads = [".yaml", ".yml", ".json"]
                    .iter()
                    .any(|ending| file.ends_with(ending));
                assert!(kubectl_reads == golden.objects.contains_key(path), "{path}");
            }
        }
    }
}
