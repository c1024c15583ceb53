//! A real Helm makes the changes that the steps ask for, and the steps detect them.
//!
//! Needs the output of `tests/witness/binaries.sh` and `tests/witness/istio.sh`. `KUBEBUILDER_ASSETS` and
//! `MESHPLAN_ISTIO` are these folders. The charts are those of 1.31 with the version numbers of the plan: Go
//! modules contain no others.

#![cfg(unix)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::control_plane::ControlPlane;
use crate::common::{repository, skip};

const NODES: [&str; 3] = ["a1", "a2", "b1"];

struct World {
    cluster: ControlPlane,
    istio: PathBuf,
}

impl World {
    /// Runs a shell command. Returns whether it succeeded, and its output.
    fn shell(&self, text: &str) -> (bool, String) {
        let folder = self.cluster.folder.path();
        let path = env::var("PATH").unwrap_or_default();
        let output = self
            .cluster
            .command("sh")
            .arg("-c")
            .arg(text)
            .current_dir(folder)
            .env("PATH", format!("{}:{path}", self.istio.display()))
            .env("HELM_CACHE_HOME", folder.join("helm"))
            .env("HELM_CONFIG_HOME", folder.join("helm"))
            .env("HELM_DATA_HOME", folder.join("helm"))
            .env("MESHPLAN_SIMULATED", "1")
            .env("MESHPLAN_WAIT", "30")
            .output()
            .expect("sh");
        let text = [&output.stdout[..], &output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    fn well(&self, text: &str) -> String {
        let (ok, said) = self.shell(text);
        assert!(ok, "{text}\n{said}");
        said
    }

    /// Installs a mesh of 1.29.6 as Helm does.
    fn mesh(&self) {
        self.nodes(&self.cluster.folder.path().join("nodes.yaml"));
        self.charts("1.29.6");
        self.charts("1.30.3");
        self.gateway_api();
        for (release, chart) in [
            ("istio-base", "base"),
            ("istiod", "istiod"),
            ("istio-cni", "cni"),
            ("ztunnel", "ztunnel"),
        ] {
            self.well(&format!(
                "helm install {release} {} --namespace istio-system --create-namespace --set global.tag=1.29.6 --set \
                 global.hub=docker.io/istio --set profile=ambient",
                self.chart("1.29.6", chart)
            ));
        }
    }

    /// Creates the CRDs that the scripts ask for. No object of them exists.
    fn gateway_api(&self) {
        let crd = |plural: &str, kind: &str, scope: &str| {
            format!(
                "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\
                 \n  name: {plural}.gateway.networking.k8s.io\
                 \n  annotations: {{api-approved.kubernetes.io: \"https://github.com/kubernetes-sigs/gateway-api/pull/2466\"}}\
                 \nspec:\n  group: gateway.networking.k8s.io\n  scope: {scope}\
                 \n  names: {{plural: {plural}, kind: {kind}, singular: {}}}\
                 \n  versions:\n  - name: v1\n    served: true\n    storage: true\
                 \n    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}\n",
                kind.to_lowercase()
            )
        };
        let text = crd("gatewayclasses", "GatewayClass", "Cluster")
            + &crd("gateways", "Gateway", "Namespaced");
        let path = self.cluster.folder.path().join("crds.yaml");
        fs::write(&path, text).expect("the CRDs");
        self.well(&format!(
            "\"$MESHPLAN_WITNESS_KUBECTL\" create -f {} && \"$MESHPLAN_WITNESS_KUBECTL\" wait \
             --for=condition=Established crd --all --timeout=60s",
            path.display()
        ));
    }

    /// Copies the charts and sets their version.
    fn charts(&self, version: &str) {
        let from = self.istio.join("charts");
        let to = self.chart(version, "");
        self.well(&format!(
            "mkdir -p {to} && for chart in base istio-cni ztunnel istio-control/istio-discovery; do cp -R {}/$chart \
             {to}/; done && \
             mv {to}/istio-cni {to}/cni && mv {to}/istio-discovery {to}/istiod && sed -i 's/^version: .*/version: \
             {version}/; s/^appVersion: .*/appVersion: {version}/' {to}/*/Chart.yaml",
            from.display()
        ));
    }

    fn chart(&self, version: &str, name: &str) -> String {
        let path = self
            .cluster
            .folder
            .path()
            .join("charts")
            .join(version)
            .join(name);
        path.to_string_lossy().into_owned()
    }

    fn script(&self, step: &str, script: &str) -> (bool, String) {
        let path = repository().join("golden/fleet").join(step).join(script);
        self.shell(&format!("sh {}", path.display()))
    }

    /// Runs a script and each change that it asks for, until it asks for none. Returns the number of changes.
    fn asked(&self, step: &str, script: &str) -> usize {
        let mut count = 0;
        for _ in 0..4 {
            let (ok, said) = self.script(step, script);
            if ok {
                return count;
            }
            let is_head = |line: &&str| line.starts_with("Make this change at ");
            let lines = said.lines().skip_while(|line| !is_head(line));
            let lines = lines.take_while(|line| !line.starts_with("meshplan: "));
            count += said.lines().filter(is_head).count();
            let lines = lines.filter(|line| !is_head(line));
            let mut command = lines.collect::<Vec<_>>().join("\n");
            assert!(command.contains("helm --kube-context "), "{step}: {said}");
            // Here, the chart repository is a folder, and the version of a chart does not determine its images.
            for (name, version) in ["base", "cni", "ztunnel"]
                .iter()
                .flat_map(|name| ["1.29.6", "1.30.3"].map(|version| (name, version)))
            {
                if command.contains(&format!("--version {version}")) {
                    command = command.replace(
                        &format!("istio/{name} "),
                        &format!("{} ", self.chart(version, name)),
                    );
                }
            }
            for version in ["1.29.6", "1.30.3"] {
                let option = format!("--version {version}");
                command = command.replace(&option, &format!("{option} --set global.tag={version}"));
            }
            self.well(&command);
        }
        panic!("{step} does not stop asking for changes");
    }

    /// The pods of istio-cni and ztunnel, by their UIDs.
    fn pods(&self) -> String {
        let all = "kubectl get pods -n istio-system -o 'jsonpath={range .items[*]}{.metadata.name} \
            {.metadata.uid}{\"\\n\"}{end}'";
        let said = self.well(&all.replace("kubectl", "\"$MESHPLAN_WITNESS_KUBECTL\""));
        let mut pods: Vec<&str> = said
            .lines()
            .filter(|line| line.starts_with("ztunnel") || line.starts_with("istio-cni"))
            .collect();
        pods.sort_unstable();
        pods.join("\n")
    }

    fn nodes(&self, path: &Path) {
        let node = |name: &str| {
            format!(
                "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: {name}\
                 \n  labels: {{kubernetes.io/hostname: {name}, kubernetes.io/os: linux}}\
                 \n  \
                 annotations: {{kwok.x-k8s.io/node: fake}}\n"
            )
        };
        fs::write(path, NODES.map(node).concat()).expect("the nodes");
        self.well(&format!(
            "\"$MESHPLAN_WITNESS_KUBECTL\" create -f {} && \"$MESHPLAN_WITNESS_KUBECTL\" wait --for=condition=Ready \
             node --all --timeout=60s",
            path.display()
        ));
    }
}

#[test]
fn helm_makes_the_requested_changes_and_no_pod_is_replaced() {
    let Some(istio) = env::var_os("MESHPLAN_ISTIO").map(PathBuf::from) else {
        return skip(
            "MESHPLAN_ISTIO is not set to a folder with Istio's charts and Helm; see docs/rehearse.md",
        );
    };
    if !istio.join("helm").exists() || !istio.join("charts").exists() {
        return skip("there is no helm in MESHPLAN_ISTIO; run tests/witness/istio.sh");
    }
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let world = World { cluster, istio };
    world.mesh();
    for daemon_set in ["ztunnel", "istio-cni-node"] {
        world.well(&format!(
            "\"$MESHPLAN_WITNESS_KUBECTL\" rollout status daemonset/{daemon_set} -n istio-system \
            --timeout=60s"
        ));
    }
    let before = world.pods();
    assert_eq!(before.lines().count(), 2 * NODES.len());
    for (step, changes) in [
        ("020-istio-base", 1),
        ("110-on-delete", 2),
        ("130-stable-ztunnel", 1),
        ("220-istio-cni-upgrade", 1),
        ("560-default-validator", 1),
    ] {
        assert_eq!(world.asked(step, "apply.sh"), changes, "{step}");
        let (ok, said) = world.script(step, "verify.sh");
        assert!(ok, "{step}: {said}");
    }
    // Then roll back, in reverse order.
    for step in [
        "560-default-validator",
        "220-istio-cni-upgrade",
        "130-stable-ztunnel",
    ] {
        assert_eq!(world.asked(step, "rollback.sh"), 1, "{step}");
    }
    assert_eq!(world.asked("130-stable-ztunnel", "apply.sh"), 1);
    assert_eq!(world.pods(), before, "pods were replaced");
    world.well("\"$MESHPLAN_WITNESS_KUBECTL\" label node --all meshplan.dev/pool=canary");
    assert_eq!(world.asked("630-retire-ztunnel", "apply.sh"), 1);
    world.well("helm uninstall istiod --namespace istio-system --wait");
    let folder = repository().join("golden/fleet/640-retire-control-plane/delete");
    let left = world.well(&format!(
        "\"$MESHPLAN_WITNESS_KUBECTL\" get -f {} --ignore-not-found -o name",
        folder.display()
    ));
    assert_eq!(left, "");
}

/// istioctl from 1.27 gives a revision the tag `default` if the tag does not exist, whatever Helm installed. The IstioOperator
/// of the step keeps it from that.
#[test]
fn istioctl_takes_no_tag_in_a_mesh_of_helm() {
    let Some(istio) = env::var_os("MESHPLAN_ISTIO").map(PathBuf::from) else {
        return skip(
            "MESHPLAN_ISTIO is not set to a folder with Istio's charts and Helm; see docs/rehearse.md",
        );
    };
    if !istio.join("helm").exists() || !istio.join("istioctl-1.31.0").exists() {
        return skip("there is no helm or istioctl in MESHPLAN_ISTIO; run tests/witness/istio.sh");
    }
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let world = World { cluster, istio };
    world.mesh();
    let step = repository().join("golden/fleet/210-canary-control-plane/istioctl");
    let text = fs::read_to_string(step.join("istiod-1-30-3.yaml")).expect("the IstioOperator");
    assert!(text.contains("operatorManageWebhooks: true"), "{text}");
    // The istioctl at hand is of 1.31.
    let text = text.replace("1.30.3", "1.31.0").replace("1-30-3", "1-31-0");
    let install = |text: &str| {
        let file = world.cluster.folder.path().join("istiod.yaml");
        fs::write(&file, text).expect("writing");
        world.well(&format!(
            "istioctl-1.31.0 install -f {} --skip-confirmation",
            file.display()
        ))
    };
    let seen = || {
        let get = |what: &str, field: &str| {
            world.well(&format!(
                "\"$MESHPLAN_WITNESS_KUBECTL\" get {what} --ignore-not-found -o 'jsonpath={{{field}}}'"
            ))
        };
        let service = ".webhooks[0].clientConfig.service.name";
        (
            get(
                "mutatingwebhookconfigurations istio-revision-tag-default",
                ".metadata.labels.istio\\.io/rev",
            ),
            get(
                "validatingwebhookconfigurations istiod-default-validator",
                service,
            ),
            get(
                "mutatingwebhookconfigurations istio-sidecar-injector",
                service,
            ),
        )
    };
    let before = seen();
    assert_eq!((before.0.as_str(), before.1.as_str()), ("", "istiod"));
    install(&text);
    assert_eq!(seen(), before, "a tag or a validation was switched");
    // What istioctl does without that setting.
    install(&text.replace(
        "operatorManageWebhooks: true",
        "operatorManageWebhooks: false",
    ));
    let after = seen();
    assert_eq!(
        (after.0.as_str(), after.1.as_str()),
        ("1-31-0", "istiod-1-31-0")
    );
}
