//! What is to be done for which dataset, and when, and whose turn it is where more is due than is done at a time. Plain bookkeeping:
//! the task beside it does the work.
//!
//! One dataset has one chore at a time. Among what is due the tenant comes first of which the fewest datasets are being looked
//! after, and then the one that has waited longest for a turn. A merge may take hours, so one tenant's merges never have all
//! places while other tenants have datasets that wait for something.

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
    /// Datasets that are looked after at the same time at most.
    pub places: usize,
    pub datasets: HashMap<Key, Due>,
    /// Those that are being looked after, and whether they were written since that began.
    pub busy: HashMap<Key, bool>,
    pub served: Served,
}

/// The last turn of each tenant, by its number.
#[derive(Debug, Default)]
pub(super) struct Served {
    turns: u64,
    last: HashMap<TenantId, u64>,
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
        if let Some(written) = self.busy.get_mut(&key) {
            *written = true;
        }
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

    /// What is due first of that which may begin now; among what is due at the same time, what is done first. What may begin changes only when
    /// something begins or ends.
    pub(super) fn next(&self) -> Option<(Instant, (Key, Chore))> {
        let (at, chore, key) = self.open().min_by_key(|(at, chore, _)| (*at, *chore))?;
        Some((at, (key.clone(), chore)))
    }

    /// Takes up what is due, if there is room for it. It has to be said how that [ended](Self::done), or that it was [put off](Self::put_off).
    pub(super) fn begin(&mut self, now: Instant) -> Option<(Key, Chore)> {
        let turn = |tenant: &TenantId| (self.busy.keys().filter(|(of, _)| of == tenant).count(), self.served.last.get(tenant).copied());
        let (_, chore, key) = self.open().filter(|(at, ..)| *at <= now).min_by_key(|(at, chore, key)| (turn(&key.0), *at, *chore))?;
        let key = key.clone();
        self.take(&key, chore);
        Some((key, chore))
    }

    fn take(&mut self, key: &Key, chore: Chore) {
        if let Some(due) = self.datasets.get_mut(key) {
            due.at.remove(&chore);
        }
        self.busy.insert(key.clone(), false);
        self.served.turns += 1;
        self.served.last.insert(key.0.clone(), self.served.turns);
    }

    /// What may begin, whenever it is due.
    fn open(&self) -> impl Iterator<Item = (Instant, Chore, &Key)> {
        let is_room = self.busy.len() < self.places;
        let greedy = self.greedy();
        let idle = self.datasets.iter().filter(move |(key, _)| is_room && !self.busy.contains_key(*key));
        let chores = idle.flat_map(|(key, due)| due.at.iter().map(move |(chore, at)| (*at, *chore, key)));
        chores.filter(move |(_, chore, key)| *chore != Chore::Compaction || greedy != Some(&key.0))
    }

    /// The tenant that has all places but the last one, while others have datasets that wait.
    fn greedy(&self) -> Option<&TenantId> {
        let (tenant, _) = self.busy.keys().next()?;
        let is_last = self.busy.len() + 1 == self.places;
        let has_others = is_last && self.busy.keys().all(|(of, _)| of == tenant) && self.datasets.keys().any(|(of, _)| of != tenant);
        has_others.then_some(tenant)
    }

