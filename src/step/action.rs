//! What a step does.

use serde::{Deserialize, Serialize};

use crate::kube::Selector;

use super::Gate;
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

/// One thing that a step does. `O` is the object, or the path of its file from the step's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action<O> {
    /// Stop where the cluster does not have this bundle of CRDs, which somebody else installs.
    ExpectBundle {
        /// The plan's bundle, as `v1.4.1`.
        bundle: String,
        /// The plan's channel.
        channel: String,
    },
    /// Rewrite every object of some CRDs, and note that none is stored in an older version any more.
    MigrateStored {
        /// The CRDs, and the version in which their objects are stored then.
        crds: Vec<StoredVersion>,
    },
    /// `kubectl apply --server-side -k`.
    ApplyKustomization {
        /// The kustomization.
        file: O,
        /// Objects that lie beside it and that it names.
        #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
        resources: Vec<O>,
        /// The CRDs that it brings and that the plan uses.
        crds: Vec<String>,
    },
    /// `istioctl install`.
    Install {
        /// The `IstioOperator`.
        file: O,
        /// Which istioctl.
        istioctl: Istioctl,
        /// Where istioctl would wait for pods that nothing replaces: by what one sees instead that it has written what it should.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sees: Vec<Gate>,
    },
    /// `kubectl apply` of a set of files.
    Apply {
        /// The objects.
        files: Vec<O>,
    },
    /// `kubectl delete` by identity, in this order, and wait.
    Delete {
        /// The identities.
        files: Vec<O>,
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
        files: Vec<O>,
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
        files: Vec<O>,
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
        files: Vec<O>,
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
        file: O,
    },
    /// Stop until somebody has made a change where objects are owned: whoever owns them would write back what kubectl writes.
    AtOwner {
        /// Who owns them, in words.
        owner: String,
        /// What to do there, line by line.
        how: Vec<String>,
        /// What that changes in the cluster.
        does: Box<Action<O>>,
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
        files: Vec<O>,
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

impl<O> Action<O> {
    /// Returns what changes in the cluster, whoever makes the change.
    #[must_use]
    pub fn effect(&self) -> &Self {
        match self {
            Self::AtOwner { does, .. } => does,
            action => action,
        }
    }

    /// Turns the objects of the action into something else; see [`Step::try_map`](super::Step::try_map).
    ///
    /// # Errors
    ///
    /// The first error of `turn`.
    #[allow(clippy::too_many_lines, reason = "one arm an action")]
    pub fn try_map<P, E>(
        self,
        base: &str,
        turn: &mut dyn FnMut(O, &str) -> Result<P, E>,
    ) -> Result<Action<P>, E> {
        let mut all = |files: Vec<O>, folder: &str| {
            files
                .into_iter()
                .map(|file| turn(file, &format!("{base}{folder}")))
                .collect::<Result<Vec<_>, E>>()
        };
        Ok(match self {
            Self::Apply { files } => Action::Apply {
                files: all(files, "")?,
            },
            Self::Delete { files } => Action::Delete {
                files: all(files, "delete/")?,
            },
            Self::ApplyKustomization {
                file,
                resources,
                crds,
            } => Action::ApplyKustomization {
                resources: all(resources, "kustomize/")?,
                file: turn(file, &format!("{base}kustomize/"))?,
                crds,
            },
            Self::ExpectBundle { bundle, channel } => Action::ExpectBundle { bundle, channel },
            Self::MigrateStored { crds } => Action::MigrateStored { crds },
            Self::Install {
                file,
                istioctl,
                sees,
            } => Action::Install {
                file: turn(file, &format!("{base}istioctl/"))?,
                istioctl,
                sees,
            },
            Self::LabelNodes { nodes, key, value } => Action::LabelNodes { nodes, key, value },
            Self::UnlabelNodes { nodes, key } => Action::UnlabelNodes { nodes, key },
            Self::ReturnNodes { nodes, key, value } => Action::ReturnNodes { nodes, key, value },
            Self::FindNamespaces { namespaces } => Action::FindNamespaces { namespaces },
            Self::DeleteNamespaces { files } => Action::DeleteNamespaces {
                files: all(files, "delete/")?,
            },
            Self::AwaitPoolReturned { selector } => Action::AwaitPoolReturned { selector },
            Self::AwaitPoolMoved { selector, other } => Action::AwaitPoolMoved { selector, other },
            Self::DeleteTag {
                files,
                tag,
                webhook,
                revision,
            } => Action::DeleteTag {
                files: all(files, "delete/")?,
                tag,
                webhook,
                revision,
            },
            Self::Found {
                files,
                bundle,
                version,
                revision,
            } => Action::Found {
                files: all(files, "existing/")?,
                bundle,
                version,
                revision,
            },
            Self::Restore { files } => Action::Restore {
                files: all(files, "restore/")?,
            },
            Self::Patch { file } => Action::Patch {
                file: turn(file, &format!("{base}patch/"))?,
            },
            Self::LabelObject {
                kind,
                namespace,
                name,
                key,
                value,
            } => Action::LabelObject {
                kind,
                namespace,
                name,
                key,
                value,
            },
            Self::MoveNodes(cohort) => Action::MoveNodes(cohort),
            Self::ExpectBase { version } => Action::ExpectBase { version },
            Self::AtOwner {
                owner,
                how,
                does,
                done,
            } => Action::AtOwner {
                owner,
                how,
                does: Box::new(does.try_map(base, turn)?),
                done,
            },
            Self::SetTag { tag, istioctl } => Action::SetTag { tag, istioctl },
        })
    }
}
