//! One load that runs in the background: how far it has come, and how it ended.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tidemill::ingest::{LoadReport, Progress};
use tidemill::{ErrorKind, TenantId};
use uuid::Uuid;

use super::wire::{Load, LoadState};
use crate::auth::Tenancy;
use crate::http::problem::WireProblem;
use crate::http::{Answer, Problem};
use crate::jobs::Job;

#[derive(Debug, Clone)]
enum Outcome {
    Done(Box<LoadReport>),
    Failed(WireProblem),
    Cancelled,
}

/// One load.
#[derive(Debug)]
pub struct LoadJob {
    id: Uuid,
    tenant: TenantId,
    upload: Uuid,
    dataset: String,
    progress: Progress,
    ended: Mutex<Option<(Outcome, DateTime<Utc>)>>,
}

impl LoadJob {
    /// A load of an upload that begins.
    pub fn new(tenancy: &Tenancy, upload: Uuid, dataset: &str, progress: Progress) -> Self {
        Self { id: Uuid::now_v7(), tenant: tenancy.slug().clone(), upload, dataset: dataset.to_owned(), progress, ended: Mutex::new(None) }
    }

    /// Whether it runs and reads the upload with this id.
    pub fn is_reading(&self, upload: &str) -> bool {
        self.ended().is_none() && upload.parse::<Uuid>().is_ok_and(|upload| upload == self.upload)
    }

    /// Records how it ended.
    pub fn finish(&self, result: Result<LoadReport, tidemill::Error>, now: DateTime<Utc>) {
        let outcome = match result {
            Ok(report) => Outcome::Done(Box::new(report)),
            Err(error) if error.kind() == ErrorKind::Cancelled => Outcome::Cancelled,
            Err(error) => Outcome::Failed(Problem::from(error).into_wire()),
        };
        *self.ended() = Some((outcome, now));
    }

    /// Asks it to stop.
    pub fn cancel(&self) {
        self.progress.cancel();
    }

    fn ended(&self) -> MutexGuard<'_, Option<(Outcome, DateTime<Utc>)>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it has come.
    ///
    /// # Errors
    /// `Internal` for a report that cannot be written as JSON.
    pub fn to_wire(&self) -> Answer<Load> {
        let outcome = self.ended().as_ref().map(|(outcome, _)| outcome.clone());
        let (state, report, problem) = match outcome {
            None => (LoadState::Running, None, None),
            Some(Outcome::Done(report)) => (LoadState::Done, Some(serde_json::to_value(report).map_err(Problem::internal)?), None),
            Some(Outcome::Failed(problem)) => (LoadState::Failed, None, Some(problem)),
            Some(Outcome::Cancelled) => (LoadState::Cancelled, None, None),
        };
        Ok(Load {
            id: self.id,
            dataset: self.dataset.clone(),
            state,
            bytes_read: self.progress.bytes_read(),
            bytes_total: self.progress.bytes_total(),
            rows: self.progress.rows(),
            rejected: self.progress.rejected(),
            report,
            problem,
        })
    }
}

impl Job for LoadJob {
    const NAME: &'static str = "load";

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
