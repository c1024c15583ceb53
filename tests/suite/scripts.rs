//! The scripts of the golden trees: on a pretend cluster that is not in the expected state, with kubectl stubs
//! that record their arguments, and against a server that answers requests.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::pretend::{self, Cluster};
use crate::common::stage::{Case, cases, stubs};
use crate::common::{code, meshplan, repository, stderr, stdout, upgrade};
use serde_json::{Value, json};

/// Runs one script of a golden tree on the cluster that it expects, after `change` has modified that cluster.
fn on_cluster(script: &str, change: impl FnOnce(&mut Case<'_>)) -> (Output, Cluster) {
    let (tree, path) = script.split_once('/').expect("a tree");
    let upgrade = upgrade(tree);
    let mut all = cases(tree, &upgrade);
    let case = all.iter_mut().find(|case| case.name() == script);
    let case = case.unwrap_or_else(|| panic!("{path}"));
    change(case);
    let stubs = stubs();
    case.run(stubs.path(), None)
}

/// The objects of one kind in a cluster.
fn of_kind<'c>(case: &'c mut Case<'_>, kind: &'c str) -> impl Iterator<Item = &'c mut Value> {
    let objects = case.start.objects.iter_mut();
    objects.filter(move |object| object["kind"] == kind)
}

fn named<'c>(case: &'c mut Case<'_>, kind: &'c str, name: &str) -> &'c mut Value {
    of_kind(case, kind)
        .find(|object| object["metadata"]["name"] == name)
        .unwrap_or_else(|| panic!("{kind} {name}"))
}

/// Whether a script asked kubectl to change something.
fn wrote(cluster: &Cluster) -> bool {
    let verbs = [
        "apply", "delete", "label", "annotate", "patch", "create", "replace", "cordon",
    ];
    let writes = cluster
        .calls
        .iter()
        .filter(|call| verbs.contains(&call[0].as_str()));
    writes
        .filter(|call| call.get(1).is_none_or(|word| word != "--help"))
        .count()
        > 0
}

