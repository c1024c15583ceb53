//! The test cluster for a plan: a kind cluster, with MetalLB if the plan needs it.

use std::net::SocketAddr;

use crate::plan::Plan;
use crate::step::{AddressPool, Draft, KindCluster, L2Advertisement};

/// The contents of `lab/`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lab {
    pub cluster: String,
    /// The kind configuration.
    pub kind: Draft,
    /// The version of MetalLB, and its objects.
    pub metallb: Option<(String, Vec<Draft>)>,
}

pub(super) fn lower(plan: &Plan) -> Option<Lab> {
    let lab = plan.lab.as_ref()?;
    let cluster = lab.kind.name.get_ref().clone();
    let api_server = lab
        .kind
        .api_server
        .as_ref()
        .and_then(|a| a.get_ref().parse::<SocketAddr>().ok());
    let kind = Draft::Kind(KindCluster {
        name: cluster.clone(),
        workers: lab.kind.workers.get_ref().0,
        api_server: api_server.map(|address| (address.ip().to_string(), address.port())),
    });
    let metallb = lab.metallb.as_ref().map(|metallb| {
        let objects = vec![
            Draft::AddressPool(AddressPool {
                name: cluster.clone(),
                addresses: metallb
                    .addresses
                    .iter()
                    .map(|a| a.get_ref().clone())
                    .collect(),
            }),
            Draft::L2Advertisement(L2Advertisement {
                name: cluster.clone(),
                pool: cluster.clone(),
            }),
        ];
        (metallb.version.get_ref().clone(), objects)
    });
    Some(Lab {
        cluster,
        kind,
        metallb,
    })
}
