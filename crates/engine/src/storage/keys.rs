//! The idempotency keys of a dataset: which load came with each, so that it is not done again.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::LoadRecord;
use super::layered::Layered;

/// A load and the version that it made.
pub(crate) type Keyed = (u64, LoadRecord);

/// Loads by their idempotency key. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Keys(Layered);

impl Keys {
    /// The load with a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Keyed> {
        self.0.get(key)
    }

    /// All of them.
    pub(crate) fn all(&self) -> HashMap<&str, &Keyed> {
        self.0.all()
    }

    /// Remembers a load by all its keys.
    pub(crate) fn remember(&mut self, version: u64, load: &LoadRecord) {
        let mut keys = load.keys().peekable();
        if keys.peek().is_none() {
            return;
        }
        let keyed = Arc::new((version, load.clone()));
        self.0.extend(keys.map(|key| (Arc::from(key.as_ref()), Arc::clone(&keyed))).collect());
    }
}

impl FromIterator<Keyed> for Keys {
    /// From the oldest.
    fn from_iter<T: IntoIterator<Item = Keyed>>(loads: T) -> Self {
        let mut map: HashMap<Arc<str>, Arc<Keyed>> = HashMap::new();
        for keyed in loads.into_iter().map(Arc::new) {
            map.extend(keyed.1.keys().map(|key| (Arc::from(key.as_ref()), Arc::clone(&keyed))));
        }
        Self(Layered::of(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_found_by_its_key_and_a_version_keeps_its_own() {
        let mut keys = Keys::default();
        let load = |key: Option<&str>| LoadRecord { idempotency_key: key.map(str::to_owned), ..LoadRecord::default() };
        keys.remember(0, &load(Some("a")));
        let before = keys.clone();
        keys.remember(1, &load(None));
        keys.remember(2, &load(Some("b")));
        let versions = |keys: &Keys| ["a", "b"].map(|key| keys.get(key).map(|(version, _)| *version));
        assert_eq!((versions(&before), versions(&keys)), ([Some(0), None], [Some(0), Some(2)]));
        assert_eq!(keys.all().len(), 2);
    }
}
