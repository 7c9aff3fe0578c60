//! Ordered work of this process, bounded per tenant, remembered for an hour after its end.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use tidemill::{Error, TenantId};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::wire::{DatasetJob, Report, State, Work};
use crate::auth::Tenancy;
use crate::http::problem::WireProblem;
use crate::http::{Answer, Code, Problem};

/// Jobs of one tenant at a time: each reads and writes segments.
const RUNNING_MAX: usize = 4;
const REMEMBERED_MAX: usize = 200;
const REMEMBERED_FOR: TimeDelta = TimeDelta::hours(1);

#[derive(Debug, Clone)]
enum Outcome {
    Done(Report),
    Failed(WireProblem),
    Cancelled,
}

/// One piece of work.
#[derive(Debug)]
pub struct Job {
    id: Uuid,
    tenant: TenantId,
    dataset: String,
    work: Work,
    started_at: DateTime<Utc>,
    cancelled: CancellationToken,
    ended: Mutex<Option<(Outcome, DateTime<Utc>)>>,
}

impl Job {
    /// Does the work until it ends or is cancelled, and records how it ended.
    pub async fn run(&self, work: impl Future<Output = tidemill::Result<Report>>, now: impl FnOnce() -> DateTime<Utc>) {
        // It is given up with its panic, so nobody sees what that left half done; a job that never ends would take a place for ever.
        let work = AssertUnwindSafe(work).catch_unwind();
        let outcome = match self.cancelled.run_until_cancelled(work).await {
            None => Outcome::Cancelled,
            Some(Ok(Ok(report))) => Outcome::Done(report),
            Some(Ok(Err(error))) => Outcome::Failed(Problem::from(error).into_wire()),
            Some(Err(_)) => Outcome::Failed(Problem::from(Error::internal("ordered work panicked")).into_wire()),
        };
        *self.ended() = Some((outcome, now()));
    }

    /// Stops it. What was merged or removed by then stays so.
    ///
    /// # Errors
    /// `Conflict` for work that takes rows away: it could not be said which of them are gone.
    pub fn cancel(&self) -> Answer<()> {
        if !self.changes_no_row() {
            return Err(Problem::new(Code::Conflict, "rows that are being deleted go all at once, so this is not cancelled"));
        }
        self.cancelled.cancel();
        Ok(())
    }

    fn changes_no_row(&self) -> bool {
        matches!(self.work, Work::Compaction | Work::Vacuum)
    }

    fn ended(&self) -> MutexGuard<'_, Option<(Outcome, DateTime<Utc>)>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_running(&self) -> bool {
        self.ended().is_none()
    }

    /// How it stands.
    pub fn to_wire(&self) -> DatasetJob {
        let (outcome, ended_at) = self.ended().clone().unzip();
        let (state, report, problem) = match outcome {
            None => (State::Running, None, None),
            Some(Outcome::Done(report)) => (State::Done, Some(report), None),
            Some(Outcome::Failed(problem)) => (State::Failed, None, Some(problem)),
            Some(Outcome::Cancelled) => (State::Cancelled, None, None),
        };
        let cancellable = state == State::Running && self.changes_no_row();
        DatasetJob { id: self.id, dataset: self.dataset.clone(), work: self.work, state, cancellable, started_at: self.started_at, ended_at, report, problem }
    }
}

/// All ordered work of this process.
#[derive(Debug, Default)]
pub struct Jobs {
    jobs: Mutex<HashMap<Uuid, Arc<Job>>>,
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether work of a tenant could begin now.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn check_room(&self, tenancy: &Tenancy) -> Answer<()> {
        room_beside(&jobs_of(&self.lock(), tenancy))
    }

