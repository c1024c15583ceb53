//! Generates the JSON Schemas with which meshplan validates objects: Kubernetes kinds from the types of
//! k8s-openapi, and Gateway API kinds from the CRDs of each bundle, which `go mod download` fetches.
//!
//! `cargo run --manifest-path tools/schemas/Cargo.toml -- OUT` writes `kubernetes.json` and
//! `gateway-api/*.json` into OUT.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use k8s_openapi::api::{apps, autoscaling, batch, coordination, core, networking, policy, rbac};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Every Gateway API release that meshplan knows; keep it equal to the table in `src/istio/bundle.rs`.
const BUNDLES: &[&str] = &[
    "v0.6.1", "v0.6.2", "v0.7.0", "v0.7.1", "v0.8.0", "v0.8.1", "v1.0.0", "v1.1.0", "v1.1.1",
    "v1.2.0", "v1.2.1", "v1.3.0", "v1.4.0", "v1.4.1", "v1.5.0", "v1.5.1", "v1.6.0", "v1.6.1",
];

/// The kinds that meshplan writes.
const GATEWAY_KINDS: &[&str] = &["gateways", "httproutes", "referencegrants"];

fn main() -> Result<()> {
    let Some(out) = env::args_os().nth(1).map(PathBuf::from) else {
        bail!("usage: meshplan-schemas OUT");
    };
    let folder = out.join("gateway-api");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let kubernetes = kubernetes();
    write(&out.join("kubernetes.json"), &kubernetes)?;
    for bundle in BUNDLES {
        let module = download(bundle)?;
        for channel in ["standard", "experimental"] {
            let schema = gateway_api(&module.join("config/crd").join(channel), &kubernetes)?;
            write(&folder.join(format!("{bundle}-{channel}.json")), &schema)?;
        }
    }
    Ok(())
}

fn write(path: &Path, schema: &Value) -> Result<()> {
    let text = serde_json::to_string(schema).context("writing JSON")? + "\n";
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// `{"kinds": {"apps/v1 Deployment": {…}}, "$defs": {…}}`
fn kubernetes() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut kinds = Map::new();
    macro_rules! kinds {
        ($($version:literal $kind:literal $path:ty;)*) => {
            $( kind::<$path>(&mut generator, &mut kinds, $version, $kind); )*
        };
    }
    kinds! {
        "v1" "ConfigMap" core::v1::ConfigMap;
        "v1" "Endpoints" core::v1::Endpoints;
        "v1" "LimitRange" core::v1::LimitRange;
        "v1" "Namespace" core::v1::Namespace;
        "v1" "PersistentVolumeClaim" core::v1::PersistentVolumeClaim;
        "v1" "Pod" core::v1::Pod;
        "v1" "ResourceQuota" core::v1::ResourceQuota;
        "v1" "Secret" core::v1::Secret;
        "v1" "Service" core::v1::Service;
        "v1" "ServiceAccount" core::v1::ServiceAccount;
        "apps/v1" "DaemonSet" apps::v1::DaemonSet;
        "apps/v1" "Deployment" apps::v1::Deployment;
        "apps/v1" "ReplicaSet" apps::v1::ReplicaSet;
        "apps/v1" "StatefulSet" apps::v1::StatefulSet;
        "autoscaling/v2" "HorizontalPodAutoscaler" autoscaling::v2::HorizontalPodAutoscaler;
        "batch/v1" "CronJob" batch::v1::CronJob;
        "batch/v1" "Job" batch::v1::Job;
        "coordination.k8s.io/v1" "Lease" coordination::v1::Lease;
        "networking.k8s.io/v1" "Ingress" networking::v1::Ingress;
        "networking.k8s.io/v1" "NetworkPolicy" networking::v1::NetworkPolicy;
        "policy/v1" "PodDisruptionBudget" policy::v1::PodDisruptionBudget;
        "rbac.authorization.k8s.io/v1" "Role" rbac::v1::Role;
        "rbac.authorization.k8s.io/v1" "RoleBinding" rbac::v1::RoleBinding;
    }
    let mut definitions = Value::Object(generator.take_definitions(true));
    tidy(&mut definitions);
    let mut kinds = Value::Object(kinds);
    tidy(&mut kinds);
    let mut schema = json!({ "kinds": kinds, "$defs": definitions });
    close(&mut schema);
    for (name, definition) in schema["$defs"].as_object_mut().into_iter().flatten() {
        // Kubernetes accepts both `cpu: 1` and `cpu: "1"`, and a number or a string for a port that can have a
        // name.
        if name.ends_with("Quantity") {
            *definition = json!({ "type": ["string", "number"] });
        } else if name.ends_with("IntOrString") {
            *definition = json!({ "type": ["string", "integer"] });
        }
    }
    schema
}

