//! An Envoy with the routes in meshplan's order answers as `trace` says, in each state of the golden trees and
//! for every route set in the folder `MESHPLAN_ISTIOD_ROUTES`.
//!
//! Needs an Envoy. `MESHPLAN_ENVOY` is its path; docs/rehearse.md explains how to install it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;

use crate::common::envoy::{Envoy, backend, called, cluster, free_ports, listener, wrong};
use crate::common::{evidence, plans, skip, upgrade};
use meshplan::proof::kinds;
use meshplan::route::{Answer, Listed, Request, Table, Wanted};
use meshplan::state::{State, load};
use meshplan::text::source::Source;
use serde_json::{Value, json};

/// Routes, and requests with the answers that `trace` gives.
struct Case {
    name: String,
    listed: Vec<Listed>,
    asked: Vec<(Request, Answer)>,
}

/// One case for each Gateway port that the requests use.
fn cases(name: &str, state: &State, requests: &[Request], all: &mut Vec<Case>) {
    let table = Table::new(state, None);
    let gateways: Vec<String> = table.gateways().map(str::to_owned).collect();
    for gateway in &gateways {
        let listed = table.listing(gateway);
        let mut ports: BTreeMap<u64, Vec<&Request>> = BTreeMap::new();
        for request in requests {
            let own = request.gateway.as_ref().is_none_or(|own| own == gateway);
            if own && (request.gateway.is_some() || gateways.len() == 1) {
                ports
                    .entry(request.port.unwrap_or(80))
                    .or_default()
                    .push(request);
            }
        }
        for (port, requests) in ports {
            let listed: Vec<Listed> = listed
                .iter()
                .filter(|one| one.port == port)
                .cloned()
                .collect();
            let asked: Vec<_> = requests
                .into_iter()
                .map(|request| (request.clone(), table.answer(request)))
                .collect();
            let known = |case: &Case| case.listed == listed && case.asked == asked;
            if !listed.is_empty() && !all.iter().any(known) {
                all.push(Case {
                    name: format!("{name}, {gateway} port {port}"),
                    listed,
                    asked,
                });
            }
        }
    }
}

fn matcher(wanted: &Wanted) -> Value {
    match wanted {
        Wanted::Exact(text) => json!({"exact": text}),
        Wanted::Prefix(text) => json!({"prefix": text}),
        Wanted::Regex(pattern) => json!({"safe_regex": {"regex": pattern}}),
    }
}

