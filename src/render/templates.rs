//! Every template that is part of meshplan, by its name under `templates/`.

/// Name and text; a test compares the table with the folder.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("README.md", include_str!("../../templates/README.md")),
    (
        "gateway-api/gateway.yaml",
        include_str!("../../templates/gateway-api/gateway.yaml"),
    ),
    (
        "gateway-api/httproute.yaml",
        include_str!("../../templates/gateway-api/httproute.yaml"),
    ),
    (
        "gateway-api/kustomization.yaml",
        include_str!("../../templates/gateway-api/kustomization.yaml"),
    ),
    (
        "gateway-api/referencegrant.yaml",
        include_str!("../../templates/gateway-api/referencegrant.yaml"),
    ),
    (
        "identity.yaml",
        include_str!("../../templates/identity.yaml"),
    ),
    (
        "istio/base.yaml",
        include_str!("../../templates/istio/base.yaml"),
    ),
    (
        "istio/istio-cni.yaml",
        include_str!("../../templates/istio/istio-cni.yaml"),
    ),
    (
        "istio/istiod.yaml",
        include_str!("../../templates/istio/istiod.yaml"),
    ),
    (
        "istio/ztunnel.yaml",
        include_str!("../../templates/istio/ztunnel.yaml"),
    ),
    ("lab/down.sh", include_str!("../../templates/lab/down.sh")),
    (
        "lab/ipaddresspool.yaml",
        include_str!("../../templates/lab/ipaddresspool.yaml"),
    ),
    (
        "lab/kind.yaml",
        include_str!("../../templates/lab/kind.yaml"),
    ),
    (
        "lab/l2advertisement.yaml",
        include_str!("../../templates/lab/l2advertisement.yaml"),
    ),
    ("lab/up.sh", include_str!("../../templates/lab/up.sh")),
    (
        "namespace.yaml",
        include_str!("../../templates/namespace.yaml"),
    ),
    (
        "scripts/action.sh",
        include_str!("../../templates/scripts/action.sh"),
    ),
    (
        "scripts/apply.sh",
        include_str!("../../templates/scripts/apply.sh"),
    ),
    (
        "scripts/gate.sh",
        include_str!("../../templates/scripts/gate.sh"),
    ),
    (
        "scripts/lib.sh",
        include_str!("../../templates/scripts/lib.sh"),
    ),
    (
        "scripts/move-nodes.sh",
        include_str!("../../templates/scripts/move-nodes.sh"),
    ),
    (
        "scripts/probe.sh",
        include_str!("../../templates/scripts/probe.sh"),
    ),
    (
        "scripts/rollback.sh",
        include_str!("../../templates/scripts/rollback.sh"),
    ),
    (
        "scripts/surge-nodes.sh",
        include_str!("../../templates/scripts/surge-nodes.sh"),
    ),
    (
        "scripts/verify.sh",
        include_str!("../../templates/scripts/verify.sh"),
    ),
    (
        "ztunnel/daemonset.yaml",
        include_str!("../../templates/ztunnel/daemonset.yaml"),
    ),
    (
        "ztunnel/serviceaccount.yaml",
        include_str!("../../templates/ztunnel/serviceaccount.yaml"),
    ),
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
