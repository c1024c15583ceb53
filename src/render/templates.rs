//! All templates that are part of meshplan, by their name under `templates/`.

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// Name and text; a test compares the table with the folder.
pub const EMBEDDED: &[(&str, &str)] = embedded![
    "README.md",
    "gateway-api/gateway.yaml",
    "gateway-api/httproute.yaml",
    "gateway-api/kustomization.yaml",
    "gateway-api/referencegrant.yaml",
    "identity.yaml",
    "istio/base.yaml",
    "istio/istio-cni.yaml",
    "istio/istiod.yaml",
    "istio/ztunnel.yaml",
    "lab/down.sh",
    "lab/ipaddresspool.yaml",
    "lab/kind.yaml",
    "lab/l2advertisement.yaml",
    "lab/up.sh",
    "namespace.yaml",
    "scripts/action.sh",
    "scripts/apply.sh",
    "scripts/gate.sh",
    "scripts/lib.sh",
    "scripts/move-nodes.sh",
    "scripts/probe.sh",
    "scripts/rollback.sh",
    "scripts/surge-nodes.sh",
    "scripts/verify.sh",
    "steps/canary-gateway-routes.md",
    "steps/canary-gateway.md",
    "steps/control-plane.md",
    "steps/default-tag.md",
    "steps/default-validator.md",
    "steps/enrolment.md",
    "steps/existing.md",
    "steps/first-gateway.md",
    "steps/gateway-api-external.md",
    "steps/gateway-api-intermediate.md",
    "steps/gateway-api.md",
    "steps/gateway-owner-one.md",
    "steps/gateway-owner.md",
    "steps/gateway.md",
    "steps/header.md",
    "steps/istio-base.md",
    "steps/istio-cni-template.md",
    "steps/istio-cni-upgrade.md",
    "steps/istio-cni.md",
    "steps/namespace.md",
    "steps/namespaces.md",
    "steps/nodes-moved.md",
    "steps/nodes-new.md",
    "steps/nodes-to-canary.md",
    "steps/nodes.md",
    "steps/on-delete.md",
    "steps/retire-control-plane-existing.md",
    "steps/retire-control-plane.md",
    "steps/retire-namespace.md",
    "steps/retire-workloads.md",
    "steps/retire-ztunnel-pinned.md",
    "steps/retire-ztunnel.md",
    "steps/route.md",
    "steps/routes-to-canary.md",
    "steps/stored-versions.md",
    "steps/tags.md",
    "steps/weight.md",
    "steps/workloads.md",
    "steps/ztunnel-pinned.md",
    "steps/ztunnel-waiting.md",
    "steps/ztunnel.md",
    "ztunnel/daemonset.yaml",
    "ztunnel/serviceaccount.yaml",
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::EMBEDDED;

    #[test]
    fn the_table_is_the_folder() {
        fn walk(folder: &Path, prefix: &str, names: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("templates/") {
                let path = entry.expect("an entry").path();
                let name = path
                    .file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned();
                if path.is_dir() {
                    walk(&path, &format!("{prefix}{name}/"), names);
                } else {
                    names.push(format!("{prefix}{name}"));
                }
            }
        }
        let mut names = Vec::new();
        walk(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"),
            "",
            &mut names,
        );
        names.sort();
        assert_eq!(
            names,
            EMBEDDED.iter().map(|(name, _)| *name).collect::<Vec<_>>()
        );
    }
}
