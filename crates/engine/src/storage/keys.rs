//! The idempotency keys of a dataset: which load came with each, so that it is not done again. A key is known for as many days as the
//! dataset says, and then it goes: of a dataset that is fed with a key each second they would be thirty million after a year,
//! in memory and in each checkpoint.
//!
//! ```text
//!   commits      1   2       3                 4 5            6
//!   by clocks    |---|-------|-----------------|-|------------|     40 days between 3 and 4: somebody's clock was wrong
//!   by the log   |---|-------|---|-|------------|                   a day
//! ```
//! Days are those of the log and of no clock: from one commit to the next the time between them passes, and a day at most. So every
//! engine forgets the same keys with the same version, and a clock that jumps takes a day of them at most. Where commits are rare,
//! keys stay for longer. That a rejected row has come in corrected is never forgotten.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::entry::{LoadRecord, REPLAY_KEY};
use super::layered::Layered;
use crate::error::{Error, Result};

const DAY_MS: i64 = 86_400_000;

/// A load and the version that it made.
pub(crate) type Keyed = (u64, LoadRecord);

/// Loads by their idempotency key. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Keys {
    /// Milliseconds by the log since the dataset was made.
    time_ms: i64,
    /// Days before this one that brought keys, from the oldest.
    older: Arc<Vec<Day>>,
    today: Day,
    /// By the rejected rows that they have brought corrected.
    replays: Layered,
    /// When the last of the keys came that are forgotten, in milliseconds since 1970.
    forgotten_ms: Option<i64>,
}

/// The keys of a day of the log.
#[derive(Debug, Clone, Default, PartialEq)]
struct Day {
    number: i64,
    /// When the last of them came, in milliseconds since 1970.
    last_ms: i64,
    loads: Layered,
}

/// What a checkpoint says of the time of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyTime {
    time_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten_ms: Option<i64>,
    /// Days that have keys, and when the last of each came.
    days: Vec<(i64, i64)>,
}

