//! What a step does.

use serde::{Deserialize, Serialize};

use crate::istio::Channel;
use crate::kube::Selector;

use super::Gate;
use super::file::{File, Files, Folder};
use super::references::{Cohort, StoredVersion};

/// The istioctl that an action needs: its version must be the revision's, since istioctl installs its own version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Istioctl {
    /// Its version.
    pub version: String,
    /// The revision it belongs to, after which its environment variable is named.
    pub revision: String,
    /// The namespace of the control planes, which istioctl has to be told where it is not `istio-system`.
    pub namespace: String,
}

/// One thing that a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// Stop where the cluster does not have this bundle of CRDs, which somebody else installs.
    ExpectBundle {
        /// The plan's bundle, as `v1.4.1`.
        bundle: String,
        /// The plan's channel.
        channel: Channel,
    },
    /// Rewrite every object of some CRDs, and note that none is stored in an older version any more.
    MigrateStored {
        /// The CRDs, and the version in which their objects are stored then.
        crds: Vec<StoredVersion>,
    },
    /// `kubectl apply --server-side -k`.
    ApplyKustomization {
        /// The kustomization.
        file: File,
        /// Objects that lie beside it and that it names.
        #[serde(default, skip_serializing_if = "Files::is_empty")]
        resources: Files,
        /// The CRDs that it brings and that the plan uses.
        crds: Vec<String>,
    },
    /// `istioctl install`.
    Install {
        /// The `IstioOperator`.
        file: File,
        /// Which istioctl.
        istioctl: Istioctl,
        /// Where istioctl would wait for pods that nothing replaces: by what one sees instead that it has written what it should.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sees: Vec<Gate>,
    },
    /// `kubectl apply` of a set of files.
    Apply {
        /// The objects.
        files: Files,
    },
    /// `kubectl delete` by identity, in this order, and wait.
    Delete {
        /// The identities.
        files: Files,
    },
    /// Label nodes that exist.
    LabelNodes {
        /// Their names.
        nodes: Vec<String>,
        /// The label's key.
        key: String,
        /// The label's value.
        value: String,
    },
    /// Take a label off nodes that did not have it before the plan gave it to them.
    UnlabelNodes {
        /// Their names.
        nodes: Vec<String>,
        /// The label's key.
        key: String,
    },
    /// Move the pods off nodes, and give the nodes another label.
    ReturnNodes {
        /// Their names.
        nodes: Vec<String>,
        /// The label's key.
        key: String,
        /// The label's value.
        value: String,
    },
    /// Note which of these namespaces were there before the plan.
    FindNamespaces {
        /// Their names.
        namespaces: Vec<String>,
    },
    /// Delete namespaces that the plan made, by identity; those that were there before stay, as they were.
    DeleteNamespaces {
        /// The identities.
        files: Files,
    },
    /// Stop until somebody has given the nodes of a pool its labels back.
    AwaitPoolReturned {
        /// The pool's labels, as `key=value,…`.
        selector: Selector,
    },
    /// Stop until somebody has moved the nodes of one pool to the other.
    AwaitPoolMoved {
        /// The labels that no node may carry any more, as `key=value,…`.
        selector: Selector,
        /// The labels that they carry then.
        other: Selector,
    },
    /// Delete the objects of a tag, unless it points to another revision by now.
    DeleteTag {
        /// The identities.
        files: Files,
        /// The tag.
        tag: String,
        /// Its webhook configuration.
        webhook: String,
        /// The revision that it may point to.
        revision: String,
    },
    /// What is there before the first step.
    Found {
        /// The objects that decide, as the dump has them.
        files: Files,
        /// The Gateway API CRDs, as bundle and channel, where the dump has them.
        bundle: Option<(String, String)>,
        /// The version of the mesh.
        version: String,
        /// The revision of its control plane.
        revision: String,
    },
    /// `kubectl patch --type=merge` of an object that somebody else made: the same whoever wrote it, and null takes a field away.
    Patch {
        /// The fields.
        file: File,
    },
    /// Stop until somebody has made a change where objects are owned: whoever owns them would write back what kubectl writes.
    AtOwner {
        /// Who owns them, in words.
        owner: String,
        /// What to do there, line by line.
        how: Vec<String>,
        /// What that changes in the cluster.
        does: Box<Action>,
        /// How one sees that it is done.
        done: Vec<Gate>,
    },
    /// Note which version Istio's CRDs and shared accounts are of, which somebody else installs.
    ExpectBase {
        /// The version.
        version: String,
    },
    /// `kubectl replace` of objects as they were before the first step, or `kubectl create` of those that are gone.
    Restore {
        /// The objects.
        files: Files,
    },
    /// Give an object that somebody else made a label, or take it off.
    LabelObject {
        /// Its kind, as kubectl takes it.
        kind: String,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The label's key.
        key: String,
        /// The label's value; nothing takes it off.
        value: Option<String>,
    },
    /// Move the nodes of a group to the other pool, some at a time: drained first, labelled then.
    MoveNodes(Cohort),
    /// `istioctl tag set`.
    SetTag {
        /// The tag.
        tag: String,
        /// The revision that it points to, and its istioctl.
        istioctl: Istioctl,
    },
}

impl Action {
    /// Returns what changes in the cluster, whoever makes the change.
    #[must_use]
    pub fn effect(&self) -> &Self {
        match self {
            Self::AtOwner { does, .. } => does,
            action => action,
        }
    }

    /// Returns every file of the action, with the folder of its step that it belongs in.
    pub fn files_mut(&mut self) -> Vec<(&mut File, Folder)> {
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
