//! Checks how each kind of request is answered from one state to the next.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Upgrade, kinds};
use crate::kube::identity::Key;
use crate::replay::Part;
use crate::route::{Answer, Outcome, Request, Table};
use crate::rules::{NEITHER_ANSWER, REFUSED, SHIFT_DIFFERS, finding};
use crate::state::{Facet, Object, Served, State};
use crate::step::{self, Gate};
use crate::text::finding::Finding;
use crate::tree::IndexStep;

/// The maximum difference at which two sums of fractions are equal.
const EPSILON: f64 = 1e-9;

/// The kinds of requests of a tree.
pub(super) struct RequestKinds {
    requests: Vec<Request>,
    /// Answers by the objects that they depend on; most parts of a step change none of these.
    known: RefCell<Vec<(Depends, Rc<Vec<KnownAnswer>>)>>,
}

/// What answers depend on: the existing objects, and the control plane that serves each Gateway.
struct Depends {
    /// Kept alive, so that no other object gets the address of one of them.
    objects: Vec<Rc<Object>>,
    served: BTreeMap<Key, Served>,
}

impl PartialEq for Depends {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&Rc<Object>, &Rc<Object>)| Rc::ptr_eq(a, b);
        self.objects.len() == other.objects.len()
            && self.objects.iter().zip(&other.objects).all(same)
            && self.served == other.served
    }
}

/// The number of states whose answers are kept: those before and after a step, and some parts of it.
const KEPT: usize = 8;

/// An answer, and the share of it that nobody serves.
struct KnownAnswer {
    answer: Answer,
    refused: f64,
}

impl RequestKinds {
    pub fn of(upgrade: &Upgrade) -> Self {
        Self {
            requests: kinds(upgrade.files.values()),
            known: RefCell::default(),
        }
    }

    fn served(&self, state: &State) -> Rc<Vec<KnownAnswer>> {
        let counts = |object: &&Rc<Object>| {
            !object.implied
                && matches!(
                    object.facet,
                    Facet::Gateway(_)
                        | Facet::Route(_)
                        | Facet::Grant(_)
                        | Facet::Service(_)
                        | Facet::Namespace(_)
                        | Facet::Pods(_)
                )
        };
        let depends = Depends {
            objects: state.objects().filter(counts).cloned().collect(),
            served: state.served.clone(),
        };
        let known = self
            .known
            .borrow()
            .iter()
            .find(|(own, _)| *own == depends)
            .map(|(_, all)| Rc::clone(all));
        if let Some(known) = known {
            return known;
        }
        let table = Table::new(state, None);
        let serve = |request: &Request| {
            let answer = table.answer(request);
            let empty: f64 = answer
                .outcomes
                .iter()
                .filter(|outcome| !has_pods(state, outcome))
                .map(Outcome::fraction)
                .sum();
            let refused = answer.refused() + empty;
            KnownAnswer { answer, refused }
        };
        let all = Rc::new(self.requests.iter().map(serve).collect::<Vec<_>>());
        let mut known = self.known.borrow_mut();
        if known.len() == KEPT {
            known.remove(0);
        }
        known.push((depends, Rc::clone(&all)));
        all
    }

