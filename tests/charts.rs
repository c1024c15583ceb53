//! Each ztunnel is what Istio's own chart of its version renders, but for what pinning a revision needs.
//!
//! Needs a folder with one folder a version, each holding `ztunnel.yaml` as `helm template` renders the chart; its path
//! in `MESHPLAN_CHARTS`. docs/charts.md says how to make one.

mod common;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;

use common::{files, plans, repository, skip};
use meshplan::yaml;
use serde_json::Value;

/// Where the compiled DaemonSet differs from the chart's on purpose, and why.
const ON_PURPOSE: &[(&str, &str)] = &[
    (
        "/metadata/name",
        "one DaemonSet a revision; charts before 1.25 know one name",
    ),
    ("/metadata/labels/", "meshplan's own, not Helm's"),
    (
        "/metadata/annotations/meshplan.dev~1plan",
        "which plan made it",
    ),
    (
        "/spec/selector/matchLabels/meshplan.dev~1revision",
        "a selector of its own: two DaemonSets must not share pods",
    ),
    (
        "/spec/template/metadata/labels/meshplan.dev~1revision",
        "what the selector selects",
    ),
    (
        "/spec/template/metadata/labels/app.kubernetes.io~1",
        "meshplan's own, not Helm's",
    ),
    ("/spec/template/metadata/labels/helm.sh~1chart", "Helm's"),
    (
        "/spec/template/spec/nodeSelector/",
        "pinned to its pool; Linux only, as charts from 1.19 on say",
    ),
    (
        "/spec/template/spec/serviceAccountName",
        "an account of its own: removing one revision must not take it along",
    ),
    (
        "/spec/updateStrategy/type",
        "the API's default, written out",
    ),
];

/// Every value by its path; lists of named things by their names.
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

fn daemon_set(text: &str) -> Option<BTreeMap<String, Value>> {
    let documents = yaml::read(text).expect("YAML");
    let document = documents
        .iter()
        .find(|document| document.value["kind"] == "DaemonSet")?;
    let mut all = BTreeMap::new();
    leaves(&document.value, String::new(), &mut all);
    Some(all)
}

#[test]
fn ztunnel_is_what_the_chart_renders() {
    let Some(charts) = env::var_os("MESHPLAN_CHARTS") else {
        skip(
            "MESHPLAN_CHARTS names no folder of rendered charts; docs/charts.md says how to make one",
        );
        return;
    };
    let mut compared = 0;
    let mut used = vec![false; ON_PURPOSE.len()];
    for plan in plans() {
        let golden = repository()
            .join("golden")
            .join(plan.file_stem().expect("a name"));
        for (path, bytes) in files(&golden) {
            let text = String::from_utf8(bytes).expect("UTF-8");
            if !path.contains("-ztunnel/40-daemonset") {
                continue;
            }
            let ours = daemon_set(&text).expect("a DaemonSet");
            let image = ours["/spec/template/spec/containers/istio-proxy/image"]
                .as_str()
                .expect("an image")
                .to_owned();
            let version = image.rsplit(':').next().expect("a tag");
            let chart = Path::new(&charts).join(version).join("ztunnel.yaml");
            let text = fs::read_to_string(&chart)
                .unwrap_or_else(|error| panic!("{}: {error}", chart.display()));
            let theirs = daemon_set(&text).expect("a DaemonSet");
            for key in ours.keys().chain(theirs.keys()) {
                if ours.get(key) == theirs.get(key) {
                    continue;
                }
                let allowed = ON_PURPOSE
                    .iter()
                    .position(|(prefix, _)| key.starts_with(prefix));
                let Some(allowed) = allowed else {
                    panic!(
                        "{version}: {key} is {:?}, and {:?} in the chart",
                        ours.get(key),
                        theirs.get(key)
                    );
                };
                used[allowed] = true;
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 2 * plans().len());
    for (used, (prefix, _)) in used.iter().zip(ON_PURPOSE) {
        assert!(used, "{prefix} no longer differs");
    }
}

/// The objects that retiring a revision deletes are those that its chart makes.
#[test]
fn a_retired_control_plane_is_what_the_chart_made() {
    let Some(charts) = env::var_os("MESHPLAN_CHARTS") else {
        skip(
            "MESHPLAN_CHARTS names no folder of rendered charts; docs/charts.md says how to make one",
        );
        return;
    };
    for entry in fs::read_dir(&charts).expect("the charts") {
        let path = entry.expect("an entry").path().join("istiod-objects.txt");
        let version = path
            .parent()
            .and_then(Path::file_name)
            .expect("a version")
            .to_string_lossy()
            .into_owned();
        let Some(facts) = semver::Version::parse(&version)
            .ok()
            .and_then(|v| meshplan::istio::facts(&v))
        else {
            continue;
        };
        let revision = version.replace('.', "-");
        let mut ours: Vec<String> =
            meshplan::istio::istiod_objects(facts, Some(&revision), "istio-system")
                .iter()
                .map(|id| {
                    format!(
                        "{} {} {} {}",
                        id.api_version,
                        id.kind,
                        id.namespace.as_deref().unwrap_or("-"),
                        id.name
                    )
                })
                .collect();
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut theirs: Vec<String> = text.lines().map(str::to_owned).collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{version}");
    }
}
