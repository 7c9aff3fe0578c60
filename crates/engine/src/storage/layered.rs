//! Loads by a text: a map that each version has whole and that shares almost all of it with the version
//! before. Maps are kept by size, each more than twice as large as the next; a new text is a map of one, and maps of like size become
//! one. So a commit copies a few entries and not all that there ever were.

use std::collections::HashMap;
use std::sync::Arc;

use super::keys::Keyed;

/// Loads by a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layered {
    /// From the largest.
    maps: Vec<Arc<HashMap<Arc<str>, Arc<Keyed>>>>,
}

impl Layered {
    /// One map.
    pub(crate) fn of(map: HashMap<Arc<str>, Arc<Keyed>>) -> Self {
        Self { maps: if map.is_empty() { Vec::new() } else { vec![Arc::new(map)] } }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.maps.is_empty()
    }

    /// The load of a text.
    pub(crate) fn get(&self, text: &str) -> Option<&Keyed> {
        self.maps.iter().rev().find_map(|map| map.get(text)).map(AsRef::as_ref)
    }

    /// All of them.
    pub(crate) fn all(&self) -> HashMap<&str, &Keyed> {
        // What came later takes the place of what came before.
        self.maps.iter().flat_map(|map| map.iter()).map(|(text, load)| (text.as_ref(), load.as_ref())).collect()
    }

    /// Adds some, which take the place of those of the same text.
    pub(crate) fn extend(&mut self, mut last: HashMap<Arc<str>, Arc<Keyed>>) {
        if last.is_empty() {
            return;
        }
        while let Some(map) = self.maps.pop_if(|map| map.len() <= 2 * last.len()) {
            let mut map = Arc::unwrap_or_clone(map);
            map.extend(last);
            last = map;
        }
        self.maps.push(Arc::new(last));
    }
}

impl PartialEq for Layered {
    fn eq(&self, other: &Self) -> bool {
        self.all() == other.all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::entry::LoadRecord;

    #[test]
    fn versions_keep_their_own_and_share_maps() {
        let mut versions = vec![Layered::default()];
        for number in 0..1_000_u64 {
            let mut next = versions.last().unwrap().clone();
            next.extend(HashMap::from([(Arc::from(format!("k{}", number % 900)), Arc::new((number, LoadRecord { rows: number, ..LoadRecord::default() })))]));
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
