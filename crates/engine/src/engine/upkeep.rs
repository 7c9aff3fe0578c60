//! Upkeep: a task of the engine that listens to commits and, a little later, merges the small segments of the datasets
//! they touched and removes segments that nothing needs any more. One dataset at a time; what fails is said once and tried
//! again later and later. It knows only the datasets that this engine has written since it was opened: what other engines
//! write, they look after.
//!
//! It holds no engine: it ends when the last handle of the engine goes, and at once when the engine is closed. It may be
//! stopped at any point, because a rewrite that is dropped leaves nothing that anybody sees.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use crate::error::{ErrorKind, Result};
use crate::events::Event;
use crate::ids::{DatasetName, TenantId};
use crate::mill::{Mill, Shared};
use crate::scope::Scope;

/// Longest wait between two tries of what fails.
const BACKOFF_MAX: Duration = Duration::from_secs(600);

type Key = (TenantId, DatasetName);

/// Starts the task, unless the settings say that there is none.
pub(super) fn start(shared: &Arc<Shared>) {
    if shared.settings.upkeep_seconds == 0 {
        return;
    }
    let plan = Plan { every: Duration::from_secs(shared.settings.upkeep_seconds), kept: Duration::from_secs(shared.settings.replaced_kept_seconds), datasets: HashMap::new() };
    let stopped = shared.closing.clone().cancelled_owned();
    let work = run(Arc::downgrade(shared), shared.events.listen(), plan);
    tokio::spawn(async move {
        tokio::select! {
            biased;
            () = stopped => {}
            () = work => {}
        }
    });
}

async fn run(engine: Weak<Shared>, mut events: broadcast::Receiver<Event>, mut plan: Plan) {
    loop {
        let next = plan.next();
        let at = next.as_ref().map_or_else(|| Instant::now() + BACKOFF_MAX, |(at, _)| *at);
        tokio::select! {
            biased;
            // Commits that come while a dataset is looked after wait in the channel.
            () = tokio::time::sleep_until(at) => {
                let Some(shared) = engine.upgrade() else { return };
                if let Some((_, (key, chore))) = next {
                    let done = look_after(&shared, &key, chore).await;
                    plan.done(&key, chore, done);
                }
            }
            event = events.recv() => match event {
                Ok(Event::SegmentCommitted(commit)) => plan.note((commit.tenant, commit.dataset), !commit.segments_removed.is_empty()),
                Ok(Event::DatasetDeleted { tenant, dataset }) => plan.forget(&(tenant, dataset)),
                Ok(Event::ModelChanged { .. }) => {}
                Err(RecvError::Lagged(_)) => {
                    let Some(shared) = engine.upgrade() else { return };
                    shared.datasets.known().into_iter().for_each(|key| plan.note(key, true));
                }
                Err(RecvError::Closed) => return,
            },
        }
    }
}