impl Keys {
    /// The load with a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Keyed> {
        if key.starts_with(REPLAY_KEY) {
            return self.replays.get(key);
        }
        self.days().rev().find_map(|day| day.loads.get(key))
    }

    fn days(&self) -> impl DoubleEndedIterator<Item = &Day> {
        self.older.iter().chain([&self.today]).filter(|day| !day.loads.is_empty())
    }

    /// The keys that somebody chose, each with its load and the day that it came.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = (&str, &Keyed, i64)> {
        self.days().flat_map(|day| day.loads.all().into_iter().map(move |(key, keyed)| (key, keyed, day.number)))
    }

    /// Loads that have brought rejected rows corrected; one for each of these rows.
    pub(crate) fn replays(&self) -> impl Iterator<Item = &Keyed> {
        self.replays.all().into_values()
    }

    /// Time passes from one commit to the next. Forgets the keys that are not kept any longer, where there is an end to it.
    pub(crate) fn pass(&mut self, between: TimeDelta, kept_days: Option<u32>) {
        self.time_ms += between.num_milliseconds().clamp(0, DAY_MS);
        let number = self.time_ms / DAY_MS;
        if number > self.today.number {
            let ended = std::mem::replace(&mut self.today, Day { number, ..Day::default() });
            if !ended.loads.is_empty() {
                Arc::make_mut(&mut self.older).push(ended);
            }
        }
        let Some(kept_days) = kept_days else { return };
        // The day that it came in does not count, so that the last of it is kept as long.
        let over = self.older.iter().take_while(|day| day.number + i64::from(kept_days) < number).count();
        if over > 0 {
            let forgotten = Arc::make_mut(&mut self.older).drain(..over).map(|day| day.last_ms).max();
            self.forgotten_ms = self.forgotten_ms.max(forgotten);
        }
    }

    /// Remembers a load by all its keys.
    pub(crate) fn remember(&mut self, version: u64, load: &LoadRecord, committed_at: DateTime<Utc>) {
        if load.idempotency_key.is_none() && load.replays.is_none() {
            return;
        }
        let keyed = Arc::new((version, load.clone()));
        let (replays, chosen): (HashMap<_, _>, HashMap<_, _>) =
            load.keys().map(|key| (Arc::from(key.as_ref()), Arc::clone(&keyed))).partition(|(key, _): &(Arc<str>, _)| key.starts_with(REPLAY_KEY));
        if !chosen.is_empty() {
            self.today.last_ms = self.today.last_ms.max(committed_at.timestamp_millis());
        }
        self.today.loads.extend(chosen);
        self.replays.extend(replays);
    }

    /// When the last of the keys came that are forgotten.
    pub(crate) fn forgotten_until(&self) -> Option<DateTime<Utc>> {
        self.forgotten_ms.and_then(DateTime::from_timestamp_millis)
    }

    /// Refuses a key that is not known and may be one of those that are forgotten. Only a key tells it that says when it was made.
    ///
    /// # Errors
    /// `Conflict` at `idempotency_key`.
    pub(crate) fn refuse_forgotten(&self, key: &str) -> Result<()> {
        let (Some(until), Some(made_at)) = (self.forgotten_until(), made_at(key)) else { return Ok(()) };
        if made_at > until {
            return Ok(());
        }
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let message = format!(
            "the idempotency key {key:?} was made {}, and keys that came until {} are not known any more, so what it stands for may have come in before; nothing was stored. Look, and load it under a new key if it is not there",
            time(made_at),
            time(until)
        );
        Err(Error::conflict(message).at("idempotency_key"))
    }

    /// What a checkpoint is to say beside the loads.
    pub(crate) fn time(&self) -> KeyTime {
        KeyTime { time_ms: self.time_ms, forgotten_ms: self.forgotten_ms, days: self.days().map(|day| (day.number, day.last_ms)).collect() }
    }

    /// Keys out of a checkpoint: loads from the oldest, each with the day of its key where that is known still. A checkpoint from before days
    /// were kept says nothing of them: then all keys are of the day of its version.
    pub(crate) fn kept(time: Option<KeyTime>, committed_at: DateTime<Utc>, loads: impl IntoIterator<Item = (Option<i64>, Keyed)>) -> Self {
        let has_days = time.is_some();
        let KeyTime { time_ms, forgotten_ms, days } = time.unwrap_or_else(|| KeyTime { days: vec![(0, committed_at.timestamp_millis())], ..KeyTime::default() });
        let last_ms: HashMap<i64, i64> = days.into_iter().collect();
        let mut replays: HashMap<Arc<str>, Arc<Keyed>> = HashMap::new();
        let mut by_day: BTreeMap<i64, HashMap<Arc<str>, Arc<Keyed>>> = BTreeMap::new();
        for (day, keyed) in loads {
            let keyed = Arc::new(keyed);
            let day = if has_days { day } else { Some(0) };
            for key in keyed.1.keys() {
                let into = if key.starts_with(REPLAY_KEY) { Some(&mut replays) } else { day.map(|day| by_day.entry(day).or_default()) };
                if let Some(into) = into {
                    into.insert(Arc::from(key.as_ref()), Arc::clone(&keyed));
                }
            }
        }
        let number = time_ms / DAY_MS;
        let day = |(number, loads): (i64, HashMap<_, _>)| Day { number, last_ms: last_ms.get(&number).copied().unwrap_or_default(), loads: Layered::of(loads) };
        let today = by_day.remove(&number).map_or_else(|| Day { number, ..Day::default() }, |loads| day((number, loads)));
        Self { time_ms, older: Arc::new(by_day.into_iter().map(day).collect()), today, replays: Layered::of(replays), forgotten_ms }
    }
}

