//! One row for each run of Istio versions that are the same in everything that meshplan writes or proves.
//!
//! Sources of the columns, each at the tags at which it changes:
//!
//! - `hub`: `common/scripts/report_build_info.sh` (`registry.istio.io/release` from 1.30).
//! - `ztunnel`, `ztunnel_values`: `manifests/charts/ztunnel`, values and templates; see `ztunnel`.
//! - `ztunnel_trust`: `manifests/charts/istio-control/istio-discovery` (`trustedZtunnelNamespace` from 1.23,
//!   `trustedZtunnelName` from 1.25); `operator/pkg/apis/values_types.proto` has no field for the latter up
//!   to 1.31.
//! - `ambient_switch`: `manifests/profiles/ambient.yaml`, from 1.22 `manifests/helm-profiles/ambient.yaml`.
//! - `enrols_pods`: `cni/pkg/util/podutil.go` (1.22).
//! - `istiod`: the chart; the ConfigMap by release note `55803.yaml` (1.26), the budget by istio/istio#12602
//!   (1.28).
//! - `tag_service`: `templates/revision-tags-svc.yaml` (1.28).
//! - `first_by_tag`: `istioctl/pkg/tag/util.go` (`PreviousInstallExists`, 1.27.0).
//! - `cni`: `manifests/charts/istio-cni` (`privileged` gone in 1.22; the role from 1.20.1; `dnsCapture` on
//!   from 1.25; `reconcileIptablesOnStartup` on from 1.29); `cleans_up`, `cni/pkg/ambient/server.go`, `Stop`,
//!   up to 1.20.
//! - `installed_state`: `operator/cmd/mesh/install.go`; base installs the kind up to 1.20.
//! - `ztunnel_config`: `istioctl/cmd/root.go` (experimental in 1.22).
//! - `kubernetes`: `operator/pkg/util/k8sversion`, at the minors whose source was read.
//! - `claims`: `pkg/revisions/tag_watcher.go` (`IsMine`); 1.18.0-alpha.0 checks no revision at all;
//!   istio/istio#54299 and release note `54280.yaml` (every revision claims Gateways without a label,
//!   until 1.23.5 and 1.24.2).
//! - `listeners`: `pilot/pkg/config/kube/gateway` (`objectInRevision`); release note `54458.yaml` (1.24.3);
//!   istio/istio#59959 (1.29.5, 1.30.2).
//! - `bundles`: the versions that each tag watches (`pkg/config/schema`, `pkg/kube/kclient/crdwatcher.go`)
//!   against those that each bundle serves (`kubernetes-sigs/gateway-api@TAG:config/crd`).

use super::Channel::{Experimental, Standard};
use super::gateways::{GatewayClaim, ListenerFilter};
use super::versions::{Bundles, CniChart, Facts, IstiodChart, ZtunnelTrust, ZtunnelValues};
use super::ztunnel;

