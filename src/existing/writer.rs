//! Finds which tool writes an object, from its labels, annotations and managed fields.

use serde_json::Value;

use crate::plan::{By, Owner};

/// Used as name if only the kind of the writer is known.
const UNKNOWN: &str = "unknown";

/// A tool that writes objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writer {
    /// A Helm release, as `namespace/name`.
    Helm(String),
    /// A Flux `HelmRelease`, as `namespace/name`.
    Flux(String),
    /// A Flux Kustomization, as `namespace/name`; it removes fields that kubectl adds.
    Kustomization(String),
    ArgoCd(String),
    /// `istioctl install`.
    Istioctl,
    /// kubectl, or another tool that does not write the object again.
    Hand,
}

impl Writer {
    /// Finds the writer of an object. Tools that reconcile continuously take precedence over tools that write
    /// only when a user runs them.
    ///
    /// Sources: the labels and annotations that Argo CD (`argo-cd@v3:util/argo`,
    /// `argocd.argoproj.io/tracking-id`), Flux (`kustomize.toolkit.fluxcd.io/name`,
    /// `helm.toolkit.fluxcd.io/name`), Helm (`meta.helm.sh/release-name`) and istioctl
    /// (`install.operator.istio.io/owning-resource`) set on their objects; field managers are those of
    /// `kubectl get --show-managed-fields`.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let text = |kind: &str, key: &str| {
            let all = object.get("metadata")?.get(kind)?;
            all.get(key)?.as_str().map(str::to_owned)
        };
        if let Some(id) = text("annotations", "argocd.argoproj.io/tracking-id") {
            return Self::ArgoCd(id.split(':').next().unwrap_or_default().to_owned());
        }
        if let Some(name) = text("labels", "argocd.argoproj.io/instance") {
            return Self::ArgoCd(name);
        }
        let flux = |group: &str| {
            let name = text("labels", &format!("{group}.toolkit.fluxcd.io/name"))?;
            let namespace = text("labels", &format!("{group}.toolkit.fluxcd.io/namespace"));
            Some(format!("{}/{name}", namespace.unwrap_or_default()))
        };
        if let Some(name) = flux("kustomize") {
            return Self::Kustomization(name);
        }
        if let Some(name) = flux("helm") {
            return Self::Flux(name);
        }
        let managers = object
            .pointer("/metadata/managedFields")
            .and_then(Value::as_array);
        let managed = |wanted: &str| {
            let mut managers = managers.into_iter().flatten();
            managers.any(|entry| entry.get("manager").and_then(Value::as_str) == Some(wanted))
        };
        if managed("argocd-controller") {
            return Self::ArgoCd(UNKNOWN.to_owned());
        }
        if managed("kustomize-controller") {
            return Self::Kustomization(UNKNOWN.to_owned());
        }
        if managed("helm-controller") {
            return Self::Flux(UNKNOWN.to_owned());
        }
        if let Some(name) = text("annotations", "meta.helm.sh/release-name") {
            let namespace = text("annotations", "meta.helm.sh/release-namespace");
            return Self::Helm(format!("{}/{name}", namespace.unwrap_or_default()));
        }
        if managed("helm") {
            return Self::Helm(UNKNOWN.to_owned());
        }
        let istioctl = text("labels", "install.operator.istio.io/owning-resource").is_some();
        if istioctl || managed("istio-operator") {
            return Self::Istioctl;
        }
        Self::Hand
    }

    /// Returns whether this is the owner that a plan names. If the object shows no name, the kind is enough.
    #[must_use]
    pub fn is(&self, owner: &Owner) -> bool {
        let whole = format!("{}/{}", owner.namespace, owner.name);
        match (self, owner.by) {
            (Self::Helm(own), By::Helm)
            | (Self::Flux(own) | Self::Kustomization(own), By::Flux) => {
                *own == whole || own == UNKNOWN
            }
            // Argo CD writes the namespace of an Application only if it differs from its own.
            (Self::ArgoCd(own), By::ArgoCd) => {
                *own == owner.name
                    || *own == format!("{}_{}", owner.namespace, owner.name)
                    || own == UNKNOWN
            }
            _ => false,
        }
    }

    /// Returns the `owner` to write in a plan, as far as the object shows it.
    #[must_use]
    pub fn as_owner(&self) -> String {
        let (by, own) = match self {
            Self::Helm(own) => ("helm", own),
            Self::Flux(own) | Self::Kustomization(own) => ("flux", own),
            Self::ArgoCd(own) => ("argocd", own),
            Self::Istioctl | Self::Hand => return String::new(),
        };
        match own.as_str() {
            UNKNOWN => format!("{by}:namespace/name"),
            _ if own.contains('/') => format!("{by}:{own}"),
            _ => match own.split_once('_') {
                Some((namespace, name)) => format!("{by}:{namespace}/{name}"),
                None => format!("{by}:argocd/{own}"),
            },
        }
    }

    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Helm(release) => format!("Helm release {release}"),
            Self::Flux(name) => format!("Flux's HelmRelease {name}"),
            Self::Kustomization(name) => format!("Flux's Kustomization {name}"),
            Self::ArgoCd(name) => format!("Argo CD application {name}"),
            Self::Istioctl => "istioctl".to_owned(),
            Self::Hand => "kubectl".to_owned(),
        }
    }

    /// Returns the kind of owner that would change back the fields of a step: continuously, or when a user
    /// runs it again.
    #[must_use]
    pub fn by(&self) -> Option<By> {
        match self {
            Self::Helm(_) => Some(By::Helm),
            Self::Flux(_) | Self::Kustomization(_) => Some(By::Flux),
            Self::ArgoCd(_) => Some(By::ArgoCd),
            Self::Istioctl | Self::Hand => None,
        }
    }

    /// Returns whether it would change back the fields of a step.
    #[must_use]
    pub fn writes_back(&self) -> bool {
        self.by().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn writers_are_known_by_what_they_leave() {
        let cases = [
            (
                json!({"annotations": {"meta.helm.sh/release-name": "ztunnel", "meta.helm.sh/release-namespace": "istio-system"}}),
                "Helm release istio-system/ztunnel",
            ),
            (
                json!({"annotations": {"meta.helm.sh/release-name": "z"}, "labels": {"helm.toolkit.fluxcd.io/name": "ztunnel", "helm.toolkit.fluxcd.io/namespace": "mesh"}}),
                "Flux's HelmRelease mesh/ztunnel",
            ),
            (
                json!({"annotations": {"argocd.argoproj.io/tracking-id": "mesh:apps/DaemonSet:istio-system/ztunnel"}}),
                "Argo CD application mesh",
            ),
            (
                json!({"labels": {"install.operator.istio.io/owning-resource": "ztunnel"}}),
                "istioctl",
            ),
            (
                json!({"managedFields": [{"manager": "helm", "operation": "Update"}]}),
                "Helm release unknown",
            ),
            (
                json!({"managedFields": [{"manager": "kubectl-client-side-apply"}]}),
                "kubectl",
            ),
        ];
        for (metadata, words) in cases {
            assert_eq!(
                Writer::of(&json!({ "metadata": metadata })).in_words(),
                words
            );
        }
    }
}