type Change = fn(&mut Case<'_>);

/// Each cluster is not in the state that the script requires. The script must report this before it changes
/// anything.
#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn guards_stop_before_any_change() {
    let bundle: fn(&mut Case<'_>, &str, &str) = |case, bundle, channel| {
        let metadata = json!({
            "name": "gateways.gateway.networking.k8s.io",
            "annotations": {"gateway.networking.k8s.io/bundle-version": bundle,
                "gateway.networking.k8s.io/channel": channel},
        });
        case.start
            .objects
            .push(json!({"kind": "CustomResourceDefinition", "metadata": metadata}));
    };
    for (version, channel, works) in [
        ("v0.6.1", "experimental", true),
        ("v0.5.1", "experimental", true),
        ("v0.10.0", "experimental", false),
        ("v1.0.0", "experimental", false),
        ("v0.6.2", "experimental", false),
        ("v0.6.1", "standard", false),
    ] {
        let (output, cluster) = on_cluster("bookinfo/010-gateway-api/apply.sh", |case| {
            bundle(case, version, channel);
        });
        assert_eq!(
            code(&output) == 0,
            works,
            "{version} {channel}: {}",
            stderr(&output)
        );
        assert_eq!(wrote(&cluster), works, "{version} {channel}");
    }
    let table: &[(&str, Change, &str)] = &[
        (
            "bookinfo/230-canary-ztunnel/apply.sh",
            |case| {
                let template = json!({"metadata": {"labels": {"app": "ztunnel"}},
                    "spec": {"containers": [{"image": "x"}]}});
                let spec =
                    json!({"selector": {"matchLabels": {"app": "ztunnel"}}, "template": template});
                case.start.objects.push(json!({"kind": "DaemonSet",
                    "metadata": {"name": "ztunnel", "namespace": "kube-system"}, "spec": spec}));
            },
            "DaemonSet kube-system/ztunnel",
        ),
        (
            "bookinfo/620-retire-namespace/apply.sh",
            |case| {
                case.start.objects.push(json!({"kind": "Pod",
                    "metadata": {"name": "guest", "namespace": "bookinfo-1-18-0-alpha-0"}}));
            },
            "no pod is left in bookinfo-1-18-0-alpha-0 (pods remain: guest)",
        ),
        (
            "bookinfo/630-retire-ztunnel/apply.sh",
            |case| {
                case.start.objects.push(json!({"kind": "Namespace",
                    "metadata": {"name": "bookinfo-1-18-0-alpha-0",
                    "labels": {"istio.io/dataplane-mode": "ambient"}}}));
            },
            "is 'ambient'",
        ),
        (
            "bookinfo/610-retire-workloads/apply.sh",
            |case| {
                case.start.objects.push(
                    json!({"kind": "HTTPRoute", "metadata": {"name": "x", "namespace": "y"},
                    "spec": {"rules": [{"backendRefs": [{"namespace": "bookinfo-1-18-0-alpha-0",
                    "name": "productpage"}]}]}}),
                );
            },
            "y/x references Service bookinfo-1-18-0-alpha-0/productpage",
        ),
        (
            "bookinfo/100-stable-nodes/apply.sh",
            |case| {
                named(case, "Node", "ambient-worker")["metadata"]["labels"] =
                    json!({"meshplan.dev/pool": "canary"});
            },
            "already has meshplan.dev/pool=canary",
        ),
        (
            "bookinfo/140-stable-namespace/apply.sh",
            |case| {
                case.start.objects.push(json!({"kind": "Namespace",
                    "metadata": {"name": "bookinfo-1-18-0-alpha-0",
                    "labels": {"istio.io/dataplane-mode": "ambient"}}}));
            },
            "is 'ambient'",
        ),
        (
            "bookinfo/170-gateway/rollback.sh",
            |case| {
                case.start.objects.push(json!({"kind": "HTTPRoute", "metadata": {"name": "x", "namespace": "y"},
                    "spec": {"parentRefs": [{"name": "bookinfo-gateway", "namespace": "istio-system"}]}}));
            },
            "an HTTPRoute in y is still attached to Gateway istio-system/bookinfo-gateway",
        ),
        (
            "bookinfo/310-weight-10/apply.sh",
            |case| {
                case.start
                    .objects
                    .retain(|object| object["metadata"]["name"] != "productpage-v1");
            },
            "has a ready endpoint (no endpoint is ready)",
        ),
        (
            "bookinfo-1.30/640-retire-control-plane/apply.sh",
            |case| {
                named(
                    case,
                    "MutatingWebhookConfiguration",
                    "istio-revision-tag-default",
                )["metadata"]["labels"]["istio.io/rev"] = json!("1-29-6");
            },
            "is '1-29-6', not '1-30-3'",
        ),
        (
            "bookinfo/110-istio-cni/apply.sh",
            |case| {
                case.start.objects.push(json!({"kind": "MutatingWebhookConfiguration",
                    "metadata": {"name": "x", "labels": {"app": "sidecar-injector", "istio.io/rev": "older"}}}));
            },
            "the cluster already has Istio, revision older",
        ),
        (
            "in-place/640-retire-control-plane/apply.sh",
            |case| {
                case.start.objects.push(
                    json!({"kind": "Gateway", "metadata": {"name": "late", "namespace": "shop"},
                    "spec": {"gatewayClassName": "istio"}}),
                );
            },
            "would lose their control plane; label them istio.io/rev=1-31-0 first: shop/late",
        ),
    ];
    for (script, change, word) in table {
        let (output, cluster) = on_cluster(script, change);
        assert_eq!(code(&output), 1, "{script}: {}", stdout(&output));
        assert!(
            stderr(&output).contains(word),
            "{script}: {}",
            stderr(&output)
        );
        assert!(!wrote(&cluster), "{script}: {:?}", cluster.calls);
    }
    // Step 640 again after step 650: the tag now belongs to the canary and stays. The other objects are
    // deleted.
    let (output, cluster) = on_cluster("bookinfo/640-retire-control-plane/apply.sh", |case| {
        named(
            case,
            "MutatingWebhookConfiguration",
            "istio-revision-tag-default",
        )["metadata"]["labels"]["istio.io/rev"] = json!("1-18-1");
    });
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).contains("points to revision 1-18-1"),
        "{}",
        stdout(&output)
    );
    let left = cluster.contents();
    assert!(left.contains_key("MutatingWebhookConfiguration//istio-revision-tag-default"));
    assert!(!left.contains_key("Deployment/istio-system/istiod-1-18-0-alpha-0"));
}

