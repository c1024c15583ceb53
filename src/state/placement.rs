//! The nodes that pods can run on: requirements on node labels, and the kinds of nodes that these
//! distinguish.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// The label has one of these values.
    In(String, Vec<String>),
    /// The label has none of these values, or does not exist.
    NotIn(String, Vec<String>),
    /// The label exists.
    Exists(String),
    /// The label does not exist.
    DoesNotExist(String),
}

impl Requirement {
    fn key(&self) -> &str {
        match self {
            Self::In(key, _)
            | Self::NotIn(key, _)
            | Self::Exists(key)
            | Self::DoesNotExist(key) => key,
        }
    }

    fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::In(_, values) => value.is_some_and(|v| values.iter().any(|w| w == v)),
            Self::NotIn(_, values) => value.is_none_or(|v| values.iter().all(|w| w != v)),
            Self::Exists(_) => value.is_some(),
            Self::DoesNotExist(_) => value.is_none(),
        }
    }
}

/// Where pods can run: a node must satisfy all requirements of at least one list. An empty set of lists means
/// no node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSet(pub Vec<Vec<Requirement>>);

/// All nodes that run Linux are the same here, because ztunnel and Istio's images run on no other system.
const OS: &str = "kubernetes.io/os";

impl NodeSet {
    /// Returns the selector for `kubectl get nodes -l`, if there is one list of requirements; nothing without
    /// requirements.
    #[must_use]
    pub fn as_selector(&self) -> Option<String> {
        let [all] = self.0.as_slice() else {
            return None;
        };
        let one = |requirement: &Requirement| match requirement {
            Requirement::In(key, values) => format!("{key} in ({})", values.join(",")),
            Requirement::NotIn(key, values) => format!("{key} notin ({})", values.join(",")),
            Requirement::Exists(key) => key.clone(),
            Requirement::DoesNotExist(key) => format!("!{key}"),
        };
        let own = all.iter().filter(|requirement| requirement.key() != OS);
        let own: Vec<String> = own.map(one).collect();
        (!own.is_empty()).then(|| own.join(","))
    }

    /// Reads the `nodeSelector` and the required node affinity of a pod's spec.
    ///
    /// Terms by field (`metadata.name`) and by number (`Gt`, `Lt`) count as no requirement, so that meshplan
    /// never assumes fewer nodes than a pod can run on.
    #[must_use]
    pub fn of(spec: &Value) -> Self {
        let mut every: Vec<Requirement> = Vec::new();
        for (key, value) in spec
            .get("nodeSelector")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            every.push(Requirement::In(
                key.clone(),
                vec![value.as_str().unwrap_or_default().to_owned()],
            ));
        }
        let terms = spec
            .pointer("/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms")
            .and_then(Value::as_array);
        let Some(terms) = terms else {
            return Self(vec![every]);
        };
        Self(
            terms
                .iter()
                .map(|term| {
                    let expressions = term.get("matchExpressions").and_then(Value::as_array);
                    let own = expressions.into_iter().flatten().filter_map(requirement);
                    every.iter().cloned().chain(own).collect()
                })
                .collect(),
        )
    }

    /// Returns whether pods can run on a node with these labels.
    #[must_use]
    pub fn allows(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().any(|all| {
            all.iter().filter(|r| r.key() != OS).all(|requirement| {
                requirement.holds(labels.get(requirement.key()).map(String::as_str))
            })
        })
    }

    /// Returns the smallest set of labels with which a node qualifies; nothing if no node can.
    #[must_use]
    pub fn example(&self) -> Option<BTreeMap<String, String>> {
        let label = |requirement: &Requirement| match requirement {
            Requirement::In(key, values) => Some((key.clone(), values.first()?.clone())),
            Requirement::Exists(key) => Some((key.clone(), String::new())),
            Requirement::NotIn(..) | Requirement::DoesNotExist(_) => None,
        };
        let labels = self.0.first()?.iter().filter_map(label).collect();
        self.allows(&labels).then_some(labels)
    }

    /// Returns the requirements in words, such as `key=value, key notin (a, b)`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let one = |requirement: &Requirement| match requirement {
            Requirement::In(key, values) if values.len() == 1 => format!("{key}={}", values[0]),
            Requirement::In(key, values) => format!("{key} in ({})", values.join(", ")),
            Requirement::NotIn(key, values) => format!("{key} notin ({})", values.join(", ")),
            Requirement::Exists(key) => key.clone(),
            Requirement::DoesNotExist(key) => format!("!{key}"),
        };
        let terms: Vec<String> = self
            .0
            .iter()
            .map(|all| {
                let words: Vec<String> = all.iter().filter(|r| r.key() != OS).map(one).collect();
                if words.is_empty() {
                    "any node".to_owned()
                } else {
                    words.join(", ")
                }
            })
            .collect();
        terms.join(" or ")
    }
}

