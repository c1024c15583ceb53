//! A plan run to its end on a real control plane whose kubelets are simulated: each step by its own scripts, the cluster held against the
//! state that the replay predicts.

mod cluster;
mod observe;
mod report;
mod stand_in;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

pub use cluster::Cluster;
pub use report::{Direction, Leg, Report};

use crate::identity::Key;
use crate::proof::Course;
use crate::state::State;
use crate::step::{Action, Gate, Step};
use crate::target::IndexStep;
use observe::{Moment, differences, replaced};
use watch::Watch;

/// How long the cluster may take to become what is predicted, after the scripts have said that it is.
const SETTLING: Duration = Duration::from_secs(20);

/// What to rehearse, and how.
pub struct Rehearsal<'a> {
    /// The tree.
    pub course: &'a Course,
    /// Where it lies on disk.
    pub tree: &'a Path,
    /// The cluster.
    pub cluster: Cluster,
    /// The first step, by number.
    pub from: u16,
    /// The last step, by number.
    pub to: u16,
    /// Whether each step is rolled back and applied again.
    pub rollback: bool,
    /// Whether to go on after a surprise.
    pub keep_going: bool,
    /// Rendered manifests of what istioctl would install, one file for each IstioOperator or revision, by its name.
    pub istio: Option<PathBuf>,
    /// How long scripts wait for one thing, in seconds.
    pub patience: u64,
    /// A folder for what a rehearsal needs.
    pub scratch: &'a Path,
}