/// A rollback keeps the objects that existed before the plan.
#[test]
fn a_rollback_keeps_what_existed_before() {
    let namespace = |labels: Value, annotations: Value| {
        json!({"kind": "Namespace", "apiVersion": "v1",
        "metadata": {"name": "bookinfo-1-18-1", "labels": labels, "annotations": annotations}})
    };
    let found = |cluster: &Cluster| {
        cluster
            .contents()
            .get("Namespace//bookinfo-1-18-1")
            .cloned()
    };
    let note = |cluster: &Cluster| {
        found(cluster)
            .map(|found| found["metadata"]["annotations"]["meshplan.dev/found-with"].clone())
    };

    let forward = |start: Option<Value>| {
        let (output, cluster) = on_cluster("bookinfo/240-canary-namespace/apply.sh", |case| {
            case.start.objects.extend(start);
        });
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        cluster
    };
    let others = forward(Some(namespace(
        json!({"app.kubernetes.io/managed-by": "Helm"}),
        json!({}),
    )));
    assert_eq!(note(&others), Some(json!(",Helm")));
    assert_eq!(note(&forward(None)), Some(Value::Null));
    let own = namespace(json!({}), json!({"meshplan.dev/plan": "bookinfo"}));
    assert_eq!(note(&forward(Some(own))), Some(Value::Null));

    let back = |annotations: Value| {
        let start = namespace(
            json!({"istio.io/dataplane-mode": "ambient", "app.kubernetes.io/managed-by": "meshplan"}),
            annotations,
        );
        let (output, cluster) = on_cluster("bookinfo/240-canary-namespace/rollback.sh", |case| {
            case.start
                .objects
                .retain(|object| object["metadata"]["name"] != "bookinfo-1-18-1");
            case.start.objects.push(start);
        });
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        found(&cluster)
    };
    // Twice: the annotation stays, so that a second run also finds it.
    for plan in [
        json!({"meshplan.dev/plan": "bookinfo", "meshplan.dev/found-with": "ambient,Helm"}),
        json!({"meshplan.dev/found-with": "ambient,Helm"}),
    ] {
        let kept = back(plan).expect("the namespace");
        assert_eq!(
            kept["metadata"]["labels"],
            json!({"istio.io/dataplane-mode": "ambient", "app.kubernetes.io/managed-by": "Helm"})
        );
        assert_eq!(
            kept["metadata"]["annotations"],
            json!({"meshplan.dev/found-with": "ambient,Helm"})
        );
    }
    let bare = back(json!({"meshplan.dev/plan": "bookinfo", "meshplan.dev/found-with": ","}))
        .expect("the namespace");
    assert_eq!(bare["metadata"]["labels"], json!({}));
    assert_eq!(back(json!({"meshplan.dev/plan": "bookinfo"})), None);
    for other in [json!({"meshplan.dev/plan": "another"}), json!({})] {
        assert!(back(other).is_some(), "not an object of this plan");
    }

    // Nodes: a rollback keeps a label that another user set.
    let labels = |output: &Cluster| output.contents()["Node//ambient-worker"]["metadata"].clone();
    let (_, cluster) = on_cluster("bookinfo/100-stable-nodes/apply.sh", |case| {
        named(case, "Node", "ambient-worker")["metadata"]["labels"] =
            json!({"meshplan.dev/pool": "stable"});
    });
    assert!(labels(&cluster)["annotations"].is_null());
    let (_, cluster) = on_cluster("bookinfo/100-stable-nodes/apply.sh", |_| {});
    assert_eq!(
        labels(&cluster)["annotations"]["meshplan.dev/labelled-by"],
        "bookinfo"
    );
    for (by, label) in [("bookinfo", Value::Null), ("another", json!("stable"))] {
        let (output, cluster) = on_cluster("bookinfo/100-stable-nodes/rollback.sh", |case| {
            named(case, "Node", "ambient-worker")["metadata"]["annotations"] =
                json!({"meshplan.dev/labelled-by": by});
        });
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert_eq!(
            labels(&cluster)["labels"]["meshplan.dev/pool"],
            label,
            "{by}"
        );
    }
}