/// When a key was made, where it says so: a UUID of version 7 does.
fn made_at(key: &str) -> Option<DateTime<Utc>> {
    let id = uuid::Uuid::try_parse(key).ok().filter(|id| id.get_version_num() == 7)?;
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::entry::Replays;

    fn load(key: Option<&str>) -> LoadRecord {
        LoadRecord { idempotency_key: key.map(str::to_owned), ..LoadRecord::default() }
    }

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    /// A key each hour, `k0` first.
    fn hourly(hours: i64, kept_days: Option<u32>) -> Keys {
        let mut keys = Keys::default();
        for hour in 0..hours {
            keys.pass(TimeDelta::hours(i64::from(hour > 0)), kept_days);
            keys.remember(hour.unsigned_abs(), &load(Some(&format!("k{hour}"))), at(hour));
        }
        keys
    }

    #[test]
    fn a_load_is_found_by_its_key_and_a_version_keeps_its_own() {
        let mut keys = Keys::default();
        keys.remember(0, &load(Some("a")), at(0));
        let before = keys.clone();
        keys.remember(1, &load(None), at(0));
        keys.pass(TimeDelta::hours(30), Some(1));
        keys.remember(2, &load(Some("b")), at(30));
        let versions = |keys: &Keys| ["a", "b"].map(|key| keys.get(key).map(|(version, _)| *version));
        assert_eq!((versions(&before), versions(&keys)), ([Some(0), None], [Some(0), Some(2)]));
        assert_eq!(keys.chosen().count(), 2);
    }

    #[test]
    fn a_key_is_known_for_as_many_days_and_not_for_many_more() {
        let hours = 40 * 24;
        let keys = hourly(hours, Some(30));
        for hour in 0..hours {
            let age = hours - 1 - hour;
            let known = keys.get(&format!("k{hour}")).is_some();
            assert!(if age <= 30 * 24 { known } else { !known || age <= 31 * 24 }, "{hour}");
        }
        // However long it goes on, there are no more.
        assert_eq!(keys.chosen().count(), 31 * 24);
        assert_eq!(hourly(2 * hours, Some(30)).chosen().count(), 31 * 24);
        assert_eq!(hourly(hours, None).chosen().count(), hours as usize);
        // One that is forgotten may come again.
        let mut keys = keys;
        keys.remember(7_000, &load(Some("k0")), at(hours));
        assert_eq!(keys.get("k0").unwrap().0, 7_000);
    }

    #[test]
    fn a_clock_that_jumps_takes_a_day_at_most() {
        let mut keys = hourly(24, Some(3));
        keys.pass(TimeDelta::days(4_000), Some(3));
        assert_eq!(keys.chosen().count(), 24);
        // Set right again: no time passes until it is where it was, by the log.
        keys.pass(TimeDelta::days(-4_000), Some(3));
        keys.pass(TimeDelta::zero(), Some(3));
        assert_eq!(keys.chosen().count(), 24);
        for (days, left) in [(1, 24), (1, 24), (1, 0)] {
            keys.pass(TimeDelta::days(days), Some(3));
            assert_eq!(keys.chosen().count(), left);
        }
    }

    #[test]
    fn a_key_that_says_when_it_was_made_is_told_from_a_new_one() {
        let made = |hour: i64| {
            let seconds = at(hour).timestamp().unsigned_abs();
            uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0)).to_string()
        };
        let (old, mut keys) = (made(1), Keys::default());
        keys.remember(0, &load(Some(&old)), at(2));
        for day in 1..=3 {
            assert!(keys.get(&old).is_some() && keys.refuse_forgotten(&made(1)).is_ok(), "{day}");
            keys.pass(TimeDelta::days(1), Some(2));
        }
        assert!(keys.get(&old).is_none());
        let error = keys.refuse_forgotten(&old).unwrap_err();
        assert_eq!((error.kind(), error.field()), (crate::ErrorKind::Conflict, Some("idempotency_key")));
        for other in [made(3), "orders-2026-11-28".to_owned(), uuid::Uuid::new_v4().to_string()] {
            keys.refuse_forgotten(&other).unwrap();
        }
    }

    #[test]
    fn what_a_checkpoint_says_goes_on_as_if_there_had_been_none() {
        let mut keys = hourly(35 * 24, Some(30));
        let replays = Some(Replays { load_id: "l".into(), rejects: vec![3] });
        keys.remember(900, &LoadRecord { replays, ..load(None) }, at(900));
        let loads: Vec<(Option<i64>, Keyed)> = keys.chosen().map(|(_, keyed, day)| (Some(day), keyed.clone())).chain(keys.replays().map(|keyed| (None, keyed.clone()))).collect();
        // One whose key is forgotten is remembered for something else.
        let forgotten = [(None, (0, load(Some("k0"))))];
        let mut read = Keys::kept(Some(keys.time()), at(900), loads.into_iter().chain(forgotten));
        assert_eq!(read, keys);
        for days in [1, 1, 12, 1] {
            keys.pass(TimeDelta::days(days), Some(30));
            read.pass(TimeDelta::days(days), Some(30));
            assert_eq!(read, keys);
        }
        // That a rejected row has come in is never forgotten.
        (0..100).for_each(|_| keys.pass(TimeDelta::days(1), Some(30)));
        assert_eq!((keys.chosen().count(), keys.replays().count()), (0, 1));
        // One from before days were kept.
        let mut read = Keys::kept(None, at(5), [(None, (0, load(Some("a"))))]);
        (0..30).for_each(|_| read.pass(TimeDelta::days(1), Some(30)));
        assert!(read.get("a").is_some());
        read.pass(TimeDelta::days(1), Some(30));
        assert_eq!((read.get("a"), read.forgotten_until()), (None, Some(at(5))));
    }
}
