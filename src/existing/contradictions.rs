//! The mesh of a dump, held against the plan.

use serde_json::Value;

use super::{DUMP, Reading, Writer};
use crate::istio::ISTIO_SYSTEM;
use crate::plan::{Owner, chart_has};
use crate::state::{Object, State};
use crate::text::finding::Finding;

impl<'a> Reading<'a> {
    /// Where the plan says that Istio is.
    pub(super) fn namespace(&self) -> &'a str {
        let own = self.plan.istio.namespace.as_ref();
        own.map_or(ISTIO_SYSTEM, |name| name.get_ref())
    }

    /// What every cluster has is there.
    pub(super) fn is_whole(&mut self, state: &State) {
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        let missing = |what: &str| {
            Finding::error(
                "existing-incomplete",
                format!("`{}` has no {what}", folder.get_ref()),
            )
            .label("every cluster has some")
            .help(format!("print it into the folder: `{DUMP}`"))
        };
        if state.nodes.is_empty() {
            self.say(missing("Node"), folder);
        }
        if state.of_kind("", "Namespace").next().is_none() {
            self.say(missing("Namespace"), folder);
        }
    }

    /// Finds the one control plane: its namespace and Deployment.
    pub(super) fn control_plane(&mut self, state: &State) -> Option<(String, String)> {
        let all: Vec<_> = state.istiods().collect();
        let folder = self.plan.stable.existing.as_ref()?;
        let [(object, istiod)] = all.as_slice() else {
            let names: Vec<String> = all
                .iter()
                .map(|(object, _)| object.key.to_string())
                .collect();
            let finding = if all.is_empty() {
                Finding::error("existing-no-mesh", format!("`{}` has no control plane of Istio", folder.get_ref()))
                    .label("a Deployment of pods with `app: istiod`")
                    .help("leave `origin` out where the plan installs the stable revision; or print the Deployments into the folder")
            } else {
                Finding::error(
                    "existing-two",
                    format!(
                        "`{}` has {} control planes of Istio",
                        folder.get_ref(),
                        all.len()
                    ),
                )
                .label(names.join(", "))
                .help(
                    "end the upgrade that is under way first: one control plane is the stable one",
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
        self.owner(object, "istiod", "640 deletes it");
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
                    format!("the control plane that is there is of revision `{own}`"),
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
                format!("the control plane that is there is in namespace `{namespace}`"),
            )
            .label(format!("the plan looks in `{wanted}`"))
            .help(help)
            .object(object_name);
            match &self.plan.istio.namespace {
                Some(place) => self.say(finding, place),
                None => self.say(finding, folder),
            }
        }
        Some((namespace, object.key.name.clone()))
    }

    /// Finds the one ztunnel: its DaemonSet and ServiceAccount.
    pub(super) fn ztunnel(&mut self, state: &State) -> Option<(String, String, Value)> {
        let all: Vec<_> = state.ztunnels().collect();
        let folder = self.plan.stable.existing.as_ref()?;
        let [(object, ztunnel)] = all.as_slice() else {
            let finding = if all.is_empty() {
                Finding::error(
                    "existing-no-mesh",
                    format!("`{}` has no ztunnel", folder.get_ref()),
                )
                .label("a DaemonSet of pods with `app: ztunnel`")
                .help("print the DaemonSets into the folder")
            } else {
                let names: Vec<String> = all
                    .iter()
                    .map(|(object, _)| object.key.to_string())
                    .collect();
                Finding::error("existing-two", format!("`{}` has {} ztunnels", folder.get_ref(), all.len()))
                    .label(names.join(", "))
                    .help("end the upgrade that is under way first: every node has one ztunnel before this one begins")
                    .object(names.last().cloned().unwrap_or_default())
            };
            self.say(finding, folder);
            return None;
        };
        self.version(&object.key.to_string(), "ztunnel", ztunnel.version.as_ref());
        self.owner(
            object,
            "ztunnel",
            "110 and 130 hold it and pin it to the nodes that have not moved",
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

    /// istio-cni is there, of the same version.
    pub(super) fn cni(&mut self, state: &State) {
        let Some(folder) = &self.plan.stable.existing else {
            return;
        };
        for (object, cni) in state.cnis() {
            self.version(&object.key.to_string(), "istio-cni", cni.version.as_ref());
            self.owner(
                object,
                "cni",
                "110 keeps it from restarting everywhere at once",
            );
        }
        if state.cnis().next().is_none() {
            self.say(
                Finding::error(
                    "existing-no-mesh",
                    format!("`{}` has no istio-cni", folder.get_ref()),
                )
                .label("a DaemonSet of pods with `k8s-app: istio-cni-node`")
                .help("print the DaemonSets into the folder, those of every namespace"),
                folder,
            );
        }
    }

    /// What is there is of the plan's stable version.
    fn version(&mut self, object: &str, what: &str, version: Option<&semver::Version>) {
        let stable = &self.plan.stable.version;
        let own = version.map(ToString::to_string);
        if own.as_deref() != Some(stable.get_ref()) {
            let own = own.unwrap_or_else(|| "no version that its image says".to_owned());
            self.say(
                Finding::error("existing-version", format!("the {what} that is there is {own}"))
                    .label(format!("the plan says {}", stable.get_ref()))
                    .help("write the version that runs; where parts differ, end the upgrade that is under way first")
                    .object(object.to_owned()),
                stable,
            );
        }
    }

    /// Whether somebody would write an object back that a step changes, and is not named.
    fn owner(&mut self, object: &Object, component: &str, changes: &str) {
        let writer = Writer::of(object.value());
        let owners = self.plan.istio.owner.as_ref();
        let named = owners.and_then(|owners| owners.each().find(|(name, _)| *name == component));
        let finding = Finding::error(
            "existing-owner",
            format!("{} is written by {}", object.key, writer.in_words()),
        )
        .object(object.key.to_string());
        match named {
            Some((_, owner)) => {
                if Owner::parse(owner.get_ref()).is_some_and(|owner| !writer.is(&owner)) {
                    let help = if writer.writes_back() {
                        format!("write `{component} = \"{}\"`", writer.as_owner())
                    } else {
                        format!("take `{component}` out: the steps change it themselves")
                    };
                    let finding = finding.label("the plan names another one").help(help);
                    self.say(finding, owner);
                } else if !chart_has("updateStrategy", self.stable) {
                    self.say(
                        Finding::error("not-yet", format!("the charts of Istio {} have no `updateStrategy`", self.plan.stable.version.get_ref()))
                            .label("the owner cannot hold its pods by a value")
                            .help("upgrade to 1.26 in the way that you know first; owners of older charts are decided but not built yet")
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
                    .label(format!("{changes}, and its owner would write it back"))
                    .help(format!(
                        "name it in `[istio]`, `owner = {{ {component} = \"{}\" }}`: the step is then a change to make there",
                        writer.as_owner()
                    ));
                self.say(finding, folder);
            }
            None => {}
        }
    }
}
