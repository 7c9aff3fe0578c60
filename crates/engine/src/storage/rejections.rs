//! The loads of a dataset that rejected rows, as each version knows them: to list their rows nothing else has to be read, a
//! corrected row comes in by the mode of its load, and a sweep knows which rejected rows belong to a version that is kept. The
//! latest [`LOADS_MAX`]; rows of older ones are not listed any more and go.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entry::LoadRecord;
use crate::catalog::LoadMode;

/// Loads with rejected rows that are known of.
pub(crate) const LOADS_MAX: usize = 10_000;

/// A load that rejected rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rejection {
    /// The version that it made.
    pub version: u64,
    pub load_id: String,
    /// How many rows.
    pub rejected: u64,
    /// What it did to rows that were there. `None`: it replaced some, and the log does not say which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<LoadMode>,
    /// The version of a later load that took the place of all its rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded: Option<u64>,
}

/// All of them. Cheap to clone: a version shares what the one before it knew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rejections {
    /// From the oldest.
    loads: Arc<Vec<Arc<Rejection>>>,
}

impl Rejections {
    /// From the newest.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Rejection> {
        self.loads.iter().rev().map(AsRef::as_ref)
    }

    /// One load.
    pub(crate) fn get(&self, load_id: &str) -> Option<&Rejection> {
        self.newest().find(|load| load.load_id == load_id)
    }

    /// Takes note of a load, whether it rejected rows or has only replaced those of others.
    pub(crate) fn note(&mut self, version: u64, load: &LoadRecord) {
        self.supersede(version, load.mode.as_ref());
        if load.rejected == 0 {
            return;
        }
        // Logs from before it was kept say at least whether rows went.
        let mode = load.mode.clone().or_else(|| (load.replaced == 0).then_some(LoadMode::Append));
        let loads = Arc::make_mut(&mut self.loads);
        if loads.len() >= LOADS_MAX {
            // Some at once: taking the first one out moves all others.
            loads.drain(..LOADS_MAX / 10);
        }
        loads.push(Arc::new(Rejection { version, load_id: load.load_id.clone(), rejected: load.rejected, mode, superseded: None }));
    }

    /// Rows of loads before it are not in the dataset any more, and corrected ones would stand beside those that came in their place.
    fn supersede(&mut self, version: u64, mode: Option<&LoadMode>) {
        let goes = |load: &Rejection| match (mode, &load.mode) {
            (Some(LoadMode::Replace), _) => true,
            (Some(LoadMode::ReplaceRange { from, to }), Some(LoadMode::ReplaceRange { from: first, to: end })) => from < end && first < to,
            _ => false,
        };
        if !self.loads.iter().any(|load| load.superseded.is_none() && goes(load)) {
            return;
        }
        for load in Arc::make_mut(&mut self.loads).iter_mut().filter(|load| load.superseded.is_none() && goes(load)) {
            Arc::make_mut(load).superseded = Some(version);
        }
    }
}

impl FromIterator<Rejection> for Rejections {
    /// From the oldest.
    fn from_iter<T: IntoIterator<Item = Rejection>>(loads: T) -> Self {
        Self { loads: Arc::new(loads.into_iter().map(Arc::new).collect()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(id: usize, rejected: u64, mode: Option<LoadMode>) -> LoadRecord {
        LoadRecord { load_id: id.to_string(), rejected, mode, ..LoadRecord::default() }
    }

    fn range(from: u32, to: u32) -> Option<LoadMode> {
        let day = |day: u32| format!("2013-01-{day:02}T00:00:00Z").parse().unwrap();
        Some(LoadMode::ReplaceRange { from: day(from), to: day(to) })
    }

    #[test]
    fn a_load_is_superseded_by_one_that_replaces_all_its_rows() {
        let mut known = Rejections::default();
        known.note(0, &load(0, 1, Some(LoadMode::Append)));
        known.note(1, &load(1, 1, range(1, 5)));
        known.note(2, &load(2, 1, range(5, 9)));
        // It rejects nothing, and replaces a part of the second one.
        known.note(3, &load(3, 0, range(4, 5)));
        let superseded = |known: &Rejections| known.newest().map(|load| (load.version, load.superseded)).collect::<Vec<_>>();
        assert_eq!(superseded(&known), [(2, None), (1, Some(3)), (0, None)]);
        known.note(4, &load(4, 2, Some(LoadMode::Replace)));
        assert_eq!(superseded(&known), [(4, None), (2, Some(4)), (1, Some(3)), (0, Some(4))]);
    }

    #[test]
    fn the_latest_are_known_and_a_version_keeps_its_own() {
        let mut known = Rejections::default();
        for id in 0..=LOADS_MAX {
            known.note(id as u64, &load(id, 1, None));
        }
        let before = known.clone();
        known.note(99_999, &LoadRecord { replaced: 3, ..load(99_999, 7, None) });
        assert_eq!((before.newest().count(), known.newest().count()), (LOADS_MAX - LOADS_MAX / 10 + 1, LOADS_MAX - LOADS_MAX / 10 + 2));
        assert!(known.get("0").is_none() && before.get("99999").is_none());
        // What an old log does not say is taken for granted only where no row went.
        assert_eq!(known.get(&LOADS_MAX.to_string()).unwrap().mode, Some(LoadMode::Append));
        assert_eq!(known.get("99999").map(|load| (load.rejected, load.mode.clone())), Some((7, None)));
    }
}