    /// How a chore ended. Gives how often the dataset has failed in a row before.
    pub(super) fn done(&mut self, key: &Key, chore: Chore, result: &Result<Later>, now: Instant) -> u32 {
        let was_written = self.busy.remove(key).unwrap_or_default();
        let Some(due) = self.datasets.get_mut(key) else { return 0 };
        let failures = due.failures;
        match result {
            Ok(later) => {
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
                    // Commits that came meanwhile may ask for it sooner.
                    let at = due.at.entry(chore).or_insert(again);
                    *at = again.min(*at);
                }
                if due.at.is_empty() {
                    self.datasets.remove(key);
                }
            }
            // Deleted meanwhile, and perhaps made anew.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if !was_written {
                    self.forget(key);
                }
            }
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
        self.busy.remove(key);
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
        Plan { every: Duration::from_secs(10), running: HOUR, kept: 49 * HOUR, places: 2, datasets: HashMap::new(), busy: HashMap::new(), served: Served::default() }
    }

    fn done(plan: &mut Plan, chore: Chore, now: Instant) {
        end(plan, chore, &Ok(Later::default()), now);
    }

    fn end(plan: &mut Plan, chore: Chore, result: &Result<Later>, now: Instant) -> u32 {
        plan.take(&key("orders"), chore);
        plan.done(&key("orders"), chore, result, now)
    }

    fn of(tenant: &str, dataset: &str) -> Key {
        (TenantId::parse(tenant).unwrap(), DatasetName::parse(dataset).unwrap())
    }

    /// Datasets that wait for one chore alone.
    fn waiting(plan: &mut Plan, keys: &[Key], chore: Chore, at: Instant) {
        for key in keys {
            plan.datasets.entry(key.clone()).or_default().at.insert(chore, at);
        }
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
        end(&mut plan, Chore::Retention, &Ok(Later { retention: true, ..Later::default() }), start);
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
            assert_eq!(end(&mut plan, Chore::Compaction, &Err(Error::corrupt("damaged")), start), n);
            waits.push((plan.next().unwrap().0 - start).as_secs());
        }
        assert!(waits.is_sorted() && waits[0] == 20 && waits[39] == 600, "{waits:?}");
        end(&mut plan, Chore::Compaction, &Err(Error::not_found("gone")), start);
        assert_eq!(plan.next(), None);
        // What ends after its dataset was deleted is not taken up again.
        end(&mut plan, Chore::Compaction, &Err(Error::corrupt("damaged")), start);
        assert_eq!(plan.next(), None);
        // Unless it was made anew since.
        plan.take(&key("orders"), Chore::Compaction);
        plan.note(key("orders"), false, Duration::ZERO, start);
        plan.done(&key("orders"), Chore::Compaction, &Err(Error::not_found("gone")), start);
        assert_eq!(plan.next().unwrap().0, start + plan.every);
    }

    #[test]
    fn a_commit_that_comes_during_a_chore_has_it_done_once_more() {
        let (mut plan, start) = (plan(), Instant::now());
        waiting(&mut plan, &[key("orders")], Chore::Compaction, start);
        assert_eq!(plan.begin(start), Some((key("orders"), Chore::Compaction)));
        plan.note(key("orders"), false, Duration::ZERO, start);
        // One chore of a dataset at a time.
        assert_eq!(plan.next(), None);
        plan.done(&key("orders"), Chore::Compaction, &Ok(Later::default()), start);
        let due: Vec<Chore> = std::iter::from_fn(|| {
            let (_, chore) = plan.begin(start + HOUR)?;
            plan.done(&key("orders"), chore, &Ok(Later::default()), start);
            Some(chore)
        })
        .collect();
        assert_eq!(due, [Chore::Retention, Chore::Compaction, Chore::Checkpoint]);
    }

    #[test]
    fn a_long_merge_of_one_tenant_keeps_nobody_else_waiting() {
        let (mut plan, start) = (plan(), Instant::now());
        let busy = [of("acme", "a"), of("acme", "b"), of("acme", "c")];
        waiting(&mut plan, &busy, Chore::Compaction, start);
        waiting(&mut plan, &[of("globex", "x")], Chore::Retention, start + HOUR);
        let (first, _) = plan.begin(start).unwrap();
        assert_eq!(first.0.as_str(), "acme");
        // Another merge of the same tenant would have both places, and the other one could not begin in an hour.
        assert_eq!(plan.begin(start), None);
        assert_eq!(plan.next().map(|(_, next)| next), Some((of("globex", "x"), Chore::Retention)));
        // Something short may have the place.
        waiting(&mut plan, &[of("acme", "d")], Chore::Retention, start);
        assert_eq!(plan.begin(start), Some((of("acme", "d"), Chore::Retention)));
        plan.done(&of("acme", "d"), Chore::Retention, &Ok(Later::default()), start);
        assert_eq!(plan.begin(start + HOUR), Some((of("globex", "x"), Chore::Retention)));
        plan.done(&of("globex", "x"), Chore::Retention, &Ok(Later::default()), start);
        // Alone it may have all places, and no more.
        assert_eq!(plan.begin(start).map(|(key, _)| key.0.to_string()).as_deref(), Some("acme"));
        assert_eq!((plan.begin(start), plan.next()), (None, None));
    }

    #[test]
    fn tenants_take_turns() {
        let (mut plan, start) = (plan(), Instant::now());
        let many: Vec<Key> = (0..6).map(|n| of("acme", &format!("d{n}"))).collect();
        waiting(&mut plan, &many, Chore::Retention, start);
        waiting(&mut plan, &[of("globex", "x"), of("globex", "y")], Chore::Retention, start + Duration::from_secs(1));
        waiting(&mut plan, &[of("umbrella", "z")], Chore::Retention, start + Duration::from_secs(2));
        let mut order = Vec::new();
        let now = start + HOUR;
        while let Some((one, chore)) = plan.begin(now) {
            let other = plan.begin(now);
            for (key, chore) in [Some((one, chore)), other].into_iter().flatten() {
                order.push(key.0.to_string());
                plan.done(&key, chore, &Ok(Later::default()), now);
            }
        }
        // What came later of the others does not wait for all of the first.
        assert_eq!(order, ["acme", "globex", "umbrella", "acme", "globex", "acme", "acme", "acme", "acme"]);
    }
}