#[test]
fn verify_fails_if_the_step_was_not_applied() {
    // `verify.sh` runs on the cluster as it is before the step.
    for tree in ["bookinfo", "in-place"] {
        let upgrade = upgrade(tree);
        let stubs = stubs();
        let all = cases(tree, &upgrade);
        let mut checked = 0;
        for pair in all.chunks(3) {
            let [apply, verify, _] = pair else {
                panic!("three scripts")
            };
            let same = apply.start.contents() == verify.start.contents();
            let waits =
                verify.step.step.actions.iter().all(|action| {
                    matches!(action.effect(), meshplan::step::Action::ExpectBase { .. })
                });
            // Step 020 can only check that the API server serves the CRDs. Old CRDs do not contain their
            // version.
            let base = verify.step.step.number == 20;
            if same || waits || base {
                continue;
            }
            let unfinished = Case {
                tree,
                step: verify.step,
                script: "verify.sh",
                start: apply.start.clone(),
                simulated: false,
                answer: verify.answer.clone(),
                environment: Vec::new(),
            };
            let (output, _) = unfinished.run(stubs.path(), None);
            assert_ne!(
                output.status.code(),
                Some(0),
                "{}: {}",
                unfinished.name(),
                stdout(&output)
            );
            assert!(!stderr(&output).is_empty(), "{}", unfinished.name());
            checked += 1;
        }
        assert!(checked > 8, "{tree}: {checked}");
    }
}

#[test]
fn checks_that_a_simulated_cluster_cannot_answer_are_skipped_with_a_message() {
    let (output, _) = on_cluster("bookinfo/310-weight-10/verify.sh", |case| {
        case.simulated = true;
    });
    let said = stdout(&output);
    for word in [
        "HTTPRoute default/bookinfo is accepted",
        "probe product page",
        "soak of 900 seconds",
    ] {
        let line = format!("skipped in a simulated cluster: {word}");
        assert!(said.contains(&line), "{said}");
    }
}

#[test]
fn a_pod_outside_the_mesh_is_found() {
    for (spec, labels, wanted) in [
        (json!({"hostNetwork": true}), json!({}), 0),
        (json!({}), json!({"istio.io/dataplane-mode": "none"}), 1),
        (json!({}), json!({}), 0),
    ] {
        let (output, _) = on_cluster("bookinfo/190-enrolment/verify.sh", |case| {
            case.start.objects.push(json!({"kind": "Pod",
                "metadata": {"name": "one", "namespace": "bookinfo-1-18-0-alpha-0", "labels": labels}, "spec": spec}));
        });
        assert_eq!(
            code(&output),
            wanted,
            "{spec} {labels}: {}",
            stderr(&output)
        );
        assert_eq!(
            stderr(&output).contains("pods are not part of the mesh: one"),
            wanted == 1
        );
    }
}

#[test]
fn a_probe_needs_more_than_its_status() {
    let head = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n";
    for (answer, wanted) in [
        (format!("{head}<title>Simple Bookstore App</title>\n200"), 0),
        (format!("{head}<title>Simple Bookstore App</title>\n503"), 1),
        (format!("{head}nothing\n200"), 1),
        (
            "HTTP/1.1 200 OK\r\nX: <title>Simple Bookstore App</title>\r\n\r\nnothing\n200"
                .to_owned(),
            1,
        ),
    ] {
        let (output, _) = on_cluster("bookinfo/180-route/verify.sh", |case| {
            case.answer = answer.clone();
        });
        assert_eq!(code(&output), wanted, "{answer}: {}", stderr(&output));
    }
}

/// Runs a line of shell with the functions of a tree.
fn with_library(line: &str) -> Output {
    let tree = repository().join("golden/bookinfo");
    let script = format!(
        "set -eu\nhere={0}/010-gateway-api\n. {0}/lib.sh\n{line}",
        tree.display()
    );
    Command::new("sh")
        .args(["-c", &script])
        .env("MESHPLAN_WAIT", "0")
        .output()
        .expect("sh")
}