async fn look_after(shared: &Arc<Shared>, (tenant, dataset): &Key, chore: Chore) -> Result<()> {
    let mill = Mill::new(Arc::clone(shared), Scope::of(tenant.clone()));
    match chore {
        Chore::Compact => mill.compact(dataset.as_str()).await.map(drop),
        Chore::Vacuum => mill.vacuum(dataset.as_str()).await.map(drop),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chore {
    Compact,
    Vacuum,
}

/// What is to be done, and when.
#[derive(Debug)]
struct Plan {
    every: Duration,
    kept: Duration,
    datasets: HashMap<Key, Due>,
}

/// What is to be done for one dataset.
#[derive(Debug, Default)]
struct Due {
    compact: Option<Instant>,
    vacuum: Option<Instant>,
    failures: u32,
}

impl Plan {
    /// The dataset was written; `replaced` when segments were taken out of it.
    fn note(&mut self, key: Key, replaced: bool) {
        let due = self.datasets.entry(key).or_default();
        let now = Instant::now();
        // The first commit sets the time: a dataset that is written without pause is looked after all the same.
        due.compact.get_or_insert(now + self.every);
        if replaced {
            due.vacuum.get_or_insert(now + self.kept + self.every);
        }
    }

    fn forget(&mut self, key: &Key) {
        self.datasets.remove(key);
    }

    /// What is due first.
    fn next(&self) -> Option<(Instant, (Key, Chore))> {
        let chores = self.datasets.iter().flat_map(|(key, due)| [(due.compact, key, Chore::Compact), (due.vacuum, key, Chore::Vacuum)]);
        let (at, key, chore) = chores.filter_map(|(at, key, chore)| Some((at?, key, chore))).min_by_key(|(at, ..)| *at)?;
        Some((at, (key.clone(), chore)))
    }

    /// How a chore ended.
    fn done(&mut self, key: &Key, chore: Chore, result: Result<()>) {
        let Some(due) = self.datasets.get_mut(key) else { return };
        let next = match chore {
            Chore::Compact => &mut due.compact,
            Chore::Vacuum => &mut due.vacuum,
        };
        match result {
            Ok(()) => {
                *next = None;
                due.failures = 0;
                if due.compact.is_none() && due.vacuum.is_none() {
                    self.datasets.remove(key);
                }
            }
            // Deleted meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => self.forget(key),
            Err(error) => {
                let (tenant, dataset) = key;
                if due.failures == 0 && error.kind() != ErrorKind::Conflict {
                    tracing::warn!(%tenant, %dataset, ?chore, %error, "upkeep failed; it is tried again later");
                } else {
                    tracing::debug!(%tenant, %dataset, ?chore, %error, failures = due.failures, "upkeep failed again");
                }
                due.failures = due.failures.saturating_add(1);
                let wait = self.every.saturating_mul(1 << due.failures.min(16)).min(BACKOFF_MAX.max(self.every));
                *next = Some(Instant::now() + wait);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn key(dataset: &str) -> Key {
        (TenantId::parse("acme").unwrap(), DatasetName::parse(dataset).unwrap())
    }

    fn plan() -> Plan {
        Plan { every: Duration::from_secs(10), kept: Duration::from_secs(3_600), datasets: HashMap::new() }
    }

    #[test]
    fn each_dataset_is_looked_after_once_whatever_comes_in() {
        let mut plan = plan();
        assert_eq!(plan.next(), None);
        for _ in 0..5 {
            plan.note(key("orders"), false);
        }
        let (first, (due, chore)) = plan.next().unwrap();
        assert_eq!((due, chore), (key("orders"), Chore::Compact));
        plan.note(key("orders"), true);
        assert_eq!(plan.next().unwrap().0, first);
        plan.done(&key("orders"), Chore::Compact, Ok(()));
        let (later, (_, chore)) = plan.next().unwrap();
        assert_eq!(chore, Chore::Vacuum);
        assert!(later - first >= Duration::from_secs(3_600));
        plan.done(&key("orders"), Chore::Vacuum, Ok(()));
        assert!(plan.datasets.is_empty());
    }

    #[test]
    fn what_fails_is_tried_later_and_later_and_what_is_gone_never() {
        let mut plan = plan();
        plan.note(key("orders"), false);
        let mut waits = Vec::new();
        for _ in 0..40 {
            let before = Instant::now();
            plan.done(&key("orders"), Chore::Compact, Err(Error::corrupt("damaged")));
            waits.push((plan.next().unwrap().0 - before).as_secs());
        }
        assert!(waits.is_sorted() && waits[0] >= 20 && waits[39] >= 600 && waits[39] <= 602, "{waits:?}");
        plan.done(&key("orders"), Chore::Compact, Err(Error::not_found("gone")));
        assert_eq!(plan.next(), None);
        // What ends after its dataset was deleted is not taken up again.
        plan.done(&key("orders"), Chore::Compact, Err(Error::corrupt("damaged")));
        assert_eq!(plan.next(), None);
    }
}
