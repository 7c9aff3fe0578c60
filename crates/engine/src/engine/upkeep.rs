//! Upkeep: a task of the engine that listens to commits and, a little later, takes out what is too old, merges small segments,
//! writes checkpoints and removes what nothing needs any more. A few datasets beside each other, so that a long merge of one keeps
//! the others from nothing (`plan.rs` says whose turn it is); what fails is said once and tried again later and later. Once, soon after the engine was opened, it lists the datasets of the store, so that it looks after
//! those too that nobody writes through this engine.
//!
//! It holds no engine: it ends when the last handle of the engine goes, and at once when the engine is closed. It may be
//! stopped at any point, because a rewrite that is dropped leaves nothing that anybody sees.

mod plan;
mod steady;

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::events::Event;
use crate::ids::TenantId;
use crate::mill::{Chore, Done, Mill, Shared, UpkeepRecord};
use crate::scope::Scope;
use plan::{BACKOFF_MAX, Key, Later, Plan, Served};
use steady::Steady;

/// Datasets that are looked after without having been written through this engine.
const LISTED_MAX: u32 = 10_000;
/// Wait between two of them: nobody waits for it, and it must not be felt.
const LISTED_APART: Duration = Duration::from_millis(200);
/// How long what is gone for good is put off while the clock is not to be trusted.
const PUT_OFF: Duration = Duration::from_secs(3_600);

/// Starts the task, unless the settings say that there is none.
pub(super) fn start(shared: &Arc<Shared>) {
    let settings = &shared.settings;
    if settings.upkeep_seconds == 0 {
        return;
    }
    let running = Duration::from_secs(settings.replaced_kept_seconds);
    let plan = Plan {
        every: Duration::from_secs(settings.upkeep_seconds),
        running,
        kept: running + Duration::from_secs(settings.versions_kept_seconds),
        places: settings.upkeep_datasets,
        datasets: HashMap::new(),
        busy: HashMap::new(),
        served: Served::default(),
    };
    let steady = Steady::new(shared.clock.now(), Instant::now());
    let stopped = shared.closing.clone().cancelled_owned();
    let work = run(Arc::downgrade(shared), shared.events.listen(), plan, steady);
    tokio::spawn(async move {
        tokio::select! {
            biased;
            () = stopped => {}
            () = work => {}
        }
    });
}

/// Something that is being done.
struct Turn {
    key: Key,
    chore: Chore,
    started_at: DateTime<Utc>,
    started: Instant,
}

/// What is being done. It stops where it is when this is dropped.
#[derive(Default)]
struct Turns {
    tasks: JoinSet<Result<(Done, Later)>>,
    by_task: HashMap<Id, Turn>,
}

