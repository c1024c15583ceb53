//! What istioctl generates from the compiled IstioOperators: the same ztunnel as the plain DaemonSet, and the
//! objects that the replay and the retire steps depend on.
//!
//! Needs an istioctl of a known version. `MESHPLAN_ISTIOCTL` is its path; docs/charts.md has the details.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{code, files, meshplan_in, repository, skip, small_plan, stderr};
use meshplan::istio::{IstiodSettings, facts, istiod_objects};
use meshplan::text::yaml;
use semver::Version;
use serde_json::Value;

/// Intentional differences between the plain ztunnel and istioctl's, and the reasons.
const ON_PURPOSE: &[(&str, &str)] = &[
    (
        "/metadata/annotations/meshplan.dev~1plan",
        "the plan that generated the object",
    ),
    (
        "/metadata/labels/app.kubernetes.io~1",
        "meshplan adds it; the chart does not have it",
    ),
    ("/metadata/labels/helm.sh~1chart", "the chart's"),
    (
        "/metadata/labels/",
        "istioctl labels the objects that it owns",
    ),
    (
        "/spec/template/metadata/labels/app.kubernetes.io~1",
        "meshplan adds it; the chart does not have it",
    ),
    (
        "/spec/template/metadata/labels/helm.sh~1chart",
        "the chart's",
    ),
    (
        "/env/ISTIO_META_ENABLE_HBONE/",
        "the profile sets it for sidecars; ztunnel does not read it",
    ),
    (
        "/containers/istio-proxy/image",
        "the profile selects the distroless variant; a plan can do the same",
    ),
];

fn leaves(value: &Value, path: String, all: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, part) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                leaves(part, format!("{path}/{key}"), all);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, part) in items.iter().enumerate() {
                let name = part.get("name").and_then(Value::as_str);
                let name = name.map_or(index.to_string(), str::to_owned);
                leaves(part, format!("{path}/{name}"), all);
            }
        }
        Value::Object(_) | Value::Array(_) | Value::Null => {}
        leaf => {
            all.insert(path, leaf.clone());
        }
    }
}

struct Istioctl {
    path: String,
    version: Version,
}

impl Istioctl {
    fn found() -> Option<Self> {
        let Ok(path) = env::var("MESHPLAN_ISTIOCTL") else {
            skip("MESHPLAN_ISTIOCTL is not set to an istioctl; see docs/charts.md");
            return None;
        };
        let arguments = ["version", "--remote=false", "--short"];
        let output = Command::new(&path)
            .args(arguments)
            .output()
            .expect("istioctl");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let version = text.trim().rsplit(' ').next().expect("a version");
        Some(Self {
            version: Version::parse(version).expect(version),
            path,
        })
    }

    /// The objects that it would install.
    fn generate(&self, file: &Path) -> Vec<Value> {
        let arguments = ["manifest", "generate", "-f"];
        let output = Command::new(&self.path)
            .args(arguments)
            .arg(file)
            .output()
            .expect("istioctl");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", file.display());
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let documents = yaml::read(&text).expect("YAML");
        documents
            .into_iter()
            .map(|document| document.value)
            .filter(Value::is_object)
            .collect()
    }
}

/// Compiles a plan to istioctl's version, with the values of `plans/shop.toml`.
fn compiled(istioctl: &Istioctl, form: &str) -> tempfile::TempDir {
    let canary = &istioctl.version;
    // Any patch of the previous minor version works.
    let stable = Version::new(canary.major, canary.minor - 1, 5);
    let istio = format!(
        "[istio]\nztunnel = \"{form}\"\
         \nvalues = {{ istiod = \"istiod.yaml\", cni = \"cni.yaml\", ztunnel = \"ztunnel.yaml\" }}\n\n[gateway-api]"
    );
    let folder = small_plan(&[
        ("1.30.3", &canary.to_string()),
        ("1.29.6", &stable.to_string()),
        ("[gateway-api]", &istio),
    ]);
    for name in ["istiod.yaml", "cni.yaml", "ztunnel.yaml"] {
        let text = fs::read_to_string(repository().join("plans/shop").join(name)).expect(name);
        let text = text
            .replace(
                "shop-1-29-6",
                &format!("shop-{}", stable.to_string().replace('.', "-")),
            )
            .replace(
                "shop-1-30-3",
                &format!("shop-{}", canary.to_string().replace('.', "-")),
            );
        fs::write(folder.path().join(name), text).expect("the values");
    }
    let output = meshplan_in(folder.path(), &["compile", "plan.toml", "--out", "out"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    folder
}

fn path_of(folder: &Path, part: &str) -> std::path::PathBuf {
    let tree = files(&folder.join("out"));
    let found = tree
        .keys()
        .find(|path| path.contains(part) && !path.contains("/rollback/"));
    folder.join("out").join(found.expect(part))
}

#[test]
fn istioctl_generates_the_same_ztunnel_as_the_plain_one() {
    let Some(istioctl) = Istioctl::found() else {
        return;
    };
    let plain = compiled(&istioctl, "daemonset");
    let operator = compiled(&istioctl, "istio-operator");
    let made = istioctl.generate(&path_of(operator.path(), "230-canary-ztunnel/istioctl/"));
    for kind in ["DaemonSet", "ServiceAccount"] {
        let file = path_of(
            plain.path(),
            &format!(
                "230-canary-ztunnel/{}",
                if kind == "DaemonSet" { "40-" } else { "10-" }
            ),
        );
        let text = fs::read_to_string(&file).expect("the file");
        let (mut ours, mut theirs) = (BTreeMap::new(), BTreeMap::new());
        leaves(
            &yaml::read(&text).expect("YAML")[0].value,
            String::new(),
            &mut ours,
        );
        let object = made
            .iter()
            .find(|object| object["kind"] == kind)
            .expect(kind);
        leaves(object, String::new(), &mut theirs);
        for key in ours.keys().chain(theirs.keys()) {
            let allowed = ON_PURPOSE.iter().any(|(part, _)| key.contains(part));
            assert!(
                ours.get(key) == theirs.get(key) || allowed,
                "{kind} {key} is {:?}, but {:?} from istioctl",
                ours.get(key),
                theirs.get(key)
            );
        }
    }
}

#[test]
fn istioctl_generates_the_objects_that_the_retire_steps_delete() {
    let Some(istioctl) = Istioctl::found() else {
        return;
    };
    let folder = compiled(&istioctl, "daemonset");
    let file = path_of(folder.path(), "210-canary-control-plane/istioctl/");
    let identity = |object: &Value| format!("{} {}", object["kind"], object["metadata"]["name"]);
    let theirs: BTreeSet<String> = istioctl.generate(&file).iter().map(identity).collect();
    let operator = yaml::read(&fs::read_to_string(&file).expect("the file")).expect("YAML");
    let settings = IstiodSettings::of(operator[0].value.pointer("/spec/values"));
    let revision = istioctl.version.to_string().replace('.', "-");
    let row = facts(&istioctl.version).expect("facts");
    let ours: BTreeSet<String> = istiod_objects(row, settings, Some(&revision), "istio-system")
        .iter()
        .map(|own| format!("\"{}\" \"{}\"", own.kind, own.name))
        .collect();
    assert_eq!(ours, theirs);
}
