//! Random valid plans. Each compiles, so every state holds, also in the middle of a step. The index names every
//! file. The rollback of each step, after the whole step or half of it, leads to the state before the step.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use meshplan::output::Output;
use meshplan::plan::Files;
use meshplan::proof::{Upgrade, parts};
use meshplan::replay::Replay;
use meshplan::state::State;
use meshplan::text::finding::{Severity, to_text};
use meshplan::text::source::Source;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Stable, canary, and the bundles that support both.
const PAIRS: &[(&str, &str, &[&str])] = &[
    ("1.18.0-alpha.0", "1.18.1", &["v0.6.1", "v0.8.1", "v1.0.0"]),
    ("1.18.7", "1.19.10", &["v0.6.2", "v1.1.1", "v1.4.1"]),
    ("1.19.10", "1.20.0", &["v0.8.0", "v1.0.0"]),
    ("1.20.7", "1.20.8", &["v1.0.0", "v1.2.1"]),
    ("1.21.6", "1.22.8", &["v1.1.0", "v1.3.0"]),
    ("1.22.8", "1.23.4", &["v1.1.1", "v1.5.1"]),
    ("1.23.6", "1.24.6", &["v1.2.0"]),
    ("1.24.2", "1.25.5", &["v1.2.1", "v1.4.0"]),
    ("1.24.6", "1.25.0", &["v1.2.1"]),
    ("1.26.8", "1.27.9", &["v1.3.0", "v1.6.1"]),
    ("1.28.10", "1.29.1", &["v1.4.1"]),
    ("1.29.6", "1.30.3", &["v1.4.1", "v1.5.0"]),
    ("1.30.1", "1.31.0", &["v1.5.1", "v1.6.0"]),
    ("1.31.0", "1.31.7", &["v1.6.1"]),
];

