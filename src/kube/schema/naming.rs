//! Checks names, labels and images as the API server does; most schemas do not cover them.

use serde_json::Value;

use super::Violation;
use crate::kube::names::{is_label, is_label_key, is_label_value, is_service_name, is_subdomain};

/// The pointers of a pod template in the kinds that have one.
const TEMPLATES: [&str; 3] = [
    "/spec/template",
    "/spec/jobTemplate/spec/template",
    "", // a Pod is one itself
];

/// Returns the names of an object that the API server would reject.
///
/// Source: `kubernetes/kubernetes:pkg/apis/core/validation/names.go` and the validation of `ObjectMeta`.
#[must_use]
#[allow(clippy::too_many_lines, reason = "a list of fields")]
pub fn names(object: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    let kind = object["kind"].as_str().unwrap_or_default();
    let group = object["apiVersion"]
        .as_str()
        .and_then(|version| version.split_once('/'))
        .map_or("", |(group, _)| group);
    let name = |name: &str| match (group, kind) {
        // Names of RBAC objects can contain colons; any path segment is valid.
        ("rbac.authorization.k8s.io", _) => {
            !name.is_empty()
                && name != "."
                && name != ".."
                && !name.contains(['/', '%'])
                && !name.chars().any(char::is_control)
        }
        ("", "Namespace") => is_label(name),
        ("", "Service") => is_service_name(name) || is_label(name),
        _ => is_subdomain(name),
    };
    let mut text = |pointer: &str, what: &str, is_right: &dyn Fn(&str) -> bool| {
        let value = object.pointer(pointer).and_then(Value::as_str);
        if let Some(value) = value.filter(|value| !is_right(value)) {
            let message = format!("`{}` is not a valid {what}", value.escape_debug());
            found.push(Violation::at(pointer, message));
        }
    };
    text("/metadata/name", "object name", &name);
    text("/metadata/namespace", "namespace", &is_label);
    text("/spec/gatewayClassName", "GatewayClass name", &is_subdomain);
    text("/spec/nodeName", "node name", &is_subdomain);
    for (pointer, values) in [("/metadata/labels", true), ("/metadata/annotations", false)] {
        labels(object, pointer, values, &mut found);
    }
    for pointer in ["/spec/selector/matchLabels", "/spec/selector"] {
        if kind != "Service" || pointer == "/spec/selector" {
            labels(
                object,
                pointer,
                kind == "Service" || pointer != "/spec/selector",
                &mut found,
            );
        }
    }
    selectors(object, "", &mut found);
    let makes_pods = matches!(group, "" | "apps" | "batch");
    for template in TEMPLATES.iter().filter(|_| makes_pods) {
        if template.is_empty() && kind != "Pod" {
            continue;
        }
        labels(
            object,
            &format!("{template}/metadata/labels"),
            true,
            &mut found,
        );
        labels(
            object,
            &format!("{template}/spec/nodeSelector"),
            true,
            &mut found,
        );
        let account = format!("{template}/spec/serviceAccountName");
        strings(
            object,
            &account,
            "ServiceAccount name",
            &is_subdomain,
            &mut found,
            "",
        );
        for list in ["containers", "initContainers"] {
            let list = format!("{template}/spec/{list}");
            let number = object
                .pointer(&list)
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            for index in 0..number {
                let container = format!("{list}/{index}");
                strings(
                    object,
                    &format!("{container}/name"),
                    "container name",
                    &is_label,
                    &mut found,
                    "",
                );
                strings(
                    object,
                    &format!("{container}/image"),
                    "image",
                    &is_image,
                    &mut found,
                    "",
                );
            }
        }
    }
    for (list, field) in [
        ("/spec/parentRefs", ""),
        ("/webhooks", "/clientConfig/service"),
        ("/spec/from", ""),
        ("/subjects", ""),
    ] {
        let number = object
            .pointer(list)
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        for index in 0..number {
            let place = format!("{list}/{index}{field}/namespace");
            strings(
                object,
                &place,
                "namespace",
                &|text| text.is_empty() || is_label(text),
                &mut found,
                "",
            );
            if list != "/subjects" {
                let place = format!("{list}/{index}{field}/name");
                strings(object, &place, "name", &is_subdomain, &mut found, "");
            }
        }
    }
    found
}

