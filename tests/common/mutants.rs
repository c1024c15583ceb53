//! Small changes to objects: each reference, port, weight, label, selector, namespace and address, one at a
//! time.

use std::rc::Rc;

use meshplan::kube::manifest::Manifest;
use meshplan::state::Object;
use meshplan::text::yaml;
use serde_json::Value;

/// Whether the value at a pointer is changed.
fn is_mutated(pointer: &str) -> bool {
    let keys = [
        "name",
        "namespace",
        "port",
        "weight",
        "serviceAccountName",
        "kind",
        "group",
        "from",
        "revision",
        "containerPort",
        "targetPort",
        "address",
        "istioNamespace",
        "claimName",
        "secretName",
        "tag",
        "CA_TRUSTED_NODE_ACCOUNTS",
    ];
    let last = pointer.rsplit('/').next().unwrap_or_default();
    if [
        "/containers/0/name",
        "/volumeMounts/",
        "/volumes/",
        "/ports/0/name",
        "/listeners/0/name",
        "/annotations/",
        "/ingressGateways/",
    ]
    .iter()
    .any(|part| pointer.contains(part))
        || pointer == "/kind"
        || pointer.contains("/env/") && (last == "name" || pointer.contains("valueFrom"))
    {
        return false;
    }
    keys.contains(&last)
        || pointer.contains("/labels/")
        || pointer.contains("/matchLabels/")
        || pointer.contains("/selector/")
        || pointer.contains("/nodeSelector/")
        || pointer.contains("/addresses/") && last == "value"
        || pointer.contains("/env/") && last == "value"
        || pointer.contains("/matches/") && last == "value"
        || pointer.starts_with("/resources/")
}

/// The pointer of every leaf that is changed.
pub fn leaves(value: &Value, pointer: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                leaves(
                    value,
                    &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")),
                    all,
                );
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                leaves(value, &format!("{pointer}/{number}"), all);
            }
        }
        Value::String(text)
            if pointer.contains("/env/") && !text.contains("svc") && !text.contains("ztunnel") => {}
        Value::String(_) | Value::Number(_) if is_mutated(pointer) => all.push(pointer.to_owned()),
        _ => {}
    }
}

pub fn changed(value: &Value) -> Value {
    match value {
        Value::String(text) if text.parse::<std::net::Ipv4Addr>().is_ok() => {
            Value::from("203.0.113.9")
        }
        Value::String(text) => Value::from(format!("{text}x")),
        Value::Number(number) => Value::from(number.as_u64().unwrap_or(1) + 1),
        other => other.clone(),
    }
}

/// The object of a file with changed content.
pub fn object(path: &str, value: &Value, old: &Object) -> Rc<Object> {
    let text = yaml::write(value);
    let document = Rc::new(yaml::read(&text).expect("a mutant is YAML").remove(0));
    Rc::new(Object::of(Manifest::whole(&document, path), old.phase))
}