/// The contents of a plan.
#[derive(Debug, Clone)]
struct Shape {
    pair: (&'static str, &'static str, &'static str),
    handover: &'static str,
    operator: bool,
    by_label: bool,
    nodes: (usize, usize),
    namespace: Option<&'static str>,
    channel: &'static str,
    weights: Vec<u8>,
    /// The extra objects of each workload.
    workloads: Vec<Vec<&'static str>>,
    gateways: usize,
    /// Gateway, workload, whether the path is exact, and whether the route has a host.
    routes: Vec<(usize, usize, bool, bool)>,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let pair = select(PAIRS).prop_flat_map(|(stable, canary, bundles)| {
        select(bundles).prop_map(move |bundle| (stable, canary, bundle))
    });
    let extras = subsequence(
        vec!["configmap", "serviceaccount", "statefulset", "claim"],
        0..=3,
    );
    (
        (
            pair,
            select(vec!["second", "relabel"]),
            any::<bool>(),
            any::<bool>(),
            (1usize..4, 1usize..3),
            select(vec![None, None, Some("mesh")]),
            select(vec!["standard", "experimental"]),
        ),
        subsequence((1u8..100).step_by(7).collect::<Vec<u8>>(), 0..4),
        prop::collection::vec(extras, 1..4),
        1usize..3,
        prop::collection::vec((0usize..9, 0usize..9, any::<bool>(), any::<bool>()), 1..5),
    )
        .prop_map(
            |(
                (pair, handover, operator, by_label, nodes, namespace, channel),
                weights,
                workloads,
                gateways,
                routes,
            )| Shape {
                pair,
                handover,
                operator,
                by_label,
                nodes,
                namespace,
                channel,
                weights: weights.into_iter().chain([100]).collect(),
                workloads,
                gateways,
                routes,
            },
        )
}

/// The plan and the files that it refers to.
fn written(shape: &Shape) -> (String, BTreeMap<String, String>) {
    let (stable, canary, bundle) = shape.pair;
    let mut plan = String::from("name = \"random\"\n\n[istio]\n");
    let form = if shape.operator {
        "istio-operator"
    } else {
        "daemonset"
    };
    writeln!(plan, "ztunnel = \"{form}\"").expect("a string");
    if let Some(namespace) = shape.namespace {
        writeln!(plan, "namespace = \"{namespace}\"").expect("a string");
    }
    writeln!(
        plan,
        "\n[gateway-api]\nbundle = \"{bundle}\"\nchannel = \"{}\"",
        shape.channel
    )
    .expect("a string");
    for (role, version, count) in [
        ("stable", stable, shape.nodes.0),
        ("canary", canary, shape.nodes.1),
    ] {
        let pool = if shape.by_label {
            format!("selector = {{ \"example.com/pool\" = \"{role}\" }}")
        } else {
            let nodes: Vec<String> = (0..count).map(|n| format!("\"{role}-{n}\"")).collect();
            format!("nodes = [{}]", nodes.join(", "))
        };
        writeln!(
            plan,
            "\n[{role}]\nversion = \"{version}\"\npool = {{ {pool} }}"
        )
        .expect("a string");
    }
    let mut files = BTreeMap::new();
    for (n, extras) in shape.workloads.iter().enumerate() {
        writeln!(
            plan,
            "\n[[workload]]\nname = \"w{n}\"\nnamespace = \"ns{}\"\nmanifests = [\"w{n}.yaml\"]",
            n % 2
        )
        .expect("a string");
        files.insert(format!("w{n}.yaml"), workload(n, extras));
    }
    let probe = {
        let facts = |text: &str| {
            let version = semver::Version::parse(text).expect(text);
            meshplan::istio::facts(&version).expect(text)
        };
        meshplan::istio::handover(facts(stable), facts(canary))
    };
    let needs = probe == meshplan::istio::Handover::SecondGateway;
    for n in 0..shape.gateways {
        writeln!(
            plan,
            "\n[[gateway]]\nname = \"g{n}\"\nnamespace = \"ingress{n}\""
        )
        .expect("a string");
        if needs {
            writeln!(plan, "handover = \"{}\"", shape.handover).expect("a string");
        }
        plan.push_str("listener = [{ name = \"http\", port = 80, protocol = \"HTTP\" }, { name = \"other\", port = \
            8080, protocol = \"HTTP\", hostname = \"*.example.com\" }]\n");
    }
    for (n, (gateway, workload, exact, host)) in shape.routes.iter().enumerate() {
        let (gateway, workload) = (gateway % shape.gateways, workload % shape.workloads.len());
        let kind = if *exact { "exact" } else { "prefix" };
        writeln!(
            plan,
            "\n[[route]]\nname = \"r{n}\"\nnamespace = \"routes{}\"\ngateway = \"g{gateway}\"\
             \nbackend = {{ workload = \"w{workload}\", service = \"s{workload}\", port = 80 }}\
             \nmatch = [{{ {kind} = \"/r{n}\" }}, {{ prefix = \"/p{n}\" }}]",
            n % 2
        )
        .expect("a string");
        if *host {
            writeln!(plan, "hostnames = [\"h{n}.example.com\"]").expect("a string");
        }
    }
    let weights: Vec<String> = shape.weights.iter().map(u8::to_string).collect();
    writeln!(
        plan,
        "\n[shift]\nheader = {{ name = \"x-canary\", value = \"yes\" }}\nweights = [{}]",
        weights.join(", ")
    )
    .expect("a string");
    (plan, files)
}

fn workload(n: usize, extras: &[&str]) -> String {
    let account = extras.contains(&"serviceaccount");
    let mut text = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: s{n}}}\
         \nspec: {{selector: {{app: a{n}}}, ports: [{{port: 80}}]}}\n---\napiVersion: apps/v1\nkind: Deployment\
         \nmetadata: {{name: a{n}}}\nspec:\n  selector: {{matchLabels: {{app: a{n}}}}}\n  template:\
         \n    metadata: {{labels: {{app: a{n}}}}}\n    spec:\
         \n{}      containers: [{{name: c, image: \"registry.example/a:1\"}}]\n",
        if account {
            format!("      serviceAccountName: a{n}\n")
        } else {
            String::new()
        }
    );
    if account {
        write!(
            text,
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a{n}}}\n"
        )
        .expect("a string");
    }
    if extras.contains(&"configmap") {
        write!(
            text,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{n}}}\ndata: {{a: b}}\n"
        )
        .expect("a string");
    }
    if extras.contains(&"claim") {
        write!(
            text,
            "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: v{n}}}\
            \nspec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}\n"
        )
        .expect("a string");
    }
    if extras.contains(&"statefulset") {
        write!(text, "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: t{n}}}\
            \nspec: {{serviceName: s{n}, selector: {{matchLabels: {{app: t{n}}}}}, template: {{metadata: {{labels: \
            {{app: t{n}}}}}, spec: {{containers: [{{name: c, image: \"registry.example/t:1\"}}]}}}}}}\n")
            .expect("a string");
    }
    text
}

