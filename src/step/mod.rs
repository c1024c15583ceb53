//! The steps of an upgrade as data: typed actions in order. Files, scripts, runbook and index are generated
//! from them.
//!
//! A step contains drafts of objects until they are rendered, and then the paths of their files ([`StepFile`]).

mod action;
mod file;
mod gate;
pub mod kind;
mod object;
mod references;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use action::{Action, Istioctl};
pub use file::{Folder, StepFile, StepFiles, is_rollback};
pub use gate::{Answered, Gate};
pub use kind::Kind;
pub use object::{
    AddressPool, AllowedFrom, Copy, Draft, GRANT, GatewayManifest, HttpBackend, HttpMatch,
    HttpRouteManifest, HttpRule, IstioOperator, KindCluster, Kustomization, L2Advertisement,
    ListenerManifest, NamespaceManifest, ReferenceGrantManifest, ZtunnelManifest, ZtunnelSettings,
};
pub use references::{Cohort, GatewayRef, RouteRef, ServiceRef, StoredVersion};

/// The folder of a step that contains the files for its rollback.
pub const ROLLBACK: &str = "rollback/";

/// A group of steps with one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// What existed before the first step.
    Existing,
    /// What both revisions need.
    Prepare,
    /// The stable revision, and traffic to it.
    Stable,
    /// The canary revision, without traffic.
    Canary,
    /// The traffic shift from stable to canary.
    Shift,
    /// The canary takes over what belonged to stable.
    Promote,
    /// The stable revision is deleted.
    Retire,
}

/// The tool that applies a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applier {
    Kubectl,
    /// `istioctl`, in the version that the action names.
    Istioctl,
    /// The user, with the Helm release that manages the objects.
    Helm,
    /// The user, in the sources of Flux.
    Flux,
    /// The user, in the sources of Argo CD.
    #[serde(rename = "argocd")]
    ArgoCd,
}

impl Applier {
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

/// A workload that a step restarts or deletes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// The workload, as `Kind namespace/name`.
    pub object: String,
    /// The effect, in words.
    pub touches: String,
}

/// How to roll back a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Rollback {
    /// Whether everything that the step created stays.
    pub keeps: bool,
    /// The gates that must pass before.
    pub requires: Vec<Gate>,
    /// The actions: first those that the plan defines, then those that follow from the states before and
    /// after the step.
    pub actions: Vec<Action>,
    /// The gates that must pass afterwards.
    pub gates: Vec<Gate>,
}

/// The expected share of requests per revision after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// The namespaces of the stable workloads.
    pub stable: Vec<String>,
    /// The namespaces of the canary workloads.
    pub canary: Vec<String>,
    /// The header (name and value) whose requests all go to the canary, if there is one.
    pub header: Option<(String, String)>,
    /// The percentage of the other requests that goes to the canary.
    pub weight: u16,
}

/// One directory of the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The number of its kind; gaps are kinds that the plan does not need.
    pub number: u16,
    pub name: String,
    pub phase: Phase,
    /// What it does, in a few words.
    pub title: String,
    /// Why it exists, and why at this position.
    pub why: String,
    /// What to check before the next step.
    pub watch: String,
    pub applier: Applier,
    /// The gates that must pass before any action.
    pub requires: Vec<Gate>,
    /// The actions, in order.
    pub actions: Vec<Action>,
    /// The gates that must pass before the next step.
    pub gates: Vec<Gate>,
    /// The workloads that it restarts, and the effect.
    pub restarts: Vec<Restart>,
    /// Whether the rollback restores the previous state, except for `stays`; if not, the step is a point of
    /// no return.
    pub reversible: bool,
    /// What a rollback means for this step.
    pub back: String,
    pub rollback: Rollback,
    /// What a rollback does not undo.
    pub stays: Vec<String>,
    /// How long to wait before the next step, in seconds.
    pub soak: Option<u64>,
    /// The expected traffic afterwards, for steps that change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// The codes of the rules that the step breaks because the plan accepts it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<String>,
    /// The source of title, why, watch and back; empty after rendering.
    #[serde(skip)]
    pub prose: Prose,
}

/// A template of a step's texts, and the values that it needs in addition to those of the whole plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prose {
    pub template: &'static str,
    pub values: Value,
}

impl Step {
    /// Returns the only step of a kind.
    #[must_use]
    pub fn of(kind: &Kind, applier: Applier) -> Self {
        Self::numbered(kind, 0, "", applier)
    }

    /// Returns one of several steps of a kind; `offset` is added to the number, and `name` to the folder's
    /// name.
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

    /// Sets the values for the templates of the step's texts.
    pub fn says(&mut self, values: Value) {
        self.prose.values = values;
    }

    /// Changes the texts to those of another kind; number and name stay.
    pub fn becomes(&mut self, kind: &Kind) {
        self.prose.template = kind.prose;
    }

    /// Returns every file of the step with its folder; the files of the rollback are below [`ROLLBACK`].
    pub fn files_mut(&mut self) -> impl Iterator<Item = (&mut StepFile, &'static str, Folder)> {
        let own = self.actions.iter_mut().flat_map(Action::files_mut);
        let back = self.rollback.actions.iter_mut().flat_map(Action::files_mut);
        own.map(|(file, folder)| (file, "", folder))
            .chain(back.map(|(file, folder)| (file, ROLLBACK, folder)))
    }
}
