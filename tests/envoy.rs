//! An Envoy that has the routes as meshplan orders them answers as `trace` says: in each state of the golden trees, and for every set of
//! routes in the folder that `MESHPLAN_ISTIOD_ROUTES` names.
//!
//! Needs an Envoy, its path in `MESHPLAN_ENVOY`; docs/rehearse.md says how to have one.

mod common;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{course, evidence, plans, skip};
use meshplan::proof::kinds;
use meshplan::route::{Listed, Outcome, Request, Table, Wanted};
use meshplan::source::Source;
use meshplan::state::{State, load};
use serde_json::{Value, json};

/// How often a request is sent whose answer is drawn by lot.
const DRAWS: u32 = 300;
/// How many standard deviations a share may be away from what is expected.
const DEVIATIONS: f64 = 5.0;
/// What stands for the Host of a request without one.
const NO_HOST: &str = "192.0.2.10";

/// Routes, and requests with the answers that `trace` gives.
struct Case {
    name: String,
    listed: Vec<Listed>,
    asked: Vec<(Request, meshplan::route::Answer)>,
}

/// One case for each Gateway port that requests are for.
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

/// A name for an outcome: a Service and its port, or a status.
fn called(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Backend { backend, port, .. } => format!("{backend}:{port}"),
        Outcome::Status { status, .. } => status.to_string(),
    }
}

/// One route of Envoy; nothing for a pattern that is none, which Envoy would not start with.
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
    let header = |key: &str, value: &str| json!([{"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}]);
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
                // A ten-millionth is nearer than any draw can tell.
                "weight": format!("{:.0}", outcome.fraction() * 1e7).parse::<u32>().expect("a share"),
                "request_headers_to_add": header("x-outcome", &called(outcome)),
            })
        })
        .collect();
    route["route"] = json!({"weighted_clusters": {"clusters": clusters}});
    Some(route)
}

fn listener(port: u16, hosts: &[Value]) -> Value {
    json!({
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{
            "name": "http",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": "http",
                // Answers are read to their end.
                "delayed_close_timeout": "0s",
                "normalize_path": true,
                "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
                "route_config": {"ignore_port_in_host_matching": true, "virtual_hosts": hosts},
                "http_filters": [{"name": "router", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
            },
        }]}],
    })
}

/// An Envoy with a listener a case; it ends with the value.
struct Envoy {
    child: Child,
    ports: Vec<u16>,
    _folder: tempfile::TempDir,
}

impl Envoy {
    fn start(program: &Path, cases: &[Case]) -> Self {
        // Taken together, so that no two are equal.
        let taken: Vec<TcpListener> = (0..=cases.len())
            .map(|_| TcpListener::bind(("127.0.0.1", 0)).expect("a port"))
            .collect();
        let mut ports: Vec<u16> = taken
            .iter()
            .map(|taken| taken.local_addr().expect("an address").port())
            .collect();
        drop(taken);
        let backend = ports.pop().expect("a port");
        let mut listeners: Vec<Value> = cases
            .iter()
            .zip(&ports)
            .map(|(case, port)| {
                let mut hosts: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
                for one in &case.listed {
                    hosts.entry(&one.host).or_default().extend(route(one));
                }
                let hosts: Vec<Value> = hosts
                    .iter()
                    .map(
                        |(host, routes)| json!({"name": host, "domains": [host], "routes": routes}),
                    )
                    .collect();
                listener(*port, &hosts)
            })
            .collect();
        // It says who it was to be.
        listeners.push(listener(
            backend,
            &[json!({
                "name": "backend", "domains": ["*"],
                "routes": [{
                    "match": {"prefix": "/"},
                    "direct_response": {"status": 200},
                    "response_headers_to_add": [{"header": {"key": "x-outcome", "value": "%REQ(X-OUTCOME)%"}}],
                }],
            })],
        ));
        let bootstrap = json!({"static_resources": {
            "listeners": listeners,
            "clusters": [{
                "name": "backend", "type": "STATIC",
                "load_assignment": {"cluster_name": "backend", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
                    "socket_address": {"address": "127.0.0.1", "port_value": backend},
                }}}]}]},
            }],
        }});
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("envoy.json");
        fs::write(&file, bootstrap.to_string()).expect("writing the bootstrap");
        let child = Command::new(program)
            .arg("-c")
            .arg(&file)
            .args([
                "--disable-hot-restart",
                "--log-level",
                "error",
                "--concurrency",
                "1",
            ])
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).expect("a log"))
            .spawn()
            .expect("Envoy can be started");
        let mut this = Self {
            child,
            ports,
            _folder: folder,
        };
        for _ in 0..300 {
            let listens = |port: &u16| TcpStream::connect(("127.0.0.1", *port)).is_ok();
            if listens(&backend) && this.ports.iter().all(listens) {
                return this;
            }
            let ended = this.child.try_wait().expect("Envoy");
            let said = fs::read_to_string(file.with_file_name("log")).expect("the log");
            assert!(ended.is_none(), "Envoy does not start: {said}");
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("Envoy does not listen");
    }

    /// Sends a request so many times; returns, for each, who answers, and which rule decided.
    fn ask(&self, case: usize, request: &Request, times: u32) -> Vec<(String, Option<String>)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.ports[case])).expect("Envoy");
        let escaped = |text: &str| text.replace('%', "%25").replace(' ', "%20");
        let query: Vec<String> = request
            .query
            .iter()
            .map(|(key, value)| format!("{key}={}", escaped(value.as_str().expect("a text"))))
            .collect();
        let between = if query.is_empty() {
            ""
        } else if request.path.contains('?') {
            "&"
        } else {
            "?"
        };
        let host = if request.host.is_empty() {
            NO_HOST
        } else {
            &request.host
        };
        let headers: Vec<String> = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\r\n", value.as_str().expect("a text")))
            .collect();
        let text = format!(
            "{} {}{between}{} HTTP/1.1\r\nhost: {host}\r\n{}",
            request.method,
            request.path,
            query.join("&"),
            headers.concat()
        );
        // All in one connection, which ends with the last; no answer has a body.
        let mut all = format!("{text}\r\n").repeat(times as usize - 1);
        all.push_str(&text);
        all.push_str("connection: close\r\n\r\n");
        stream.write_all(all.as_bytes()).expect("sending");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("an answer");
        let answers = said.split("HTTP/1.1 ").skip(1);
        answers
            .map(|answer| {
                let header = |name: &str| {
                    answer.lines().find_map(|line| {
                        let (key, value) = line.split_once(": ")?;
                        (key == name).then(|| value.trim().to_owned())
                    })
                };
                let status = answer.split(' ').next().expect("a status").to_owned();
                (header("x-outcome").unwrap_or(status), header("x-route"))
            })
            .collect()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What Envoy answers otherwise, in words.