fn compiled(shape: &Shape) -> Output {
    let (plan, texts) = written(shape);
    let read = |name: &str| {
        texts
            .get(name)
            .cloned()
            .ok_or_else(|| std::io::Error::other("no such file"))
    };
    let files = Files {
        folder: String::new(),
        read: &read,
        list: &|_| Ok(Vec::new()),
    };
    let compiled = meshplan::compile(&Source::new("plan.toml", &plan), &files, BTreeMap::new());
    let errors: Vec<String> = compiled
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| to_text(std::slice::from_ref(finding), &compiled.sources))
        .collect();
    assert!(errors.is_empty(), "{}\n{plan}", errors.join("\n"));
    compiled.output.expect("no error")
}

/// Objects by their keys as text, and the labels of nodes.
type Content<'a> = (
    BTreeMap<String, serde_json::Value>,
    &'a BTreeMap<String, BTreeMap<String, String>>,
);

/// The objects of a state, and the labels of its nodes.
fn content(state: &State) -> Content<'_> {
    let objects = state
        .objects()
        .map(|object| (object.key.to_string(), object.value().clone()));
    (objects.collect(), &state.nodes)
}

/// Rolls back from a state through the steps below a number, and returns the final state.
fn back(replay: &Replay<'_>, upgrade: &Upgrade, mut state: State, steps: usize) -> State {
    for step in upgrade.index.steps[..steps].iter().rev() {
        let (before, refused) = replay.run(&state, &step.step, &step.step.rollback.actions, None);
        assert!(refused.is_empty(), "{}", step.step.name);
        state = before;
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_plan_holds_forwards_and_back(shape in shapes()) {
        let output = compiled(&shape);
        let named: Vec<&String> = output.index.files.iter().map(|file| &file.path).collect();
        let there: Vec<&String> = output.tree.iter().map(|(path, _)| path)
            .filter(|path| *path != "index.json").collect();
        prop_assert_eq!(named, there);

        let upgrade = Upgrade::laid_out(&output);
        let replay = upgrade.replay();
        let mut states = vec![upgrade.start()];
        for step in &upgrade.index.steps {
            let (after, _) = replay.run(&states[states.len() - 1], &step.step, &step.step.actions, None);
            states.push(after);
        }
        // The state after a rollback to the very beginning.
        let kept = upgrade.index.steps.iter().take_while(|step| step.step.rollback.keeps).count();
        let beginning = content(&states[kept]);
        for (number, step) in upgrade.index.steps.iter().enumerate().skip(kept) {
            let whole = back(&replay, &upgrade, states[number + 1].clone(), number + 1);
            prop_assert_eq!(content(&whole), beginning.clone(), "from {}", &step.step.name);
            for part in parts(&step.step.actions) {
                let (half, _) = replay.run(&states[number], &step.step, &step.step.actions, Some(&part));
                let whole = back(&replay, &upgrade, half, number + 1);
                prop_assert_eq!(content(&whole), beginning.clone(), "from a part of {}", &step.step.name);
            }
        }
    }
}
