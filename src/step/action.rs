//! The actions of a step.

use serde::{Deserialize, Serialize};

use crate::istio::Channel;
use crate::kube::Selector;

use super::Gate;
use super::file::{Folder, StepFile, StepFiles};
use super::references::{Cohort, StoredVersion};

/// The istioctl that an action needs. It must have the version of the revision, because istioctl installs its
/// own version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Istioctl {
    pub version: String,
    /// The revision that it belongs to; its environment variable is named after this revision.
    pub revision: String,
    /// The namespace of the control planes, which must be passed to istioctl if it is not `istio-system`.
    pub namespace: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// Stop if the cluster does not have this bundle of CRDs, which is installed outside meshplan.
    ExpectBundle {
        /// The plan's bundle, such as `v1.4.1`.
        bundle: String,
        channel: Channel,
    },
    /// Rewrite every object of some CRDs, and record that no object is stored in an older version any more.
    MigrateStored {
        /// The CRDs, with the version in which their objects are stored afterwards.
        crds: Vec<StoredVersion>,
    },
    /// `kubectl apply --server-side -k`.
    ApplyKustomization {
        file: StepFile,
        /// Objects in the same folder that the kustomization references.
        #[serde(default, skip_serializing_if = "StepFiles::is_empty")]
        resources: StepFiles,
        /// The CRDs that it contains and that the plan uses.
        crds: Vec<String>,
    },
    /// `istioctl install`.
    Install {
        file: StepFile,
        istioctl: Istioctl,
        /// Set if istioctl would wait for pods that nothing replaces: these gates then check that istioctl
        /// has written its objects.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sees: Vec<Gate>,
    },
    /// `kubectl apply` of a set of files.
    Apply { files: StepFiles },
    /// `kubectl delete` by identity, in this order, and wait.
    Delete { files: StepFiles },
    /// Label existing nodes.
    LabelNodes {
        nodes: Vec<String>,
        key: String,
        value: String,
    },
    /// Remove a label from nodes that did not have it before the plan set it.
    UnlabelNodes { nodes: Vec<String>, key: String },
    /// Move the pods off nodes, and change the nodes' label.
    ReturnNodes {
        nodes: Vec<String>,
        key: String,
        value: String,
    },
    /// Record which of these namespaces existed before the plan.
    FindNamespaces { namespaces: Vec<String> },
    /// Delete the namespaces that the plan created, by identity; those that existed before stay unchanged.
    DeleteNamespaces { files: StepFiles },
    /// Stop until the user has restored the labels of a pool's nodes.
    AwaitPoolReturned {
        /// The pool's labels, as `key=value,…`.
        selector: Selector,
    },
    /// Stop until the user has moved the nodes of one pool to the other.
    AwaitPoolMoved {
        selector: Selector,
        /// The labels that they must have instead.
        other: Selector,
    },
    /// Delete the objects of a tag, unless it points to another revision now.
    DeleteTag {
        files: StepFiles,
        tag: String,
        /// The name of its webhook configuration.
        webhook: String,
        /// The revision that it may point to.
        revision: String,
    },
    /// The state before the first step.
    Found {
        /// The relevant objects, as the dump contains them.
        files: StepFiles,
        /// The Gateway API CRDs as bundle and channel, if the dump contains them.
        bundle: Option<(String, String)>,
        /// The version of the mesh.
        version: String,
        revision: String,
    },
    /// `kubectl patch --type=merge` of an object that was not created by the plan. This works for every field
    /// manager; null removes a field.
    Patch { file: StepFile },
    /// Stop until the user has made a change with the tool that manages the objects, because this tool would
    /// revert changes by kubectl.
    AtOwner {
        /// The tool that manages the objects, in words.
        owner: String,
        how: Vec<String>,
        /// The change in the cluster.
        does: Box<Action>,
        /// Gates that check that the change was made.
        done: Vec<Gate>,
    },
    /// Check the version of Istio's CRDs and shared accounts, which are installed outside meshplan.
    ExpectBase { version: String },
    /// `kubectl replace` of objects as they were before the first step, or `kubectl create` if they no longer
    /// exist.
    Restore { files: StepFiles },
    /// Set or remove a label of an object that was not created by the plan.
    LabelObject {
        /// Its kind, as kubectl accepts it.
        kind: String,
        namespace: String,
        name: String,
        key: String,
        /// The label's value; nothing removes the label.
        value: Option<String>,
    },
    /// Move the nodes of a group to the other pool in batches: drain them first, then label them.
    MoveNodes(Cohort),
    /// `istioctl tag set`.
    SetTag {
        tag: String,
        /// The revision that it points to, and its istioctl.
        istioctl: Istioctl,
    },
}

impl Action {
    /// Returns the change in the cluster, also if the user makes it.
    #[must_use]
    pub fn effect(&self) -> &Self {
        match self {
            Self::AtOwner { does, .. } => does,
            action => action,
        }
    }

    /// Returns every file of the action, with the folder of its step that it belongs in.
    pub fn files_mut(&mut self) -> Vec<(&mut StepFile, Folder)> {
        let (files, folder) = match self {
            Self::Apply { files } => (files, Folder::Apply),
            Self::Delete { files }
            | Self::DeleteNamespaces { files }
            | Self::DeleteTag { files, .. } => (files, Folder::Delete),
            Self::Found { files, .. } => (files, Folder::Existing),
            Self::Restore { files } => (files, Folder::Restore),
            Self::Patch { file } => return vec![(file, Folder::Patch)],
            Self::Install { file, .. } => return vec![(file, Folder::Istioctl)],
            Self::ApplyKustomization {
                file, resources, ..
            } => {
                let own = resources.iter_mut().chain([file]);
                return own.map(|file| (file, Folder::Kustomize)).collect();
            }
            Self::AtOwner { does, .. } => return does.files_mut(),
            _ => return Vec::new(),
        };
        files.iter_mut().map(|file| (file, folder)).collect()
    }
}
