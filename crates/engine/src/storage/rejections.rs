//! The loads of a dataset that rejected rows, as each version knows them: to list their rows nothing else has to be read, a
//! corrected row comes in by the mode of its load, and a sweep knows which rejected rows belong to a version that is kept. The
//! latest [`LOADS_MAX`]; rows of older ones are not listed any more and go.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::entry::LoadRecord;
use crate::catalog::LoadMode;
use crate::error::{Error, Result};

/// Loads with rejected rows that are known of.
pub(crate) const LOADS_MAX: usize = 10_000;
/// Ranges of time that are remembered of one load. Ranges that meet are one.
const RANGES_MAX: usize = 16;
/// Keys that loads came by which are told apart.
const KEYS_MAX: usize = 16;
/// Why rejected rows cannot come in where the log does not say enough.
pub(crate) const UNKNOWN: &str = "it is not known any more whether rows that came with these took the place of others; correct the file and load it again";

/// From an instant on and before another.
type Range = (DateTime<Utc>, DateTime<Utc>);

/// A load that rejected rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rejection {
    /// The version that it made.
    pub version: u64,
    pub load_id: String,
    /// How many rows.
    pub rejected: u64,
    /// What it did to rows that were there; of a load that brought rejected rows corrected, what the load did that rejected them first. `None`:
    /// it replaced some, or others were replaced later, and the log does not say which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<LoadMode>,
    /// The version of a later load that took the place of all its rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded: Option<u64>,
    /// Ranges of time that later loads have delivered anew, in order and apart from each other: what lies in them has come with these. A load
    /// that replaced a range itself has none; it is superseded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delivered: Vec<Range>,
    /// The latest version that changed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<u64>,
    /// Of a load that brought rejected rows corrected: the version of the load that rejected them first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_rejected: Option<u64>,
}

impl Rejection {
    /// Why none of its rows can come in any more; `None` where they can.
    pub(crate) fn obstacle(&self) -> Option<String> {
        if let Some(version) = self.superseded {
            return Some(format!("rows of a later load (version {version}) have taken the place of those that came with these; correct the file and load it again"));
        }
        self.mode.is_none().then(|| UNKNOWN.to_owned())
    }
}

/// All of them. Cheap to clone: a version shares what the one before it knew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rejections {
    /// From the oldest.
    loads: Arc<Vec<Arc<Rejection>>>,
    /// The first version from which on none is missing, but for those beyond [`LOADS_MAX`].
    complete_from: u64,
    /// The keys by which loads have put rows in the place of others, each with the latest version that has.
    by_key: Arc<Vec<(Vec<String>, u64)>>,
}

impl Rejections {
    /// Those that a checkpoint wrote down.
    pub(crate) fn kept(loads: Vec<Rejection>, complete_from: u64) -> Self {
        Self { complete_from, ..loads.into_iter().collect() }
    }

    /// The same with the keys that a checkpoint wrote down.
    #[must_use]
    pub(crate) fn with_keys(self, keys: Vec<(Vec<String>, u64)>) -> Self {
        Self { by_key: Arc::new(keys), ..self }
    }

