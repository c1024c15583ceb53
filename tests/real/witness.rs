//! Rehearses plans on a real control plane, forward and back from each step, without a surprise. Rehearses
//! broken trees, with a surprise at the right step.
//!
//! Needs the output of `tests/witness/binaries.sh`, in the layout of envtest. `KUBEBUILDER_ASSETS` is this
//! folder. docs/rehearse.md has the details.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::common::control_plane::{ControlPlane, surprises};
use crate::common::{code, copied, evidence, plans, repository, skip, stderr};

/// The name of a plan, its row in the table, and its surprises.
type End = (String, String, Vec<String>);

/// Rehearses a plan on a new control plane. Returns `None` if the binaries are missing.
fn rehearsed(plan: &Path) -> Option<End> {
    let cluster = ControlPlane::up()?;
    let begun = Instant::now();
    let (_, report) = cluster.rehearse(plan, &["--rollback", "--parts", "--keep-going"]);
    let name = plan.file_stem().expect("a name").to_string_lossy();
    let legs = report["legs"].as_array().expect("legs");
    let objects = legs.iter().filter_map(|leg| leg["predicted"].as_u64());
    let tried = legs.iter().filter_map(|leg| leg["tried"].as_u64());
    let said = surprises(&report);
    let row = format!(
        "| {name} | {} | {} | {} | {} | {} |\n",
        legs.len(),
        tried.sum::<u64>(),
        objects.max().unwrap_or_default(),
        said.len(),
        begun.elapsed().as_secs()
    );
    let said = said.into_iter().map(|said| format!("{name} {said}"));
    let said = said.collect();
    Some((name.into_owned(), row, said))
}

#[test]
fn plans_end_as_predicted_forward_and_back_from_each_step() {
    let mut plans = plans();
    // `MESHPLAN_WITNESS_PLANS` selects plans; the rows of the other plans do not change.
    if let Ok(some) = std::env::var("MESHPLAN_WITNESS_PLANS") {
        let some: Vec<&str> = some.split(',').collect();
        plans.retain(|plan| {
            some.iter()
                .any(|name| plan.file_stem() == Some(OsStr::new(name)))
        });
    }
    let mut rows: BTreeMap<String, String> = BTreeMap::new();
    for line in evidence("rehearsals", "", "MESHPLAN_NEVER").lines().skip(2) {
        let name = line.split('|').nth(1).unwrap_or_default().trim();
        rows.insert(name.to_owned(), format!("{line}\n"));
    }
    let seconds = std::env::var("MESHPLAN_WITNESS_SECONDS").ok();
    let seconds: Option<i64> = seconds.and_then(|text| text.parse().ok());
    let begun = Instant::now();
    // Two plans at a time, because the scripts mostly wait.
    for two in plans.chunks(2) {
        let spent = i64::try_from(begun.elapsed().as_secs()).unwrap_or(i64::MAX);
        if seconds.is_some_and(|seconds| spent > seconds) {
            skip(&format!(
                "no time is left in MESHPLAN_WITNESS_SECONDS for {} and the plans after it",
                two[0].display()
            ));
            return;
        }
        let ends: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = two
                .iter()
                .map(|plan| scope.spawn(|| rehearsed(plan)))
                .collect();
            let ends = started.into_iter().map(|end| end.join().expect("an end"));
            ends.collect()
        });
        for end in ends {
            let Some((name, row, surprises)) = end else {
                return;
            };
            assert_eq!(surprises, [] as [&str; 0]);
            rows.insert(name, row);
        }
    }
    let head = "| plan | step runs | files applied one by one | maximum objects | surprises | seconds |\
        \n| --- | --- | --- | --- | --- | --- |\n";
    let table: String = std::iter::once(head.to_owned())
        .chain(rows.into_values())
        .collect();
    evidence("rehearsals", &table, "MESHPLAN_BLESS_WITNESS");
}