/// One route of Envoy, or `None` for an invalid pattern, because Envoy would not start with it.
fn route(one: &Listed) -> Option<Value> {
    let texts = one.headers.iter().chain(&one.query);
    let mut all = texts.map(|(_, wanted)| wanted).chain([&one.path]);
    if all.any(|wanted| *wanted == Wanted::Regex(None)) {
        return None;
    }
    let mut matched = match &one.path {
        Wanted::Exact(path) => json!({"path": path}),
        Wanted::Prefix(path) if path.is_empty() => json!({"prefix": "/"}),
        Wanted::Prefix(path) => json!({"path_separated_prefix": path}),
        Wanted::Regex(pattern) => json!({"safe_regex": {"regex": pattern}}),
    };
    let headers = one
        .headers
        .iter()
        .map(|(name, wanted)| json!({"name": name, "string_match": matcher(wanted)}));
    let method = one
        .method
        .iter()
        .map(|method| json!({"name": ":method", "string_match": {"exact": method}}));
    matched["headers"] = headers.chain(method).collect();
    matched["query_parameters"] = one
        .query
        .iter()
        .map(|(name, wanted)| json!({"name": name, "string_match": matcher(wanted)}))
        .collect();
    let header = |key: &str, value: &str| {
        json!([{"header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}])
    };
    let mut route = json!({
        "match": matched,
        "response_headers_to_add": header("x-route", &format!("{} {}", one.route, one.rule)),
    });
    if let Some(status) = one.redirect {
        route["direct_response"] = json!({"status": status});
        return Some(route);
    }
    let clusters: Vec<Value> = one
        .outcomes
        .iter()
        .map(|outcome| {
            json!({
                "name": "backend",
                // One ten-millionth is more precise than any number of draws can show.
                "weight": format!("{:.0}", outcome.fraction() * 1e7).parse::<u32>().expect("a share"),
                "request_headers_to_add": header("x-outcome", &called(outcome)),
            })
        })
        .collect();
    route["route"] = json!({"weighted_clusters": {"clusters": clusters}});
    Some(route)
}

/// The virtual hosts of a table.
fn hosts(case: &Case) -> Value {
    let mut hosts: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for one in &case.listed {
        hosts.entry(&one.host).or_default().extend(route(one));
    }
    let host = |(host, routes)| json!({"name": host, "domains": [host], "routes": routes});
    let hosts: Vec<Value> = hosts.iter().map(host).collect();
    json!({"route_config": {"ignore_port_in_host_matching": true, "virtual_hosts": hosts}})
}

#[test]
fn an_envoy_with_these_routes_answers_as_trace_says() {
    let Some(program) = env::var_os("MESHPLAN_ENVOY") else {
        return skip("MESHPLAN_ENVOY is not set to an Envoy; see docs/rehearse.md");
    };
    let mut all = Vec::new();
    let mut of_golden = 0;
    for plan in plans() {
        let name = plan.file_stem().expect("a name").to_string_lossy();
        let upgrade = upgrade(&name);
        let requests = kinds(upgrade.files.values());
        for (step, after) in upgrade.states() {
            let name = format!("{name} {}", step.step.name);
            cases(&name, &after.state, &requests, &mut all);
        }
        of_golden = all.len();
    }
    if let Some(folder) = env::var_os("MESHPLAN_ISTIOD_ROUTES") {
        let entries = fs::read_dir(&folder).expect("the route sets");
        let mut sets: Vec<_> = entries.map(|entry| entry.expect("a set").path()).collect();
        sets.retain(|set| set.join("requests.json").exists());
        sets.sort();
        for set in sets {
            let text = fs::read_to_string(set.join("manifests.yaml")).expect("manifests");
            let loaded = load(&Source::new("manifests.yaml", text));
            let state = State::of(&loaded.objects);
            let requests = fs::read(set.join("requests.json")).expect("requests");
            let requests: Vec<Request> = serde_json::from_slice(&requests).expect("requests");
            let name = set.file_name().expect("a name").to_string_lossy();
            cases(&format!("set {name}"), &state, &requests, &mut all);
        }
    } else {
        skip(
            "MESHPLAN_ISTIOD_ROUTES is not set to a folder of route sets; only the golden trees are checked",
        );
    }
    let ports = free_ports(all.len() + 1);
    let behind = ports[all.len()];
    let mut listeners: Vec<Value> = all
        .iter()
        .zip(&ports)
        .map(|(case, port)| listener(*port, &hosts(case)))
        .collect();
    listeners.push(backend(behind, "%REQ(X-OUTCOME)%"));
    let bootstrap = json!({"static_resources": {
        "listeners": listeners, "clusters": [cluster("backend", behind)],
    }});
    let envoy = Envoy::start(Path::new(&program), &bootstrap, &ports);
    let mut found = Vec::new();
    for (case, port) in all.iter().zip(&ports) {
        let said = wrong(*port, &case.asked, true).into_iter();
        found.extend(said.map(|said| format!("{}: {said}", case.name)));
    }
    drop(envoy);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let requests = |cases: &[Case]| cases.iter().map(|case| case.asked.len()).sum::<usize>();
    let (golden, sets) = all.split_at(of_golden);
    let table = format!(
        "| routes | tables | requests | different answers |\n| --- | --- | --- | --- |\
         \n| states of the golden trees | {} | {} | 0 |\n| route sets of `MESHPLAN_ISTIOD_ROUTES` | {} | {} | 0 |\n",
        golden.len(),
        requests(golden),
        sets.len(),
        requests(sets)
    );
    if !sets.is_empty() {
        evidence("envoy", &table, "MESHPLAN_BLESS_WITNESS");
    }
}
