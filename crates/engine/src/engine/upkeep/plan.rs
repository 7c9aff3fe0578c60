//! What is to be done for which dataset, and when. Plain bookkeeping: the task beside it does the work.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{ErrorKind, Result};
use crate::ids::{DatasetName, TenantId};
use crate::mill::Chore;

/// Longest wait between two tries of what fails.
pub(super) const BACKOFF_MAX: Duration = Duration::from_secs(600);
/// Time passes without a commit, and chunks become too old.
const RETENTION_EVERY: Duration = Duration::from_secs(3_600);
/// Time passes, and versions are no longer kept.
const VACUUM_EVERY: Duration = Duration::from_secs(86_400);

pub(super) type Key = (TenantId, DatasetName);

/// What is to be done, and when.
#[derive(Debug)]
pub(super) struct Plan {
    /// How long after a commit.
    pub every: Duration,
    /// How long a replaced segment stays for queries that have begun.
    pub running: Duration,
    /// How long it stays for versions that are kept, at least.
    pub kept: Duration,
    pub datasets: HashMap<Key, Due>,
}

/// What is to be done for one dataset.
#[derive(Debug, Default)]
pub(super) struct Due {
    at: HashMap<Chore, Instant>,
    failures: u32,
    /// When segments were last taken out.
    replaced: Option<Instant>,
}

/// What a chore leaves to be done later.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Later {
    /// The dataset keeps rows for some days only.
    pub retention: bool,
    /// How long the dataset keeps versions, where it says so itself.
    pub versions_kept: Option<Duration>,
}

impl Plan {
    /// The dataset was written; `replaced` when segments were taken out of it. `after` is what is waited longer.
    pub(super) fn note(&mut self, key: Key, replaced: bool, after: Duration, now: Instant) {
        let due = self.datasets.entry(key).or_default();
        // The first commit sets the time: a dataset that is written without pause is looked after all the same.
        for chore in [Chore::Retention, Chore::Compaction, Chore::Checkpoint] {
            let at = now + self.every + after;
            let due = due.at.entry(chore).or_insert(at);
            *due = at.min(*due);
        }
        if replaced {
            due.replaced = Some(now);
            due.at.entry(Chore::Vacuum).or_insert(now + self.running + self.every + after);
        }
    }

    pub(super) fn forget(&mut self, key: &Key) {
        self.datasets.remove(key);
    }

    /// What is due first; among what is due at the same time, what is done first.
    pub(super) fn next(&self) -> Option<(Instant, (Key, Chore))> {
        let chores = self.datasets.iter().flat_map(|(key, due)| due.at.iter().map(move |(chore, at)| (*at, *chore, key)));
        let (at, chore, key) = chores.min_by_key(|(at, chore, _)| (*at, *chore))?;
        Some((at, (key.clone(), chore)))
    }

    /// How a chore ended. Gives how often the dataset has failed in a row before.
    pub(super) fn done(&mut self, key: &Key, chore: Chore, result: &Result<Later>, now: Instant) -> u32 {
        let Some(due) = self.datasets.get_mut(key) else { return 0 };
        let failures = due.failures;
        match result {
            Ok(later) => {
                due.at.remove(&chore);
                due.failures = 0;
                let again = match chore {
                    Chore::Retention if later.retention => Some(now + RETENTION_EVERY),
                    Chore::Vacuum => due.replaced.and_then(|replaced| {
                        let (running, kept) = (replaced + self.running + self.every, replaced + later.versions_kept.unwrap_or(self.kept) + self.every);
                        if now < running { Some(running) } else { (now < kept).then(|| kept.min(now + VACUUM_EVERY)) }
                    }),
                    _ => None,
                };
                if let Some(again) = again {
                    due.at.insert(chore, again);
                }
                if due.at.is_empty() {
                    self.datasets.remove(key);
                }
            }
            // Deleted meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => self.forget(key),
            Err(_) => {
                due.failures = due.failures.saturating_add(1);
                let wait = self.every.saturating_mul(1 << due.failures.min(16)).min(BACKOFF_MAX.max(self.every));
                due.at.insert(chore, now + wait);
            }
        }
        failures
    }

