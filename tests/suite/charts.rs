//! Each ztunnel equals what Istio's chart of its version renders, except for the changes that pin a revision.
//!
//! Needs a folder with one folder per version, each with `ztunnel.yaml` as `helm template` renders the chart.
//! `MESHPLAN_CHARTS` is its path. docs/charts.md explains how to create it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;

use crate::common::{code, files, meshplan_in, skip, small_plan, stderr};
use meshplan::text::yaml;
use semver::Version;
use serde_json::Value;

/// Intentional differences between the output and the chart: the kind (or both kinds), the pointer, and the
/// reason.
const ON_PURPOSE: &[(&str, &str, &str)] = &[
    (
        "",
        "/metadata/name",
        "one per revision; charts before 1.25 have a fixed name",
    ),
    ("", "/metadata/labels/", "meshplan's own, not Helm's"),
    (
        "",
        "/metadata/annotations/meshplan.dev~1plan",
        "the plan that generated the object",
    ),
    (
        "DaemonSet",
        "/spec/selector/matchLabels/meshplan.dev~1revision",
        "a separate selector: two DaemonSets must not share pods",
    ),
    (
        "DaemonSet",
        "/spec/template/metadata/labels/meshplan.dev~1revision",
        "the label that the selector uses",
    ),
    (
        "DaemonSet",
        "/spec/template/metadata/labels/app.kubernetes.io~1",
        "meshplan's own, not Helm's",
    ),
    (
        "DaemonSet",
        "/spec/template/metadata/labels/helm.sh~1chart",
        "Helm's",
    ),
    (
        "DaemonSet",
        "/spec/template/spec/nodeSelector/",
        "bound to its node pool; Linux only, as in charts from 1.19 on",
    ),
    (
        "DaemonSet",
        "/spec/template/spec/serviceAccountName",
        "a separate ServiceAccount: removing one revision must not remove the account of the other",
    ),
    (
        "DaemonSet",
        "/spec/updateStrategy/type",
        "the API's default, written out",
    ),
];

/// Every value by its path. List elements with a name are identified by it.
fn leaves(value: &Value, path: String, all: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, part) in map {
                leaves(
                    part,
                    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")),
                    all,
                );
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, part) in items.iter().enumerate() {
                let name = part
                    .get("name")
                    .and_then(Value::as_str)
                    .map_or(index.to_string(), str::to_owned);
                leaves(part, format!("{path}/{name}"), all);
            }
        }
        Value::Object(_) | Value::Array(_) | Value::Null => {}
        leaf => {
            all.insert(path, leaf.clone());
        }
    }
}

/// The values of the object of one kind in a text.
fn object(text: &str, kind: &str) -> Option<BTreeMap<String, Value>> {
    let documents = yaml::read(text).expect("YAML");
    let document = documents
        .iter()
        .find(|document| document.value["kind"] == kind)?;
    let mut all = BTreeMap::new();
    leaves(&document.value, String::new(), &mut all);
    Some(all)
}

/// The chart folders, by version.
fn charts() -> Option<BTreeMap<Version, PathBuf>> {
    let Some(charts) = env::var_os("MESHPLAN_CHARTS") else {
        skip("MESHPLAN_CHARTS is not set to a folder of rendered charts; see docs/charts.md");
        return None;
    };
    let folders = fs::read_dir(&charts).expect("the charts");
    let all: BTreeMap<Version, PathBuf> = folders
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((Version::parse(&name).ok()?, path))
        })
        .collect();
    assert!(!all.is_empty(), "no chart version in {}", charts.display());
    Some(all)
}

/// Compiles a plan with this stable version.
fn compiled(version: &Version) -> tempfile::TempDir {
    let stable = version.to_string();
    let canary = if version.pre.is_empty() {
        Version::new(version.major, version.minor, version.patch + 1)
    } else {
        Version::new(version.major, version.minor, version.patch)
    };
    let folder = small_plan(&[
        ("v1.4.1", "v1.0.0"),
        ("1.30.3", &canary.to_string()),
        ("1.29.6", &stable),
        ("listener = [", "handover = \"second\"\nlistener = ["),
    ]);
    let output = meshplan_in(folder.path(), &["compile", "plan.toml", "--out", "out"]);
    assert_eq!(code(&output), 0, "{version}: {}", stderr(&output));
    folder
}

#[test]
fn ztunnel_is_what_the_chart_renders() {
    let Some(charts) = charts() else { return };
    let mut used = vec![false; ON_PURPOSE.len()];
    for (version, chart) in &charts {
        let folder = compiled(version);
        let tree = files(&folder.path().join("out"));
        let theirs = fs::read_to_string(chart.join("ztunnel.yaml"))
            .unwrap_or_else(|error| panic!("{}: {error}", chart.display()));
        for kind in ["DaemonSet", "ServiceAccount"] {
            let (_, ours) = tree
                .iter()
                .find(|(path, _)| {
                    path.starts_with("130-stable-ztunnel/")
                        && path.contains(&format!("-{}-", kind.to_lowercase()))
                })
                .expect(kind);
            let ours = object(std::str::from_utf8(ours).expect("UTF-8"), kind).expect(kind);
            let theirs = object(&theirs, kind).expect(kind);
            for key in ours.keys().chain(theirs.keys()) {
                if ours.get(key) == theirs.get(key) {
                    continue;
                }
                let allowed = ON_PURPOSE.iter().position(|(of, prefix, _)| {
                    (*of == kind || of.is_empty()) && key.starts_with(prefix)
                });
                let Some(allowed) = allowed else {
                    panic!(
                        "{version}: {kind} {key} is {:?}, but {:?} in the chart",
                        ours.get(key),
                        theirs.get(key)
                    );
                };
                used[allowed] = true;
            }
        }
    }
    for (used, (kind, prefix, _)) in used.iter().zip(ON_PURPOSE) {
        assert!(
            used,
            "{kind} {prefix} no longer differs; remove it from ON_PURPOSE"
        );
    }
}

/// The objects of an installation are those of its chart. The replay and the retire steps depend on this.
#[test]
fn istioctl_creates_the_objects_of_the_charts() {
    let Some(charts) = charts() else { return };
    for (version, chart) in &charts {
        let facts = meshplan::istio::facts(version).expect("facts");
        let revision = version.to_string().replace('.', "-");
        let namespace = "istio-system";
        let istiod = meshplan::istio::istiod_objects(
            facts,
            meshplan::istio::IstiodSettings::default(),
            Some(&revision),
            namespace,
        );
        let cni = meshplan::istio::cni_objects(facts, namespace);
        for (file, ours) in [("istiod-objects.txt", istiod), ("cni-objects.txt", cni)] {
            let mut ours: Vec<String> = ours
                .iter()
                .map(|id| {
                    let namespace = id.namespace.as_deref().unwrap_or("-");
                    format!("{} {} {namespace} {}", id.api_version, id.kind, id.name)
                })
                .collect();
            let path = chart.join(file);
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let mut theirs: Vec<String> = text.lines().map(str::to_owned).collect();
            ours.sort();
            theirs.sort();
            assert_eq!(ours, theirs, "{version} {file}");
        }
    }
}
