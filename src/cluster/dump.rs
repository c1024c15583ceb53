//! Prints an existing mesh into a directory: exactly the kinds that a plan reads, and what was asked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::Cluster;
use crate::existing::{self, DUMP_FILE, GATEWAY_CRD, KINDS, resource};
use crate::state::load;
use crate::text::source::Source;
use crate::text::yaml;

/// The version of `dump.json`.
const FORMAT_VERSION: u32 = 1;

/// The file with the CRD of Gateways.
const CRD_FILE: &str = "gateway-api.yaml";

/// One kind of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// As kubectl takes it: `deployments.apps`.
    pub resource: String,
    /// How many objects were kept; `None` where the API server does not serve the kind.
    pub objects: Option<usize>,
}

impl Cluster {
    /// Writes a dump into a directory, which holds nothing or an earlier dump. Whatever fails, the directory stays as it was.
    ///
    /// # Errors
    ///
    /// If a call fails, or the directory holds something else.
    pub fn dump(&self, out: &Path) -> Result<Vec<Printed>> {
        let old = replaceable(out)?;
        let parent = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent)
            .with_context(|| format!("creating the directory {}", parent.display()))?;
        let new = tempfile::Builder::new()
            .prefix(".meshplan-dump-")
            .tempdir_in(parent)
            .with_context(|| format!("creating a directory in {}", parent.display()))?;
        let printed = self.print(new.path())?;
        let moved = || format!("moving the dump to {}", out.display());
        // On success, the earlier dump goes away with `aside`.
        let aside = tempfile::Builder::new()
            .prefix(".meshplan-dump-")
            .tempdir_in(parent)
            .with_context(moved)?;
        let earlier = aside.path().join("earlier");
        if old {
            fs::rename(out, &earlier).with_context(moved)?;
        }
        if let Err(error) = fs::rename(new.path(), out) {
            if old && fs::rename(&earlier, out).is_err() {
                let kept = aside.keep();
                return Err(error)
                    .with_context(|| format!("the earlier dump is in {}", kept.display()));
            }
            return Err(error).with_context(moved);
        }
        Ok(printed)
    }

    /// Prints every kind into a directory.
    fn print(&self, folder: &Path) -> Result<Vec<Printed>> {
        let version: Value = self.json(&["version", "-o", "json"])?;
        let server = &version["serverVersion"]["gitVersion"];
        let Some(server) = server.as_str() else {
            bail!("the API server does not say its version");
        };
        let system: Value = self.json(&["get", "namespace", "kube-system", "-o", "json"])?;
        let Some(uid) = system["metadata"]["uid"].as_str() else {
            bail!("the namespace kube-system has no UID");
        };
        let resources = self.run(&["api-resources", "--verbs=list", "-o", "name"], None)?;
        let resources: BTreeSet<&str> = resources.lines().map(str::trim).collect();
        if !resources.contains("nodes") {
            bail!("the API server does not list its resources completely: nodes are missing");
        }
        let mut printed = Vec::new();
        for (group, _, plural) in KINDS {
            let resource = resource(group, plural);
            if !resources.contains(resource.as_str()) {
                printed.push(Printed {
                    resource,
                    objects: None,
                });
                continue;
            }
            let arguments = [
                "get",
                &resource,
                "-A",
                "--show-managed-fields",
                "-o",
                "json",
            ];
            let count = self.list(&arguments, &folder.join(file_of(&resource)))?;
            printed.push(Printed {
                resource,
                objects: Some(count),
            });
        }
        if resources.contains("customresourcedefinitions.apiextensions.k8s.io") {
            let resource = format!("customresourcedefinitions/{GATEWAY_CRD}");
            let arguments = ["get", &resource, "--ignore-not-found", "-o", "json"];
            let count = self.list(&arguments, &folder.join(CRD_FILE))?;
            printed.push(Printed {
                resource,
                objects: Some(count),
            });
        }
        let kinds: Vec<Value> = printed
            .iter()
            .map(|one| json!({"resource": one.resource, "served": one.objects.is_some()}))
            .collect();
        let mut text = serde_json::to_string_pretty(&json!({
            "format_version": FORMAT_VERSION,
            "server_version": server,
            "kube_system_uid": uid,
            "kinds": kinds,
        }))
        .context("writing the list of kinds")?;
        text.push('\n');
        write(&folder.join(DUMP_FILE), &text)?;
        Ok(printed)
    }

    /// Writes what a call prints, without what a dump leaves out; returns how many objects these are.
    fn list(&self, arguments: &[&str], path: &Path) -> Result<usize> {
        let what = || format!("reading the output of `kubectl {}`", arguments.join(" "));
        let text = self.run(arguments, None)?;
        if text.trim().is_empty() && arguments.contains(&"--ignore-not-found") {
            return Ok(0);
        }
        let value: Value = serde_json::from_str(&text).with_context(what)?;
        if value["items"].is_null() && value["kind"].is_null() {
            bail!("{}: no list of objects", what());
        }
        let loaded = load(&Source::new("kubectl", text));
        if let Some(finding) = loaded.findings.first() {
            bail!("{}: {}", what(), finding.message);
        }
        let items: Vec<Value> = loaded
            .objects
            .iter()
            .map(|one| existing::printed(one))
            .collect();
        let count = items.len();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        write(path, &yaml::write(&list))?;
        Ok(count)
    }

    fn json(&self, arguments: &[&str]) -> Result<Value> {
        let text = self.run(arguments, None)?;
        serde_json::from_str(&text)
            .with_context(|| format!("reading the output of `kubectl {}`", arguments.join(" ")))
    }
}

/// The file with the objects of a kind.
fn file_of(resource: &str) -> String {
    format!("{resource}.yaml")
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// Returns whether the directory exists; an error where it holds anything but a dump.
fn replaceable(out: &Path) -> Result<bool> {
    let entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => {
            return Err(error).with_context(|| format!("reading the directory {}", out.display()));
        }
    };
    let is_link = fs::symlink_metadata(out).is_ok_and(|found| found.is_symlink());
    let names: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<std::io::Result<_>>()
        .with_context(|| format!("reading the directory {}", out.display()))?;
    if is_link || !names.is_empty() && !out.join(DUMP_FILE).is_file() {
        bail!(
            "{} is not empty and has no {DUMP_FILE}; name a new directory with --out",
            out.display()
        );
    }
    let mut own: BTreeSet<String> = KINDS
        .iter()
        .map(|(group, _, plural)| file_of(&resource(group, plural)))
        .collect();
    own.extend([DUMP_FILE.to_owned(), CRD_FILE.to_owned()]);
    let foreign =
        |name: &&std::ffi::OsString| !name.to_str().is_some_and(|name| own.contains(name));
    if let Some(name) = names.iter().find(foreign) {
        bail!(
            "{} is not a file of a dump and would be deleted; move it away, or name a new directory with --out",
            out.join(name).display()
        );
    }
    Ok(true)
}