fn kind<T: JsonSchema>(
    generator: &mut SchemaGenerator,
    kinds: &mut Map<String, Value>,
    version: &str,
    kind: &str,
) {
    let _ = generator.subschema_for::<T>();
    let mut schema = T::json_schema(generator).to_value();
    schema["properties"]["apiVersion"] = json!({ "const": version });
    schema["properties"]["kind"] = json!({ "const": kind });
    kinds.insert(format!("{version} {kind}"), schema);
}

/// The Gateway API kinds of one bundle and channel, in the versions that it serves.
fn gateway_api(folder: &Path, kubernetes: &Value) -> Result<Value> {
    let mut kinds = Map::new();
    for plural in GATEWAY_KINDS {
        let path = folder.join(format!("gateway.networking.k8s.io_{plural}.yaml"));
        let text =
            fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let options = serde_saphyr::options! { budget: None };
        let crd: Value = serde_saphyr::from_str_with_options(&text, options)
            .with_context(|| format!("parsing {}", path.display()))?;
        let name = crd["spec"]["names"]["kind"]
            .as_str()
            .context("a CRD without kind")?;
        for version in crd["spec"]["versions"]
            .as_array()
            .context("a CRD without versions")?
        {
            if version["served"] != true {
                continue;
            }
            let api_version = format!(
                "gateway.networking.k8s.io/{}",
                version["name"].as_str().context("a version")?
            );
            let mut schema = version["schema"]["openAPIV3Schema"].clone();
            tidy(&mut schema);
            schema["properties"]["apiVersion"] = json!({ "const": api_version });
            schema["properties"]["kind"] = json!({ "const": name });
            schema["properties"]["metadata"] =
                json!({ "$ref": reference(kubernetes, "ObjectMeta")? });
            kinds.insert(format!("{api_version} {name}"), schema);
        }
    }
    let mut schema = json!({ "kinds": kinds, "$defs": {} });
    close(&mut schema);
    let mut needed = vec![reference(kubernetes, "ObjectMeta")?];
    while let Some(next) = needed.pop() {
        let name = next.trim_start_matches("#/$defs/").to_owned();
        if schema["$defs"].get(&name).is_some() {
            continue;
        }
        let definition = kubernetes["$defs"][&name].clone();
        references(&definition, &mut needed);
        schema["$defs"][&name] = definition;
    }
    Ok(schema)
}

fn reference(kubernetes: &Value, name: &str) -> Result<String> {
    let definitions = kubernetes["$defs"].as_object().context("no definitions")?;
    let full = definitions
        .keys()
        .find(|key| key.as_str() == name || key.ends_with(&format!(".{name}")));
    Ok(format!(
        "#/$defs/{}",
        full.with_context(|| format!("no definition of {name}"))?
    ))
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(name)) = map.get("$ref") {
                found.push(name.clone());
            }
            map.values().for_each(|part| references(part, found));
        }
        Value::Array(items) => items.iter().for_each(|part| references(part, found)),
        _ => {}
    }
}

/// Removes what does not affect validity: descriptions, defaults, formats and Kubernetes extensions. Also
/// removes null, which the API server treats as an absent field.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let int_or_string = map
                .get("x-kubernetes-int-or-string")
                .is_some_and(|x| x == true);
            // A property can be named `description`, but the value of a keyword is never an object.
            map.retain(|key, value| {
                let keyword = matches!(
                    key.as_str(),
                    "description" | "default" | "format" | "title" | "example"
                );
                !(key.starts_with("x-kubernetes-") || keyword && !value.is_object())
            });
            if int_or_string {
                *map = Map::from_iter([("type".to_owned(), json!(["string", "integer"]))]);
            }
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|t| t != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    map.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(options)) = map.get_mut("anyOf") {
                options.retain(|option| option.get("type").is_none_or(|t| t != "null"));
                if let [Value::Object(one)] = options.as_slice() {
                    let one = one.clone();
                    map.shift_remove("anyOf");
                    map.extend(one);
                }
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Forbids fields that a type does not list. Otherwise, a misspelled field would be accepted.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let lists = map.get("properties").is_some_and(Value::is_object)
                && map.get("type").is_some_and(|t| t == "object");
            if lists && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// The folder of the Go module of a bundle.
fn download(bundle: &str) -> Result<PathBuf> {
    let module = format!("sigs.k8s.io/gateway-api@{bundle}");
    let output = Command::new("go")
        .args(["mod", "download", "-json", &module])
        .current_dir(env::temp_dir())
        .output()
        .context("running go mod download")?;
    let answer: Value =
        serde_json::from_slice(&output.stdout).with_context(|| format!("downloading {module}"))?;
    match answer["Dir"].as_str() {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => bail!("downloading {module}: {}", answer["Error"]),
    }
}