#[test]
fn functions_use_their_arguments_unchanged() {
    // A pre-release does not match the release, but an image variant does.
    for (image, version, wanted) in [
        ("r/pilot:1.18.0", "1.18.0", 0),
        ("r/pilot:1.18.0-distroless", "1.18.0", 0),
        ("r/pilot:1.18.0@sha256:abc", "1.18.0", 0),
        ("r/pilot:1.18.0-alpha.0", "1.18.0-alpha.0", 0),
        ("r/pilot:1.18.0-alpha.0", "1.18.0", 1),
        ("r/pilot:1.18.0-rc.1", "1.18.0", 1),
        ("r/pilot:1.18.01", "1.18.0", 1),
    ] {
        let output = with_library(&format!("version_of {image} {version}"));
        assert_eq!(code(&output), wanted, "{image} {version}");
    }
    let output = with_library(r"say 'a\nb\c d'; within 1 'x \c y' true");
    assert_eq!(stdout(&output), "a\\nb\\c d\nx \\c y\n");
    // A response that is not an answer of the backend counts for neither revision.
    for answer in ["HTTP/1.1 503 X\r\n\r\nno healthy upstream\n503", ""] {
        let output = with_library(&format!(
            "curl() {{ printf '%s' '{answer}'; }}\nsample http://x '' 20 0 5 canary"
        ));
        assert_eq!(code(&output), 1, "{answer}: {}", stdout(&output));
    }
    // A pod of the mesh without an owner.
    let kubectl = "kubectl() { case $1 in get) printf 'ns/bare,,enabled\\nend of list' ;; *) echo drained ;; esac; }";
    let output = with_library(&format!("{kubectl}\ndrain n1 5"));
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    assert!(
        stderr(&output).contains("enrolled pods keep starting"),
        "{}",
        stderr(&output)
    );
    // The name of an object may look like a message for a missing object.
    let kubectl = "kubectl() { case $1 in get) echo gateway/missing-front ;; esac; }";
    assert_eq!(
        code(&with_library(&format!("{kubectl}\nmatches f.yaml"))),
        0
    );
}

/// A node that another administrator has cordoned stays cordoned.
#[test]
fn a_node_is_uncordoned_only_if_the_script_cordoned_it() {
    for (script, cordoned) in [
        ("in-place/302-nodes-batch/apply.sh", false),
        ("in-place/302-nodes-batch/apply.sh", true),
        ("in-place/302-nodes-batch/rollback.sh", true),
    ] {
        let (output, cluster) = on_cluster(script, |case| {
            for node in of_kind(case, "Node") {
                if cordoned {
                    node["spec"]["unschedulable"] = json!(true);
                }
            }
        });
        assert_eq!(
            code(&output),
            0,
            "{script}: {}{}",
            stdout(&output),
            stderr(&output)
        );
        let moved: Vec<&Vec<String>> = cluster
            .calls
            .iter()
            .filter(|call| call[0] == "drain")
            .collect();
        assert!(!moved.is_empty(), "{script}");
        for (key, node) in cluster
            .contents()
            .iter()
            .filter(|(key, _)| key.starts_with("Node/"))
        {
            let now = node["spec"]["unschedulable"] == true;
            assert_eq!(now, cordoned, "{script}: {key}");
            assert!(
                node["metadata"]["annotations"]["meshplan.dev/moving"].is_null(),
                "{key}"
            );
        }
    }
}

/// The script says "Make this change" only if it has seen that the cluster lacks the change.
#[test]
fn a_failed_check_does_not_ask_for_a_change() {
    let script = "fleet/220-istio-cni-upgrade/apply.sh";
    let upgrade = upgrade("fleet");
    let all = cases("fleet", &upgrade);
    let stubs = stubs();
    let case = |name: &str| {
        all.iter()
            .find(|case| case.name() == name)
            .expect("a script")
    };
    // Before the change: the script prints what to do, with the cluster that it runs against.
    let before = case("fleet/210-canary-control-plane/verify.sh")
        .start
        .clone();
    let asked = Case {
        tree: "fleet",
        step: case(script).step,
        script: "apply.sh",
        start: before.clone(),
        simulated: false,
        answer: String::new(),
        environment: vec![
            ("MESHPLAN_CONTEXT", "it's prod".to_owned()),
            ("KUBECONFIG", "/a b/config".to_owned()),
        ],
    };
    let (output, cluster) = asked.run(stubs.path(), None);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let said = stdout(&output);
    assert!(
        said.contains("Make this change at Helm release istio-system/istio-cni:"),
        "{said}"
    );
    assert!(
        said.contains(
            "KUBECONFIG='/a b/config' helm --kube-context 'it'\\''s prod' upgrade istio-cni "
        ),
        "{said}"
    );
    let look = cluster
        .calls
        .iter()
        .find(|call| call.contains(&"get".to_owned()))
        .expect("a look")
        .clone();
    for fault in [
        pretend::Fault::Fails,
        pretend::Fault::Silent,
        pretend::Fault::Partial,
    ] {
        let (output, _) = asked.run(stubs.path(), Some((look.clone(), fault)));
        assert_eq!(code(&output), 2, "{fault:?}: {}", stdout(&output));
        assert!(
            !stdout(&output).contains("Make this change"),
            "{fault:?}: {}",
            stdout(&output)
        );
        assert!(
            stderr(&output).contains("cannot check whether"),
            "{fault:?}: {}",
            stderr(&output)
        );
        if fault == pretend::Fault::Fails {
            assert!(
                stderr(&output).contains("Unable to connect to the server"),
                "{}",
                stderr(&output)
            );
        }
    }
}