/// All known runs, oldest first.
pub(super) const ROWS: &[Facts] = &[
    Facts {
        first: "1.18.0-alpha.0",
        last: "1.18.0-alpha.0",
        ztunnel: &ztunnel::V1_18_0_ALPHA_0,
        claims: GatewayClaim::Every,
        bundles: Bundles {
            standard: ("0.6.1", "1.0.0"),
            experimental: ("0.6.1", "1.1.1"),
            alpha_gaps: &[],
        },
        ..V1_18
    },
    V1_18,
    V1_19,
    Facts {
        last: "1.20.0",
        cni: V1_18.cni,
        ..V1_20
    },
    Facts {
        first: "1.20.1",
        ..V1_20
    },
    V1_21,
    Facts {
        last: "1.22.0",
        ztunnel: &ztunnel::V1_22_0,
        ..V1_22
    },
    Facts {
        first: "1.22.1",
        ..V1_22
    },
    Facts {
        last: "1.23.4",
        claims: GatewayClaim::Unlabelled,
        ..V1_23
    },
    Facts {
        first: "1.23.5",
        ..V1_23
    },
    Facts {
        last: "1.24.1",
        claims: GatewayClaim::Unlabelled,
        listeners: ListenerFilter::Revision,
        ..V1_24
    },
    Facts {
        first: "1.24.2",
        last: "1.24.2",
        listeners: ListenerFilter::Revision,
        ..V1_24
    },
    Facts {
        first: "1.24.3",
        ..V1_24
    },
    V1_25,
    V1_26,
    V1_27,
    Facts {
        last: "1.28.5",
        ..V1_28
    },
    Facts {
        first: "1.28.6",
        bundles: Bundles {
            alpha_gaps: TCP_ROUTES,
            ..V1_28.bundles
        },
        ..V1_28
    },
    Facts {
        last: "1.29.1",
        bundles: Bundles {
            alpha_gaps: TLS_ROUTES,
            ..V1_29.bundles
        },
        ..V1_29
    },
    Facts {
        first: "1.29.2",
        last: "1.29.4",
        ..V1_29
    },
    Facts {
        first: "1.29.5",
        listeners: ListenerFilter::All,
        ..V1_29
    },
    Facts {
        last: "1.30.1",
        listeners: ListenerFilter::Owned,
        ..V1_30
    },
    Facts {
        first: "1.30.2",
        ..V1_30
    },
    V1_31,
];

/// `TLSRoute` v1alpha2 is no longer served in the standard channel.
const TLS_ROUTES: &[(super::Channel, &str, &str)] = &[(Standard, "1.5.0", "99.0.0")];
/// `TCPRoute` v1alpha2 is no longer served in the standard channel.
const TCP_ROUTES: &[(super::Channel, &str, &str)] = &[(Standard, "1.6.0", "99.0.0")];

const V1_18: Facts = Facts {
    first: "1.18.0-beta.0",
    last: "1.18.18446744073709551615",
    hub: "docker.io/istio",
    ztunnel: &ztunnel::V1_18,
    ztunnel_values: ZtunnelValues::Env,
    ztunnel_trust: ZtunnelTrust::Accounts,
    ambient_switch: &["PILOT_ENABLE_HBONE", "PILOT_ENABLE_AMBIENT_CONTROLLERS"],
    enrols_pods: false,
    istiod: IstiodChart {
        pod_disruption_budget: true,
        values_config_map: false,
    },
    tag_service: false,
    first_by_tag: false,
    cni: CniChart {
        privileged: true,
        ambient_role: false,
        cleans_up: true,
        captures_dns: false,
        reconciles: false,
    },
    installed_state: true,
    ztunnel_config: None,
    kubernetes: Some("1.24"),
    claims: GatewayClaim::Named,
    listeners: ListenerFilter::Revision,
    bundles: Bundles {
        standard: ("0.6.1", "1.6.1"),
        experimental: ("0.6.1", "1.6.1"),
        alpha_gaps: &[
            (Standard, "1.1.0", "99.0.0"),
            (Experimental, "1.2.0", "99.0.0"),
        ],
    },
};

const V1_19: Facts = Facts {
    first: "1.19.0",
    last: "1.19.18446744073709551615",
    ztunnel: &ztunnel::V1_19,
    kubernetes: None,
    ..V1_18
};

const V1_20: Facts = Facts {
    first: "1.20.0",
    last: "1.20.18446744073709551615",
    ztunnel: &ztunnel::V1_20,
    ztunnel_values: ZtunnelValues::Revision,
    cni: CniChart {
        ambient_role: true,
        ..V1_18.cni
    },
    kubernetes: Some("1.25"),
    ..V1_19
};

const V1_21: Facts = Facts {
    first: "1.21.0",
    last: "1.21.18446744073709551615",
    ztunnel: &ztunnel::V1_21,
    installed_state: false,
    cni: CniChart {
        cleans_up: false,
        ..V1_20.cni
    },
    kubernetes: None,
    ..V1_20
};

