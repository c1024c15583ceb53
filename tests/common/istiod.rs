//! Real istiods for a test, as processes next to a control plane.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::control_plane::ControlPlane;
use super::envoy::free_ports;

/// An istiod without a pod. It stops when the value is dropped.
pub struct Istiod {
    child: Child,
    /// The port at which Envoys get their configuration.
    pub port: u16,
}

impl Istiod {
    /// Starts an istiod of a revision, next to the objects that istioctl installed.
    pub fn start(cluster: &ControlPlane, program: &Path, revision: &str) -> Self {
        let ports = free_ports(6);
        let at = |number: usize| format!("127.0.0.1:{}", ports[number]);
        let log = fs::File::create(cluster.folder.path().join(format!("istiod-{revision}.log")))
            .expect("a log");
        let child = Command::new(program)
            .arg("discovery")
            .arg("--kubeconfig")
            .arg(cluster.kubeconfig())
            .args(["--grpcAddr", &at(0), "--httpAddr", &at(1)])
            .args(["--httpsAddr", &at(2), "--secureGRPCAddr", &at(3)])
            .args(["--monitoringAddr", &at(4)])
            .args([
                "--ctrlz_address",
                "127.0.0.1",
                "--ctrlz_port",
                &ports[5].to_string(),
            ])
            .env("REVISION", revision)
            .env("POD_NAMESPACE", "istio-system")
            .env("POD_NAME", format!("istiod-{revision}-here"))
            .env("SERVICE_ACCOUNT", format!("istiod-{revision}"))
            .env("PILOT_ENABLE_AMBIENT", "true")
            .current_dir(cluster.folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("istiod can be started");
        Self {
            child,
            port: ports[0],
        }
    }
}

impl Drop for Istiod {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The newest minor version that can be built, as another version.
pub fn under_another_name(cluster: &ControlPlane, istioctl: &Path, version: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = cluster.folder.path().join(format!("istioctl-{version}"));
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = version ]; then echo 'client version: {version}'; else exec '{}' \"$@\"; fi\n",
        istioctl.display()
    );
    fs::write(&path, text).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a script");
    path
}
