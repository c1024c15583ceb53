//! Route semantics: cases from the text of Gateway API, each with its sentence; the routes of a manual canary
//! and their corrected form; properties of random routes; and the traffic of the golden plan.

use crate::common::{code, meshplan, stderr, stdout};
use meshplan::route::{Answer, Outcome, Request, Table};
use meshplan::state::{State, load};
use meshplan::text::source::Source;
use proptest::prelude::*;
use serde_json::Value;

/// Services `a`, `b` and `c` in `shop`, `other` in `far`, one Gateway, and one route with the given rules.
fn state(listener: &str, route: &str, more: &str) -> State {
    let service = |namespace: &str, name: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\
             \nspec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n---\n"
        )
    };
    let services: String = ["a", "b", "c"]
        .iter()
        .map(|name| service("shop", name))
        .collect();
    let text = format!(
        "{services}{}apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\
         \nmetadata: {{name: front, namespace: shop}}\
         \nspec: {{gatewayClassName: istio, listeners: [{{name: http, port: 80, protocol: HTTP{listener}}}]}}\n---\
         \napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r, namespace: shop}}\nspec:\
         \n  parentRefs: [{{name: front}}]\n{route}\n{more}",
        service("far", "other")
    );
    let loaded = load(&Source::new("routes.yaml", text));
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    State::of(&loaded.objects)
}

fn ask(state: &State, request: &Request) -> Answer {
    Table::new(state, None).answer(request)
}

/// Formats an answer: `a 1.00`, `500 0.50`, …
fn words(answer: &Answer) -> String {
    let all: Vec<String> = answer
        .outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Backend {
                backend, fraction, ..
            } => format!(
                "{} {fraction:.2}",
                backend.rsplit('/').next().unwrap_or_default()
            ),
            Outcome::Status {
                status, fraction, ..
            } => format!("{status} {fraction:.2}"),
        })
        .collect();
    all.join(", ")
}

/// Parses a request from a line: `GET host/path name:value`.
fn request(line: &str) -> Request {
    let mut parts = line.split(' ');
    let method = parts.next().expect("a method").to_owned();
    let target = parts.next().expect("a target");
    let at = target.find('/').expect("a path");
    let mut request = Request::get(&target[at..]);
    request.method = method;
    request.host = target[..at].to_owned();
    for header in parts {
        let (name, value) = header.split_once(':').expect("a header");
        request.headers.insert(name.to_owned(), value.into());
    }
    request
}