    /// Adds work that begins.
    ///
    /// # Errors
    /// `Exhausted` when the tenant has ordered as much as runs at a time.
    pub fn begin(&self, tenancy: &Tenancy, dataset: &str, work: Work, now: DateTime<Utc>) -> Answer<Arc<Job>> {
        let mut jobs = self.lock();
        let of_tenant = jobs_of(&jobs, tenancy);
        room_beside(&of_tenant)?;
        if of_tenant.len() >= REMEMBERED_MAX
            && let Some(oldest) = of_tenant.iter().filter(|job| !job.is_running()).map(|job| job.id).min()
        {
            jobs.remove(&oldest);
        }
        let job = Arc::new(Job {
            id: Uuid::now_v7(),
            tenant: tenancy.slug().clone(),
            dataset: dataset.to_owned(),
            work,
            started_at: now,
            cancelled: CancellationToken::new(),
            ended: Mutex::new(None),
        });
        jobs.insert(job.id, Arc::clone(&job));
        Ok(job)
    }

    /// Work for a dataset of this tenant.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn find(&self, tenancy: &Tenancy, dataset: &str, id: &str) -> Answer<Arc<Job>> {
        let found = id.parse().ok().and_then(|id: Uuid| self.lock().get(&id).cloned());
        found.filter(|job| job.tenant == *tenancy.slug() && job.dataset == dataset).ok_or_else(|| Problem::not_found("job"))
    }

    /// The work for a dataset of this tenant, newest first.
    pub fn list(&self, tenancy: &Tenancy, dataset: &str) -> Vec<Arc<Job>> {
        let mut found: Vec<Arc<Job>> = self.lock().values().filter(|job| job.tenant == *tenancy.slug() && job.dataset == dataset).cloned().collect();
        found.sort_by_key(|job| std::cmp::Reverse(job.id));
        found
    }

    /// Forgets work that ended an hour ago.
    pub fn sweep(&self, now: DateTime<Utc>) {
        self.lock().retain(|_, job| job.ended().as_ref().is_none_or(|(_, ended_at)| now - *ended_at < REMEMBERED_FOR));
    }
}

fn jobs_of(jobs: &HashMap<Uuid, Arc<Job>>, tenancy: &Tenancy) -> Vec<Arc<Job>> {
    jobs.values().filter(|job| job.tenant == *tenancy.slug()).cloned().collect()
}

fn room_beside(of_tenant: &[Arc<Job>]) -> Answer<()> {
    if of_tenant.iter().filter(|job| job.is_running()).count() >= RUNNING_MAX {
        return Err(Problem::exhausted(format!("{RUNNING_MAX} jobs are running already; wait for one to end"), 5));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(work: Work) -> Job {
        Job {
            id: Uuid::now_v7(),
            tenant: TenantId::parse("acme").unwrap(),
            dataset: "orders".to_owned(),
            work,
            started_at: DateTime::UNIX_EPOCH,
            cancelled: CancellationToken::new(),
            ended: Mutex::new(None),
        }
    }

    #[tokio::test]
    async fn what_changes_no_row_can_be_stopped_while_it_runs() {
        for work in [Work::Compaction, Work::Vacuum] {
            let job = job(work);
            assert!(job.to_wire().cancellable);
            tokio::join!(job.run(std::future::pending(), || DateTime::UNIX_EPOCH), async { assert!(job.cancel().is_ok()) });
            assert_eq!((job.to_wire().state, job.to_wire().cancellable), (State::Cancelled, false), "{work:?}");
        }
    }

    #[tokio::test]
    async fn work_that_panics_has_failed() {
        let job = job(Work::Deletion);
        let none: [Report; 0] = [];
        job.run(async { Ok(none[std::hint::black_box(0)]) }, || DateTime::UNIX_EPOCH).await;
        assert!(job.to_wire().state == State::Failed && job.to_wire().problem.is_some() && !job.is_running());
    }

    #[tokio::test]
    async fn what_takes_rows_away_goes_on_to_its_end() {
        for work in [Work::Deletion, Work::Erasure] {
            let job = job(work);
            assert!(!job.to_wire().cancellable && job.cancel().is_err());
            let report = Report { version: Some(3), rows: 2, objects: 0, bytes: 0 };
            job.run(async { Ok(report) }, || DateTime::UNIX_EPOCH).await;
            assert_eq!((job.to_wire().state, job.to_wire().report), (State::Done, Some(report)), "{work:?}");
        }
    }
}
