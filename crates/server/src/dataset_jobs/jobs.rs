//! One piece of ordered work that runs in the background: what it is, whether it can be stopped, and how it ended.

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use tidemill::{Error, TenantId};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::wire::{DatasetJob, Report, State, Work};
use crate::auth::Tenancy;
use crate::http::problem::WireProblem;
use crate::http::{Answer, Code, Problem};
use crate::jobs;

#[derive(Debug, Clone)]
enum Outcome {
    Done(Report),
    Failed(WireProblem),
    Cancelled,
}

/// One piece of work.
#[derive(Debug)]
pub struct DatasetWork {
    id: Uuid,
    tenant: TenantId,
    dataset: String,
    work: Work,
    started_at: DateTime<Utc>,
    cancelled: CancellationToken,
    ended: Mutex<Option<(Outcome, DateTime<Utc>)>>,
}

impl DatasetWork {
    /// Work that begins.
    pub fn new(tenancy: &Tenancy, dataset: &str, work: Work, now: DateTime<Utc>) -> Self {
        Self {
            id: Uuid::now_v7(),
            tenant: tenancy.slug().clone(),
            dataset: dataset.to_owned(),
            work,
            started_at: now,
            cancelled: CancellationToken::new(),
            ended: Mutex::new(None),
        }
    }

    /// Whether it is for that dataset.
    pub fn is_for(&self, dataset: &str) -> bool {
        self.dataset == dataset
    }

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

impl jobs::Job for DatasetWork {
    const NAME: &'static str = "job";

    fn id(&self) -> Uuid {
        self.id
    }

    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.ended().as_ref().map(|(_, ended_at)| *ended_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(work: Work) -> DatasetWork {
        DatasetWork {
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
        assert!(job.to_wire().state == State::Failed && job.to_wire().problem.is_some() && job.ended().is_some());
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
