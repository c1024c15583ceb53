//! Starts Envoys, sends requests to them, and compares their answers with those of `trace`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use meshplan::route::{Answer, Outcome, Request};
use serde_json::{Value, json};

/// How often a request with a random answer is sent.
const DRAWS: u32 = 300;
/// How many standard deviations a share may differ from the expected share.
const DEVIATIONS: f64 = 5.0;
/// The Host of a request that has none.
const NO_HOST: &str = "192.0.2.10";

/// Different free ports of the loopback interface.
pub fn free_ports(count: usize) -> Vec<u16> {
    let taken: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind(("127.0.0.1", 0)).expect("a port"))
        .collect();
    let ports = taken.iter().map(TcpListener::local_addr);
    ports.map(|own| own.expect("an address").port()).collect()
}

/// A name for an outcome: a Service and its port, or a status.
pub fn called(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Backend { backend, port, .. } => format!("{backend}:{port}"),
        Outcome::Status { status, .. } => status.to_string(),
    }
}

/// A listener for HTTP. `routes` is the source of its routes: `route_config` or `rds`.
pub fn listener(port: u16, routes: &Value) -> Value {
    let mut manager = json!({
        "@type": "type.googleapis.com/\
            envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "http",
        // The client reads answers to their end.
        "delayed_close_timeout": "0s",
        "normalize_path": true,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "http_filters": [{"name": "router",
            "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
    });
    for (key, value) in routes.as_object().expect("routes") {
        manager[key] = value.clone();
    }
    json!({
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    })
}

/// A listener that answers every request itself, with a header that names the backend. `who` is a command of
/// Envoy's formatter or a name.
pub fn backend(port: u16, who: &str) -> Value {
    listener(
        port,
        &json!({"route_config": {"virtual_hosts": [{
            "name": "backend", "domains": ["*"],
            "routes": [{
                "match": {"prefix": "/"},
                "direct_response": {"status": 200},
                "response_headers_to_add": [{"header": {"key": "x-outcome", "value": who}}],
            }],
        }]}}),
    )
}

/// A cluster with one endpoint on the loopback interface.
pub fn cluster(name: &str, port: u16) -> Value {
    json!({
        "name": name, "type": "STATIC",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
            "socket_address": {"address": "127.0.0.1", "port_value": port},
        }}}]}]},
    })
}

/// An Envoy that stops when the value is dropped.
pub struct Envoy {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Envoy {
    /// Starts an Envoy, and waits until it listens on the ports.
    pub fn start(program: &Path, bootstrap: &Value, ports: &[u16]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("envoy.json");
        fs::write(&file, bootstrap.to_string()).expect("writing the bootstrap");
        let child = Command::new(program)
            .arg("-c")
            .arg(&file)
            .args(["--disable-hot-restart", "--log-level", "error"])
            .args(["--concurrency", "1"])
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).expect("a log"))
            .spawn()
            .expect("Envoy can be started");
        let mut this = Self {
            child,
            _folder: folder,
        };
        for _ in 0..300 {
            let listens = |port: &u16| TcpStream::connect(("127.0.0.1", *port)).is_ok();
            if ports.iter().all(listens) {
                return this;
            }
            let ended = this.child.try_wait().expect("Envoy");
            let said = fs::read_to_string(file.with_file_name("log")).expect("the log");
            assert!(ended.is_none(), "Envoy did not start: {said}");
            std::thread::sleep(Duration::from_millis(100));
        }
        let said = fs::read_to_string(file.with_file_name("log")).expect("the log");
        panic!("Envoy does not listen: {said}");
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request `times` times. Returns, for each, the outcome and the rule that matched.
fn ask(port: u16, request: &Request, times: u32) -> Vec<(String, Option<String>)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("Envoy");
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
    // All requests use one connection, which the last request closes. No answer has a body.
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

/// The differences between the answers of an Envoy on a port and those of `trace`, as text. `rules` says
/// whether the Envoy reports the rule that matched.
pub fn wrong(port: u16, asked: &[(Request, Answer)], rules: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for (request, answer) in asked {
        let draws = if answer.outcomes.len() > 1 { DRAWS } else { 1 };
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut decided = answer.route.as_ref().map(|route| {
            let rule = answer.rule.expect("a rule");
            format!("{route} {rule}")
        });
        let ours = decided.clone();
        for (who, by) in ask(port, request, draws) {
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
        if !right || rules && decided != ours {
            wrong.push(format!(
                "{} is {expected:?} by {ours:?}, but Envoy answers {seen:?} by {decided:?}",
                request.in_words()
            ));
        }
    }
    wrong
}
