//! The scripts of the golden trees, run against a kubectl and istioctls that write down what they are asked.

#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{code, meshplan, repository, stderr, stdout};

/// Writes its arguments down and answers what a healthy cluster would.
const KUBECTL: &str = r#"#!/bin/sh
echo "kubectl $*" >> "$RECORD"
case "$*" in
  *"$FAIL_ON"*) [ -z "$FAIL_ON" ] || exit 1 ;;
esac
case "$*" in
  "get nodes -l "*) echo node/some-node ;;
  *numberReady*) echo 1 ;;
  *"jsonpath={.metadata.labels.meshplan\.dev/pool}"*)
    case "$RECORD" in *660*rollback*) echo stable ;; *660*) echo canary ;; *200*) echo canary ;; *) echo stable ;; esac ;;
  *"jsonpath={.metadata.labels.app\.kubernetes\.io/managed-by}"*) echo meshplan ;;
  *"jsonpath={.metadata.labels.istio\.io/dataplane-mode}"*)
    case "$RECORD" in *140*|*620*apply*|*620*verify*|*630*|*110*|*130*|*190*rollback*|*230*rollback*) ;; *) echo ambient ;; esac ;;
  *"jsonpath={.metadata.labels.istio\.io/rev}"*) echo "${TAG_OWNER:-}" ;;
  *istiod-default-validator*) echo "istiod-${TAG_OWNER:-}" ;;
  *"containers[0].image"*) echo "registry.example/image:$VERSION-distroless" ;;
  *endpointslices*) echo "false true" ;;
  *bundle-version*" "*channel*) echo "$BUNDLE" ;;
esac
"#;

const ISTIOCTL: &str = r#"#!/bin/sh
version=${0##*istioctl-}
case "$1" in
  version) echo "client version: $version" ;;
  *) echo "istioctl-$version $*" >> "$RECORD" ;;
esac
"#;

/// A folder with the stubs, and a golden tree.
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
        stage.stub("kubectl", KUBECTL);
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
            .env("FAIL_ON", "")
            .env("MESHPLAN_SIMULATED", "1")
            // As from somewhere else: a script finds its own folder.
            .current_dir("/");
        for (name, value) in environment {
            command.env(name, value);
        }
        command.output().expect("sh can be started")
    }

    fn asked(&self, script: &str) -> Vec<String> {
        // Paths from the top of the tree, wherever the repository is.
        let text = fs::read_to_string(self.record(script)).unwrap_or_default();
        let text = text.replace(&format!("{}/", self.tree.display()), "");
        text.lines().map(str::to_owned).collect()
    }
}

fn steps(tree: &Path) -> Vec<String> {
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(tree.join("index.json")).expect("index.json"))
            .expect("JSON");
    index["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|s| s["name"].as_str().expect("name").to_owned())
        .collect()
}

#[test]
fn every_step_applies_and_verifies_on_a_healthy_cluster() {
    for (golden, stable, canary, bundle, versions) in [
        (
            "bookinfo",
            "1-18-0-alpha-0",
            "1-18-1",
            "v0.6.1 experimental",
            ("1.18.0-alpha.0", "1.18.1"),
        ),
        (
            "bookinfo-1.30",
            "1-29-6",
            "1-30-3",
            "v1.4.1 standard",
            ("1.29.6", "1.30.3"),
        ),
    ] {
        let stage = Stage::new(golden);
        let mut all = String::new();
        for step in steps(&stage.tree) {
            let number: u32 = step[..3].parse().expect("a number");
            let stable_owns = number < 530 || (golden == "bookinfo" && number < 650);
            for script in ["apply.sh", "verify.sh", "rollback.sh"] {
                let back = script == "rollback.sh";
                // Going back, istio-cni and the control plane are stable's again, and so are the tag and the Gateways.
                let stable_runs =
                    number < 200 && number != 20 || back && [220, 640].contains(&number);
                let version = if stable_runs { versions.0 } else { versions.1 };
                let retags = if golden == "bookinfo" { 640 } else { 530 };
                let owner = if stable_owns || back && number == retags {
                    stable
                } else {
                    canary
                };
                let script = format!("{step}/{script}");
                let applying = script.ends_with("apply.sh") && number == 10;
                let answer = if applying { "" } else { bundle };
                let output = stage.run(
                    &script,
                    &[
                        ("TAG_OWNER", owner),
                        ("BUNDLE", answer),
                        ("VERSION", version),
                    ],
                );
                assert_eq!(
                    code(&output),
                    0,
                    "{script}: {}{}",
                    stdout(&output),
                    stderr(&output)
                );
                all.push_str("# ");
                all.push_str(&script);
                all.push('\n');
                for line in stage.asked(&script) {
                    all.push_str(&line);
                    all.push('\n');
                }
            }
        }
        insta::with_settings!({ prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("commands-of-{golden}"), all);
        });
    }
}

