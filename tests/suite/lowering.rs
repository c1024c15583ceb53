//! Cases that the golden plans do not cover: node pools by label, long routes, several Gateways, routes and
//! workloads, and Istio in another namespace.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::common::{code, files, meshplan_in, small_plan, stderr};
use meshplan::text::yaml;
use serde_json::Value;

/// Compiles a small plan with edits and returns its tree.
fn compiled(edits: &[(&str, &str)]) -> BTreeMap<String, String> {
    let folder = small_plan(edits);
    let output = meshplan_in(folder.path(), &["compile", "plan.toml", "--out", "tree"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let texts = files(&folder.path().join("tree"));
    texts
        .into_iter()
        .map(|(path, bytes)| (path, String::from_utf8(bytes).expect("UTF-8")))
        .collect()
}

fn object(tree: &BTreeMap<String, String>, path: &str) -> Value {
    yaml::read_strict(tree.get(path).unwrap_or_else(|| panic!("no {path}")))
        .expect("YAML")
        .value
}

#[test]
fn node_pools_by_label_are_checked_and_never_labelled() {
    let tree = compiled(&[
        (
            "{ nodes = [\"a1\", \"a2\"] }",
            "{ selector = { \"node-pool\" = \"blue\", disk = \"ssd\" } }",
        ),
        (
            "{ nodes = [\"b1\"] }",
            "{ selector = { \"node-pool\" = \"green\" } }",
        ),
    ]);
    assert!(
        tree.values()
            .all(|text| !text.contains("\nlabel_nodes ") && !text.contains("meshplan.dev/pool"))
    );
    let set = object(
        &tree,
        "130-stable-ztunnel/40-daemonset-istio-system-ztunnel-1-29-6.yaml",
    );
    let selector = &set["spec"]["template"]["spec"]["nodeSelector"];
    assert_eq!(
        *selector,
        serde_json::json!({"kubernetes.io/os": "linux", "disk": "ssd", "node-pool": "blue"})
    );
    let web = object(
        &tree,
        "250-canary-workloads/40-deployment-shop-1-30-3-web.yaml",
    );
    assert_eq!(
        web["spec"]["template"]["spec"]["nodeSelector"],
        serde_json::json!({"node-pool": "green"})
    );
    assert!(
        tree["660-nodes-to-canary/apply.sh"]
            .contains("change the labels of these nodes to node-pool=green")
    );
    assert!(tree["100-stable-nodes/verify.sh"].contains("has_nodes disk=ssd,node-pool=blue"));
}

#[test]
fn a_long_route_is_split_at_the_limit_of_its_bundle() {
    let paths: Vec<String> = (0..17)
        .map(|n| format!("{{ exact = \"/p{n}\" }}"))
        .collect();
    let matches = format!("match = [{}]", paths.join(", "));
    let edits = [
        ("v1.4.1", "v0.6.1"),
        ("\"standard\"", "\"experimental\""),
        ("1.29.6", "1.18.0"),
        ("1.30.3", "1.18.1"),
        ("match = [{ prefix = \"/\" }]", matches.as_str()),
    ];
    let rules = |tree: &BTreeMap<String, String>| -> Vec<usize> {
        let route = object(tree, "310-weight-10/70-httproute-ingress-web.yaml");
        let rules = route["spec"]["rules"].as_array().expect("rules").clone();
        rules
            .iter()
            .map(|rule| rule["matches"].as_array().expect("matches").len())
            .collect()
    };
    let tree = compiled(&edits);
    assert_eq!(
        rules(&tree),
        [8, 8, 1, 8, 8, 1],
        "before v1.2.0, a rule has at most eight matches"
    );
    assert_eq!(
        object(&tree, "170-gateway/65-gateway-ingress-front.yaml")["apiVersion"],
        "gateway.networking.k8s.io/v1beta1"
    );
    assert_eq!(rules(&compiled(&edits[4..])), [17, 17]);
}

#[test]
fn gateways_switch_with_the_tag_if_the_stable_version_reads_tags() {
    let tree = compiled(&[
        ("v1.4.1", "v1.0.0"),
        ("1.29.6", "1.18.1"),
        ("1.30.3", "1.18.2"),
    ]);
    let gateway = object(&tree, "170-gateway/65-gateway-ingress-front.yaml");
    assert!(gateway["metadata"]["labels"].get("istio.io/rev").is_none());
    assert!(
        tree.contains_key("530-default-tag/apply.sh")
            && !tree.contains_key("520-gateway-owner/apply.sh")
    );
    assert!(!tree.contains_key("650-default-tag/apply.sh"));
    assert!(
        tree["530-default-tag/verify.sh"].contains("front-istio ingress 1.18.2 "),
        "the Gateway's image shows which revision manages it"
    );
    assert!(
        tree["640-retire-control-plane/apply.sh"].contains("front-istio ingress 1.18.2 "),
        "the script checks the Gateway before it deletes istiod"
    );
}

#[test]
fn every_file_uses_the_namespace_of_istio() {
    let tree = compiled(&[(
        "[gateway-api]",
        "[istio]\nnamespace = \"mesh\"\n\n[gateway-api]",
    )]);
    for (path, text) in &tree {
        let is_yaml = Path::new(path).extension().is_some_and(|e| e == "yaml");
        assert!(!(is_yaml && text.contains("istio-system")), "{path}");
    }
    let operator = object(
        &tree,
        "210-canary-control-plane/istioctl/istiod-1-30-3.yaml",
    );
    assert_eq!(
        operator["spec"]["values"]["pilot"]["env"]["CA_TRUSTED_NODE_ACCOUNTS"],
        "mesh/ztunnel-1-29-6,mesh/ztunnel-1-30-3"
    );
    assert_eq!(
        operator["spec"]["values"]["global"]["istioNamespace"],
        "mesh"
    );
    assert!(
        tree["210-canary-control-plane/apply.sh"]
            .contains("run_istioctl \"$program\" mesh install ")
    );
    assert!(tree["530-default-tag/verify.sh"].contains("istio-revision-tag-default-mesh"));
    assert!(tree.contains_key(
        "640-retire-control-plane/delete/\
         02-mutatingwebhookconfiguration-istio-sidecar-injector-1-29-6-mesh.yaml"
    ));
}

#[test]
fn several_gateways_routes_and_workloads_share_steps() {
    let tree = compiled(&[
        (
            "[[gateway]]",
            "[[workload]]\nname = \"api\"\nnamespace = \"api\"\nmanifests = [\"web.yaml\"]\n\n[[gateway]]\
             \nname = \"back\"\nnamespace = \"default\"\
             \nlistener = [{ name = \"http\", port = 80, protocol = \"HTTP\", hostname = \"*.example.com\" }]\n\
             \n[[gateway]]",
        ),
        (
            "[shift]",
            "[[route]]\nname = \"api\"\nnamespace = \"default\"\ngateway = \"back\"\
             \nbackend = { workload = \"api\", service = \"web\", port = 8080 }\nmatch = [{ exact = \"/\" }]\
             \nhostnames = [\"a.example.com\"]\n\n[[route]]\nname = \"web\"\nnamespace = \"default\"\
             \ngateway = \"front\"\nbackend = { workload = \"web\", service = \"web\", port = 8080 }\
             \nmatch = [{ exact = \"/x\" }]\n\n[shift]",
        ),
    ]);
    let grant = object(
        &tree,
        "150-stable-workloads/60-referencegrant-shop-1-29-6-routes-to-web.yaml",
    );
    let from: Vec<&str> = grant["spec"]["from"]
        .as_array()
        .expect("from")
        .iter()
        .filter_map(|f| f["namespace"].as_str())
        .collect();
    assert_eq!(
        from,
        ["ingress", "default"],
        "one ReferenceGrant per Service lists all namespaces with routes to it"
    );
    let back = object(&tree, "170-gateway/65-gateway-default-back.yaml");
    assert_eq!(
        back["spec"]["listeners"][0]["allowedRoutes"]["namespaces"],
        serde_json::json!({"from": "Same"})
    );
    let front = object(&tree, "170-gateway/65-gateway-ingress-front.yaml");
    let values = &front["spec"]["listeners"][0]["allowedRoutes"]["namespaces"]["selector"]["matchExpressions"]
        [0]["values"];
    assert_eq!(*values, serde_json::json!(["default", "ingress"]));
    let shifted = tree
        .keys()
        .filter(|path| path.starts_with("310-weight-10/70-httproute-"))
        .count();
    assert_eq!(shifted, 3);
    assert!(
        tree.contains_key("030-namespaces/00-namespace-ingress.yaml")
            && !tree.contains_key("030-namespaces/00-namespace-default.yaml")
    );
    let names: Vec<&String> = tree
        .keys()
        .filter(|path| path.starts_with("140-stable-namespace/00-"))
        .collect();
    assert_eq!(
        names,
        [
            "140-stable-namespace/00-namespace-api-1-29-6.yaml",
            "140-stable-namespace/00-namespace-shop-1-29-6.yaml"
        ]
    );
}

/// `kubectl rollout status` does not support `OnDelete`, so the script checks its pods.
#[test]
fn the_pods_of_workloads_with_on_delete_are_checked() {
    let folder = small_plan(&[]);
    let web = folder.path().join("web.yaml");
    let text = fs::read_to_string(&web).expect("the manifest");
    let agent = "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\
        \n  selector: {matchLabels: {app: agent}}\n  updateStrategy: {type: OnDelete}\n  template:\
        \n    metadata: {labels: {app: agent}}\n    spec: {containers: [{name: agent, image: agent}]}\n";
    let store = "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: store}\nspec:\
        \n  serviceName: store\n  selector: {matchLabels: {app: store}}\n  updateStrategy: {type: OnDelete}\n  template:\
        \n    metadata: {labels: {app: store}}\n    spec: {containers: [{name: store, image: store}]}\n";
    fs::write(&web, format!("{text}{agent}{store}")).expect("the manifest");
    let output = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let verify = folder.path().join("shop/150-stable-workloads/verify.sh");
    let verify = fs::read_to_string(verify).expect("a script");
    assert!(verify.contains(" settled agent shop-1-29-6\n"), "{verify}");
    assert!(
        verify.contains(" replicas_ready store shop-1-29-6\n"),
        "{verify}"
    );
}
