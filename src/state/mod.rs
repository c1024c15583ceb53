//! The state of a cluster at one moment: objects by identity, node labels, and the objects that an installed
//! IstioOperator implies.

mod change;
mod cni_on_nodes;
mod control_plane;
mod facet;
mod gateway_api;
mod load;
mod mesh;
mod node_pools;
mod objects;
mod operator;
mod patch;
mod placement;
mod pods;
mod reads;

pub use change::Refusal;
pub use control_plane::{Claims, Served};
pub use facet::{
    Cni, Facet, Istiod, Namespace, Service, ServicePort, Tag, Webhook, Ztunnel, image_version,
};
pub use gateway_api::{
    Address, AllowedRoutes, BackendRef, Filter, Gateway, HttpRoute, Listener, Match, NamedMatch,
    ParentRef, PathMatch, PathModifier, ReferenceGrant, RouteRule,
};
pub use load::{Loaded, load};
pub use mesh::{Mesh, setting_pointer};
pub use node_pools::given_label;
pub use objects::{Object, State};
pub use operator::{Operator, version_of};
pub use placement::{Cell, NodeSet, Requirement, cells};
pub use pods::{Pods, Reference};
pub use reads::Kinds;
