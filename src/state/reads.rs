//! Tracks which kinds of objects a computation reads from a state, and which kinds differ between two states.
//! If none of the kinds that it read differs, its result is the same.

use std::rc::Rc;

use super::objects::State;

/// A set of kinds. Several kinds share a bit, so a set can contain too many kinds but never too few.
pub type Kinds = u64;

/// Every kind, and everything that is not an object.
const ALL: Kinds = Kinds::MAX;
/// Everything that is not an object, such as nodes and bundles. Reading it is not tracked.
const REST: Kinds = 1 << 63;

/// The bit of a kind.
fn place(group: &str, kind: &str) -> Kinds {
    let bytes = kind.bytes().chain(group.bytes().take(4));
    let hash = bytes.fold(5381_u64, |hash, byte| {
        hash.wrapping_mul(33) ^ u64::from(byte)
    });
    1 << (hash % 63)
}

impl State {
    /// Runs a computation and returns which kinds of objects it read.
    pub(crate) fn recorded<T>(&self, work: impl FnOnce() -> T) -> (Kinds, T) {
        self.reads.set(REST);
        let result = work();
        (self.reads.get(), result)
    }

    /// Records that objects of a kind are read.
    pub(super) fn reads(&self, group: &str, kind: &str) {
        self.reads.set(self.reads.get() | place(group, kind));
    }

    /// Records that objects of every kind are read.
    pub(super) fn reads_all(&self) {
        self.reads.set(ALL);
    }

    /// Returns the kinds whose objects differ in another state; every kind if the states differ in something
    /// that is not an object.
    pub(crate) fn changes(&self, other: &Self) -> Kinds {
        let operators = |state: &Self| -> Vec<*const super::Object> {
            state.operators.values().map(Rc::as_ptr).collect()
        };
        let same = self.nodes == other.nodes
            && self.bundle == other.bundle
            && self.base == other.base
            && self.served == other.served
            && self.given == other.given
            && self.held == other.held
            && self.whole == other.whole
            && operators(self) == operators(other);
        if !same {
            return ALL;
        }
        let mut changed = 0;
        let (mut old, mut new) = (
            self.objects.iter().peekable(),
            other.objects.iter().peekable(),
        );
        loop {
            let key = match (old.peek(), new.peek()) {
                (None, None) => return changed,
                (Some((key, object)), Some((other, theirs))) if key == other => {
                    let same = Rc::ptr_eq(object, theirs);
                    let key = *key;
                    old.next();
                    new.next();
                    if same {
                        continue;
                    }
                    key
                }
                (Some((key, _)), Some((other, _))) if key > other => {
                    let key = *other;
                    new.next();
                    key
                }
                (Some((key, _)), _) => {
                    let key = *key;
                    old.next();
                    key
                }
                (None, Some((key, _))) => {
                    let key = *key;
                    new.next();
                    key
                }
            };
            changed |= place(&key.group, &key.kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::State;
    use crate::kube::identity::Key;
    use crate::text::source::Source;

    #[test]
    fn what_was_not_asked_for_does_not_count() {
        let load =
            |text: &str| State::of(&super::super::load(&Source::new("a.yaml", text)).objects);
        let one = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\n";
        let state = load(one);
        let mut other = state.clone();
        assert_eq!(state.changes(&other), 0);
        let (services, _) = state.recorded(|| state.of_kind("", "Service").count());
        let (maps, _) = state.recorded(|| {
            state
                .get(&Key::namespaced("", "ConfigMap", "n", "none"))
                .is_some()
        });
        let (all, _) = state.recorded(|| state.objects().count());
        let service = load(one)
            .of_kind("", "Service")
            .next()
            .cloned()
            .expect("a Service");
        other.put(Rc::clone(&service));
        let changed = state.changes(&other);
        assert!(changed & services != 0 && changed & maps == 0 && changed & all != 0);
        other
            .nodes
            .insert("x".to_owned(), std::collections::BTreeMap::new());
        assert!(state.changes(&other) & maps != 0);
        // Also for a computation that reads no object at all.
        let (nothing, _) = state.recorded(|| state.bundle.is_some());
        assert!(changed & nothing == 0 && state.changes(&other) & nothing != 0);
    }
}