#[test]
fn the_context_and_another_kubectl_are_used() {
    let stage = Stage::new("bookinfo");
    stage.stub("other", KUBECTL);
    let kubectl = stage.folder.path().join("other");
    let environment = [
        ("MESHPLAN_CONTEXT", "kind lab"),
        ("KUBECTL", kubectl.to_str().expect("a path")),
    ];
    let output = stage.run("310-weight-10/apply.sh", &environment);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(
        stage
            .asked("310-weight-10/apply.sh")
            .last()
            .map(String::as_str),
        Some(
            "kubectl --context=kind lab apply -f 310-weight-10/70-httproute-default-bookinfo.yaml"
        )
    );
    let output = stage.run("120-stable-control-plane/apply.sh", &environment);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let asked = stage.asked("120-stable-control-plane/apply.sh");
    assert!(
        asked[0].ends_with(" --skip-confirmation --context=kind lab"),
        "{asked:?}"
    );
}

#[test]
fn an_istioctl_of_another_version_is_refused() {
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
        stderr(&output).contains("put istioctl 1.18.1 on the path"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_script_stops_at_the_first_action_that_fails() {
    let stage = Stage::new("bookinfo");
    let output = stage.run("100-stable-nodes/apply.sh", &[("FAIL_ON", "get node")]);
    assert_ne!(code(&output), 0);
    assert_eq!(
        stage.asked("100-stable-nodes/apply.sh"),
        [r"kubectl get node ambient-worker -o jsonpath={.metadata.labels.meshplan\.dev/pool}"]
    );
}

#[test]
fn guards_stop_before_harm_is_done() {
    let stage = Stage::new("bookinfo");
    // 640 again after 650: the tag is the canary's by now and stays, the rest goes.
    let output = stage.run(
        "640-retire-control-plane/apply.sh",
        &[("TAG_OWNER", "1-18-1")],
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).contains("belongs to revision 1-18-1 by now"),
        "{}",
        stdout(&output)
    );
    let deleted = stage.asked("640-retire-control-plane/apply.sh").join("\n");
    assert!(
        deleted.contains("delete/40-deployment") && !deleted.contains("revision-tag-default.yaml"),
        "{deleted}"
    );

    // In the current pair the tag and the gateways have to be the canary's before its control plane goes.
    let current = Stage::new("bookinfo-1.30");
    let output = current.run(
        "640-retire-control-plane/apply.sh",
        &[("TAG_OWNER", "1-29-6")],
    );
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("the tag default points to '1-29-6'"),
        "{}",
        stderr(&output)
    );
    assert!(
        !current
            .asked("640-retire-control-plane/apply.sh")
            .iter()
            .any(|line| line.contains("delete"))
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn guards_stop_what_does_not_fit_the_cluster() {
    let stage = Stage::new("bookinfo");
    // CRDs that are newer, or of the other channel.
    stage.stub("kubectl", "#!/bin/sh\necho \"kubectl $*\" >> \"$RECORD\"\ncase \"$*\" in *bundle-version*) echo \"$B\" ;; *channel*) echo \"$C\" ;; esac\n");
    for (bundle, channel, works) in [
        ("", "", true),
        ("v0.6.1", "experimental", true),
        ("v0.5.1", "experimental", true),
        ("v0.10.0", "experimental", false),
        ("v1.0.0", "experimental", false),
        ("v0.6.2", "experimental", false),
        ("v0.6.1", "standard", false),
    ] {
        fs::write(stage.record("010-gateway-api/apply.sh"), "").expect("an empty record");
        let output = stage.run("010-gateway-api/apply.sh", &[("B", bundle), ("C", channel)]);
        assert_eq!(
            code(&output) == 0,
            works,
            "{bundle} {channel}: {}",
            stderr(&output)
        );
        let applied = stage
            .asked("010-gateway-api/apply.sh")
            .iter()
            .any(|line| line.contains(" apply "));
        assert_eq!(applied, works, "{bundle} {channel}");
    }

    // A ztunnel of nobody's.
    stage.stub("kubectl", "#!/bin/sh\necho \"kubectl $*\" >> \"$RECORD\"\ncase \"$*\" in *daemonsets*) printf 'istio-system/ztunnel-1-18-1\\nkube-system/ztunnel\\n' ;; esac\n");
    let output = stage.run("230-canary-ztunnel/apply.sh", &[]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("DaemonSet kube-system/ztunnel"),
        "{}",
        stderr(&output)
    );

    // Pods that are somebody else's, a namespace that is still there, a route that still names it, nodes of the other pool,
    // a namespace that is enrolled already, a Service that nobody serves.
    stage.stub("sleep", "#!/bin/sh\nexit 0\n");
    for (script, question, answer, word) in [
        (
            "620-retire-namespace/apply.sh",
            "get pods",
            "pod/guest",
            "no pod is left",
        ),
        (
            "630-retire-ztunnel/apply.sh",
            "get namespace",
            "ambient",
            "is part of the mesh",
        ),
        (
            "610-retire-workloads/apply.sh",
            "get httproutes",
            "bookinfo-1-18-0-alpha-0",
            "still names a Service",
        ),
        (
            "100-stable-nodes/apply.sh",
            "get node",
            "canary",
            "carries meshplan.dev/pool=canary already",
        ),
        (
            "140-stable-namespace/apply.sh",
            "get namespace",
            "ambient",
            "is part of the mesh",
        ),
        (
            "150-stable-workloads/rollback.sh",
            "get httproutes",
            "bookinfo-1-18-0-alpha-0",
            "still names a Service",
        ),
        (
            "170-gateway/rollback.sh",
            "get httproutes",
            "default Gateway:istio-system/bookinfo-gateway",
            "is still attached to Gateway bookinfo-gateway",
        ),
        (
            "130-stable-ztunnel/rollback.sh",
            "get namespace",
            "ambient",
            "is part of the mesh",
        ),
        (
            "310-weight-10/apply.sh",
            "endpointslices",
            "false",
            "has a ready endpoint",
        ),
        (
            "310-weight-10/rollback.sh",
            "endpointslices",
            "",
            "has a ready endpoint",
        ),
    ] {
        stage.stub("kubectl", &format!(
            "#!/bin/sh\necho \"kubectl $*\" >> \"$RECORD\"\ncase \"$*\" in *'{question}'*) echo '{answer}' ;; esac\n"
        ));
        let output = stage.run(script, &[]);
        assert_eq!(code(&output), 1, "{script}");
        assert!(
            stderr(&output).contains(word),
            "{script}: {}",
            stderr(&output)
        );
        let asked = stage.asked(script).join("\n");
        assert!(
            !["kubectl apply", "kubectl delete", "kubectl label"]
                .iter()
                .any(|verb| asked.contains(verb)),
            "{asked}"
        );
    }
}

/// What was there before the plan is known again on the way back.
#[test]
fn what_was_there_before_stays_on_the_way_back() {
    let stage = Stage::new("bookinfo");
    let run = |script: &str, question: &str, answer: &str| {
        let _ = fs::remove_file(stage.record(script));
        stage.stub("kubectl", &format!(
            "#!/bin/sh\necho \"kubectl $*\" >> \"$RECORD\"\ncase \"$*\" in *{question}*) echo '{answer}' ;; *metadata.name}}) echo bookinfo-1-18-1 ;; esac\n"
        ));
        let output = stage.run(script, &[]);
        assert_eq!(code(&output), 0, "{script}: {}", stderr(&output));
        stage.asked(script).join("\n")
    };
    let find = "240-canary-namespace/apply.sh";
    let noted = run(find, "meshplan", "bookinfo-1-18-1 ");
    assert!(
        noted.contains("annotate namespace bookinfo-1-18-1 meshplan.dev/found-with="),
        "{noted}"
    );
    for answer in ["", "bookinfo-1-18-1 bookinfo"] {
        assert!(
            !run(find, "meshplan", answer).contains("annotate"),
            "its own"
        );
    }
    let back = "240-canary-namespace/rollback.sh";
    // Twice: the note stays, so that a second run knows it as well.
    for answer in [
        "bookinfo-1-18-1 bookinfo ambient,Helm",
        "bookinfo-1-18-1  ambient,Helm",
    ] {
        let kept = run(back, "found-with}", answer);
        assert!(!kept.contains("kubectl delete"), "{kept}");
        assert!(!kept.contains("found-with-"), "{kept}");
        assert!(
            kept.contains(
                "--overwrite istio.io/dataplane-mode=ambient app.kubernetes.io/managed-by=Helm"
            ),
            "{kept}"
        );
    }
    let bare = run(back, "found-with}", "bookinfo-1-18-1 bookinfo ,");
    assert!(
        bare.contains("istio.io/dataplane-mode- app.kubernetes.io/managed-by-"),
        "{bare}"
    );
    let gone = run(back, "found-with}", "bookinfo-1-18-1 bookinfo ");
    assert!(gone.contains("kubectl delete --ignore-not-found"), "{gone}");
    for answer in ["", "bookinfo-1-18-1 another ", "bookinfo-1-18-1  "] {
        let left = run(back, "found-with}", answer);
        assert!(!left.contains("kubectl delete"), "{answer}: {left}");
    }

    let label = "100-stable-nodes/apply.sh";
    assert!(!run(label, "pool}", "stable").contains("annotate"));
    assert!(
        run(label, "nothing", "")
            .contains("annotate node ambient-worker meshplan.dev/labelled-by=bookinfo")
    );
    let back = "100-stable-nodes/rollback.sh";
    assert!(
        run(back, "labelled-by}", "bookinfo")
            .contains("label node ambient-worker meshplan.dev/pool-")
    );
    assert!(!run(back, "labelled-by}", "another").contains("label node"));
}

#[test]
fn verifying_fails_where_the_work_was_not_done() {
    let stage = Stage::new("bookinfo");
    for (script, answer) in [
        ("100-stable-nodes/verify.sh", "canary"),
        ("140-stable-namespace/verify.sh", "ambient"),
        (
            "110-istio-cni/verify.sh",
            "registry.example/install-cni:1.18.1",
        ),
        ("190-enrolment/verify.sh", ""),
        (
            "620-retire-namespace/verify.sh",
            "namespace/bookinfo-1-18-0-alpha-0",
        ),
        ("650-default-tag/verify.sh", "1-18-0-alpha-0"),
        ("010-gateway-api/verify.sh", "v0.6.0 experimental"),
    ] {
        stage.stub("kubectl", &format!("#!/bin/sh\necho '{answer}'\n"));
        let output = stage.run(script, &[]);
        assert_eq!(code(&output), 1, "{script}: {}", stdout(&output));
        assert!(
            stderr(&output).starts_with("meshplan: "),
            "{script}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn what_a_simulated_cluster_cannot_answer_is_skipped_aloud() {
    let stage = Stage::new("bookinfo");
    let output = stage.run("310-weight-10/verify.sh", &[]);
    let said = stdout(&output);
    for word in [
        "HTTPRoute default/bookinfo resolves",
        "probe product page",
        "soak of 900 seconds",
    ] {
        assert!(
            said.contains(&format!(
                "skipped, as nothing runs in a simulated cluster: {word}"
            )),
            "{said}"
        );
    }
    assert_eq!(
        stage.asked("310-weight-10/verify.sh"),
        ["kubectl diff -f 310-weight-10/70-httproute-default-bookinfo.yaml"],
        "nothing else is asked"
    );
}

#[test]
fn scripts_refuse_a_half_written_tree() {
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

#[test]
fn a_route_gate_needs_the_newest_generation() {
    let stage = Stage::new("bookinfo");
    let kubectl = |answer: &str| {
        format!(
            "#!/bin/sh\ncase \"$*\" in *metadata.generation*) echo 3 ;; *status.parents*) printf '{answer}' ;; esac\n"
        )
    };
    let run = |answer: &str| {
        stage.stub("kubectl", &kubectl(answer));
        stage.stub("sleep", "#!/bin/sh\nexit 0\n");
        stage.stub(
            "curl",
            "#!/bin/sh\nprintf '<title>Simple Bookstore App</title>\\n200'\n",
        );
        code(&stage.run(
            "510-routes-to-canary/verify.sh",
            &[("MESHPLAN_SIMULATED", "")],
        ))
    };
    assert_eq!(run("True 3\\n"), 0);
    assert_eq!(run("True 2\\n"), 1, "an older generation");
    assert_eq!(run("False 3\\n"), 1);
    assert_eq!(run(""), 1, "no status at all");
    assert_eq!(run("True 3\\nTrue 3\\n"), 0, "two controllers wrote it");
}

#[test]
fn a_pod_outside_of_the_mesh_is_found() {
    let stage = Stage::new("bookinfo");
    stage.stub("sleep", "#!/bin/sh\nexit 0\n");
    stage.stub(
        "curl",
        "#!/bin/sh\nprintf '<title>Simple Bookstore App</title>\\n200'\n",
    );
    for (pods, code_wanted) in [
        ("a  enabled\\nb  enabled\\n", 0),
        ("a  enabled\\nb  \\n", 1),
        ("a  enabled\\nb true \\n", 0),
        ("enabled  \\n", 1),
    ] {
        stage.stub(
            "kubectl",
            &format!("#!/bin/sh\ncase \"$*\" in *redirection*) printf '{pods}' ;; *dataplane-mode*) echo ambient ;; esac\n"),
        );
        let output = stage.run("190-enrolment/verify.sh", &[("MESHPLAN_SIMULATED", "")]);
        assert_eq!(
            code(&output),
            code_wanted,
            "{pods}: {}{}",
            stdout(&output),
            stderr(&output)
        );
    }
}

#[test]
fn a_probe_is_not_satisfied_by_its_status() {
    let stage = Stage::new("bookinfo");
    stage.stub("sleep", "#!/bin/sh\nexit 0\n");
    stage.stub("kubectl", "#!/bin/sh\ncase \"$*\" in *metadata.generation*) echo 3 ;; *status.parents*) echo 'True 3' ;; esac\n");
    let run = |answer: &str| {
        stage.stub("curl", &format!("#!/bin/sh\nprintf '{answer}'\n"));
        code(&stage.run("180-route/verify.sh", &[("MESHPLAN_SIMULATED", "")]))
    };
    assert_eq!(run("<title>Simple Bookstore App</title>\\n200"), 0);
    assert_eq!(run("<title>Simple Bookstore App</title>\\n503"), 1);
    assert_eq!(run("nothing\\n200"), 1);
}

/// Answers requests one after the other: those with the header, and of the others one in so many, are the canary's.
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
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Revision: {revision}\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n"
            );
            stream.write_all(answer.as_bytes()).expect("an answer");
        }
    });
    (address, stop)
}