const V1_22: Facts = Facts {
    first: "1.22.0",
    last: "1.22.18446744073709551615",
    ztunnel: &ztunnel::V1_22,
    ambient_switch: &["PILOT_ENABLE_AMBIENT"],
    enrols_pods: true,
    cni: CniChart {
        privileged: false,
        ..V1_21.cni
    },
    ztunnel_config: Some("experimental ztunnel-config"),
    kubernetes: Some("1.26"),
    bundles: Bundles {
        alpha_gaps: TLS_ROUTES,
        ..V1_18.bundles
    },
    ..V1_21
};

const V1_23: Facts = Facts {
    first: "1.23.0",
    last: "1.23.18446744073709551615",
    ztunnel: &ztunnel::V1_23,
    ztunnel_values: ZtunnelValues::NodeSelector,
    ztunnel_trust: ZtunnelTrust::Namespace,
    ztunnel_config: Some("ztunnel-config"),
    kubernetes: None,
    ..V1_22
};

const V1_24: Facts = Facts {
    first: "1.24.0",
    last: "1.24.18446744073709551615",
    ztunnel: &ztunnel::V1_24,
    kubernetes: Some("1.28"),
    listeners: ListenerFilter::Owned,
    ..V1_23
};

const V1_25: Facts = Facts {
    first: "1.25.0",
    last: "1.25.18446744073709551615",
    ztunnel_values: ZtunnelValues::ResourceName,
    ztunnel_trust: ZtunnelTrust::Name,
    cni: CniChart {
        captures_dns: true,
        ..V1_24.cni
    },
    kubernetes: None,
    ..V1_24
};

const V1_26: Facts = Facts {
    first: "1.26.0",
    last: "1.26.18446744073709551615",
    istiod: IstiodChart {
        values_config_map: true,
        ..V1_25.istiod
    },
    kubernetes: Some("1.29"),
    bundles: Bundles {
        alpha_gaps: &[
            (Standard, "1.4.0", "99.0.0"),
            (Experimental, "1.0.0", "1.1.0"),
        ],
        ..V1_25.bundles
    },
    ..V1_25
};

const V1_27: Facts = Facts {
    first: "1.27.0",
    last: "1.27.18446744073709551615",
    ztunnel: &ztunnel::V1_27,
    kubernetes: None,
    first_by_tag: true,
    ..V1_26
};

const V1_28: Facts = Facts {
    first: "1.28.0",
    last: "1.28.18446744073709551615",
    istiod: IstiodChart {
        pod_disruption_budget: false,
        ..V1_27.istiod
    },
    tag_service: true,
    kubernetes: Some("1.29"),
    bundles: Bundles {
        alpha_gaps: TLS_ROUTES,
        ..V1_27.bundles
    },
    ..V1_27
};

const V1_29: Facts = Facts {
    first: "1.29.0",
    last: "1.29.18446744073709551615",
    ztunnel: &ztunnel::V1_29,
    cni: CniChart {
        reconciles: true,
        ..V1_28.cni
    },
    kubernetes: None,
    bundles: Bundles {
        standard: ("1.0.0", "1.6.1"),
        experimental: ("1.0.0", "1.6.1"),
        alpha_gaps: TCP_ROUTES,
    },
    ..V1_28
};

const V1_30: Facts = Facts {
    first: "1.30.0",
    last: "1.30.18446744073709551615",
    hub: "registry.istio.io/release",
    kubernetes: Some("1.32"),
    listeners: ListenerFilter::All,
    ..V1_29
};

const V1_31: Facts = Facts {
    first: "1.31.0",
    last: "1.31.18446744073709551615",
    ztunnel: &ztunnel::V1_31,
    bundles: Bundles {
        alpha_gaps: &[],
        ..V1_30.bundles
    },
    ..V1_30
};