    /// Puts a chore off.
    pub(super) fn put_off(&mut self, key: &Key, chore: Chore, until: Instant) {
        if let Some(due) = self.datasets.get_mut(key) {
            due.at.insert(chore, until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn key(dataset: &str) -> Key {
        (TenantId::parse("acme").unwrap(), DatasetName::parse(dataset).unwrap())
    }

    fn plan() -> Plan {
        Plan { every: Duration::from_secs(10), running: HOUR, kept: 49 * HOUR, datasets: HashMap::new() }
    }

    fn done(plan: &mut Plan, chore: Chore, now: Instant) {
        plan.done(&key("orders"), chore, &Ok(Later::default()), now);
    }

    #[test]
    fn each_dataset_is_looked_after_once_whatever_comes_in() {
        let (mut plan, start) = (plan(), Instant::now());
        assert_eq!(plan.next(), None);
        for seconds in 0..5 {
            plan.note(key("orders"), false, Duration::ZERO, start + Duration::from_secs(seconds));
        }
        let first = start + plan.every;
        assert_eq!(plan.next(), Some((first, (key("orders"), Chore::Retention))));
        plan.note(key("orders"), true, Duration::ZERO, start);
        for expected in [Chore::Retention, Chore::Compaction, Chore::Checkpoint] {
            assert_eq!(plan.next(), Some((first, (key("orders"), expected))));
            done(&mut plan, expected, first);
        }
        // The first vacuum is for what was erased, the others for versions that are no longer kept.
        let mut hours = Vec::new();
        while let Some((at, (_, chore))) = plan.next() {
            assert_eq!(chore, Chore::Vacuum);
            hours.push((at - first).as_secs() / 3_600);
            done(&mut plan, chore, at);
        }
        assert_eq!(hours, [1, 25, 49]);
        assert!(plan.datasets.is_empty());
    }

    #[test]
    fn what_is_kept_for_some_days_is_looked_at_again() {
        let (mut plan, start) = (plan(), Instant::now());
        plan.note(key("orders"), false, HOUR, start);
        assert_eq!(plan.next().unwrap().0, start + HOUR + plan.every);
        // A commit does not wait for the turn that a listing gave.
        plan.note(key("orders"), false, Duration::ZERO, start);
        assert_eq!(plan.next().unwrap().0, start + plan.every);
        for chore in [Chore::Compaction, Chore::Checkpoint] {
            done(&mut plan, chore, start);
        }
        plan.done(&key("orders"), Chore::Retention, &Ok(Later { retention: true, ..Later::default() }), start);
        assert_eq!(plan.next().unwrap().0, start + RETENTION_EVERY);
        plan.put_off(&key("orders"), Chore::Retention, start + 5 * HOUR);
        assert_eq!(plan.next().unwrap().0, start + 5 * HOUR);
    }

    #[test]
    fn what_fails_is_tried_later_and_later_and_what_is_gone_never() {
        let (mut plan, start) = (plan(), Instant::now());
        plan.note(key("orders"), false, Duration::ZERO, start);
        for chore in [Chore::Retention, Chore::Checkpoint] {
            done(&mut plan, chore, start);
        }
        let mut waits = Vec::new();
        for n in 0..40 {
            assert_eq!(plan.done(&key("orders"), Chore::Compaction, &Err(Error::corrupt("damaged")), start), n);
            waits.push((plan.next().unwrap().0 - start).as_secs());
        }
        assert!(waits.is_sorted() && waits[0] == 20 && waits[39] == 600, "{waits:?}");
        plan.done(&key("orders"), Chore::Compaction, &Err(Error::not_found("gone")), start);
        assert_eq!(plan.next(), None);
        // What ends after its dataset was deleted is not taken up again.
        plan.done(&key("orders"), Chore::Compaction, &Err(Error::corrupt("damaged")), start);
        assert_eq!(plan.next(), None);
    }
}