#[test]
#[allow(
    clippy::type_complexity,
    clippy::too_many_lines,
    reason = "a table of cases"
)]
fn the_sentences_of_the_specification_hold() {
    let to = |name: &str| format!("backendRefs: [{{name: {name}, port: 80}}]");
    let (a, b) = (to("a"), to("b"));
    let cases: Vec<(&str, String, &[(&str, &str)])> = vec![
        (
            "if no matches are specified, the default is a prefix path match on `/`",
            format!("  rules: [{{{a}}}]"),
            &[("GET h/", "a 1.00"), ("GET h/x/y", "a 1.00")],
        ),
        (
            "Exact: matches the URL path exactly and with case sensitivity",
            format!("  rules: [{{matches: [{{path: {{type: Exact, value: /x}}}}], {a}}}]"),
            &[("GET h/x", "a 1.00"), ("GET h/x/", "404 1.00"), ("GET h/X", "404 1.00")],
        ),
        (
            "PathPrefix: matching is done on a path element by element basis; a trailing `/` is ignored",
            format!("  rules: [{{matches: [{{path: {{value: /x/}}}}], {a}}}]"),
            &[("GET h/x", "a 1.00"), ("GET h/x/y", "a 1.00"), ("GET h/xy", "404 1.00")],
        ),
        (
            "precedence: Exact path match",
            format!("  rules: [{{matches: [{{path: {{value: /x}}}}], {a}}}, {{matches: [{{path: {{type: Exact, \
                value: /x}}}}], {b}}}]"),
            &[("GET h/x", "b 1.00"), ("GET h/x/y", "a 1.00")],
        ),
        (
            "precedence: Prefix path match with largest number of characters",
            format!("  rules: [{{matches: [{{path: {{value: /x}}}}], {a}}}, {{matches: [{{path: {{value: /x/y}}}}], \
                {b}}}]"),
            &[("GET h/x/y/z", "b 1.00"), ("GET h/x/z", "a 1.00")],
        ),
        (
            "precedence: Method match",
            format!("  rules: [{{matches: [{{headers: [{{name: v, value: x}}]}}], {a}}}, {{matches: [{{method: \
                PUT}}], {b}}}]"),
            &[("PUT h/ v:x", "b 1.00"), ("GET h/ v:x", "a 1.00"), ("GET h/", "404 1.00")],
        ),
        (
            "precedence: largest number of header matches",
            format!("  rules: [{{matches: [{{headers: [{{name: v, value: x}}]}}], {a}}}, {{matches: [{{headers: \
                [{{name: v, value: x}}, {{name: w, value: z}}]}}], {b}}}]"),
            &[("GET h/ v:x w:z", "b 1.00"), ("GET h/ v:x", "a 1.00")],
        ),
        (
            "precedence: largest number of query param matches",
            format!("  rules: [{{matches: [{{queryParams: [{{name: v, value: x}}]}}], {a}}}, {{matches: \
                [{{queryParams: [{{name: v, value: x}}, {{name: w, value: z}}]}}], {b}}}]"),
            &[("GET h/?v=x&w=z", "b 1.00"), ("GET h/?v=x", "a 1.00"), ("GET h/?V=x", "404 1.00")],
        ),
        (
            "ties: the first matching rule in list order",
            format!("  rules: [{{matches: [{{path: {{value: /x}}}}], {a}}}, {{matches: [{{path: {{value: /x}}}}], \
                {b}}}]"),
            &[("GET h/x", "a 1.00")],
        ),
        (
            "header names are case-insensitive, values are not",
            format!("  rules: [{{matches: [{{headers: [{{name: Traffic, value: test}}]}}], {a}}}]"),
            &[
                ("GET h/ traffic:test", "a 1.00"),
                ("GET h/ TRAFFIC:test", "a 1.00"),
                ("GET h/ traffic:Test", "404 1.00"),
            ],
        ),
        (
            "weight: the proportion of requests, weight / sum of all weights; defaults to 1",
            "  rules: [{backendRefs: [{name: a, port: 80}, {name: b, port: 80, weight: 3}]}]".to_owned(),
            &[("GET h/", "a 0.25, b 0.75")],
        ),
        (
            "weight 0: no traffic should be forwarded for this entry",
            "  rules: [{backendRefs: [{name: a, port: 80, weight: 0}, {name: b, port: 80}]}]".to_owned(),
            &[("GET h/", "b 1.00")],
        ),
        (
            "all weights 0: 500",
            "  rules: [{backendRefs: [{name: a, port: 80, weight: 0}]}]".to_owned(),
            &[("GET h/", "500 1.00")],
        ),
        (
            "no backendRefs and no filter that responds: 500",
            "  rules: [{matches: [{path: {value: /x}}]}]".to_owned(),
            &[("GET h/x", "500 1.00")],
        ),
        (
            "an invalid backend: the proportion of requests that it would have got must receive a 500",
            "  rules: [{backendRefs: [{name: a, port: 80}, {name: nobody, port: 80}]}]".to_owned(),
            &[("GET h/", "a 0.50, 500 0.50")],
        ),
        (
            "a reference across namespaces without a grant is invalid",
            "  rules: [{backendRefs: [{name: a, port: 80, weight: 9}, {name: other, namespace: far, port: 80}]}]"
                .to_owned(),
            &[("GET h/", "a 0.90, 500 0.10")],
        ),
        (
            "a port that the Service lacks",
            "  rules: [{backendRefs: [{name: a, port: 81}]}]".to_owned(),
            &[("GET h/", "500 1.00")],
        ),
        (
            "hostnames: `*.example.com` matches one or more labels and not `example.com`",
            format!("  hostnames: ['*.example.com']\n  rules: [{{{a}}}]"),
            &[
                ("GET a.example.com/", "a 1.00"),
                ("GET b.a.example.com/", "a 1.00"),
                ("GET example.com/", "404 1.00"),
                ("GET a.example.com:8080/", "a 1.00"),
            ],
        ),
        (
            "a redirect answers, with 302 unless it says otherwise",
            "  rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]".to_owned(),
            &[("GET h/", "302 1.00")],
        ),
    ];
    for (sentence, route, asked) in cases {
        let state = state("", &route, "");
        for (line, answer) in asked {
            assert_eq!(
                words(&ask(&state, &request(line))),
                *answer,
                "{sentence}: {line}"
            );
        }
    }
}

const GRANTS: &str = "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\
    \nmetadata: {name: g, namespace: far}\
    \nspec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}], to: [{group: '', kind: \
    Service}]}\n";

const HEADER: &str = "headers: [{name: traffic, value: test}]";