    /// The same beside a checkpoint from before keys were written down, which knows those of its latest loads, from the oldest. Whether
    /// rows that were rejected before these have come by key since is forgotten.
    #[must_use]
    pub(crate) fn with_keys_of<'a>(mut self, latest: impl Iterator<Item = (u64, &'a LoadRecord)>) -> Self {
        let mut latest = latest.peekable();
        let first = latest.peek().map_or(u64::MAX, |(version, _)| *version);
        let forgotten = |known: &Rejection| known.version < first && !matches!(known.mode, None | Some(LoadMode::Upsert { .. }));
        self.change(forgotten, |known| known.mode = None);
        for (version, load) in latest {
            if let Some(LoadMode::Upsert { key }) = &load.mode {
                self.note_key(version, key);
            }
        }
        self
    }

    /// The keys by which loads have put rows in the place of others, each with the latest version that has.
    pub(crate) fn keys(&self) -> &[(Vec<String>, u64)] {
        &self.by_key
    }

    /// The keys by which loads have brought rows since one whose own do not take the place of others by key, each with the latest version that has.
    pub(crate) fn keys_since<'a>(&'a self, load: &Rejection) -> impl Iterator<Item = (&'a [String], u64)> + use<'a> {
        let (by_key, since) = (matches!(load.mode, Some(LoadMode::Upsert { .. })), load.first_rejected.unwrap_or(load.version));
        self.by_key.iter().filter(move |(_, latest)| !by_key && *latest > since).map(|(key, latest)| (key.as_slice(), *latest))
    }

    /// What an old checkpoint of a version lets one know: of its loads with a key, and of the latest ones, from the oldest.
    pub(crate) fn of_remembered<'a>(version: u64, keyed: impl Iterator<Item = (u64, &'a LoadRecord)>, latest: impl Iterator<Item = (u64, &'a LoadRecord)>) -> Self {
        let mut known = Self { complete_from: version + 1, ..Self::default() };
        keyed.for_each(|(version, load)| known.note(version, load));
        // Loads between them that replaced rows are forgotten.
        known.lose_modes();
        latest.for_each(|(version, load)| known.note(version, load));
        known
    }

    /// The first version from which on none is missing.
    pub(crate) fn complete_from(&self) -> u64 {
        self.complete_from
    }

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
        self.supersede(version, load);
        if load.rejected == 0 {
            return;
        }
        let rejection = Rejection { version, load_id: load.load_id.clone(), rejected: load.rejected, ..self.origin(load) };
        let loads = Arc::make_mut(&mut self.loads);
        if loads.len() >= LOADS_MAX {
            // Some at once: taking the first one out moves all others.
            loads.drain(..LOADS_MAX / 10);
        }
        loads.push(Arc::new(rejection));
    }

    /// What is known of where rows of a load belong. A corrected row that is rejected again still belongs where it did at first.
    fn origin(&self, load: &LoadRecord) -> Rejection {
        match &load.replays {
            Some(replays) => {
                let first = |known: &Rejection| Rejection { first_rejected: known.first_rejected.or(Some(known.version)), ..known.clone() };
                self.get(&replays.load_id).map(first).unwrap_or_default()
            }
            // Logs from before it was kept say at least whether rows went.
            None => Rejection { mode: load.mode.clone().or_else(|| (load.replaced == 0).then_some(LoadMode::Append)), ..Rejection::default() },
        }
    }

    /// Rows of loads before it, or some of them, are not in the dataset any more, and corrected ones would stand beside those that came in
    /// their place.
    fn supersede(&mut self, version: u64, load: &LoadRecord) {
        match &load.mode {
            // An old log does not say which rows went.
            None if load.replaced > 0 => self.lose_modes(),
            Some(LoadMode::Replace) => self.change(|known| known.superseded.is_none(), |known| known.superseded = Some(version)),
            Some(LoadMode::ReplaceRange { from, to }) => {
                let overlaps = |known: &Rejection| matches!(&known.mode, Some(LoadMode::ReplaceRange { from: first, to: end }) if from < end && first < to);
                self.change(|known| known.superseded.is_none() && overlaps(known), |known| known.superseded = Some(version));
                self.deliver(version, (*from, *to));
            }
            Some(LoadMode::Upsert { key }) => self.note_key(version, key),
            _ => {}
        }
    }

    /// Of rows that were added nobody knows yet which keys they have.
    fn note_key(&mut self, version: u64, key: &[String]) {
        match self.by_key.iter().position(|(known, _)| known.as_slice() == key) {
            Some(place) => {
                if let Some((_, latest)) = Arc::make_mut(&mut self.by_key).get_mut(place) {
                    *latest = version;
                }
            }
            None if self.by_key.len() >= KEYS_MAX => self.lose_modes(),
            None => Arc::make_mut(&mut self.by_key).push((key.to_vec(), version)),
        }
    }

    /// Of rows that were added nobody knows yet in which ranges they lie.
    fn deliver(&mut self, version: u64, range: Range) {
        let learns = |known: &Rejection| {
            let adds = matches!(known.mode, Some(LoadMode::CreateOrAppend | LoadMode::Create | LoadMode::Append | LoadMode::Replace));
            adds && known.superseded.is_none() && !known.delivered.iter().any(|(first, end)| *first <= range.0 && range.1 <= *end)
        };
        self.change(learns, |known| {
            known.delivered = joined(&known.delivered, range);
            known.delivered_at = Some(version);
            if known.delivered.len() > RANGES_MAX {
                (known.mode, known.delivered) = (None, Vec::new());
            }
        });
    }

    fn lose_modes(&mut self) {
        self.change(|known| known.mode.is_some(), |known| known.mode = None);
    }

    /// Changes some of them; a version that others have keeps its own.
    fn change(&mut self, is_meant: impl Fn(&Rejection) -> bool, change: impl Fn(&mut Rejection)) {
        if !self.loads.iter().any(|load| is_meant(load)) {
            return;
        }
        for load in Arc::make_mut(&mut self.loads).iter_mut().filter(|load| is_meant(load)) {
            change(Arc::make_mut(load));
        }
    }

    /// Refuses corrected rows whose place was taken after they had been compared with what a version knew.
    ///
    /// # Errors
    /// `Conflict`, naming the load that had rejected them.
    pub(crate) fn refuse_late(&self, loads: &[LoadRecord], compared_with: Option<u64>) -> Result<()> {
        for replays in loads.iter().filter_map(|load| load.replays.as_ref()) {
            let Some(known) = self.get(&replays.load_id) else { continue };
            if let Some(obstacle) = known.obstacle() {
                return Err(Error::conflict(format!("load {}: {obstacle}", known.load_id)));
            }
            if known.delivered_at > compared_with {
                return Err(Error::conflict(format!("load {}: a later load has delivered a range of time anew in the meantime; try again", known.load_id)));
            }
            if self.keys_since(known).any(|(_, latest)| Some(latest) > compared_with) {
                return Err(Error::conflict(format!("load {}: a later load has brought rows by key in the meantime; try again", known.load_id)));
            }
        }
        Ok(())
    }
}

