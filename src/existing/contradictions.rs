//! Compares the mesh in a dump with the plan.

use serde_json::Value;

use super::{DUMP, Reading, Writer};
use crate::istio::ISTIO_SYSTEM;
use crate::plan::{Owner, chart_has};
use crate::state::{Object, State};
use crate::text::finding::Finding;

impl<'a> Reading<'a> {
    /// Returns the namespace of Istio according to the plan.
    pub(super) fn namespace(&self) -> &'a str {
        let own = self.plan.istio.namespace.as_ref();
        own.map_or(ISTIO_SYSTEM, |name| name.get_ref())
    }

    /// Requires a Node and a Namespace, which every cluster has.
    pub(super) fn is_whole(&mut self, state: &State) {
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        let missing = |what: &str| {
            Finding::error(
                "existing-incomplete",
                format!("`{}` contains no {what}", folder.get_ref()),
            )
            .label("every cluster has at least one")
            .help(format!("write the dump into this directory: `{DUMP}`"))
        };
        if state.nodes.is_empty() {
            self.say(missing("Node"), folder);
        }
        if state.of_kind("", "Namespace").next().is_none() {
            self.say(missing("Namespace"), folder);
        }
    }

    /// Finds the only control plane, and returns its namespace and Deployment.
    pub(super) fn control_plane(&mut self, state: &State) -> Option<(String, String)> {
        let all: Vec<_> = state.istiods().collect();
        let folder = self.plan.stable.existing.as_ref()?;
        let [(object, istiod)] = all.as_slice() else {
            let names: Vec<String> = all
                .iter()
                .map(|(object, _)| object.key.to_string())
                .collect();
            let finding = if all.is_empty() {
                Finding::error(
                    "existing-no-mesh",
                    format!("`{}` contains no Istio control plane", folder.get_ref()),
                )
                .label("expected a Deployment of pods with `app: istiod`")
                .help(
                    "remove `origin` if the plan installs the stable revision; otherwise \
                     write the Deployments into the directory",
                )
            } else {
                Finding::error(
                    "existing-two",
                    format!(
                        "`{}` contains {} Istio control planes",
                        folder.get_ref(),
                        all.len()
                    ),
                )
                .label(names.join(", "))
                .help(
                    "finish the upgrade in progress first: the plan must start from one control plane",
                )
            };
            let finding = match names.last() {
                Some(name) => finding.object(name.clone()),
                None => finding,
            };
            self.say(finding, folder);
            return None;
        };
        let object_name = object.key.to_string();
        self.version(&object_name, "istiod", istiod.version.as_ref());
        self.owner(object, "istiod", "step 640 deletes it");
        let own = &istiod.revision;
        let named = self.plan.stable.revision().name();
        if *own != named {
            let place = self
                .plan
                .stable
                .revision
                .as_ref()
                .unwrap_or(&self.plan.stable.version);
            self.say(
                Finding::error(
                    "existing-revision",
                    format!("the existing control plane has revision `{own}`"),
                )
                .label(format!("the plan calls it `{named}`"))
                .help(format!("write `revision = \"{own}\"`"))
                .object(object_name.clone()),
                place,
            );
        }
        let namespace = object.key.namespace.clone()?;
        let wanted = self.namespace();
        if namespace != wanted {
            let help = format!("write `namespace = \"{namespace}\"` in `[istio]`");
            let finding = Finding::error(
                "existing-namespace",
                format!("the existing control plane is in namespace `{namespace}`"),
            )
            .label(format!("the plan expects it in `{wanted}`"))
            .help(help)
            .object(object_name);
            match &self.plan.istio.namespace {
                Some(place) => self.say(finding, place),
                None => self.say(finding, folder),
            }
        }
        Some((namespace, object.key.name.clone()))
    }

    /// Finds the only ztunnel, and returns its DaemonSet, its ServiceAccount and the whole object.
    pub(super) fn ztunnel(&mut self, state: &State) -> Option<(String, String, Value)> {
        let all: Vec<_> = state.ztunnels().collect();
        let folder = self.plan.stable.existing.as_ref()?;
        let [(object, ztunnel)] = all.as_slice() else {
            let finding = if all.is_empty() {
                Finding::error(
                    "existing-no-mesh",
                    format!("`{}` contains no ztunnel", folder.get_ref()),
                )
                .label("expected a DaemonSet of pods with `app: ztunnel`")
                .help("write the DaemonSets into the directory")
            } else {
                let names: Vec<String> = all
                    .iter()
                    .map(|(object, _)| object.key.to_string())
                    .collect();
                Finding::error(
                    "existing-two",
                    format!("`{}` contains {} ztunnels", folder.get_ref(), all.len()),
                )
                .label(names.join(", "))
                .help(
                    "finish the upgrade in progress first: at the start of the plan, each \
                     node must have one ztunnel",
                )
                .object(names.last().cloned().unwrap_or_default())
            };
            self.say(finding, folder);
            return None;
        };
        self.version(&object.key.to_string(), "ztunnel", ztunnel.version.as_ref());
        self.owner(
            object,
            "ztunnel",
            "steps 110 and 130 hold it and pin it to the nodes that have not moved",
        );
        let account = object
            .value()
            .pointer("/spec/template/spec/serviceAccountName");
        let account = account.and_then(Value::as_str).unwrap_or("default");
        Some((
            object.key.name.clone(),
            account.to_owned(),
            object.value().clone(),
        ))
    }

    /// Requires an istio-cni of the stable version.
    pub(super) fn cni(&mut self, state: &State) {
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        for (object, cni) in state.cnis() {
            self.version(&object.key.to_string(), "istio-cni", cni.version.as_ref());
            self.owner(
                object,
                "cni",
                "step 110 prevents it from restarting on all nodes at once",
            );
        }
        if state.cnis().next().is_none() {
            self.say(
                Finding::error(
                    "existing-no-mesh",
                    format!("`{}` contains no istio-cni", folder.get_ref()),
                )
                .label("expected a DaemonSet of pods with `k8s-app: istio-cni-node`")
                .help("write the DaemonSets of all namespaces into the directory"),
                folder,
            );
        }
    }

    /// Requires that a component has the stable version of the plan.
    fn version(&mut self, object: &str, what: &str, version: Option<&semver::Version>) {
        let stable = &self.plan.stable.version;
        let own = version.map(ToString::to_string);
        if own.as_deref() != Some(stable.get_ref()) {
            let own = own.unwrap_or_else(|| {
                "of an unknown version, which its image does not show".to_owned()
            });
            self.say(
                Finding::error("existing-version", format!("the existing {what} is {own}"))
                    .label(format!("the plan says {}", stable.get_ref()))
                    .help(
                        "write the version that runs; if the versions of the components differ, \
                         finish the upgrade in progress first",
                    )
                    .object(object.to_owned()),
                stable,
            );
        }
    }

    /// Reports an object that a step changes and that an owner would change back, unless the plan names this
    /// owner.
    fn owner(&mut self, object: &Object, component: &str, changes: &str) {
        let writer = Writer::of(object.value());
        let owners = self.plan.istio.owner.as_ref();
        let named = owners.and_then(|owners| owners.each().find(|(name, _)| *name == component));
        let finding = Finding::error(
            "existing-owner",
            format!("{} is managed by {}", object.key, writer.in_words()),
        )
        .object(object.key.to_string());
        match named {
            Some((_, owner)) => {
                if Owner::parse(owner.get_ref()).is_some_and(|owner| !writer.is(&owner)) {
                    let help = if writer.writes_back() {
                        format!("write `{component} = \"{}\"`", writer.as_owner())
                    } else {
                        format!("remove `{component}`: the steps change this object themselves")
                    };
                    let finding = finding.label("the plan names another owner").help(help);
                    self.say(finding, owner);
                } else if !chart_has("updateStrategy", self.stable) {
                    self.say(
                        Finding::error(
                            "not-yet",
                            format!(
                                "the charts of Istio {} have no value `updateStrategy`",
                                self.plan.stable.version.get_ref()
                            ),
                        )
                            .label("the owner cannot hold the pods with a chart value")
                            .help("upgrade to 1.26 by other means first; owners of older charts are not supported")
                            .object(object.key.to_string()),
                        owner,
                    );
                }
            }
            None if writer.writes_back() => {
                let Some(folder) = self.plan.stable.existing.as_ref() else {
                    return;
                };
                let finding = finding
                    .label(format!("{changes}, and its owner would revert the change"))
                    .help(format!(
                        "set `owner = {{ {component} = \"{}\" }}` in `[istio]`: the step then \
                         tells you what to change in the owner",
                        writer.as_owner()
                    ));
                self.say(finding, folder);
            }
            None => {}
        }
    }
}
