//! Changes that the user makes with Helm, Flux or Argo CD: the values, in the format of each tool.

use serde_json::{Value, json};

use crate::plan::{By, Owner};
use crate::step::{Action, Applier, Gate};
use crate::text::yaml;

/// A chart of Istio.
#[derive(Clone, Copy)]
pub(super) enum Chart {
    Base,
    Istiod,
    Cni,
    Ztunnel,
}

impl Chart {
    /// Its name in Istio's chart repository.
    fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Istiod => "istiod",
            Self::Cni => "cni",
            Self::Ztunnel => "ztunnel",
        }
    }
}

pub(super) fn applier(by: By) -> Applier {
    match by {
        By::Helm => Applier::Helm,
        By::Flux => Applier::Flux,
        By::ArgoCd => Applier::ArgoCd,
    }
}

pub(super) fn at(
    owner: &dyn std::fmt::Display,
    how: Vec<String>,
    does: Action,
    done: Vec<Gate>,
) -> Action {
    Action::AtOwner {
        owner: owner.to_string(),
        how,
        does: Box::new(does),
        done,
    }
}

/// The value of `updateStrategy` that keeps every pod from being replaced automatically.
pub(super) fn on_delete() -> Value {
    json!({"type": "OnDelete"})
}

/// The instructions to set a chart version, with values that are merged into the current ones.
pub(super) fn values(owner: &Owner, chart: Chart, version: &str, values: &Value) -> Vec<String> {
    let name = &owner.name;
    let text = if values.as_object().is_some_and(serde_json::Map::is_empty) {
        String::new()
    } else {
        yaml::write(values)
    };
    let snippet = text.lines().map(str::to_owned);
    let mut how = Vec::new();
    match owner.by {
        By::Helm => {
            let upgrade = format!(
                "helm upgrade {name} istio/{} --namespace {} --version {version} --reset-then-reuse-values",
                chart.name(),
                owner.namespace
            );
            if text.is_empty() {
                how.push(upgrade);
            } else {
                how.push(format!("{upgrade} --values - <<'EOF'"));
                how.extend(snippet);
                how.push("EOF".to_owned());
            }
        }
        By::Flux => {
            how.push(format!(
                "in HelmRelease {}/{name}: `spec.chart.spec.version: {version}`",
                owner.namespace
            ));
            if !text.is_empty() {
                how.push("and under `spec.values`:".to_owned());
                how.extend(snippet.map(|line| format!("  {line}")));
            }
            how.push("commit it, then:".to_owned());
            how.push(format!(
                "flux reconcile helmrelease {name} --namespace {} --with-source",
                owner.namespace
            ));
        }
        By::ArgoCd => {
            how.push(format!(
                "in Application {}/{name}: `targetRevision: {version}` of the chart",
                owner.namespace
            ));
            if !text.is_empty() {
                how.push("and under `helm.valuesObject`:".to_owned());
                how.extend(snippet.map(|line| format!("  {line}")));
            }
            how.push("commit it, then:".to_owned());
            how.push(format!("argocd app sync {}/{name}", owner.namespace));
        }
    }
    how
}

/// The instructions to uninstall a chart.
pub(super) fn uninstalled(owner: &Owner) -> Vec<String> {
    let (name, namespace) = (&owner.name, &owner.namespace);
    match owner.by {
        // `helm uninstall` also deletes the values.
        By::Helm => vec![
            format!(
                "helm get values {name} --namespace {namespace} --output yaml > {name}-values.yaml"
            ),
            format!("helm uninstall {name} --namespace {namespace} --wait"),
        ],
        By::Flux => vec![format!(
            "remove HelmRelease {namespace}/{name} from its source, and let Flux prune it"
        )],
        By::ArgoCd => vec![
            format!("remove Application {namespace}/{name} from its source"),
            format!("argocd app delete {namespace}/{name} --cascade"),
        ],
    }
}

/// The instructions to install a chart again as it was.
pub(super) fn installed_again(
    owner: &Owner,
    chart: Chart,
    version: &str,
    values: &Value,
) -> Vec<String> {
    let (name, namespace) = (&owner.name, &owner.namespace);
    let mut how = match owner.by {
        By::Helm => {
            let mut how = vec![format!(
                "helm install {name} istio/{} --namespace {namespace} --version {version} --values {name}-values.yaml \
                 --values - <<'EOF'",
                chart.name()
            )];
            how.extend(yaml::write(values).lines().map(str::to_owned));
            how.push("EOF".to_owned());
            return how;
        }
        By::Flux => vec![format!(
            "restore HelmRelease {namespace}/{name} with chart {version}, its previous values and these:"
        )],
        By::ArgoCd => vec![format!(
            "restore Application {namespace}/{name} with chart {version}, its previous values and these:"
        )],
    };
    let text = yaml::write(values);
    how.extend(text.lines().map(|line| format!("  {line}")));
    how
}
