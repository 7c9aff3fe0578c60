//! The idempotency keys of a dataset: a map that each version has whole and that shares almost all of it with the version
//! before. Maps are kept by size, each more than twice as large as the next; a new key is a map of one, and maps of like size become
//! one. So a commit copies a few keys and not all that there ever were.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::LoadRecord;

/// A load and the version that it made.
pub(crate) type Keyed = (u64, LoadRecord);

/// Loads by their idempotency key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    /// From the largest.
    maps: Vec<Arc<HashMap<Arc<str>, Arc<Keyed>>>>,
}

impl Keys {
    /// The load with a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Keyed> {
        self.maps.iter().rev().find_map(|map| map.get(key)).map(AsRef::as_ref)
    }

    /// All of them.
    pub(crate) fn all(&self) -> HashMap<&str, &Keyed> {
        // What came later takes the place of what came before.
        self.maps.iter().flat_map(|map| map.iter()).map(|(key, load)| (key.as_ref(), load.as_ref())).collect()
    }

    /// Remembers a load by all its keys.
    pub(crate) fn remember(&mut self, version: u64, load: &LoadRecord) {
        let mut keys = load.keys().peekable();
        if keys.peek().is_none() {
            return;
        }
        let keyed = Arc::new((version, load.clone()));
        let mut last: HashMap<Arc<str>, Arc<Keyed>> = keys.map(|key| (Arc::from(key.as_ref()), Arc::clone(&keyed))).collect();
        while let Some(map) = self.maps.pop_if(|map| map.len() <= 2 * last.len()) {
            let mut map = Arc::unwrap_or_clone(map);
            map.extend(last);
            last = map;
        }
        self.maps.push(Arc::new(last));
    }
}

impl FromIterator<Keyed> for Keys {
    /// From the oldest.
    fn from_iter<T: IntoIterator<Item = Keyed>>(loads: T) -> Self {
        let mut map: HashMap<Arc<str>, Arc<Keyed>> = HashMap::new();
        for keyed in loads.into_iter().map(Arc::new) {
            map.extend(keyed.1.keys().map(|key| (Arc::from(key.as_ref()), Arc::clone(&keyed))));
        }
        Self { maps: if map.is_empty() { Vec::new() } else { vec![Arc::new(map)] } }
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.all() == other.all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_keep_their_keys_and_share_maps() {
        let mut versions = vec![Keys::default()];
        for number in 0..1_000_u64 {
            let mut next = versions.last().unwrap().clone();
            let key = Some(format!("k{}", number % 900));
            next.remember(number, &LoadRecord { rows: number, idempotency_key: key, ..LoadRecord::default() });
            versions.push(next);
        }
        for (place, version) in versions.iter().enumerate() {
            let latest = |key: u64| (0..place as u64).rev().find(|number| number % 900 == key);
            for key in [0, 1, 50, 99, 500, 899] {
                assert_eq!(version.get(&format!("k{key}")).map(|(version, load)| (*version, load.rows)), latest(key).map(|number| (number, number)), "{place} {key}");
            }
        }
        let (before, after) = (&versions[600], &versions[601]);
        assert!(after.maps.len() < 12 && Arc::ptr_eq(&before.maps[0], &after.maps[0]));
    }
}
