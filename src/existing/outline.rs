//! A plan for the mesh in a dump, with a question in a comment where the dump does not tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

use super::{Writer, bundle, nodes};
use crate::istio::{Handover, example_after, facts_near, handover};
use crate::state::{Object, State};

/// Labels by which providers and autoscalers tell node pools apart, in the order of preference.
const POOLS: [&str; 7] = [
    "karpenter.sh/nodepool",
    "cloud.google.com/gke-nodepool",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "kubernetes.azure.com/agentpool",
    "node.kubernetes.io/pool",
    "node-pool",
];

/// Labels of nodes that never tell pools apart.
const NO_POOLS: [&str; 6] = [
    "kubernetes.io/",
    "beta.kubernetes.io/",
    "topology.",
    "failure-domain.",
    "node.kubernetes.io/instance-type",
    "meshplan.dev/",
];

/// More values than this are no pools.
const MOST_GROUPS: usize = 20;

/// Writes a plan for the mesh in a dump. `name` is the plan's name, `folder` the directory of the dump as the plan writes it.
///
/// # Errors
///
/// If the dump contains no control plane, several, or one of an unknown version.
pub fn outline(objects: &[Rc<Object>], name: &str, folder: &str) -> Result<String, String> {
    let objects = nodes::of_the_mesh(objects);
    let state = State::of(&objects);
    let istiods: Vec<_> = state.istiods().collect();
    let [(istiod, control_plane)] = istiods.as_slice() else {
        let all: Vec<String> = istiods.iter().map(|(one, _)| one.key.to_string()).collect();
        return Err(match all.len() {
            0 => {
                "the dump contains no Istio control plane: no Deployment of pods with `app: istiod`"
                    .to_owned()
            }
            _ => format!(
                "the dump contains several control planes: {}",
                all.join(", ")
            ),
        });
    };
    let Some(version) = &control_plane.version else {
        return Err(format!(
            "the image of {} does not tell its version",
            istiod.key
        ));
    };
    let Some(next) = example_after(version) else {
        return Err(format!("no later version than {version} is known"));
    };
    let mut plan = Text(String::new());
    plan.pair(
        "name",
        name,
        "the output directory, and an annotation on every object",
    );

    let owners = owners(&objects, &state);
    let namespace = istiod.key.namespace.as_deref().unwrap_or_default();
    if namespace != "istio-system" || !owners.is_empty() {
        plan.line("\n[istio]", false);
        if namespace != "istio-system" {
            plan.pair("namespace", namespace, "");
        }
        if !owners.is_empty() {
            plan.line("the steps tell what to change there", true);
            plan.line(&format!("owner = {{ {} }}", owners.join(", ")), false);
        }
    }

    plan.line("\n[gateway-api]", false);
    let (release, channel, comment) = match bundle(&objects) {
        Some((release, channel)) => (release, channel, ""),
        None => (
            "v1.4.1".to_owned(),
            "standard".to_owned(),
            "QUESTION: the dump does not contain the CRDs; which bundle does the cluster have?",
        ),
    };
    plan.pair("bundle", &release, comment);
    plan.pair("channel", &channel, "");
    plan.line(
        "the cluster has the CRDs; with true, the plan installs the bundle above",
        true,
    );
    plan.line("manage = false", false);

    plan.line("\n[stable]", false);
    plan.pair("version", &version.to_string(), "");
    if control_plane.revision != version.to_string().replace(['.', '+', '_'], "-") {
        plan.pair("revision", &control_plane.revision, "");
    }
    plan.pair("origin", "existing", "");
    plan.pair("existing", folder, "the directory of the dump");
    plan.pair("pool", "rest", "every node that has not moved yet");

    plan.line("\n[canary]", false);
    plan.pair(
        "version",
        &next.to_string(),
        "QUESTION: is this the version to upgrade to?",
    );
    plan.line(
        "pool = { selector = { \"meshplan.dev/pool\" = \"canary\" } }",
        false,
    );
    plan.line(
        "how many nodes move at a time; a share such as \"25%\" works too",
        true,
    );
    plan.line("batch = 1", false);
    plan.pair("soak", "10m", "how long to watch between batches");
    let lossy = handover(facts_near(Some(version)), facts_near(Some(&next)));
    if lossy == Handover::SecondGateway && state.gateways().next().is_some() {
        plan.pair(
            "handover",
            "relabel",
            "QUESTION: each Gateway and waypoint loses up to 30 seconds of requests; do you accept that?",
        );
    }
    groups(&state, &mut plan);
    Ok(plan.0)
}