/// Records its arguments, and prints nothing that is complete.
const RECORDING: &str = "#!/bin/sh\necho \"kubectl $*\" >> \"$RECORD\"\
    \nfor one in \"$@\"; do case $one in -f) echo object applied ;; esac; done\n";

const ISTIOCTL: &str = r#"#!/bin/sh
version=${0##*istioctl-}
case "$1" in
  version) echo "client version: $version" ;;
  *) echo "istioctl-$version $*" >> "$RECORD" ;;
esac
"#;

/// A folder with stubs that record their arguments, and a golden tree.
struct Stage {
    folder: tempfile::TempDir,
    tree: PathBuf,
}

impl Stage {
    fn new(golden: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stage = Self {
            folder,
            tree: repository().join("golden").join(golden),
        };
        stage.stub("kubectl", RECORDING);
        for version in ["1.18.0-alpha.0", "1.18.1", "1.29.6", "1.30.3"] {
            stage.stub(&format!("istioctl-{version}"), ISTIOCTL);
        }
        stage
    }

    fn stub(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a stub");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    fn record(&self, script: &str) -> PathBuf {
        self.folder.path().join(script.replace('/', "-"))
    }

    fn run(&self, script: &str, environment: &[(&str, &str)]) -> Output {
        let path = format!("{}:/usr/bin:/bin", self.folder.path().display());
        let mut command = Command::new("sh");
        command
            .arg(self.tree.join(script))
            .env_clear()
            .env("PATH", path)
            .env("RECORD", self.record(script))
            .env("MESHPLAN_SIMULATED", "1")
            // Run it from another directory: a script must find its own folder.
            .current_dir("/");
        for (name, value) in environment {
            command.env(name, value);
        }
        command.output().expect("sh can be started")
    }

    fn asked(&self, script: &str) -> Vec<String> {
        // Paths relative to the top of the tree, wherever the repository is located.
        let text = fs::read_to_string(self.record(script)).unwrap_or_default();
        let text = text.replace(&format!("{}/", self.tree.display()), "");
        text.lines().map(str::to_owned).collect()
    }
}

#[test]
fn an_istioctl_of_another_version_is_rejected() {
    let stage = Stage::new("bookinfo");
    let wrong = stage.folder.path().join("istioctl-1.30.3");
    let output = stage.run(
        "210-canary-control-plane/apply.sh",
        &[("ISTIOCTL_1_18_1", wrong.to_str().expect("a path"))],
    );
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("is version 1.30.3; this step needs 1.18.1"),
        "{}",
        stderr(&output)
    );
    assert!(stage.asked("210-canary-control-plane/apply.sh").is_empty());

    for version in ["1.18.0-alpha.0", "1.18.1", "1.29.6", "1.30.3"] {
        fs::remove_file(stage.folder.path().join(format!("istioctl-{version}"))).expect("removing");
    }
    let output = stage.run("210-canary-control-plane/apply.sh", &[]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output)
            .contains("istioctl 1.18.1 is missing; put it on the path as istioctl-1.18.1"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn scripts_reject_a_partly_written_tree() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("tree");
    let compiled = meshplan(&[
        "compile",
        "plans/bookinfo.toml",
        "--out",
        out.to_str().expect("a path"),
    ]);
    assert_eq!(code(&compiled), 0, "{}", stderr(&compiled));
    fs::write(
        out.join(".meshplan-pending"),
        "{\"renames\":[],\"removes\":[]}",
    )
    .expect("a list");
    for script in ["apply.sh", "verify.sh", "rollback.sh"] {
        let output = Command::new("sh")
            .arg(out.join("310-weight-10").join(script))
            .output()
            .expect("sh");
        assert_eq!(code(&output), 2, "{script}");
    }
    let output = meshplan(&[
        "check",
        "plans/bookinfo.toml",
        "--golden",
        out.to_str().expect("a path"),
    ]);
    assert_eq!(code(&output), 2);
}