async fn run(engine: Weak<Shared>, mut events: broadcast::Receiver<Event>, mut plan: Plan, mut steady: Steady) {
    let mut listing = Some(Instant::now() + plan.every);
    let mut turns = Turns::default();
    loop {
        while let Some((key, chore)) = plan.begin(Instant::now()) {
            let Some(shared) = engine.upgrade() else { return };
            begin(shared, &mut plan, &mut steady, &mut turns, key, chore);
        }
        let at = plan.next().map_or_else(|| Instant::now() + BACKOFF_MAX, |(at, _)| at);
        tokio::select! {
            biased;
            Some(ended) = turns.tasks.join_next_with_id() => {
                let Some(shared) = engine.upgrade() else { return };
                end(&shared, &mut plan, &mut turns, ended);
                shared.chores.waiting(plan.datasets.len());
            }
            // What is due then begins above.
            () = tokio::time::sleep_until(at.min(listing.unwrap_or(at))) => {
                let Some(shared) = engine.upgrade() else { return };
                if listing.is_some_and(|listing| listing <= Instant::now()) {
                    listing = list(&shared, &mut plan).await.err().map(|error| {
                        tracing::warn!(%error, "upkeep could not list the datasets of the store; it is tried again later");
                        Instant::now() + BACKOFF_MAX
                    });
                }
                shared.chores.waiting(plan.datasets.len());
            }
            event = events.recv() => match event {
                Ok(Event::SegmentCommitted(commit)) => plan.note((commit.tenant, commit.dataset), !commit.segments_removed.is_empty(), Duration::ZERO, Instant::now()),
                Ok(Event::DatasetDeleted { tenant, dataset }) => {
                    if let Some(shared) = engine.upgrade() {
                        shared.chores.forget(&tenant, &dataset);
                    }
                    plan.forget(&(tenant, dataset));
                }
                Ok(Event::ModelChanged { .. } | Event::ViewChanged { .. }) => {}
                Err(RecvError::Lagged(_)) => {
                    let Some(shared) = engine.upgrade() else { return };
                    shared.datasets.known().into_iter().for_each(|key| plan.note(key, true, Duration::ZERO, Instant::now()));
                }
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Notes every dataset of the store, one a little after the other.
async fn list(shared: &Arc<Shared>, plan: &mut Plan) -> Result<()> {
    let tenants = shared.store.list_with_delimiter(None).await.map_err(|error| Error::from(error).context("list tenants"))?;
    let mut listed = 0;
    for tenant in tenants.common_prefixes.iter().filter_map(|prefix| TenantId::parse(prefix.filename()?).ok()) {
        for dataset in shared.datasets.names(&tenant).await? {
            if listed == LISTED_MAX {
                tracing::warn!(LISTED_MAX, "the store has more datasets than upkeep looks after without being told of commits");
                break;
            }
            plan.note((tenant.clone(), dataset), true, LISTED_APART * listed, Instant::now());
            listed += 1;
        }
    }
    shared.chores.listed(shared.clock.now());
    Ok(())
}

/// Begins a chore, unless it is for good and the clock is not to be trusted.
fn begin(shared: Arc<Shared>, plan: &mut Plan, steady: &mut Steady, turns: &mut Turns, key: Key, chore: Chore) {
    let (started_at, started) = (shared.clock.now(), Instant::now());
    if !steady.is(started_at, started) && chore != Chore::Compaction {
        return plan.put_off(&key, chore, Instant::now() + PUT_OFF);
    }
    let of = key.clone();
    let task = turns.tasks.spawn(async move { look_after(&shared, &of, chore).await });
    turns.by_task.insert(task.id(), Turn { key, chore, started_at, started });
}

/// Takes note of how a chore ended, and writes it down.
fn end(shared: &Shared, plan: &mut Plan, turns: &mut Turns, ended: Result<(Id, Result<(Done, Later)>), JoinError>) {
    let (task, result) = match ended {
        Ok(ended) => ended,
        Err(error) => (error.id(), Err(Error::internal(format!("upkeep ended without a word: {error}")))),
    };
    let Some(Turn { key, chore, started_at, started }) = turns.by_task.remove(&task) else { return };
    let failures = plan.done(&key, chore, &result.as_ref().map(|(_, later)| *later).map_err(|error| Error::new(error.kind(), error.message())), Instant::now());
    let (tenant, dataset) = &key;
    let (done, error) = match result {
        Ok((done, _)) => (done, None),
        // Deleted meanwhile.
        Err(error) if error.kind() == ErrorKind::NotFound => return shared.chores.forget(tenant, dataset),
        Err(error) => (Done::default(), Some(error)),
    };
    if let Some(error) = &error {
        if failures == 0 && error.kind() != ErrorKind::Conflict {
            tracing::warn!(%tenant, %dataset, ?chore, %error, "upkeep failed; it is tried again later");
        } else {
            tracing::debug!(%tenant, %dataset, ?chore, %error, failures, "upkeep failed again");
        }
    }
    shared.chores.note(UpkeepRecord {
        tenant: tenant.clone(),
        dataset: dataset.clone(),
        chore,
        started_at,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        done,
        error: error.map(|error| error.to_string()),
    });
}

async fn look_after(shared: &Arc<Shared>, (tenant, dataset): &Key, chore: Chore) -> Result<(Done, Later)> {
    let mill = Mill::new(Arc::clone(shared), Scope::of(tenant.clone()));
    let name = dataset.as_str();
    let mut later = Later::default();
    let done = match chore {
        Chore::Compaction => {
            let report = mill.compact(name).await?;
            Done { rows: report.rows, objects: report.segments_before.saturating_sub(report.segments_after), bytes: report.bytes_written }
        }
        Chore::Retention => {
            later.retention = mill.dataset_settings(name).await?.keep_days.is_some();
            let report = mill.apply_retention(name).await?;
            Done { rows: report.rows, objects: report.segments, bytes: report.bytes }
        }
        Chore::Checkpoint => {
            let commits = mill.commits_since_checkpoint(name).await?;
            if commits < shared.settings.checkpoint_commits {
                return Ok((Done::default(), later));
            }
            let report = mill.checkpoint(name).await?;
            Done { rows: 0, objects: report.objects_removed, bytes: report.bytes }
        }
        Chore::Vacuum => {
            let days = mill.dataset_settings(name).await?.versions_kept_days;
            later.versions_kept = days.map(|days| Duration::from_secs(u64::from(days) * 86_400));
            let report = mill.vacuum(name).await?;
            Done { rows: 0, objects: report.objects, bytes: report.bytes }
        }
    };
    Ok((done, later))
}