#[test]
fn a_sample_counts_who_answers() {
    if Command::new("curl").arg("--version").output().is_err() {
        return common::skip("there is no curl");
    }
    let stage = Stage::new("shop");
    stage.stub("sleep", "#!/bin/sh\nexit 0\n");
    stage.stub("kubectl", "#!/bin/sh\ncase \"$*\" in *metadata.generation*) echo 3 ;; *status.parents*) echo 'True 3' ;; esac\n");
    let run = |step: &str, one_in: usize| {
        let (address, stop) = answering(one_in);
        let environment = [
            ("MESHPLAN_SIMULATED", ""),
            ("MESHPLAN_WAIT", "0"),
            ("http_proxy", address.as_str()),
        ];
        let output = stage.run(&format!("{step}/verify.sh"), &environment);
        drop(stop);
        (code(&output), stdout(&output) + &stderr(&output))
    };
    let (code, said) = run("320-weight-20", 5);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("sample cart: the canary answered 80 of 400"),
        "{said}"
    );
    assert!(
        said.contains("with x-canary: yes: the canary answered 20 of 20"),
        "{said}"
    );
    let (code, said) = run("320-weight-20", 2);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("not so within 0 seconds: sample cart: the canary answers 48 to 112 of 400"),
        "{said}"
    );
    // With the header alone nobody else may come there; at 100 % all do.
    assert_eq!(run("300-header", 400).0, 1);
    assert_eq!(run("300-header", 10_000).0, 0);
    assert_eq!(run("400-weight-100", 1).0, 0);
    assert_eq!(run("400-weight-100", 2).0, 1);
}

