//! What will be done: typed steps of typed actions, in order. Files, scripts, runbook and index all come from them.
//!
//! A step holds drafts of objects until they are rendered, and the paths of their files from then on ([`File`]).

mod action;
mod file;
mod gate;
pub mod kind;
mod object;
mod references;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use action::{Action, Istioctl};
pub use file::{File, Files, Folder, is_rollback};
pub use gate::{Answered, Gate};
pub use kind::Kind;
pub use object::{
    AddressPool, AllowedFrom, Copy, Draft, GRANT, GatewayManifest, HttpBackend, HttpMatch,
    HttpRouteManifest, HttpRule, IstioOperator, KindCluster, Kustomization, L2Advertisement,
    ListenerManifest, NamespaceManifest, ReferenceGrantManifest, ZtunnelManifest, ZtunnelSettings,
};
pub use references::{Cohort, GatewayRef, RouteRef, ServiceRef, StoredVersion};

/// The folder of a step that holds what its way back needs.
pub const ROLLBACK: &str = "rollback/";

/// A run of steps with one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// What was there before the first step.
    Existing,
    /// What both revisions stand on.
    Prepare,
    /// The stable revision, and traffic to it.
    Stable,
    /// The canary revision, without traffic.
    Canary,
    /// Traffic from stable to canary.
    Shift,
    /// The canary owns what stable owned.
    Promote,
    /// The stable revision goes.
    Retire,
}

/// Who carries a step out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applier {
    /// `kubectl`.
    Kubectl,
    /// `istioctl`, of the version that the action names.
    Istioctl,
    /// Somebody, at the Helm release that owns the objects.
    Helm,
    /// Somebody, where Flux has its sources.
    Flux,
    /// Somebody, where Argo CD has its sources.
    #[serde(rename = "argocd")]
    ArgoCd,
}

impl Applier {
    /// Returns the program's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubectl => "kubectl",
            Self::Istioctl => "istioctl",
            Self::Helm => "helm",
            Self::Flux => "flux",
            Self::ArgoCd => "argocd",
        }
    }
}

/// Something that runs and that a step restarts or ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// What restarts, as `Kind namespace/name`.
    pub object: String,
    /// Whom that touches, in words.
    pub touches: String,
}

/// How to undo a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollback {
    /// Whether all that the step made stays.
    pub keeps: bool,
    /// What must hold before.
    pub requires: Vec<Gate>,
    /// What is done: what the plan asks for first, then what follows from the states before and after the step.
    pub actions: Vec<Action>,
    /// What must hold afterwards.
    pub gates: Vec<Gate>,
}

impl Default for Rollback {
    fn default() -> Self {
        Self {
            keeps: false,
            requires: Vec::new(),
            actions: Vec::new(),
            gates: Vec::new(),
        }
    }
}

/// Which share of requests goes where once a step is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// The namespaces of the stable workloads.
    pub stable: Vec<String>,
    /// The namespaces of the canary workloads.
    pub canary: Vec<String>,
    /// The header, name and value, whose requests all go to the canary, where there is one.
    pub header: Option<(String, String)>,
    /// Of 100 other requests, how many go to the canary.
    pub weight: u16,
}

/// One directory of the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The number of its kind; gaps are kinds that the plan does not need.
    pub number: u16,
    /// Number and name, as the directory is called.
    pub name: String,
    /// The phase it belongs to.
    pub phase: Phase,
    /// What it does, in a few words.
    pub title: String,
    /// Why it is there, and why here.
    pub why: String,
    /// What to look at before the next step.
    pub watch: String,
    /// Who carries it out.
    pub applier: Applier,
    /// What must hold before anything is done.
    pub requires: Vec<Gate>,
    /// What is done, in order.
    pub actions: Vec<Action>,
    /// What must hold before the next step.
    pub gates: Vec<Gate>,
    /// What it restarts, and whom that touches.
    pub restarts: Vec<Restart>,
    /// Whether what was there before comes back with the rollback, but for what stays; where not, this is a point of no return.
    pub reversible: bool,
    /// What going back means here.
    pub back: String,
    /// The way back.
    pub rollback: Rollback,
    /// What stays when one goes back.
    pub stays: Vec<String>,
    /// How long to watch before the next step, in seconds.
    pub soak: Option<u64>,
    /// Which share of requests goes where afterwards, where the step is about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// The rules that the step breaks because the plan says so, by code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<String>,
    /// What its title, why, watch and back are rendered from; empty once they are.
    #[serde(skip)]
    pub prose: Prose,
}

/// A template of a step's texts, and the values that it needs beside those of the whole plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prose {
    pub template: &'static str,
    pub values: Value,
}

impl Step {
    /// Starts the one step of a kind.
    #[must_use]
    pub fn of(kind: &Kind, applier: Applier) -> Self {
        Self::numbered(kind, 0, "", applier)
    }

    /// Starts one of several steps of a kind: the one so many numbers after the first, with a name of its own.
    #[must_use]
    pub fn numbered(kind: &Kind, offset: u16, name: &str, applier: Applier) -> Self {
        let number = kind.number + offset;
        Self {
            number,
            name: format!("{number:03}-{}{name}", kind.slug),
            phase: kind.phase,
            title: String::new(),
            why: String::new(),
            watch: String::new(),
            applier,
            requires: Vec::new(),
            actions: Vec::new(),
            gates: Vec::new(),
            restarts: Vec::new(),
            reversible: true,
            back: String::new(),
            rollback: Rollback::default(),
            stays: Vec::new(),
            soak: None,
            traffic: None,
            accepts: Vec::new(),
            prose: Prose {
                template: kind.prose,
                values: Value::Object(serde_json::Map::new()),
            },
        }
    }

    /// Gives the templates of the step's texts their values.
    pub fn says(&mut self, values: Value) {
        self.prose.values = values;
    }

    /// Makes it a step of another kind with the same number and name, whose texts are others.
    pub fn becomes(&mut self, kind: &Kind) {
        self.prose.template = kind.prose;
    }

    /// Returns every file of the step, with the folder that it belongs in: those of the way back are below [`ROLLBACK`].
    pub fn files_mut(&mut self) -> impl Iterator<Item = (&mut File, &'static str, Folder)> {
        let own = self.actions.iter_mut().flat_map(Action::files_mut);
        let back = self.rollback.actions.iter_mut().flat_map(Action::files_mut);
        own.map(|(file, folder)| (file, "", folder))
            .chain(back.map(|(file, folder)| (file, ROLLBACK, folder)))
    }
}
