//! Other writers of Istio's objects, as in `owner` of `[istio]`.

use std::fmt;

/// The tool of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Helm writes the objects when a user upgrades the release.
    Helm,
    /// Flux writes them continuously, from a `HelmRelease`.
    Flux,
    /// Argo CD writes them continuously, from an `Application`.
    ArgoCd,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub by: By,
    /// The namespace of the release, `HelmRelease` or `Application`.
    pub namespace: String,
    pub name: String,
}

impl Owner {
    /// Parses `helm:namespace/name`, `flux:namespace/name` or `argocd:namespace/name`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (by, rest) = text.split_once(':')?;
        let (namespace, name) = rest.split_once('/')?;
        let by = match by {
            "helm" => By::Helm,
            "flux" => By::Flux,
            "argocd" => By::ArgoCd,
            _ => return None,
        };
        let named = |name: &str| crate::kube::names::is_subdomain(name);
        (named(namespace) && named(name)).then(|| Self {
            by,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.by {
            By::Helm => "Helm release",
            By::Flux => "Flux's HelmRelease",
            By::ArgoCd => "Argo CD's Application",
        };
        write!(f, "{what} {}/{}", self.namespace, self.name)
    }
}
