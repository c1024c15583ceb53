//! Runs a plan on a real control plane with simulated kubelets: each step with its own scripts, and the
//! cluster compared with the state that the replay predicts.

mod autoscaler;
mod existing;
mod expected;
mod istioctl;
mod nodes;
mod observe;
mod owner;
mod parts;
mod report;
mod stand_in;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

pub use report::{Direction, Leg, RehearsalReport};

use crate::cluster::Cluster;
use crate::kube::identity::Key;
use crate::proof::Upgrade;
use crate::state::{Facet, State};
use crate::text::finding::Finding;
use crate::tree::IndexStep;
use autoscaler::Autoscaler;
use expected::Expected;
use istioctl::on_path;
use observe::{Moment, differences, replaced};
use watch::Watch;

/// How long the cluster may take to reach the predicted state after the scripts have finished.
const SETTLING: Duration = Duration::from_secs(20);

/// What to rehearse, and how.
pub struct Rehearsal<'a> {
    pub upgrade: &'a Upgrade,
    /// The findings of `meshplan check`; each one counts as a surprise of its step.
    pub foreseen: &'a [Finding],
    /// The location of the tree on disk.
    pub tree: &'a Path,
    pub cluster: Cluster,
    /// The number of the first step.
    pub from: u16,
    /// The number of the last step.
    pub to: u16,
    /// Whether each step is rolled back and applied again.
    pub rollback: bool,
    /// Whether files of each step are first applied one by one, partly and in different orders.
    pub parts: bool,
    /// Whether to continue after a surprise.
    pub keep_going: bool,
    /// The folder with rendered manifests that replace istioctl, one file per IstioOperator or revision, by
    /// its name.
    pub istio: Option<PathBuf>,
    /// The timeout of the scripts for one wait, in seconds.
    pub patience: u64,
    /// A folder for temporary files.
    pub scratch: &'a Path,
}

impl Rehearsal<'_> {
    /// Returns the number of runs of steps if all of them succeed.
    #[must_use]
    pub fn runs(&self) -> usize {
        let steps = self.upgrade.index.steps.iter();
        let steps = steps.filter(|step| self.covers(step)).count();
        steps * self.ways().len()
    }

    fn covers(&self, step: &IndexStep) -> bool {
        (self.from..=self.to).contains(&step.step.number)
    }

    /// The directions in which each step runs.
    fn ways(&self) -> &'static [Direction] {
        if self.rollback {
            &[Direction::Forward, Direction::Back, Direction::Again]
        } else {
            &[Direction::Forward]
        }
    }

    /// Runs the rehearsal; `progress` is called before each run of a step.
    ///
    /// # Errors
    ///
    /// If the cluster is not for rehearsals, or a tool cannot be run. Failures of the scripts are in the
    /// report.
    pub fn run(&self, progress: &mut dyn FnMut(&str, Direction)) -> Result<RehearsalReport> {
        self.cluster.refuse_real()?;
        self.nodes()?;
        let version: Value =
            serde_json::from_str(&self.cluster.run(&["version", "-o", "json"], None)?)
                .context("reading the version of the API server")?;
        let mut report = RehearsalReport {
            plan: self.upgrade.index.plan.clone(),
            server: version["serverVersion"]["gitVersion"]
                .as_str()
                .unwrap_or("of an unknown version")
                .to_owned(),
            istioctl: self.istioctls()?,
            legs: Vec::new(),
        };
        let replay = self.upgrade.replay();
        let mut before = self.upgrade.start();
        for step in &self.upgrade.index.steps {
            let (after, _) = replay.run(&before, &step.step, &step.step.actions, None);
            if self.covers(step) {
                self.existing(step, &after)?;
                for &way in self.ways() {
                    progress(&step.step.name, way);
                    let mut leg = self.leg(step, &before, &after, way)?;
                    if way == Direction::Forward {
                        leg.surprises.extend(self.foreseen(&step.step.name));
                    }
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

    /// The findings about a step before the rehearsal.
    fn foreseen<'s>(&'s self, step: &'s str) -> impl Iterator<Item = String> + 's {
        let said = self
            .foreseen
            .iter()
            .filter(move |finding| finding.step.as_deref() == Some(step));
        said.map(|finding| {
            format!(
                "meshplan check reports {}: {}",
                finding.code, finding.message
            )
        })
    }

    /// Runs a step in one direction.
    fn leg(&self, step: &IndexStep, before: &State, after: &State, way: Direction) -> Result<Leg> {
        let (from, to) = match way {
            // Objects that stay are unchanged after the rollback.
            Direction::Back if step.step.rollback.keeps => (after, after),
            Direction::Back => (after, before),
            Direction::Forward | Direction::Again => (before, after),
        };
        let begun = Instant::now();
        let start = Moment::of(&self.cluster)?;
        let actions = match way {
            Direction::Back => &step.step.rollback.actions,
            Direction::Forward | Direction::Again => &step.step.actions,
        };
        let autoscaler = Autoscaler::begin(&self.cluster, actions, to)?;
        let expected = Expected::between(from, to, autoscaler.leaving.clone());
        let watch = Watch::begin(&self.cluster, expected)?;
        let joined = self.join(from, to)?;
        self.somebody(step, way)?;
        self.at_owners(step, actions)?;
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
            joined: joined.len(),
            tried: 0,
            refused: 0,
            skipped: Vec::new(),
            warnings: Vec::new(),
            surprises: Vec::new(),
        };
        let known = self.known();
        if self.parts && way != Direction::Back {
            self.parts(step, from, &known, &mut leg)?;
        }
        for script in scripts {
            let (ok, said) = self.script(step, script, &stand_ins)?;
            for line in said.lines() {
                if let Some(skipped) = line.strip_prefix("skipped in a simulated cluster: ") {
                    leg.skipped.push(skipped.to_owned());
                } else if let Some(warning) = line.strip_prefix("Warning: ") {
                    // kubectl prints this warning at each drain.
                    if warning.starts_with("ignoring DaemonSet-managed Pods") {
                        continue;
                    }
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
        let mut moment = Moment::of(&self.cluster)?;
        // Controllers need some time, so differences count only if they persist.
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
        let waits = autoscaler.end();
        if !leg.surprises.is_empty() {
            found.extend(waits);
        }
        leg.surprises.extend(found);
        self.leave(&joined)?;
        leg.milliseconds = begun.elapsed().as_millis();
        Ok(leg)
    }

    /// Runs a script of a step; returns whether it succeeded, and its output.
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

    /// Every object that the tree writes or deletes in the cluster.
    fn known(&self) -> BTreeSet<Key> {
        let is_object = |path: &str| {
            !["/istioctl/", "/kustomize/"]
                .iter()
                .any(|folder| path.contains(folder))
        };
        self.upgrade
            .files
            .iter()
            .filter(|(path, object)| {
                is_object(path)
                    && object.key.group != "install.istio.io"
                    && !matches!(object.facet, Facet::Node(_))
            })
            .map(|(_, object)| object.key.clone())
            .collect()
    }
}