fn wrong(envoy: &Envoy, number: usize, case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    for (request, answer) in &case.asked {
        let draws = if answer.outcomes.len() > 1 { DRAWS } else { 1 };
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut decided = answer.route.as_ref().map(|route| {
            let rule = answer.rule.expect("a rule");
            format!("{route} {rule}")
        });
        let ours = decided.clone();
        for (who, by) in envoy.ask(number, request, draws) {
            *seen.entry(who).or_default() += 1;
            decided = by;
        }
        let mut expected: BTreeMap<String, f64> = BTreeMap::new();
        for outcome in &answer.outcomes {
            *expected.entry(called(outcome)).or_default() += outcome.fraction();
        }
        let all = f64::from(draws);
        let near = |who: &String, share: f64| {
            let count = f64::from(seen.get(who).copied().unwrap_or_default());
            (count - share * all).abs() <= DEVIATIONS * (all * share * (1.0 - share)).sqrt() + 1e-6
        };
        let right = expected.iter().all(|(who, share)| near(who, *share))
            && seen.keys().all(|who| expected.contains_key(who));
        if !right || decided != ours {
            wrong.push(format!(
                "{}: {} is {expected:?} by {ours:?}; Envoy: {seen:?} by {decided:?}",
                case.name,
                request.in_words()
            ));
        }
    }
    wrong
}

#[test]
fn an_envoy_with_these_routes_answers_as_trace_says() {
    let Some(program) = env::var_os("MESHPLAN_ENVOY") else {
        return skip("MESHPLAN_ENVOY names no Envoy; docs/rehearse.md says how to have one");
    };
    let mut all = Vec::new();
    let mut of_golden = 0;
    for plan in plans() {
        let name = plan.file_stem().expect("a name").to_string_lossy();
        let course = course(&name);
        let requests = kinds(course.files.values());
        for (step, after) in course.states() {
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
        skip("MESHPLAN_ISTIOD_ROUTES names no folder of route sets; golden trees alone are asked");
    }
    let envoy = Envoy::start(Path::new(&program), &all);
    let mut found = Vec::new();
    for (number, case) in all.iter().enumerate() {
        found.extend(wrong(&envoy, number, case));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let requests = |cases: &[Case]| cases.iter().map(|case| case.asked.len()).sum::<usize>();
    let (golden, sets) = all.split_at(of_golden);
    let table = format!(
        "| routes | tables | requests | answered otherwise |\n| --- | --- | --- | --- |\n| states of the golden trees | {} | {} | 0 |\n| route sets of `MESHPLAN_ISTIOD_ROUTES` | {} | {} | 0 |\n",
        golden.len(),
        requests(golden),
        sets.len(),
        requests(sets)
    );
    if !sets.is_empty() {
        evidence("envoy", &table, "MESHPLAN_BLESS_WITNESS");
    }
}
