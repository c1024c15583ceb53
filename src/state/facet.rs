//! The parsed content of an object, by its kind and by what it runs.

use std::collections::BTreeMap;

use semver::Version;
use serde_json::Value;

use super::gateway_api::{Gateway, HttpRoute, ReferenceGrant};
use super::operator::{Operator, version_of};
use super::pods::{Pods, texts};
use crate::kube::identity::Identity;

/// The parsed content of an object.
#[derive(Debug, Clone)]
pub enum Facet {
    Namespace(Namespace),
    Service(Service),
    /// An object that creates pods and is not part of Istio.
    Pods(Box<Pods>),
    Istiod(Box<Istiod>),
    Ztunnel(Box<Ztunnel>),
    Cni(Box<Cni>),
    /// A webhook configuration, mutating or validating.
    Webhook(Webhook),
    Gateway(Box<Gateway>),
    Route(Box<HttpRoute>),
    Grant(ReferenceGrant),
    Operator(Box<Operator>),
    Node(BTreeMap<String, String>),
    /// An object of a known kind that cannot be parsed; the schema check reports why.
    Unreadable(String),
    Other,
}

#[derive(Debug, Clone)]
pub struct Namespace {
    pub labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    pub port: u64,
    /// The default is `TCP`.
    pub protocol: String,
    /// The port of the pods, by number or by name.
    pub target: Result<u64, String>,
}

#[derive(Debug, Clone)]
pub struct Service {
    /// The labels of its pods.
    pub selector: BTreeMap<String, String>,
    pub ports: Vec<ServicePort>,
    /// The default is `ClusterIP`.
    pub type_: String,
}

#[derive(Debug, Clone)]
pub struct Istiod {
    /// `default` if it has no revision.
    pub revision: String,
    /// The version in the tag of its image, if there is one.
    pub version: Option<Version>,
    /// The ServiceAccounts that may request certificates for others, as `namespace/name`; nothing for the
    /// default of the version.
    pub trusted: Option<Vec<String>>,
    pub pods: Pods,
}

#[derive(Debug, Clone)]
pub struct Ztunnel {
    /// The version in the tag of its image, if there is one.
    pub version: Option<Version>,
    /// The address of its configuration source; nothing for the default of the binary.
    pub xds: Option<String>,
    /// The address of its certificate authority; nothing for the default of the binary.
    pub ca: Option<String>,
    pub pods: Pods,
}

#[derive(Debug, Clone)]
pub struct Cni {
    /// The version in the tag of its image, if there is one.
    pub version: Option<Version>,
    /// Namespaces that it ignores; the default is that of the chart.
    pub excluded: Vec<String>,
    pub pods: Pods,
}

/// A tag: another name for a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub revision: String,
}

#[derive(Debug, Clone)]
pub struct Webhook {
    /// The Services that it calls: namespace, name, and the JSON pointer to the reference.
    pub services: Vec<(String, String, String)>,
    /// The tag that it defines, if any.
    pub tag: Option<Tag>,
}

/// Returns the version in the tag of an image; a digest after the tag is ignored.
#[must_use]
pub fn image_version(image: &str) -> Option<Version> {
    let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
    version_of(tag)
}

impl Facet {
    #[must_use]
    pub fn of(identity: &Identity, value: &Value) -> Self {
        match (identity.group(), identity.kind.as_str()) {
            ("", "Namespace") => Self::Namespace(Namespace {
                labels: texts(value.pointer("/metadata/labels")),
            }),
            ("", "Node") => Self::Node(texts(value.pointer("/metadata/labels"))),
            ("", "Service") => Self::Service(Service::of(value)),
            (
                "admissionregistration.k8s.io",
                "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
            ) => Self::Webhook(Webhook::of(value)),
            ("gateway.networking.k8s.io", "Gateway") => Gateway::read(value)
                .map_or_else(Self::Unreadable, |gateway| Self::Gateway(Box::new(gateway))),
            ("gateway.networking.k8s.io", "HTTPRoute") => HttpRoute::read(value)
                .map_or_else(Self::Unreadable, |route| Self::Route(Box::new(route))),
            ("gateway.networking.k8s.io", "ReferenceGrant") => {
                ReferenceGrant::read(value).map_or_else(Self::Unreadable, Self::Grant)
            }
            ("install.istio.io", "IstioOperator") => {
                Self::Operator(Box::new(Operator::read(identity, value)))
            }
            _ => match Pods::of(identity, value) {
                Some(pods) => Self::runs(identity, pods),
                None => Self::Other,
            },
        }
    }