fn requirement(expression: &Value) -> Option<Requirement> {
    let key = expression.get("key")?.as_str()?.to_owned();
    let values = || {
        let values = expression.get("values").and_then(Value::as_array);
        values
            .into_iter()
            .flatten()
            .filter_map(|v| Some(v.as_str()?.to_owned()))
            .collect()
    };
    Some(match expression.get("operator")?.as_str()? {
        "In" => Requirement::In(key, values()),
        "NotIn" => Requirement::NotIn(key, values()),
        "Exists" => Requirement::Exists(key),
        "DoesNotExist" => Requirement::DoesNotExist(key),
        _ => return None,
    })
}

/// A kind of node: the labels that distinguish it from others.
pub type Cell = BTreeMap<String, String>;

/// The maximum number of kinds of nodes; realistic selectors need fewer.
const MOST: usize = 4096;

/// Returns every kind of node that these places distinguish: each label that they name has one of its values,
/// another value, or none.
#[must_use]
pub fn cells<'a>(places: impl Iterator<Item = &'a NodeSet>) -> Vec<Cell> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for requirement in places.flat_map(|place| &place.0).flatten() {
        if requirement.key() == OS {
            continue;
        }
        let known = values.entry(requirement.key()).or_default();
        match requirement {
            Requirement::In(_, all) | Requirement::NotIn(_, all) => {
                known.extend(all.iter().map(String::as_str));
            }
            Requirement::Exists(_) | Requirement::DoesNotExist(_) => {}
        }
    }
    let mut cells = vec![Cell::new()];
    for (key, known) in values {
        if cells.len() * (known.len() + 2) > MOST {
            break;
        }
        cells = cells
            .into_iter()
            .flat_map(|cell| {
                let other = [Some("(another)"), None];
                let all = known.iter().map(|value| Some(*value)).chain(other);
                all.map(|value| {
                    let mut cell = cell.clone();
                    if let Some(value) = value {
                        cell.insert(key.to_owned(), value.to_owned());
                    }
                    cell
                })
                .collect::<Vec<_>>()
            })
            .collect();
    }
    cells
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{NodeSet, cells};

    #[test]
    fn a_place_and_its_complement_cover_every_node_once() {
        let canary =
            NodeSet::of(&json!({"nodeSelector": {"pool": "canary", "kubernetes.io/os": "linux"}}));
        let rest = NodeSet::of(
            &json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "NotIn", "values": ["canary"]}]}]}}}}),
        );
        let all = cells([&canary, &rest].into_iter());
        assert_eq!(all.len(), 3, "canary, another value, none");
        for cell in &all {
            assert!(canary.allows(cell) != rest.allows(cell), "{cell:?}");
        }
        assert_eq!(rest.in_words(), "pool notin (canary)");
    }

    #[test]
    fn terms_are_alternatives() {
        let place = NodeSet::of(
            &json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
                {"matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]}]}}}}),
        );
        let labels = |text: &[&str]| {
            text.iter()
                .map(|k| ((*k).to_owned(), "x".to_owned()))
                .collect()
        };
        assert!(place.allows(&labels(&["a", "b"])) && place.allows(&labels(&[])));
        assert!(!place.allows(&labels(&["b"])));
    }
}
