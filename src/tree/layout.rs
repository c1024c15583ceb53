//! The paths that a compiled tree can have. A list with any other path was not written by meshplan.

use std::path::{Component, Path};

/// The list of stale files that stay in a tree.
pub(super) const KEPT: &str = ".meshplan-kept";

/// Files at the top of a tree.
const TOP: [&str; 4] = ["README.md", "index.json", "lib.sh", "Kustomization"];

/// Returns the parts of a path that stays below its base folder; nothing otherwise.
pub(super) fn parts(path: &str) -> Option<Vec<&str>> {
    let inside = !path.is_empty()
        && Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
    let parts: Vec<&str> = path.split('/').collect();
    // Platform-specific components, such as a drive or a backslash, are rejected.
    let plain = parts.iter().all(|part| {
        !part.is_empty() && *part != "." && *part != ".." && !part.contains(['\\', ':', '\0'])
    });
    (inside && plain).then_some(parts)
}

/// Returns whether a compile can have written a path: a file at the top, in `lab/`, or in a step.
pub(super) fn is_ours(path: &str) -> bool {
    let Some(parts) = parts(path) else {
        return false;
    };
    if parts.iter().any(|part| part.starts_with('.')) {
        return path == KEPT;
    }
    match parts.as_slice() {
        [name] => TOP.contains(name),
        [folder, ..] => *folder == "lab" || is_step(folder),
        [] => false,
    }
}

/// `310-weight-10`: a number with three digits, and a name.
pub(super) fn is_step(folder: &str) -> bool {
    let bytes = folder.as_bytes();
    bytes.len() > 4 && bytes[..3].iter().all(u8::is_ascii_digit) && bytes[3] == b'-'
}

#[cfg(test)]
mod tests {
    use super::{is_ours, parts};

    #[test]
    fn only_paths_of_a_tree_are_ours() {
        for path in [
            "README.md",
            "index.json",
            ".meshplan-kept",
            "lab/kind/cluster.yaml",
            "310-weight-10/apply.sh",
            "640-retire-control-plane/rollback/istioctl/istiod.yaml",
        ] {
            assert!(is_ours(path), "{path}");
        }
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "310-weight-10/../../x",
            "310-weight-10//x",
            "310-weight-10/./x",
            ".git/hooks/pre-commit",
            "310-weight-10/.git/config",
            "Cargo.toml",
            "src/main.rs",
            "310/apply.sh",
            "310-weight-10\\x",
        ] {
            assert!(!is_ours(path), "{path}");
        }
        assert_eq!(parts("a/b"), Some(vec!["a", "b"]));
    }
}