/// A mistake in a compiled tree: a file and its new text, or `None` if the file is deleted.
struct Broken {
    what: &'static str,
    file: &'static str,
    instead: Option<(&'static str, &'static str)>,
    /// The step at which the mistake causes a surprise.
    step: &'static str,
    /// The surprise reported there.
    said: &'static [&'static str],
}

const BROKEN: [Broken; 4] = [
    Broken {
        what: "the file of a namespace is missing",
        file: "140-stable-namespace/00-namespace-shop-1-20-7.yaml",
        instead: None,
        step: "140-stable-namespace",
        said: &["apply.sh fails", "missing-file"],
    },
    Broken {
        what: "the label of a template does not match the selector",
        file: "150-stable-workloads/40-deployment-shop-1-20-7-web.yaml",
        instead: Some((
            "      labels:\n        app: web\n",
            "      labels:\n        app: webb\n",
        )),
        step: "150-stable-workloads",
        said: &[
            "apply.sh fails",
            "`selector` does not match template `labels`",
        ],
    },
    Broken {
        what: "a grant is for the routes of another namespace",
        file: "150-stable-workloads/60-referencegrant-shop-1-20-7-routes-to-web.yaml",
        instead: Some(("    namespace: ingress\n", "    namespace: shop\n")),
        step: "150-stable-workloads",
        // The other copy of the workloads has the correct grant.
        said: &["MP0049"],
    },
    Broken {
        what: "two ztunnels for one node",
        file: "230-canary-ztunnel/40-daemonset-istio-system-ztunnel-1-20-8.yaml",
        instead: Some(("meshplan.dev/pool: canary", "meshplan.dev/pool: stable")),
        step: "230-canary-ztunnel",
        said: &["had 2 ztunnels"],
    },
];

#[test]
fn a_broken_tree_causes_a_surprise_at_the_broken_step() {
    for broken in BROKEN {
        let Some(cluster) = ControlPlane::up() else {
            return;
        };
        let folder = copied("shop-1.20");
        let tree = folder.path();
        let path = tree.join(broken.file);
        if let Some((was, is)) = broken.instead {
            let text = fs::read_to_string(&path).expect("a file");
            assert!(text.contains(was), "{}", broken.what);
            fs::write(&path, text.replace(was, is)).expect("a file");
        } else {
            fs::remove_file(&path).expect("a file");
        }
        let (code, report) = cluster.rehearse(tree, &[]);
        assert_eq!(code, 1, "{}: {report}", broken.what);
        let said = surprises(&report);
        let at = format!("\"{}\" \"forward\": ", broken.step);
        assert!(
            said.iter().all(|said| said.starts_with(&at)),
            "{}: {said:#?}",
            broken.what
        );
        for part in broken.said {
            assert!(
                said.iter().any(|said| said.contains(part)),
                "{}: {part} is not reported: {said:#?}",
                broken.what
            );
        }
    }
}

#[test]
fn a_cluster_that_is_not_for_rehearsals_is_rejected() {
    let Some(cluster) = ControlPlane::up() else {
        return;
    };
    let kubectl = |arguments: &[&str]| assert!(cluster.kubectl(arguments).status.success());
    kubectl(&[
        "delete",
        "configmap",
        "meshplan-rehearsal",
        "-n",
        "kube-system",
    ]);
    let refused = || {
        cluster
            .command(env!("CARGO_BIN_EXE_meshplan"))
            .arg("rehearse")
            .arg(repository().join("plans/shop-1.20.toml"))
            .output()
            .expect("meshplan can be started")
    };
    let output = refused();
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("it may not be for rehearsals"),
        "{}",
        stderr(&output)
    );
    let node = tempfile::NamedTempFile::new().expect("a file");
    fs::write(
        node.path(),
        "{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {\"name\": \"real\"}}",
    )
    .expect("the node");
    kubectl(&["create", "-f", &node.path().display().to_string()]);
    let output = refused();
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("node real of this cluster is not simulated by KWOK"),
        "{}",
        stderr(&output)
    );
}