/// The text of a plan.
struct Text(String);

impl Text {
    fn line(&mut self, text: &str, comment: bool) {
        let mark = if comment { "# " } else { "" };
        let _ = writeln!(self.0, "{mark}{text}");
    }

    fn pair(&mut self, key: &str, value: &str, comment: &str) {
        let value = toml::Value::String(value.to_owned());
        if comment.is_empty() {
            let _ = writeln!(self.0, "{key} = {value}");
        } else {
            let _ = writeln!(self.0, "{key} = {value}   # {comment}");
        }
    }
}

/// Who manages the objects that steps change, as the plan writes it.
fn owners(objects: &[Rc<Object>], state: &State) -> Vec<String> {
    let of = |object: &Object| {
        let writer = Writer::of(object.value());
        writer.writes_back().then(|| writer.as_owner())
    };
    let quoted = |text: String| toml::Value::String(text).to_string();
    let components = [
        ("istiod", state.istiods().next().map(|(object, _)| object)),
        ("cni", state.cnis().next().map(|(object, _)| object)),
        ("ztunnel", state.ztunnels().next().map(|(object, _)| object)),
    ];
    let mut all: Vec<String> = components
        .into_iter()
        .filter_map(|(name, object)| Some(format!("{name} = {}", quoted(of(object?)?))))
        .collect();
    let labelled: BTreeSet<String> = objects
        .iter()
        .filter(|object| object.key.kind == "Gateway")
        .filter(|object| {
            let takes = matches!(Writer::of(object.value()), Writer::Kustomization(_));
            takes || object.label("istio.io/rev").is_some()
        })
        .filter_map(|object| of(object))
        .collect();
    if !labelled.is_empty() {
        let list: Vec<String> = labelled.into_iter().map(quoted).collect();
        all.push(format!("gateways = [{}]", list.join(", ")));
    }
    all
}

/// Writes a node group for each value of the label that tells pools apart.
fn groups(state: &State, plan: &mut Text) {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for labels in state.nodes.values() {
        for (key, value) in labels {
            values.entry(key).or_default().insert(value);
        }
    }
    let on_all = |key: &str| state.nodes.values().all(|labels| labels.contains_key(key));
    values.retain(|key, values| {
        on_all(key) && values.len() <= MOST_GROUPS && !NO_POOLS.iter().any(|no| key.starts_with(no))
    });
    let known = POOLS.iter().copied().find(|key| values.contains_key(key));
    let named = ["pool", "group"].iter().find_map(|word| {
        values
            .keys()
            .copied()
            .find(|key| key.to_lowercase().contains(word))
    });
    let key = known.or(named);
    let (key, question) = match key {
        Some(key) => (key, "QUESTION: does this label tell your node pools apart?"),
        None => (
            "kubernetes.io/os",
            "QUESTION: no label of all nodes tells pools apart; which groups should move one after the other?",
        ),
    };
    let one = BTreeSet::from(["linux"]);
    let mut asked = false;
    let mut taken = BTreeSet::new();
    for value in values.get(key).unwrap_or(&one) {
        let name: String = value
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let mut name = name.trim_matches('-').to_owned();
        while name.is_empty() || !taken.insert(name.clone()) {
            name.push('x');
        }
        plan.line("\n[[node-group]]", false);
        plan.pair("name", &name, "");
        let (key, value) = (
            toml::Value::String(key.to_owned()),
            toml::Value::String((*value).to_owned()),
        );
        let comment = if asked {
            String::new()
        } else {
            format!("   # {question}")
        };
        asked = true;
        plan.line(&format!("match = {{ {key} = {value} }}{comment}"), false);
        plan.line("move = \"relabel\"   # or \"surge\": new nodes come with the label, old ones are drained", false);
    }
}
