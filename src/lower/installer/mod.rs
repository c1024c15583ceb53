//! Installation of a revision: istioctl for the control plane and istio-cni; a plain DaemonSet or istioctl
//! for ztunnel.

pub(in crate::lower) mod mesh;
pub(in crate::lower) mod ztunnel;