    /// Detects Istio components by the labels and images of Istio's charts.
    fn runs(identity: &Identity, pods: Pods) -> Self {
        let runs = |image: &str| {
            pods.images.iter().find(|full| {
                let path = full.split(':').next().unwrap_or_default();
                path.rsplit('/').next() == Some(image)
            })
        };
        let version = |image: Option<&String>| image.and_then(|image| image_version(image));
        match identity.kind.as_str() {
            "Deployment" if pods.labels.get("app").map(String::as_str) == Some("istiod") => {
                let revision = pods
                    .variable("REVISION")
                    .or_else(|| pods.labels.get("istio.io/rev").map(String::as_str))
                    .filter(|revision| !revision.is_empty())
                    .unwrap_or("default")
                    .to_owned();
                let trusted = pods.variable("CA_TRUSTED_NODE_ACCOUNTS");
                Self::Istiod(Box::new(Istiod {
                    revision,
                    version: version(runs("pilot")),
                    trusted: trusted
                        .map(|list| list.split(',').map(|one| one.trim().to_owned()).collect()),
                    pods,
                }))
            }
            "DaemonSet"
                if pods.labels.get("app").map(String::as_str) == Some("ztunnel")
                    || runs("ztunnel").is_some() =>
            {
                Self::Ztunnel(Box::new(Ztunnel {
                    version: version(runs("ztunnel")),
                    xds: pods.variable("XDS_ADDRESS").map(str::to_owned),
                    ca: pods.variable("CA_ADDRESS").map(str::to_owned),
                    pods,
                }))
            }
            "DaemonSet"
                if pods.labels.get("k8s-app").map(String::as_str) == Some("istio-cni-node")
                    || runs("install-cni").is_some() =>
            {
                Self::Cni(Box::new(Cni {
                    version: version(runs("install-cni")),
                    excluded: vec!["kube-system".to_owned()],
                    pods,
                }))
            }
            _ => Self::Pods(Box::new(pods)),
        }
    }
}

impl Service {
    fn of(value: &Value) -> Self {
        let ports = value.pointer("/spec/ports").and_then(Value::as_array);
        let ports = ports.into_iter().flatten().filter_map(|port| {
            let number = port.get("port")?.as_u64()?;
            let target = match port.get("targetPort") {
                Some(Value::String(name)) => Err(name.clone()),
                Some(Value::Number(target)) => Ok(target.as_u64().unwrap_or(number)),
                _ => Ok(number),
            };
            Some(ServicePort {
                port: number,
                protocol: port
                    .get("protocol")
                    .and_then(Value::as_str)
                    .unwrap_or("TCP")
                    .to_owned(),
                target,
            })
        });
        Self {
            ports: ports.collect(),
            selector: texts(value.pointer("/spec/selector")),
            type_: value
                .pointer("/spec/type")
                .and_then(Value::as_str)
                .unwrap_or("ClusterIP")
                .to_owned(),
        }
    }

    /// Returns the port with this number if it can carry HTTP, which requires TCP.
    #[must_use]
    pub fn port(&self, number: u64) -> Option<&ServicePort> {
        self.ports
            .iter()
            .find(|port| port.port == number && port.protocol == "TCP")
    }
}

impl Webhook {
    fn of(value: &Value) -> Self {
        let webhooks = value.get("webhooks").and_then(Value::as_array);
        let services =
            webhooks
                .into_iter()
                .flatten()
                .enumerate()
                .filter_map(|(number, webhook)| {
                    let service = webhook.pointer("/clientConfig/service")?;
                    let text = |key| Some(service.get(key)?.as_str()?.to_owned());
                    let pointer = format!("/webhooks/{number}/clientConfig/service/name");
                    Some((text("namespace")?, text("name")?, pointer))
                });
        let labels = texts(value.pointer("/metadata/labels"));
        let tag = labels.get("istio.io/tag").zip(labels.get("istio.io/rev"));
        Self {
            services: services.collect(),
            tag: tag.map(|(name, revision)| Tag {
                name: name.clone(),
                revision: revision.clone(),
            }),
        }
    }
}