/// Answers requests one after the other. The canary answers those with the header, and one in `one_in` of the
/// others.
fn answering(one_in: usize) -> (String, std::sync::mpsc::Sender<()>) {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (stop, stopped) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut number = 0;
        for stream in listener.incoming() {
            if !matches!(
                stopped.try_recv(),
                Err(std::sync::mpsc::TryRecvError::Empty)
            ) {
                return;
            }
            let mut stream = stream.expect("a connection");
            let lines = BufReader::new(stream.try_clone().expect("a connection")).lines();
            let request: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            let asked = request.iter().any(|line| line == "x-canary: yes");
            number += usize::from(!asked);
            let revision = if asked || number % one_in == 0 {
                "1-30-3"
            } else {
                "1-29-6"
            };
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Revision: {revision}\r\nContent-Length: 3\r\
                 \nConnection: close\r\n\r\nhi\n"
            );
            stream.write_all(answer.as_bytes()).expect("an answer");
        }
    });
    (address, stop)
}

#[test]
fn a_sample_counts_the_answers_of_each_revision() {
    if Command::new("curl").arg("--version").output().is_err() {
        return crate::common::skip("there is no curl on the path");
    }
    let upgrade = upgrade("shop");
    let all = cases("shop", &upgrade);
    let stubs = stubs();
    fs::remove_file(stubs.path().join("curl")).expect("the stub");
    let run = |step: &str, one_in: usize| {
        let (address, stop) = answering(one_in);
        let name = format!("shop/{step}/verify.sh");
        let known = all
            .iter()
            .find(|case| case.name() == name)
            .expect("a script");
        let case = Case {
            tree: "shop",
            step: known.step,
            script: "verify.sh",
            start: known.start.clone(),
            simulated: false,
            answer: String::new(),
            environment: vec![("http_proxy", address)],
        };
        let (output, _) = case.run(stubs.path(), None);
        drop(stop);
        (code(&output), stdout(&output) + &stderr(&output))
    };
    let (code, said) = run("320-weight-20", 5);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("the canary answered 80 of 400"), "{said}");
    assert!(said.contains("the canary answered 20 of 20"), "{said}");
    let (code, said) = run("320-weight-20", 2);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("timed out after 0s: sample cart: the canary answers 48 to 112 of 400 (the canary answered \
            200 of 400)"),
        "{said}"
    );
    // With the header alone, the canary must not answer other requests. At 100 %, it must answer all.
    assert_eq!(run("300-header", 400).0, 1);
    assert_eq!(run("300-header", 10_000).0, 0);
    assert_eq!(run("400-weight-100", 1).0, 0);
    assert_eq!(run("400-weight-100", 2).0, 1);
}

/// The variables of the environment that a script reads, such as `${MESHPLAN_WAIT:-30}`.
fn variables(script: &str) -> BTreeSet<&str> {
    let names = script.split("${").skip(1).filter_map(|rest| {
        let end =
            rest.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_')?;
        let is_name = rest.starts_with(|c: char| c.is_ascii_uppercase());
        (is_name && rest[end..].starts_with(":-")).then_some(&rest[..end])
    });
    names.collect()
}

/// The runbook lists every environment variable that the scripts of its tree read.
#[test]
fn the_runbook_lists_the_variables_of_the_scripts() {
    let mut of_library = BTreeSet::new();
    let mut listed = BTreeSet::new();
    for tree in fs::read_dir(repository().join("golden")).expect("golden trees") {
        let tree = tree.expect("a tree").path();
        let text = |path: &Path| fs::read_to_string(path).expect("a file");
        let runbook = text(&tree.join("README.md"));
        let is_listed = |name: &str| runbook.contains(&format!("\n| `{name}` | "));
        for step in fs::read_dir(&tree).expect("steps") {
            let step = step.expect("a step").path();
            for script in ["apply.sh", "verify.sh", "rollback.sh"].map(|name| step.join(name)) {
                if !script.exists() {
                    continue;
                }
                for name in variables(&text(&script)) {
                    assert!(is_listed(name), "{} reads {name}", script.display());
                }
            }
        }
        let library = text(&tree.join("lib.sh"));
        for name in variables(&library) {
            of_library.insert(name.to_owned());
            if is_listed(name) {
                listed.insert(name.to_owned());
            }
        }
    }
    assert!(of_library.len() > 5, "{of_library:?}");
    assert_eq!(of_library, listed);
}
