//! The kinds of steps: one table with numbers, folder names, phases and templates.

use super::Phase;

#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The number of its step; further steps of the same kind in a tree count on from it.
    pub number: u16,
    /// The part of the folder's name after the number; if it ends in `-`, the step appends a name.
    pub slug: &'static str,
    pub phase: Phase,
    /// The template of title, why, watch and back: `steps/NAME.md`.
    pub prose: &'static str,
}

macro_rules! kinds {
    ($($name:ident: $number:literal $slug:literal $phase:ident $prose:literal)*) => {
        $(pub const $name: Kind = Kind {
            number: $number,
            slug: $slug,
            phase: Phase::$phase,
            prose: concat!("steps/", $prose, ".md"),
        };)*
        /// Every kind, in the order of a tree.
        pub const ALL: &[Kind] = &[$($name),*];
    };
}

// If two kinds share a number, a tree contains only one of them.
kinds! {
    EXISTING: 0 "existing" Existing "existing"
    INTERMEDIATE_GATEWAY_API: 3 "gateway-api-" Prepare "gateway-api-intermediate"
    STORED_VERSIONS: 6 "stored-versions" Prepare "stored-versions"
    GATEWAY_API: 10 "gateway-api" Prepare "gateway-api"
    EXTERNAL_GATEWAY_API: 10 "gateway-api" Prepare "gateway-api-external"
    ISTIO_BASE: 20 "istio-base" Prepare "istio-base"
    NAMESPACES: 30 "namespaces" Prepare "namespaces"
    STABLE_NODES: 100 "stable-nodes" Stable "nodes"
    ISTIO_CNI: 110 "istio-cni" Stable "istio-cni"
    ON_DELETE: 110 "on-delete" Stable "on-delete"
    STABLE_CONTROL_PLANE: 120 "stable-control-plane" Stable "control-plane"
    STABLE_ZTUNNEL: 130 "stable-ztunnel" Stable "ztunnel"
    PINNED_ZTUNNEL: 130 "stable-ztunnel" Stable "ztunnel-pinned"
    STABLE_NAMESPACE: 140 "stable-namespace" Stable "namespace"
    STABLE_WORKLOADS: 150 "stable-workloads" Stable "workloads"
    GATEWAY: 170 "gateway" Stable "gateway"
    ROUTE: 180 "route" Stable "route"
    ENROLMENT: 190 "enrolment" Stable "enrolment"
    CANARY_NODES: 200 "canary-nodes" Canary "nodes"
    CANARY_CONTROL_PLANE: 210 "canary-control-plane" Canary "control-plane"
    ISTIO_CNI_UPGRADE: 220 "istio-cni-upgrade" Canary "istio-cni-upgrade"
    ISTIO_CNI_TEMPLATE: 220 "istio-cni-upgrade" Canary "istio-cni-template"
    CANARY_ZTUNNEL: 230 "canary-ztunnel" Canary "ztunnel"
    WAITING_ZTUNNEL: 230 "canary-ztunnel" Canary "ztunnel-waiting"
    CANARY_NAMESPACE: 240 "canary-namespace" Canary "namespace"
    CANARY_WORKLOADS: 250 "canary-workloads" Canary "workloads"
    CANARY_GATEWAY: 260 "canary-gateway" Canary "canary-gateway"
    CANARY_GATEWAY_ROUTES: 270 "canary-gateway-routes" Canary "canary-gateway-routes"
    HEADER: 300 "header" Shift "header"
    MOVED_NODES: 301 "nodes-" Shift "nodes-moved"
    NEW_NODES: 301 "nodes-" Shift "nodes-new"
    WEIGHT: 300 "weight-" Shift "weight"
    ROUTES_TO_CANARY: 510 "routes-to-canary" Promote "routes-to-canary"
    GATEWAY_OWNER: 520 "gateway-owner" Promote "gateway-owner"
    ONE_GATEWAY_OWNER: 520 "owner-" Promote "gateway-owner-one"
    DEFAULT_TAG: 530 "default-tag" Promote "default-tag"
    FIRST_GATEWAY: 540 "first-gateway" Promote "first-gateway"
    TAGS: 560 "tags" Promote "tags"
    TAG: 560 "default-tag" Promote "tags"
    DEFAULT_VALIDATOR: 560 "default-validator" Promote "default-validator"
    RETIRE_WORKLOADS: 610 "retire-workloads" Retire "retire-workloads"
    RETIRE_NAMESPACE: 620 "retire-namespace" Retire "retire-namespace"
    RETIRE_ZTUNNEL: 630 "retire-ztunnel" Retire "retire-ztunnel"
    RETIRE_PINNED_ZTUNNEL: 630 "retire-ztunnel" Retire "retire-ztunnel-pinned"
    RETIRE_CONTROL_PLANE: 640 "retire-control-plane" Retire "retire-control-plane"
    RETIRE_EXISTING_CONTROL_PLANE: 640 "retire-control-plane" Retire "retire-control-plane-existing"
    LATE_DEFAULT_TAG: 650 "default-tag" Retire "default-tag"
    LATE_TAGS: 650 "tags" Retire "tags"
    LATE_TAG: 650 "default-tag" Retire "tags"
    NODES_TO_CANARY: 660 "nodes-to-canary" Retire "nodes-to-canary"
}
