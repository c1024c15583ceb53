//! MP0042: what an object's schema refuses.

use super::{Rule, Scope};
use crate::text::finding::Severity;

pub(crate) const RULE: Rule = Rule {
    code: "MP0042",
    title: "an object is beyond what its API accepts",
    severity: Severity::Error,
    reason: "Names, labels, ports, weights and the lengths of lists are limited, by the bundle of Gateway API CRDs and by Kubernetes: 8 matches in a rule before v1.2.0, 64 from there and 128 in a route; 16 rules, \
             16 backends, weights up to 1,000,000; Service names that start with a letter. Unknown fields are refused by strict clients and dropped by others.",
    wrong: r"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: front}]
  rules: [{backendRefs: [{name: web, port: 80, weight: 2000000}]}]
",
    right: r"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: front}]
  rules: [{backendRefs: [{name: web, port: 80, weight: 100}]}]
",
    offline: "manifests are held against the newest bundle that is known, experimental channel, and the newest Kubernetes; kinds without a schema are accepted and listed. IstioOperators of one's own are not held \
              against one.",
    check: Scope::Proof,
};
