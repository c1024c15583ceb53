//! Checks that an object of a workload can exist once for each revision: in its namespace, on its nodes, and
//! without names that will not exist.

use serde_json::Value;

use super::Found;
use crate::kube::manifest::{Manifest, is_cluster_scoped};
use crate::kube::schema::{self, Schemas};
use crate::plan::written::Workload;
use crate::step::GRANT;
use crate::text::finding::Finding;

pub(super) struct WorkloadObject<'a> {
    pub manifest: &'a Manifest,
    pub workload: &'a Workload,
    /// The namespaces of all workloads, as in the plan; none of them will exist under this name.
    pub namespaces: &'a [&'a str],
    pub found: &'a mut Found,
}

impl WorkloadObject<'_> {
    fn say(&mut self, finding: Finding, pointer: &str) {
        let finding = finding
            .object(self.manifest.identity.to_string())
            .at(&self.manifest.source, self.manifest.range(pointer));
        self.found.findings.push(finding);
    }

    /// Validates the object against the schema of its kind; returns `false` if no schema describes it.
    pub fn schema(&mut self, schemas: &Schemas) -> bool {
        if self.manifest.identity.group() == "install.istio.io" {
            return true;
        }
        let Some(violations) = schemas.check(&self.manifest.value) else {
            // The plan writes these kinds itself; a version that the bundle does not serve is an error.
            if self.manifest.identity.group() == "gateway.networking.k8s.io"
                && ["Gateway", "HTTPRoute", "ReferenceGrant"]
                    .contains(&self.manifest.identity.kind.as_str())
            {
                let version = self.manifest.identity.api_version.clone();
                self.say(
                    Finding::error(
                        "schema",
                        format!("the Gateway API bundle of the plan does not serve `{version}`"),
                    )
                    .label("unknown API version")
                    .help("write a version that the bundle serves; every bundle serves v1beta1"),
                    "/apiVersion",
                );
                return true;
            }
            return false;
        };
        for violation in violations {
            let span = violation.place(self.manifest);
            let finding = Finding::error(
                "schema",
                format!(
                    "the API server would reject this {}",
                    self.manifest.identity.kind
                ),
            )
            .label(violation.in_words())
            .help("correct the field; see the API reference of this kind")
            .object(self.manifest.identity.to_string())
            .at(&self.manifest.source, span);
            self.found.findings.push(finding);
        }
        true
    }

    pub fn check(&mut self) {
        let identity = self.manifest.identity.clone();
        if identity.group() == "install.istio.io" {
            self.say(
                Finding::error(
                    "not-for-kubectl",
                    "an IstioOperator is input for istioctl, not for kubectl",
                )
                .label("the API server does not know this kind")
                .help("remove it; the plan writes its own IstioOperators"),
                "/kind",
            );
        } else if is_cluster_scoped(&identity) {
            self.say(
                Finding::error(
                    "cluster-scoped",
                    format!("a {} is cluster-scoped", identity.kind),
                )
                .label("both revisions would share it")
                .help("apply it before the upgrade, outside the plan"),
                "/kind",
            );
        }
        let grant = identity
            .name
            .strip_prefix(GRANT)
            .filter(|_| identity.kind == "ReferenceGrant");
        if let Some(service) = grant {
            self.say(
                Finding::error(
                    "duplicate-object",
                    format!(
                        "the plan already writes a ReferenceGrant `{}`",
                        identity.name
                    ),
                )
                .label(format!("names that start with `{GRANT}` are reserved"))
                .help(format!("rename it to `{service}-grant`, or remove it")),
                "/metadata/name",
            );
        }
        for violation in schema::names(&self.manifest.value) {
            let span = violation.place(self.manifest);
            let finding = Finding::error("bad-name", violation.message)
                .label("the API server would reject it")
                .help("write a value that Kubernetes accepts")
                .object(self.manifest.identity.to_string())
                .at(&self.manifest.source, span);
            self.found.findings.push(finding);
        }
        let own = self.workload.namespace.get_ref().clone();
        if let Some(namespace) = identity.namespace.filter(|namespace| *namespace != own) {
            self.say(
                Finding::error(
                    "foreign-namespace",
                    format!("this object is in namespace `{namespace}`"),
                )
                .label(format!("the workload is in namespace `{own}`"))
                .help("remove `namespace`; the plan sets it for each revision"),
                "/metadata/namespace",
            );
        }
        if let Some(pointer) = self.manifest.pod_spec() {
            self.pod(pointer);
        }
        let value = self.manifest.value.clone();
        for (key, part) in value.as_object().into_iter().flatten() {
            if key != "metadata" {
                self.references(part, &format!("/{key}"));
            }
        }
    }

    fn pod(&mut self, spec: &str) {
        let value = &self.manifest.value;
        let has = |pointer: &str| value.pointer(pointer).is_some();
        if has(&format!("{spec}/nodeName")) {
            self.say(
                Finding::error("pinned-elsewhere", "this pod sets `nodeName`")
                    .label("it would run on this node in both revisions")
                    .help("remove `nodeName`; the plan schedules the pod on the nodes of its revision"),
                &format!("{spec}/nodeName"),
            );
        }
        if value.pointer(spec).is_some_and(|spec| !spec.is_object()) {
            self.say(
                Finding::error(
                    "manifest-not-an-object",
                    "the spec of the pod is not a mapping",
                )
                .label("expected a mapping"),
                spec,
            );
        }
        let template = spec.strip_suffix("/spec").unwrap_or(spec);
        for (key, value) in [
            ("istio.io/rev", None),
            ("sidecar.istio.io/inject", Some("true")),
        ] {
            let pointer = format!("{template}/metadata/labels/{}", key.replace('/', "~1"));
            let label = self
                .manifest
                .value
                .pointer(&pointer)
                .and_then(Value::as_str);
            if label.is_some() && (value.is_none() || label == value) {
                self.say(
                    Finding::error("sidecar", format!("the label `{key}` requests a sidecar"))
                        .label("a pod with a sidecar is not part of the ambient mesh")
                        .help("remove the label"),
                    &pointer,
                );
            }
        }
    }

    /// Finds names of namespaces that will not exist, in all values below a pointer.
    fn references(&mut self, value: &Value, pointer: &str) {
        match value {
            Value::Object(map) => {
                for (key, part) in map {
                    let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                    // The subjects of a RoleBinding move with the revision; see `Manifest::placed`.
                    let subject = self.manifest.identity.kind == "RoleBinding"
                        && pointer.starts_with("/subjects/");
                    if key == "namespace"
                        && !subject
                        && let Some(namespace) = part.as_str()
                        && self.namespaces.contains(&namespace)
                    {
                        self.say(
                            Finding::error(
                                "foreign-namespace",
                                format!("namespace `{namespace}` will not exist"),
                            )
                            .label(format!(
                                "each revision gets its own `{namespace}-<revision>`"
                            ))
                            .help(
                                "remove `namespace` if it refers to the namespace of this object",
                            ),
                            &below,
                        );
                    }
                    self.references(part, &below);
                }
            }
            Value::Array(items) => {
                for (index, part) in items.iter().enumerate() {
                    self.references(part, &format!("{pointer}/{index}"));
                }
            }
            Value::String(text) => {
                for (service, namespace) in service_names(text) {
                    self.service_name(service, namespace, pointer);
                }
            }
            _ => {}
        }
    }

    fn service_name(&mut self, service: &str, namespace: &str, pointer: &str) {
        let finding = if self.namespaces.contains(&namespace) {
            Finding::error(
                "foreign-service-name",
                format!("`{service}.{namespace}.svc` will not exist"),
            )
            .label(format!(
                "each revision replaces `{namespace}` with its own `{namespace}-<revision>`"
            ))
            .help(format!(
                "write `{service}`, which resolves to the Service of the pod's own revision"
            ))
        } else {
            Finding::warning(
                "foreign-service-name",
                format!("`{service}.{namespace}.svc` is not part of the plan"),
            )
            .label("both revisions will call this Service")
            .help("ignore this if it is intended; otherwise add the Service to the manifests of the workload")
        };
        self.say(finding, pointer);
    }
}

/// Finds names of the form `service.namespace.svc` in a text.
fn service_names(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
        .filter_map(|token| {
            let labels: Vec<&str> = token.split('.').collect();
            let at = labels
                .iter()
                .position(|label| *label == "svc")
                .filter(|at| *at >= 2)?;
            Some((labels[at - 2], labels[at - 1]))
        })
}

#[cfg(test)]
mod tests {
    use super::service_names;

    #[test]
    fn service_names_are_found_in_any_text() {
        let all = |text| service_names(text).collect::<Vec<_>>();
        assert_eq!(
            all("http://details.shop.svc.cluster.local:9080/x"),
            [("details", "shop")]
        );
        assert_eq!(all("a.b.svc,c.d.svc:80"), [("a", "b"), ("c", "d")]);
        assert_eq!(all("details:9080 a.svc svc.example.com"), []);
    }
}
