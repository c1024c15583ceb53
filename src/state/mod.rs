//! What exists at one moment: objects by identity, node labels, and what installing an IstioOperator implies.

mod change;
mod facet;
mod found;
mod gateway_api;
mod held;
mod load;
mod makers;
mod mesh;
mod objects;
mod operator;
mod owners;
mod placement;
mod pods;
mod reads;

pub use change::Refusal;
pub use facet::{
    Cni, Facet, Istiod, Namespace, Service, ServicePort, Tag, Webhook, Ztunnel, image_version,
};
pub use gateway_api::{
    Address, AllowedRoutes, BackendRef, Filter, Gateway, HttpRoute, Listener, Match, NamedMatch,
    ParentRef, PathMatch, PathModifier, ReferenceGrant, RouteRule,
};
pub use load::{Loaded, load};
pub use makers::given_label;
pub use mesh::{Mesh, setting_pointer};
pub use objects::{Object, State};
pub use operator::{Operator, version_of};
pub use owners::{Claims, Served};
pub use placement::{Cell, NodeSet, Requirement, cells};
pub use pods::{Pods, Reference};
pub use reads::Kinds;