#[test]
fn the_manual_canary_never_gets_traffic_and_the_corrected_one_does() {
    let paths = [
        "Exact /productpage",
        "PathPrefix /static",
        "Exact /login",
        "Exact /logout",
        "PathPrefix /api/v1/products",
    ];
    let matches = |header: &str| -> String {
        let all: Vec<String> = paths
            .iter()
            .map(|path| {
                let (kind, value) = path.split_once(' ').expect("kind and path");
                format!("{{path: {{type: {kind}, value: {value}}}{header}}}")
            })
            .collect();
        all.join(", ")
    };
    let stable = format!(
        "{{matches: [{}], backendRefs: [{{name: a, port: 80}}]}}",
        matches("")
    );
    let canary = "backendRefs: [{name: other, namespace: far, port: 80}]";
    let as_written = format!("  rules: [{stable}, {{matches: [{{{HEADER}}}], {canary}}}]");
    let repaired = format!(
        "  rules: [{stable}, {{matches: [{}], {canary}}}]",
        matches(&format!(", {HEADER}"))
    );
    for (route, grants, asked) in [
        (
            &as_written,
            GRANTS,
            &[
                ("GET h/productpage traffic:test", "a 1.00"),
                ("GET h/login traffic:test", "a 1.00"),
                ("GET h/other traffic:test", "other 1.00"),
                ("GET h/other", "404 1.00"),
            ][..],
        ),
        (&as_written, "", &[("GET h/other traffic:test", "500 1.00")]),
        (
            &repaired,
            GRANTS,
            &[
                ("GET h/productpage traffic:test", "other 1.00"),
                ("GET h/static/x.css Traffic:test", "other 1.00"),
                ("GET h/productpage traffic:Test", "a 1.00"),
                ("GET h/productpage/ traffic:test", "404 1.00"),
                ("GET h/other traffic:test", "404 1.00"),
            ],
        ),
    ] {
        let state = state("", route, grants);
        for (line, answer) in asked {
            assert_eq!(words(&ask(&state, &request(line))), *answer, "{line}");
        }
    }
    // The weighted step as it was written: 90 % to a namespace that does not have this Service.
    let weighted = "  rules: [{backendRefs: [{name: nobody, port: 80, weight: 90}, {name: other, namespace: far, \
        port: 80, weight: 10}]}]";
    assert_eq!(
        words(&ask(
            &state("", weighted, GRANTS),
            &request("GET h/ traffic:test")
        )),
        "other 0.10, 500 0.90"
    );
    assert_eq!(
        words(&ask(&state("", weighted, ""), &request("GET h/"))),
        "500 1.00"
    );
}

#[test]
fn a_redirect_and_a_rewrite_return_their_target() {
    let redirect = "  rules: [{matches: [{path: {value: /x}}], filters: [{type: RequestRedirect, requestRedirect: \
        {hostname: b.example, path: {type: ReplacePrefixMatch, replacePrefixMatch: /y}}}]}]";
    let answer = ask(&state("", redirect, ""), &request("GET h/x/z?q=1"));
    assert_eq!(answer.location.as_deref(), Some("http://b.example/y/z?q=1"));
    let rewrite = "  rules: [{matches: [{path: {value: /x}}], filters: [{type: URLRewrite, urlRewrite: {hostname: \
        b.example, path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], backendRefs: [{name: a, port: 80}]}]";
    let forwarded = ask(&state("", rewrite, ""), &request("GET h/x/z"))
        .forwarded
        .expect("another path");
    assert_eq!(
        (forwarded.path.as_deref(), forwarded.host.as_deref()),
        (Some("/z"), Some("b.example"))
    );
}

/// A random rule: path, whether it is exact, whether it has a header match, and three weights.
type Drawn = (String, bool, bool, [u8; 3]);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let path = prop::sample::select(vec!["/", "/a", "/a/b", "/ab", "/b"]).prop_map(str::to_owned);
    prop::collection::vec((path, any::<bool>(), any::<bool>(), any::<[u8; 3]>()), 1..6)
}

fn one_match((path, exact, header, _): &Drawn, name: &str) -> String {
    let kind = if *exact { "Exact" } else { "PathPrefix" };
    let header = if *header {
        format!(", headers: [{{name: {name}, value: x}}]")
    } else {
        String::new()
    };
    format!("{{path: {{type: {kind}, value: {path}}}{header}}}")
}

fn backends(weights: [u8; 3]) -> String {
    let all: Vec<String> = ["a", "b", "nobody"]
        .iter()
        .zip(weights)
        .map(|(name, weight)| format!("{{name: {name}, port: 80, weight: {weight}}}"))
        .collect();
    format!("backendRefs: [{}]", all.join(", "))
}