    /// Checks what a step does to requests, as a whole and in each part, and whether that matches the step's
    /// traffic.
    pub fn step<'p>(
        &self,
        step: &IndexStep,
        before: &State,
        after: &State,
        parts: &[(&'p Part, &State)],
    ) -> Vec<(Finding, Option<&'p Part>)> {
        let mut found = self.moved(before, after, parts, &left(step));
        if let Some(expected) = &step.step.traffic {
            let said = self.differs(expected, after);
            let said = said.or_else(|| self.late(expected, before, after));
            found.extend(said.map(|said| (said, None)));
        }
        found
    }

    /// Finds requests without the header that this step routes for the first time, although other requests to
    /// the same Gateway were answered before.
    fn late(&self, expected: &step::Traffic, before: &State, after: &State) -> Option<Finding> {
        let (old, new) = (self.served(before), self.served(after));
        let own = |served: &KnownAnswer| {
            let stable = shares(&served.answer, &expected.stable);
            stable + shares(&served.answer, &expected.canary) > EPSILON
        };
        let known: Vec<&Option<String>> = (0..self.requests.len())
            .filter(|n| own(&old[*n]))
            .map(|n| &self.requests[n].gateway)
            .collect();
        self.first(
            |n| {
                old[n].answer.route.is_none()
                    && own(&new[n])
                    && known.contains(&&self.requests[n].gateway)
            },
            |request, n| {
                finding(
                    &SHIFT_DIFFERS,
                    format!("`{}` is answered only from this step on", request.in_words()),
                )
                .label(format!("goes to {}", in_words(&new[n].answer)))
                .help("list all paths in the first step that writes the route; a traffic shift only moves requests \
                    and adds none")
            },
        )
    }

    /// Finds requests that fail after the step but worked before it, and requests that a part answers neither
    /// as before nor as after. Gateways that clients have already left are excluded.
    pub fn moved<'p>(
        &self,
        before: &State,
        after: &State,
        parts: &[(&'p Part, &State)],
        left: &[String],
    ) -> Vec<(Finding, Option<&'p Part>)> {
        let counts = |n: usize| {
            let gateway = self.requests[n].gateway.as_ref();
            gateway.is_none_or(|gateway| !left.contains(gateway))
        };
        let (old, new) = (self.served(before), self.served(after));
        // Without a route no request can fail.
        if old.iter().all(|served| served.refused >= 1.0) {
            return Vec::new();
        }
        let mut found: Vec<(Finding, Option<&'p Part>)> = Vec::new();
        let worse = |was: &KnownAnswer, is: &KnownAnswer| is.refused > was.refused + EPSILON;
        if let Some(said) = self.first(
            |n| counts(n) && worse(&old[n], &new[n]),
            |request, n| refused(request, &new[n]),
        ) {
            found.push((said, None));
        }
        let lost = !found.is_empty();
        for (said, part) in self.between(&old, &new, parts, &counts, lost) {
            found.push((said, Some(part)));
        }
        found
    }

    /// Same as [`RequestKinds::step`], but without the effect of the whole: a rollback may remove what its
    /// step added.
    pub fn on_the_way<'p>(
        &self,
        before: &State,
        after: &State,
        parts: &[(&'p Part, &State)],
    ) -> Vec<(Finding, &'p Part)> {
        let (old, new) = (self.served(before), self.served(after));
        self.between(&old, &new, parts, &|_| true, false)
    }

    /// Finds requests for which a part of a transition differs from both its ends. If `lost` is set, failing
    /// requests were already reported and are not reported again.
    fn between<'p>(
        &self,
        old: &[KnownAnswer],
        new: &[KnownAnswer],
        parts: &[(&'p Part, &State)],
        counts: &dyn Fn(usize) -> bool,
        lost: bool,
    ) -> Vec<(Finding, &'p Part)> {
        let mut found: Vec<(Finding, &'p Part)> = Vec::new();
        let worse = |was: &KnownAnswer, is: &KnownAnswer| is.refused > was.refused + EPSILON;
        for (part, state) in parts {
            let here = self.served(state);
            if found.is_empty()
                && !lost
                && let Some(said) = self.first(
                    |n| {
                        counts(n)
                            && worse(&old[n], &here[n])
                            && (worse(&new[n], &here[n]) || !worse(&old[n], &new[n]))
                    },
                    |request, n| refused(request, &here[n]),
                )
            {
                found.push((said, part));
            }
            let neither = |n: usize| {
                let same = |other: &KnownAnswer| is_same(&other.answer, &here[n].answer);
                counts(n) && old[n].refused < 1.0 && !same(&old[n]) && !same(&new[n])
            };
            if let Some(said) = self.first(neither, |request, n| {
                finding(
                    &NEITHER_ANSWER,
                    format!(
                        "`{}` is answered neither as before nor as after the step",
                        request.in_words()
                    ),
                )
                .label(in_words(&here[n].answer))
                .help("split the changes into two steps if their order matters")
            }) && found.iter().all(|(other, _)| other.code != said.code)
            {
                found.push((said, part));
            }
        }
        found
    }

    /// Returns the finding for the first kind of request that matches, with the number of other kinds that
    /// match.
    fn first(
        &self,
        holds: impl Fn(usize) -> bool,
        say: impl Fn(&Request, usize) -> Finding,
    ) -> Option<Finding> {
        let all: Vec<usize> = (0..self.requests.len()).filter(|n| holds(*n)).collect();
        let first = *all.first()?;
        let mut said = say(&self.requests[first], first);
        if all.len() > 1 {
            let others = all.len() - 1;
            said.label = format!(
                "{}; this also applies to {others} other kinds of requests",
                said.label
            );
        }
        Some(said)
    }

    /// Whether requests go where the step says: with the header all to the canary, without it by the plan's
    /// weight.
    fn differs(&self, expected: &step::Traffic, after: &State) -> Option<Finding> {
        let table = Table::new(after, None);
        let header = expected.header.as_ref();
        let is_tested = |request: &Request| {
            header.is_some_and(|(name, value)| {
                request
                    .headers
                    .iter()
                    .any(|(key, own)| key.eq_ignore_ascii_case(name) && own.as_str() == Some(value))
            })
        };
        for request in self.requests.iter().filter(|request| !is_tested(request)) {
            let plain = table.answer(request);
            if shares(&plain, &expected.stable) + shares(&plain, &expected.canary) < EPSILON
                && plain.route.is_some()
            {
                // Requests of another route, which this plan does not move.
                let redirect = plain.location.is_some() || plain.refused() >= 1.0;
                if !redirect {
                    continue;
                }
            }
            let mut wanted = vec![(request.clone(), plain.clone(), expected.weight)];
            if let Some((name, value)) = header {
                let mut tested = request.clone();
                tested.headers.insert(name.clone(), value.as_str().into());
                let answer = table.answer(&tested);
                wanted.push((tested, answer, 100));
            }
            for (request, answer, weight) in wanted {
                let nobody = plain.route.is_none();
                let canary = if nobody {
                    0.0
                } else {
                    f64::from(weight) / 100.0
                };
                let stable = if nobody { 0.0 } else { 1.0 - canary };
                let right = (shares(&answer, &expected.canary) - canary).abs() < EPSILON
                    && (shares(&answer, &expected.stable) - stable).abs() < EPSILON;
                if !right {
                    let should = if nobody {
                        "no backend, as without the header".to_owned()
                    } else {
                        format!("{weight} % to the canary and the rest to stable")
                    };
                    return Some(
                        finding(&SHIFT_DIFFERS, format!("`{}` does not go where the plan says", request.in_words()))
                            .label(format!("goes to {}; should go to {should}", in_words(&answer)))
                            .help("for each path of the route, send requests with the header to the canary only, \
                                and the others by the plan's weights"),
                    );
                }
            }
        }
        None
    }
}

/// The Gateways that no client uses any more when a step starts, as `namespace/name`.
fn left(step: &IndexStep) -> Vec<String> {
    let from = step.step.requires.iter().filter_map(|gate| match gate {
        Gate::ClientsMoved { from, .. } => Some(from),
        _ => None,
    });
    from.flatten()
        .map(|gateway| format!("{}/{}", gateway.namespace, gateway.name))
        .collect()
}

fn refused(request: &Request, served: &KnownAnswer) -> Finding {
    finding(
        &REFUSED,
        format!(
            "`{}` worked before the step and fails now",
            request.in_words()
        ),
    )
    .label(in_words(&served.answer))
    .help("move the traffic first, in a separate step; then remove what served it")
}

/// Whether two answers are the same. The reason for an answer by the gateway itself is ignored.
fn is_same(one: &Answer, other: &Answer) -> bool {
    let all = |answer: &Answer| -> Vec<Outcome> {
        let mut outcomes = answer.outcomes.clone();
        for outcome in &mut outcomes {
            if let Outcome::Status { reason, .. } = outcome {
                *reason = None;
            }
        }
        outcomes
    };
    all(one) == all(other)
}

/// Whether the Service of an outcome has pods; an answer by the gateway itself needs none.
fn has_pods(state: &State, outcome: &Outcome) -> bool {
    let Outcome::Backend { backend, .. } = outcome else {
        return true;
    };
    let Some((namespace, name)) = backend.split_once('/') else {
        return true;
    };
    match state
        .get(&Key::namespaced("", "Service", namespace, name))
        .map(|object| &object.facet)
    {
        Some(Facet::Service(service)) => {
            service.selector.is_empty()
                || state
                    .selected(namespace, &service.selector)
                    .any(|(_, pods)| pods.replicas > 0)
        }
        _ => false,
    }
}

/// The share of requests that goes to Services of these namespaces, from 0 to 1.
fn shares(answer: &Answer, namespaces: &[String]) -> f64 {
    let of = |outcome: &&Outcome| match outcome {
        Outcome::Backend { backend, .. } => backend
            .split_once('/')
            .is_some_and(|(ns, _)| namespaces.iter().any(|n| n == ns)),
        Outcome::Status { .. } => false,
    };
    answer
        .outcomes
        .iter()
        .filter(of)
        .map(Outcome::fraction)
        .sum()
}

fn in_words(answer: &Answer) -> String {
    let words: Vec<String> = answer
        .outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Backend {
                backend,
                port,
                fraction,
            } => format!("{:.0} % {backend}:{port}", fraction * 100.0),
            Outcome::Status {
                status,
                fraction,
                reason,
            } => {
                let reason = reason
                    .as_ref()
                    .map_or_else(String::new, |reason| format!(" ({reason})"));
                format!("{:.0} % {status}{reason}", fraction * 100.0)
            }
        })
        .collect();
    words.join(", ")
}