fn strings(
    object: &Value,
    pointer: &str,
    what: &str,
    is_right: &dyn Fn(&str) -> bool,
    found: &mut Vec<Violation>,
    base: &str,
) {
    let value = object.pointer(pointer).and_then(Value::as_str);
    if let Some(value) = value.filter(|value| !is_right(value)) {
        found.push(Violation::at(
            &format!("{base}{pointer}"),
            format!("`{}` is not a valid {what}", value.escape_debug()),
        ));
    }
}

/// Checks label expressions at any depth: in selectors and in the affinity of pods.
fn selectors(value: &Value, at: &str, found: &mut Vec<Violation>) {
    match value {
        Value::Array(all) => {
            for (index, value) in all.iter().enumerate() {
                selectors(value, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                let expressions = value.as_array().filter(|_| key == "matchExpressions");
                for (index, expression) in expressions.into_iter().flatten().enumerate() {
                    let place = format!("{place}/{index}");
                    let is_key = |text: &str| is_label_key(&text.to_lowercase());
                    let what = "label key";
                    strings(expression, "/key", what, &is_key, found, &place);
                    let number = expression["values"].as_array().map_or(0, Vec::len);
                    for value in 0..number {
                        let own = format!("/values/{value}");
                        let what = "label value";
                        strings(expression, &own, what, &is_label_value, found, &place);
                    }
                }
                selectors(value, &place, found);
            }
        }
        _ => {}
    }
}

/// Checks the keys, and with `values` also the values, of labels or of a label selector. Other types are
/// checked by the schema.
fn labels(object: &Value, pointer: &str, values: bool, found: &mut Vec<Violation>) {
    for (key, value) in object
        .pointer(pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if !value.is_string() {
            continue;
        }
        let place = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        // Prefixes of annotation keys can be upper case.
        if !is_label_key(&key.to_lowercase()) {
            found.push(Violation {
                is_key: true,
                ..Violation::at(
                    &place,
                    format!(
                        "`{}` is not a valid key of a label or an annotation",
                        key.escape_debug()
                    ),
                )
            });
        } else if let Some(text) = value
            .as_str()
            .filter(|text| values && !is_label_value(text))
        {
            found.push(Violation::at(
                &place,
                format!("`{}` is not a valid label value", text.escape_debug()),
            ));
        }
    }
}

/// Allows registry, repository, tag and digest. The API server accepts more, but no registry does.
fn is_image(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/:@+[]".contains(c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::names;

    #[test]
    fn names_are_those_that_an_api_server_takes() {
        let object = json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "z$(touch x)", "namespace": "a b", "labels": {"a b": "c", "d": "e f"}, "annotations": {"k": "any $text"}},
            "spec": {
                "selector": {"matchLabels": {"app": "x;y"}},
                "template": {"metadata": {"labels": {"app": "x\ny"}}, "spec": {"containers": [{"name": "C", "image": "a:`b`"}], "nodeSelector": {"k": "$"}}},
            },
        });
        let places: Vec<String> = names(&object)
            .into_iter()
            .map(|violation| violation.pointer)
            .collect();
        assert_eq!(
            places,
            [
                "/metadata/name",
                "/metadata/namespace",
                "/metadata/labels/a b",
                "/metadata/labels/d",
                "/spec/selector/matchLabels/app",
                "/spec/template/metadata/labels/app",
                "/spec/template/spec/nodeSelector/k",
                "/spec/template/spec/containers/0/name",
                "/spec/template/spec/containers/0/image",
            ]
        );
        let affinity = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "z"}, "spec": {"template": {"spec": {"affinity": {"nodeAffinity":
            {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b),c in (d"]}]}]}}}}}}});
        assert_eq!(names(&affinity).len(), 1);
        for right in [
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:web reader"}}),
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "a"}, "spec": {"template": {"metadata": {"labels": {"c": "{{.cluster}}"}}}}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "[2001:db8::1]:5000/web:4.2"}]}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:node"}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "1a"}, "spec": {"selector": {"app.kubernetes.io/name": "x_y"}}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a.b", "annotations": {"Example.com/X": "{}"}}, "spec": {"containers": [{"name": "c", "image": "r.example:5000/a/b:v1@sha256:abc"}]}}),
        ] {
            assert_eq!(names(&right), [], "{right}");
        }
    }
}