/// Ranges and one more, in order and apart from each other, as those are that it comes to.
fn joined(known: &[Range], (mut from, mut to): Range) -> Vec<Range> {
    let mut ranges = Vec::with_capacity(known.len() + 1);
    for (first, end) in known.iter().copied() {
        if first <= to && from <= end {
            (from, to) = (from.min(first), to.max(end));
        } else {
            ranges.push((first, end));
        }
    }
    ranges.push((from, to));
    ranges.sort_unstable();
    ranges
}

impl FromIterator<Rejection> for Rejections {
    /// From the oldest.
    fn from_iter<T: IntoIterator<Item = Rejection>>(loads: T) -> Self {
        Self { loads: Arc::new(loads.into_iter().map(Arc::new).collect()), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::entry::Replays;

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
        assert_eq!(known.get(&LOADS_MAX.to_string()).unwrap().mode, Some(LoadMode::Append));
        known.note(99_999, &LoadRecord { replaced: 3, ..load(99_999, 7, None) });
        assert_eq!((before.newest().count(), known.newest().count()), (LOADS_MAX - LOADS_MAX / 10 + 1, LOADS_MAX - LOADS_MAX / 10 + 2));
        assert!(known.get("0").is_none() && before.get("99999").is_none());
        // What an old log does not say is taken for granted only where no row went, and until one does: nobody knows whose.
        assert_eq!(known.get(&LOADS_MAX.to_string()).unwrap().mode, None);
        assert_eq!(before.get(&LOADS_MAX.to_string()).unwrap().mode, Some(LoadMode::Append));
        assert_eq!(known.get("99999").map(|load| (load.rejected, load.mode.clone())), Some((7, None)));
    }

    fn replay(id: usize, of: usize, rejected: u64) -> LoadRecord {
        let replays = Some(Replays { load_id: of.to_string(), rejects: vec![0] });
        LoadRecord { replays, ..load(id, rejected, Some(LoadMode::Append)) }
    }

    #[test]
    fn a_row_that_is_rejected_again_still_belongs_where_it_did() {
        let mut known = Rejections::default();
        known.note(1, &load(1, 2, range(1, 5)));
        known.note(2, &replay(2, 1, 1));
        known.note(3, &replay(3, 2, 1));
        assert!(["2", "3"].iter().all(|id| known.get(id).unwrap().mode == range(1, 5)));
        known.note(4, &load(4, 0, range(1, 5)));
        assert!(["1", "2", "3"].iter().all(|id| known.get(id).unwrap().superseded == Some(4)));
        // What is rejected of rows that nobody knows of comes in nowhere.
        known.note(5, &replay(5, 99, 1));
        assert_eq!(known.get("5").unwrap().obstacle().as_deref(), Some(UNKNOWN));
    }

    #[test]
    fn ranges_that_were_delivered_later_are_known_up_to_a_bound() {
        let mut known = Rejections::default();
        known.note(0, &load(0, 1, Some(LoadMode::Append)));
        let day = |day: u32| -> DateTime<Utc> { format!("2013-01-{day:02}T00:00:00Z").parse().unwrap() };
        for (version, (from, to)) in (1..).zip([(1, 2), (4, 5), (2, 3), (1, 3)]) {
            known.note(version, &load(9, 0, range(from, to)));
        }
        let of_first = known.get("0").unwrap().clone();
        // The last one brought nothing new.
        assert_eq!((of_first.delivered, of_first.delivered_at), (vec![(day(1), day(3)), (day(4), day(5))], Some(3)));
        let late = |known: &Rejections, compared_with: u64| known.refuse_late(&[replay(7, 0, 0)], Some(compared_with)).is_err();
        assert!(late(&known, 2) && !late(&known, 3));
        let hour = |hour: i64| day(10) + chrono::TimeDelta::hours(hour);
        for number in 0..RANGES_MAX as u64 {
            assert!(known.get("0").unwrap().obstacle().is_none() || number == RANGES_MAX as u64 - 1, "{number}");
            let from = hour(2 * number as i64);
            known.note(10 + number, &load(9, 0, Some(LoadMode::ReplaceRange { from, to: from + chrono::TimeDelta::hours(1) })));
        }
        assert_eq!(known.get("0").unwrap().obstacle().as_deref(), Some(UNKNOWN));
        assert!(late(&known, 1_000));
    }

    #[test]
    fn keys_that_loads_came_by_since_are_known_up_to_a_bound() {
        let mut known = Rejections::default();
        let by = |column: &str| Some(LoadMode::Upsert { key: vec![column.to_owned()] });
        known.note(0, &load(0, 1, Some(LoadMode::Append)));
        known.note(1, &load(1, 1, by("id")));
        known.note(2, &load(2, 1, Some(LoadMode::Append)));
        // What is rejected again belongs to its first load, before any came by key.
        known.note(3, &replay(3, 0, 1));
        let since = |known: &Rejections, id: &str| known.keys_since(known.get(id).unwrap()).map(|(key, latest)| (key[0].clone(), latest)).collect::<Vec<_>>();
        let id_at = |version: u64| vec![("id".to_owned(), version)];
        assert_eq!(["0", "1", "2", "3"].map(|id| since(&known, id)), [id_at(1), vec![], vec![], id_at(1)]);
        known.note(4, &load(4, 0, by("id")));
        assert_eq!(["0", "1", "2", "3"].map(|id| since(&known, id)), [id_at(4), vec![], id_at(4), id_at(4)]);
        let late = |known: &Rejections, compared_with: u64| known.refuse_late(&[replay(7, 0, 0)], Some(compared_with)).is_err();
        assert!(late(&known, 3) && !late(&known, 4));
        for number in 1..=KEYS_MAX {
            assert!(known.get("0").unwrap().obstacle().is_none(), "{number}");
            known.note(9, &load(9, 0, by(&number.to_string())));
        }
        assert_eq!(known.get("0").unwrap().obstacle().as_deref(), Some(UNKNOWN));
    }

    #[test]
    fn a_checkpoint_without_keys_knows_those_of_its_latest_loads() {
        let by_id = || Some(LoadMode::Upsert { key: vec!["id".to_owned()] });
        let loads = [load(0, 1, Some(LoadMode::Append)), load(1, 1, by_id()), load(2, 1, Some(LoadMode::Append)), load(3, 0, by_id())];
        let mut written = Rejections::default();
        loads.iter().enumerate().for_each(|(version, load)| written.note(version as u64, load));
        let mut kept: Vec<Rejection> = written.newest().cloned().collect();
        kept.reverse();
        let read = |first: usize| Rejections::kept(kept.clone(), 0).with_keys_of(loads.iter().enumerate().skip(first).map(|(version, load)| (version as u64, load)));
        assert_eq!(read(0), written);
        // Of the first two loads it is not known what came between them and the third.
        let known = read(2);
        let obstacles = ["0", "1", "2"].map(|id| known.get(id).unwrap().obstacle());
        assert_eq!(obstacles, [Some(UNKNOWN.to_owned()), None, None]);
        assert_eq!(known.keys(), written.keys());
        assert!(read(4).get("2").unwrap().obstacle().is_some());
    }

    #[test]
    fn corrected_rows_whose_place_was_taken_are_refused() {
        let mut known = Rejections::default();
        known.note(0, &load(0, 1, Some(LoadMode::Append)));
        known.refuse_late(&[replay(1, 0, 0), replay(1, 99, 0)], Some(0)).unwrap();
        known.note(1, &load(2, 0, Some(LoadMode::Replace)));
        let error = known.refuse_late(&[load(8, 0, None), replay(3, 0, 0)], Some(1)).unwrap_err();
        assert!(error.kind() == crate::ErrorKind::Conflict && error.message().contains("version 1"), "{error}");
        known.refuse_late(&[load(8, 0, None)], None).unwrap();
    }

    #[test]
    fn an_old_checkpoint_tells_of_some() {
        let [keyed, latest] = [load(1, 1, None), load(8, 1, None)];
        let known = Rejections::of_remembered(9, [(1, &keyed)].into_iter(), [(8, &latest)].into_iter());
        assert_eq!((known.complete_from(), known.get("1").unwrap().mode.clone(), known.get("8").unwrap().mode.clone()), (10, None, Some(LoadMode::Append)));
    }
}
