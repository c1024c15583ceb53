//! The names of files: `NN-kind-[namespace-]name.yaml`.

use std::collections::BTreeMap;

use crate::kube::identity::Identity;

use crate::kube::order;
use crate::tree::sha256;

/// The maximum length of a file name without its extension, in bytes.
const LONGEST: usize = 200;

/// Returns the names for the files of one folder, in the order of the identities.
pub(super) fn file_names(identities: &[&Identity]) -> Vec<String> {
    let plain: Vec<String> = identities.iter().map(|identity| stem(identity)).collect();
    let mut times: BTreeMap<&String, usize> = BTreeMap::new();
    for stem in &plain {
        *times.entry(stem).or_default() += 1;
    }
    plain
        .iter()
        .zip(identities)
        .map(|(stem, identity)| {
            let clash = times.get(stem).is_some_and(|times| *times > 1);
            if clash || stem.len() > LONGEST {
                let digest = sha256(format!("{} {identity}", identity.api_version).as_bytes());
                // The name is ASCII here, so every byte ends a character.
                let cut = &stem[..stem.len().min(LONGEST - 9)];
                format!("{cut}-{}.yaml", &digest[..8])
            } else {
                format!("{stem}.yaml")
            }
        })
        .collect()
}

fn stem(identity: &Identity) -> String {
    let namespace = identity
        .namespace
        .as_ref()
        .map_or_else(String::new, |n| format!("{n}-"));
    let text = format!(
        "{:02}-{}-{namespace}{}",
        order(identity),
        identity.kind,
        identity.name
    );
    text.to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-._".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::file_names;
    use crate::kube::identity::Identity;

    #[test]
    fn names_say_kind_namespace_and_name() {
        let route = Identity::namespaced(
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            "default",
            "bookinfo",
        );
        let namespace = Identity::cluster("v1", "Namespace", "shop");
        assert_eq!(
            file_names(&[&route, &namespace]),
            [
                "70-httproute-default-bookinfo.yaml",
                "00-namespace-shop.yaml"
            ]
        );
    }

    #[test]
    fn equal_and_long_names_end_in_a_digest() {
        let one = Identity::namespaced("a.example/v1", "Thing", "ns", "x");
        let two = Identity::namespaced("b.example/v1", "Thing", "ns", "x");
        let long = Identity::namespaced("v1", "Service", "ns", "x".repeat(253));
        let names = file_names(&[&one, &two, &long]);
        assert_ne!(names[0], names[1]);
        assert!(
            names[0].starts_with("50-thing-ns-x-")
                && names[0].len() == "50-thing-ns-x-12345678.yaml".len()
        );
        assert_eq!(names[2].len(), 205);
    }

    #[test]
    fn no_name_leaves_its_folder() {
        let role = Identity::namespaced(
            "rbac.authorization.k8s.io/v1",
            "Role",
            "ns",
            "system:a/../b",
        );
        assert_eq!(file_names(&[&role]), ["15-role-ns-system-a-..-b.yaml"]);
    }
}