impl Rehearsal<'_> {
    /// Runs the rehearsal; `progress` is told each run of a step before it begins.
    ///
    /// # Errors
    ///
    /// Where the cluster is not one for rehearsals, or a tool cannot be run. What the scripts find is in the report.
    pub fn run(&self, progress: &mut dyn FnMut(&str, Direction)) -> Result<Report> {
        self.cluster.refuse_real()?;
        self.nodes()?;
        let version: Value =
            serde_json::from_str(&self.cluster.run(&["version", "-o", "json"], None)?)
                .context("reading the version of the API server")?;
        let mut report = Report {
            plan: self.course.index.plan.clone(),
            server: version["serverVersion"]["gitVersion"]
                .as_str()
                .unwrap_or("of an unknown version")
                .to_owned(),
            istioctl: self.istioctls()?,
            legs: Vec::new(),
        };
        let replay = self.course.replay();
        let mut before = self.course.start();
        for step in &self.course.index.steps {
            let (after, _) = replay.run(&before, &step.step, &step.step.actions, None);
            let number = step.step.number;
            if self.from <= number && number <= self.to {
                let mut ways = vec![Direction::Forward];
                if self.rollback {
                    ways.extend([Direction::Back, Direction::Again]);
                }
                for way in ways {
                    progress(&step.step.name, way);
                    let leg = self.leg(step, &before, &after, way)?;
                    let broken = !leg.surprises.is_empty();
                    report.legs.push(leg);
                    if broken && !self.keep_going {
                        return Ok(report);
                    }
                }
            }
            before = after;
        }
        Ok(report)
    }

    /// The nodes that the plan names, and two for each pool that it knows by labels.
    fn nodes(&self) -> Result<()> {
        let mut pools = 0;
        for step in &self.course.index.steps {
            for action in &step.step.actions {
                if let Action::LabelNodes { nodes, .. } = action {
                    for node in nodes {
                        self.cluster.node(node, &[])?;
                    }
                }
            }
            for gate in &step.step.gates {
                if let (Gate::Pool { selector }, true) = (gate, step.step.actions.is_empty()) {
                    pools += 1;
                    for number in 0..2 {
                        self.cluster
                            .node(&format!("pool-{pools}-{number}"), &pairs(selector))?;
                    }
                }
            }
        }
        self.cluster.run(
            &[
                "wait",
                "--for=condition=Ready",
                "node",
                "--all",
                "--timeout=60s",
            ],
            None,
        )?;
        Ok(())
    }

    /// One run of a step.
    fn leg(&self, step: &IndexStep, before: &State, after: &State, way: Direction) -> Result<Leg> {
        let (from, to) = match way {
            // What stays is there as it was.
            Direction::Back if step.step.rollback.keeps => (after, after),
            Direction::Back => (after, before),
            Direction::Forward | Direction::Again => (before, after),
        };
        let begun = Instant::now();
        let start = Moment::of(&self.cluster)?;
        let watch = Watch::begin(
            &self.cluster,
            enrolled(from)
                .intersection(&enrolled(to))
                .cloned()
                .collect(),
        )?;
        self.somebody(step, way)?;
        let stand_ins = self.stand_ins(step, from, to)?;
        let scripts: &[&str] = if way == Direction::Back {
            &["rollback.sh"]
        } else {
            &["apply.sh", "verify.sh"]
        };
        let mut leg = Leg {
            step: step.step.name.clone(),
            direction: way,
            predicted: to.objects().count(),
            milliseconds: 0,
            skipped: Vec::new(),
            warnings: Vec::new(),
            surprises: Vec::new(),
        };
        for script in scripts {
            let (ok, said) = self.script(step, script, &stand_ins)?;
            for line in said.lines() {
                if let Some(skipped) =
                    line.strip_prefix("skipped, as nothing runs in a simulated cluster: ")
                {
                    leg.skipped.push(skipped.to_owned());
                } else if let Some(warning) = line.strip_prefix("Warning: ") {
                    leg.warnings.push(warning.to_owned());
                }
            }
            if !ok {
                let last: Vec<&str> = said
                    .lines()
                    .rev()
                    .filter(|line| !line.trim().is_empty())
                    .take(3)
                    .collect();
                let last: Vec<&str> = last.into_iter().rev().collect();
                leg.surprises
                    .push(format!("{script} fails: {}", last.join(" / ")));
                break;
            }
        }
        let mut found = Vec::new();
        let known = self.known();
        let mut moment = Moment::of(&self.cluster)?;
        // Controllers need a moment; what is not so after a while is not so.
        let until = Instant::now()
            + if leg.surprises.is_empty() {
                SETTLING
            } else {
                Duration::ZERO
            };
        loop {
            let said = differences(&self.cluster, to, &known, &moment)?;
            let done = said.is_empty() || Instant::now() >= until;
            if done {
                found.extend(said);
                break;
            }
            std::thread::sleep(Duration::from_millis(500));
            moment = Moment::of(&self.cluster)?;
        }
        found.extend(replaced((from, &start), (to, &moment)));
        found.extend(watch.end());
        leg.surprises.extend(found);
        leg.milliseconds = begun.elapsed().as_millis();
        Ok(leg)
    }

    /// Runs a script of a step; returns whether it ended well, and all that it said.
    fn script(&self, step: &IndexStep, script: &str, stand_ins: &Path) -> Result<(bool, String)> {
        let path = self.tree.join(&step.step.name).join(script);
        let mut command = Command::new("sh");
        command
            .arg(&path)
            .env("MESHPLAN_SIMULATED", "1")
            .env("MESHPLAN_WAIT", self.patience.to_string())
            .env("MESHPLAN_STAND_INS", stand_ins)
            .stdin(Stdio::null());
        self.cluster.environment(&mut command);
        for (revision, version) in self.revisions() {
            let variable = format!("ISTIOCTL_{}", revision.replace('-', "_"));
            if std::env::var_os(&variable).is_none() && !on_path(&format!("istioctl-{version}")) {
                command.env(variable, self.scratch.join(format!("istioctl-{version}")));
            }
        }
        let output = command
            .output()
            .with_context(|| format!("running {}", path.display()))?;
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok((output.status.success(), said))
    }

    /// Revisions and versions whose istioctl the steps need.
    fn revisions(&self) -> BTreeMap<String, String> {
        let actions = self
            .course
            .index
            .steps
            .iter()
            .flat_map(|step| &step.step.actions);
        actions
            .filter_map(|action| match action {
                Action::Install { istioctl, .. } | Action::SetTag { istioctl, .. } => {
                    Some((istioctl.revision.clone(), istioctl.version.clone()))
                }
                _ => None,
            })
            .collect()
    }

    /// Makes a stand-in for each istioctl that is not there; says who does what.
    fn istioctls(&self) -> Result<Vec<String>> {
        let mut said = Vec::new();
        for (revision, version) in self.revisions() {
            let variable = format!("ISTIOCTL_{}", revision.replace('-', "_"));
            if std::env::var_os(&variable).is_some() || on_path(&format!("istioctl-{version}")) {
                said.push(format!("istioctl {version} itself installed {revision}"));
                continue;
            }
            let path = self.scratch.join(format!("istioctl-{version}"));
            let text = format!(
                "#!/bin/sh\n# Stands in for istioctl {version} in a rehearsal: applies what was prepared for the step.\nset -eu\ncase \"$1\" in\n  version) echo 'client version: {version}' ;;\n  *) \"$KUBECTL\" ${{MESHPLAN_CONTEXT:+\"--context=$MESHPLAN_CONTEXT\"}} apply --server-side --force-conflicts --field-manager=istio-operator -f \"$MESHPLAN_STAND_INS\" ;;\nesac\n"
            );
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
            executable(&path)?;
            said.push(match &self.istio {
                Some(folder) => format!("manifests of {} stood in for istioctl {version}, and where it has none objects of the names that the version has", folder.display()),
                None => format!("objects of the names that the version has stood in for istioctl {version}"),
            });
        }
        Ok(said)
    }

    /// Writes down what an installer would make in a step; returns the file.
    fn stand_ins(&self, step: &IndexStep, from: &State, to: &State) -> Result<PathBuf> {
        let mut objects: Vec<Value> = Vec::new();
        if to.base.is_some() && from.base.is_none() {
            objects.extend(stand_in::base());
        }
        let mut given: BTreeSet<String> = BTreeSet::new();
        for object in to.objects().filter(|object| object.implied) {
            let same = from
                .get(&object.key)
                .is_some_and(|old| old.value() == object.value());
            if same {
                continue;
            }
            if let Some(text) = self.given(object) {
                if given.insert(object.manifest.source.clone()) {
                    for document in crate::yaml::read(&text).unwrap_or_default() {
                        objects.push(document.value);
                    }
                }
                // The Namespace is nobody's manifest.
                if object.key.kind != "Namespace" {
                    continue;
                }
            }
            objects.push(stand_in::stand_in(object));
        }
        objects.sort_by_key(|object| {
            object["kind"] != "Namespace" && object["kind"] != "CustomResourceDefinition"
        });
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects});
        let path = self.scratch.join(format!("{}.json", step.step.name));
        fs::write(&path, list.to_string())
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(path)
    }

    /// The user's manifests for the IstioOperator that an object comes of: by its name, or by the revision.
    fn given(&self, object: &crate::state::Object) -> Option<String> {
        let folder = self.istio.as_ref()?;
        let operator = object.manifest.original();
        let revision = operator
            .value
            .pointer("/spec/revision")
            .and_then(Value::as_str);
        [Some(operator.identity.name.as_str()), revision]
            .into_iter()
            .flatten()
            .find_map(|name| fs::read_to_string(folder.join(format!("{name}.yaml"))).ok())
    }

    /// Does what a step waits for somebody to do.
    fn somebody(&self, step: &IndexStep, way: Direction) -> Result<()> {
        for action in &step.step.actions {
            let Action::AwaitPoolMoved { selector, other } = action else {
                continue;
            };
            let (from, to) = if way == Direction::Back {
                (other, selector)
            } else {
                (selector, other)
            };
            let first = self.first_pool(selector);
            for node in self.cluster.items(&["nodes", "-l", from])? {
                let name = node["metadata"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                if !name.starts_with(&first) {
                    continue;
                }
                let mut arguments = vec![
                    "label".to_owned(),
                    "node".to_owned(),
                    name,
                    "--overwrite".to_owned(),
                ];
                arguments.extend(
                    pairs(to)
                        .iter()
                        .map(|(key, value)| format!("{key}={value}")),
                );
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                self.cluster.run(&arguments, None)?;
            }
        }
        Ok(())
    }

    /// How the names of the nodes begin that were made for a pool.
    fn first_pool(&self, selector: &str) -> String {
        let pools = self
            .course
            .index
            .steps
            .iter()
            .filter(|step| step.step.actions.is_empty());
        let gates = pools.flat_map(|step: &IndexStep| &step.step.gates);
        let selectors = gates.filter_map(|gate| match gate {
            Gate::Pool { selector } => Some(selector.as_str()),
            _ => None,
        });
        let number = selectors.take_while(|other| *other != selector).count() + 1;
        format!("pool-{number}-")
    }

    /// Every object that the tree writes or deletes in the cluster.
    fn known(&self) -> BTreeSet<Key> {
        let is_object = |path: &str| {
            !["/istioctl/", "/kustomize/"]
                .iter()
                .any(|folder| path.contains(folder))
        };
        self.course
            .files
            .iter()
            .filter(|(path, object)| is_object(path) && object.key.group != "install.istio.io")
            .map(|(_, object)| object.key.clone())
            .collect()
    }
}

/// The namespaces that are part of the mesh.
fn enrolled(state: &State) -> BTreeSet<String> {
    state
        .namespaces()
        .into_iter()
        .filter(|name| {
            state
                .namespace_labels(name)
                .get("istio.io/dataplane-mode")
                .map(String::as_str)
                == Some("ambient")
        })
        .map(str::to_owned)
        .collect()
}

fn pairs(selector: &str) -> Vec<(String, String)> {
    let pairs = selector.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("making {} executable", path.display()))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> Result<()> {
    Ok(())
}

/// Returns the steps of a course by number, for messages.
#[must_use]
pub fn numbers(course: &Course) -> Vec<u16> {
    let of = |step: &Step<String>| step.number;
    course
        .index
        .steps
        .iter()
        .map(|step| of(&step.step))
        .collect()
}