/// A cluster of two nodes, one of them in the group; `reaches` says who of the probe pods cannot talk.
const TWO_NODES: &str = r#"#!/bin/sh
echo "kubectl $*" >> "$RECORD"
case "$*" in
  "label node batch-1 meshplan.dev/pool=canary"*) touch "$RECORD.moved" ;;
  "annotate node batch-1 meshplan.dev/moving-") touch "$RECORD.ended" ;;
  *"get nodes -l node.example/group=batch,kubernetes.io/os!=windows -o jsonpath"*)
    if [ -e "$RECORD.ended" ]; then echo batch-1,canary,
    elif [ -e "$RECORD.moved" ]; then echo batch-1,canary,open
    else echo batch-1,,; fi ;;
  *"get nodes -l node.example/group=batch,kubernetes.io/os!=windows -o name") echo node/batch-1 ;;
  *"get nodes -l kubernetes.io/os!=windows,meshplan.dev/pool!=canary"*)
    echo "batch-1 True"
    # One that is cordoned, one that is not ready, and one that pods can come to.
    echo "general-1 true True"
    echo "general-2 False"
    echo "general-3 True" ;;
  *"get pods -A"*"spec.nodeName=batch-1"*)
    # One that was bound late, the first time.
    [ -e "$RECORD.late" ] && [ -z "${STAYS:-}" ] || echo "shop/web-1 ReplicaSet ${STAYS:-}"
    touch "$RECORD.late"
    echo istio-system/ztunnel-1 DaemonSet ;;
  *"get pods"*"spec.nodeName=batch-1"*) echo True ;;
  "apply -f -") cat >/dev/null ;;
  *redirection*) echo enabled ;;
  *podIP*) echo 10.0.0.9 ;;
  exec*" $DEAF "*) exit 1 ;;
