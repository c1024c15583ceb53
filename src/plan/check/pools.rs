//! Checks that both pools name their nodes in the same way, are not empty, and do not overlap.

use toml::Spanned;

use super::Found;
use crate::kube::names::{is_label_key, is_label_value, is_subdomain};
use crate::plan::parse::Parts;
use crate::plan::pool::{Pool, PoolTable};
use crate::plan::written::{Canary, Stable};
use crate::text::finding::Finding;

pub(super) fn check(parts: &Parts, found: &mut Found) {
    // In an existing mesh, all nodes belong to stable until they move.
    if let Some(stable) = parts.stable.as_ref().filter(|stable| stable.is_existing()) {
        return rest(stable, parts.canary.as_ref(), found);
    }
    let stable = parts.stable.as_ref().map(|s| &s.pool);
    let canary = parts.canary.as_ref().map(|c| &c.pool);
    for pool in [stable, canary].into_iter().flatten() {
        if matches!(pool.get_ref(), Pool::Rest) {
            found.say(
                Finding::error(
                    "pool-form",
                    "only an existing stable revision can use `pool = \"rest\"`",
                )
                .label("no nodes are named")
                .help("write `{ nodes = [\"…\"] }` or `{ selector = { key = \"value\" } }`"),
                pool,
            );
        }
    }
    let stable = stable.and_then(|pool| sound_table(pool, found).map(|table| (pool, table)));
    let canary = canary.and_then(|pool| sound_table(pool, found).map(|table| (pool, table)));
    let (Some((_, stable)), Some((pool, canary))) = (stable, canary) else {
        return;
    };
    match (
        &stable.nodes,
        &canary.nodes,
        &stable.selector,
        &canary.selector,
    ) {
        (Some(stable), Some(canary), _, _) => {
            for node in canary
                .iter()
                .filter(|node| stable.iter().any(|s| s.get_ref() == node.get_ref()))
            {
                found.say(
                    Finding::error(
                        "pools-overlap",
                        format!("node `{}` is in both pools", node.get_ref()),
                    )
                    .label("the node would run two ztunnels")
                    .help("remove it from one of the pools"),
                    node,
                );
            }
        }
        (_, _, Some(stable), Some(canary)) => {
            let apart = stable.iter().any(|(key, value)| {
                canary
                    .get(key)
                    .is_some_and(|other| other.get_ref() != value.get_ref())
            });
            if !apart {
                found.say(
                    Finding::error("pools-overlap", "a node can match the labels of both pools")
                        .label("no key has different values in the two pools")
                        .help("select both pools by the same key, with different values"),
                    pool,
                );
            }
        }
        _ => found.say(
            Finding::error(
                "pool-form",
                "one pool lists nodes, and the other selects them by label",
            )
            .label("it is unknown whether the pools overlap")
            .help("use `nodes` in both pools, or `selector` in both"),
            pool,
        ),
    }
}

/// In an existing mesh, the stable pool is all nodes that the canary's label does not select.
fn rest(stable: &Stable, canary: Option<&Canary>, found: &mut Found) {
    if !matches!(stable.pool.get_ref(), Pool::Rest) {
        found.say(
            Finding::error(
                "pool-form",
                "the pool of an existing mesh must be all nodes that have not moved",
            )
            .label("nodes that join later would have no ztunnel")
            .help("write `pool = \"rest\"`"),
            &stable.pool,
        );
    }
    let Some(canary) = canary else { return };
    let table = sound_table(&canary.pool, found);
    let is_rest = matches!(canary.pool.get_ref(), Pool::Rest);
    if is_rest || table.is_some_and(|table| table.selector.as_ref().is_none_or(|s| s.len() != 1)) {
        found.say(
            Finding::error(
                "pool-form",
                "the canary pool of an existing mesh must have exactly one label",
            )
            .label("a step sets this label when a node moves")
            .help("write `pool = { selector = { \"meshplan.dev/pool\" = \"canary\" } }`"),
            &canary.pool,
        );
    }
}

/// Checks one pool; returns it if it is a valid list or selector.
fn sound_table<'a>(pool: &'a Spanned<Pool>, found: &mut Found) -> Option<&'a PoolTable> {
    let Pool::Table(table) = pool.get_ref() else {
        return None;
    };
    let before = found.findings.len();
    if table.nodes.is_some() == table.selector.is_some() {
        let (message, label) = match &table.nodes {
            Some(_) => (
                "a pool has both `nodes` and `selector`",
                "use only one of them",
            ),
            None => (
                "a pool has neither `nodes` nor `selector`",
                "no nodes are named",
            ),
        };
        found.say(
            Finding::error("pool-form", message)
                .label(label)
                .help("write `{ nodes = [\"…\"] }` or `{ selector = { key = \"value\" } }`"),
            pool,
        );
    }
    let nodes = table.nodes.as_deref().unwrap_or_default();
    found.duplicates("node", nodes.iter());
    for node in nodes.iter().filter(|node| !is_subdomain(node.get_ref())) {
        found.say(
            Finding::error(
                "bad-name",
                format!(
                    "`{}` is not a valid node name",
                    node.get_ref().escape_debug()
                ),
            )
            .label("must be lower-case letters, digits, `-` and `.`")
            .help("write the name as `kubectl get nodes` prints it"),
            node,
        );
    }
    for (key, value) in table.selector.iter().flatten() {
        if key == "kubernetes.io/os" && value.get_ref() != "linux" {
            found.say(
                Finding::error(
                    "bad-label",
                    format!(
                        "a pool of {} nodes cannot have a ztunnel",
                        value.get_ref().escape_debug()
                    ),
                )
                .label("ztunnel and istio-cni run only on Linux")
                .help("select the pool by another label"),
                value,
            );
        }
        if !is_label_key(key) || !is_label_value(value.get_ref()) {
            let text = format!("{key}={}", value.get_ref());
            found.say(
                Finding::error(
                    "bad-label",
                    format!("`{}` is not a valid label", text.escape_debug()),
                )
                .label("must be letters, digits, `-`, `_` and `.`, at most 63 after the `/`")
                .help(
                    "write the key and the value as `kubectl get nodes --show-labels` prints them",
                ),
                value,
            );
        }
    }
    (found.findings.len() == before).then_some(table)
}