fn rules(all: &[Drawn], header: &str) -> String {
    let rules: Vec<String> = all
        .iter()
        .map(|one| {
            format!(
                "{{matches: [{}], {}}}",
                one_match(one, header),
                backends(one.3)
            )
        })
        .collect();
    format!("  rules: [{}]", rules.join(", "))
}

const ASKED: [&str; 8] = [
    "GET h/",
    "GET h/a",
    "GET h/a/b",
    "GET h/a/b/c",
    "GET h/ab",
    "GET h/b v:x",
    "GET h/a v:x",
    "GET h/c",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fractions_add_up_to_one(all in drawn()) {
        let state = state("", &rules(&all, "v"), "");
        for line in ASKED {
            let sum: f64 = ask(&state, &request(line)).outcomes.iter().map(Outcome::fraction).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{line}: {sum}");
        }
    }

    #[test]
    fn the_case_of_a_header_name_does_not_matter(all in drawn()) {
        let (one, other) = (state("", &rules(&all, "v"), ""), state("", &rules(&all, "V"), ""));
        for line in ASKED {
            prop_assert_eq!(ask(&one, &request(line)), ask(&other, &request(line)));
        }
    }

    #[test]
    fn a_more_specific_match_changes_no_other_request(all in drawn()) {
        let before = state("", &rules(&all, "v"), "");
        let mut more = rules(&all, "v");
        more.truncate(more.len() - 1);
        more.push_str(", {matches: [{path: {type: Exact, value: /only/this}}], backendRefs: [{name: c, port: 80}]}]");
        let after = state("", &more, "");
        for line in ASKED {
            prop_assert_eq!(ask(&before, &request(line)), ask(&after, &request(line)));
        }
        prop_assert_eq!(words(&ask(&after, &request("GET h/only/this"))), "c 1.00");
    }

    #[test]
    fn splitting_a_rule_into_its_matches_changes_nothing(all in drawn(), weights in any::<[u8; 3]>()) {
        let matches: Vec<String> = all.iter().map(|one| one_match(one, "v")).collect();
        let whole = format!("  rules: [{{matches: [{}], {}}}]", matches.join(", "), backends(weights));
        let split: Vec<String> = matches.iter()
            .map(|one| format!("{{matches: [{one}], {}}}", backends(weights))).collect();
        let (whole, split) = (state("", &whole, ""), state("", &format!("  rules: [{}]", split.join(", ")), ""));
        for line in ASKED {
            prop_assert_eq!(ask(&whole, &request(line)).outcomes, ask(&split, &request(line)).outcomes);
        }
    }
}

fn trace(arguments: &[&str]) -> Vec<(u16, String)> {
    let output = meshplan(
        &[
            &["trace", "plans/bookinfo.toml", "--format", "json"],
            arguments,
        ]
        .concat(),
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let rows: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    rows.as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let step = row["step"].as_str().expect("a step");
            let outcomes: Vec<String> = row["outcomes"]
                .as_array()
                .expect("outcomes")
                .iter()
                .map(|o| {
                    format!(
                        "{} {}",
                        o["backend"]
                            .as_str()
                            .map_or_else(|| o["status"].to_string(), str::to_owned),
                        o["fraction"]
                    )
                })
                .collect();
            (step[..3].parse().expect("a number"), outcomes.join(", "))
        })
        .collect()
}

#[test]
fn the_golden_plan_shifts_traffic_as_declared() {
    let (stable, canary) = (
        "bookinfo-1-18-0-alpha-0/productpage",
        "bookinfo-1-18-1/productpage",
    );
    for (step, outcomes) in trace(&["--path", "/productpage", "-H", "traffic: test"]) {
        let expected = match step {
            0..180 => "404 1.0".to_owned(),
            180..300 => format!("{stable} 1.0"),
            _ => format!("{canary} 1.0"),
        };
        assert_eq!(outcomes, expected, "{step}");
    }
    for (step, outcomes) in trace(&["--path", "/productpage"]) {
        let expected = match step {
            0..180 => "404 1.0".to_owned(),
            180..310 => format!("{stable} 1.0"),
            310 => format!("{stable} 0.9, {canary} 0.1"),
            350 => format!("{stable} 0.5, {canary} 0.5"),
            _ => format!("{canary} 1.0"),
        };
        assert_eq!(outcomes, expected, "{step}");
    }
    assert!(
        trace(&["--path", "/nope", "-H", "traffic: test"])
            .iter()
            .all(|(_, outcomes)| outcomes == "404 1.0")
    );
}