esac
"#;

#[test]
fn a_node_is_opened_when_a_pod_on_it_talks_both_ways() {
    let stage = Stage::new("in-place");
    stage.stub("kubectl", TWO_NODES);
    let script = "302-nodes-batch/apply.sh";
    let run = |environment: &[(&str, &str)]| {
        let record = stage.record(script);
        for end in ["", ".moved", ".ended", ".late"] {
            let _ = fs::remove_file(format!("{}{end}", record.display()));
        }
        let real = [&[("MESHPLAN_SIMULATED", "")], environment].concat();
        let output = stage.run(script, &real);
        (output, fs::read_to_string(record).expect("what was asked"))
    };
    let (output, asked) = run(&[("DEAF", "nobody")]);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let at = |what: &str| {
        let found = asked.find(what);
        found.unwrap_or_else(|| panic!("{what} is not asked for: {asked}"))
    };
    assert!(at("drain batch-1") < at("label node batch-1"));
    // Once as a trial, and twice for the pod that came late.
    assert_eq!(asked.matches("drain batch-1").count(), 3, "{asked}");
    assert!(
        at("label node batch-1")
            < at("exec -n meshplan-probe here -- /agnhost connect 10.0.0.9:8080")
    );
    assert!(at("exec -n meshplan-probe there") < at("uncordon batch-1"));
    assert!(at("connect kubernetes.default.svc:443") < at("uncordon batch-1"));
    assert!(
        asked
            .rfind("delete namespace meshplan-probe")
            .expect("a last one")
            > at("exec -n meshplan-probe there")
    );

    for deaf in ["here", "there"] {
        let (output, asked) = run(&[("DEAF", deaf), ("MESHPLAN_WAIT", "0")]);
        assert_eq!(code(&output), 1, "{deaf}: {}", stdout(&output));
        assert!(!asked.contains("uncordon"), "{deaf}: {asked}");
        assert!(
            stderr(&output).contains("reaches one on"),
            "{}",
            stderr(&output)
        );
    }

    // What comes back each time stops a node only where it is part of the mesh.
    let (output, asked) = run(&[("DEAF", "nobody"), ("STAYS", "enabled")]);
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    assert!(stderr(&output).contains("keep coming to batch-1") && !asked.contains("label node"));
    let (output, _) = run(&[("DEAF", "nobody"), ("STAYS", "pending")]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));

    let (output, asked) = run(&[("DEAF", "here"), ("MESHPLAN_PROBE", "no")]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(asked.contains("uncordon") && !asked.contains("exec"));
    assert!(stdout(&output).contains("not probed"));
}
