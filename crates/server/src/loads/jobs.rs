//! The loads of this process, bounded per tenant, remembered for an hour after their end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tidemill::ingest::{LoadReport, Progress};
use tidemill::{ErrorKind, TenantId};
use uuid::Uuid;

use super::wire::{Load, LoadState};
use crate::auth::Tenancy;
use crate::http::problem::WireProblem;
use crate::http::{Answer, Problem};

/// Loads of one tenant at a time: each takes a core and the memory of its segments.
const RUNNING_MAX: usize = 4;
const REMEMBERED_MAX: usize = 200;
const REMEMBERED_FOR: TimeDelta = TimeDelta::hours(1);

#[derive(Debug, Clone)]
enum Outcome {
    Running,
    Done(LoadReport),
    Failed(WireProblem),
    Cancelled,
}

/// One load.
#[derive(Debug)]
pub struct LoadJob {
    id: Uuid,
    tenant: TenantId,
    dataset: String,
    progress: Progress,
    ended: Mutex<(Outcome, DateTime<Utc>)>,
}

impl LoadJob {
    /// Records how it ended.
    pub fn finish(&self, result: Result<LoadReport, tidemill::Error>, now: DateTime<Utc>) {
        let outcome = match result {
            Ok(report) => Outcome::Done(report),
            Err(error) if error.kind() == ErrorKind::Cancelled => Outcome::Cancelled,
            Err(error) => Outcome::Failed(Problem::from(error).into_wire()),
        };
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = (outcome, now);
    }

    /// Asks it to stop.
    pub fn cancel(&self) {
        self.progress.cancel();
    }

    fn is_running(&self) -> bool {
        matches!(self.ended.lock().unwrap_or_else(PoisonError::into_inner).0, Outcome::Running)
    }

    /// How far it has come.
    pub fn to_wire(&self) -> Answer<Load> {
        let outcome = self.ended.lock().unwrap_or_else(PoisonError::into_inner).0.clone();
        let (state, report, problem) = match outcome {
            Outcome::Running => (LoadState::Running, None, None),
            Outcome::Done(report) => (LoadState::Done, Some(serde_json::to_value(report).map_err(Problem::internal)?), None),
            Outcome::Failed(problem) => (LoadState::Failed, None, Some(problem)),
            Outcome::Cancelled => (LoadState::Cancelled, None, None),
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

/// All loads of this process.
#[derive(Debug, Default)]
pub struct LoadJobs {
    jobs: Mutex<HashMap<Uuid, Arc<LoadJob>>>,
}

impl LoadJobs {
    /// Adds a running load.
    ///
    /// # Errors
    /// `Exhausted` when the tenant runs as many as it may.
    pub fn begin(&self, tenancy: &Tenancy, dataset: &str, progress: Progress, now: DateTime<Utc>) -> Answer<Arc<LoadJob>> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant: Vec<Arc<LoadJob>> = jobs.values().filter(|job| job.tenant == *tenancy.slug()).cloned().collect();
        if of_tenant.iter().filter(|job| job.is_running()).count() >= RUNNING_MAX {
            return Err(Problem::exhausted(format!("{RUNNING_MAX} loads are running already; wait for one to end"), 5));
        }
        if of_tenant.len() >= REMEMBERED_MAX
            && let Some(oldest) = of_tenant.iter().filter(|job| !job.is_running()).map(|job| job.id).min()
        {
            jobs.remove(&oldest);
        }
        let job = LoadJob { id: Uuid::now_v7(), tenant: tenancy.slug().clone(), dataset: dataset.to_owned(), progress, ended: Mutex::new((Outcome::Running, now)) };
        let job = Arc::new(job);
        jobs.insert(job.id, Arc::clone(&job));
        Ok(job)
    }

    /// A load of this tenant.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn find(&self, tenancy: &Tenancy, id: &str) -> Answer<Arc<LoadJob>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let found = id.parse().ok().and_then(|id: Uuid| jobs.get(&id)).filter(|job| job.tenant == *tenancy.slug());
        found.cloned().ok_or_else(|| Problem::not_found("load"))
    }

    /// Forgets loads that ended an hour ago.
    pub fn sweep(&self, now: DateTime<Utc>) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| job.is_running() || now - job.ended.lock().unwrap_or_else(PoisonError::into_inner).1 < REMEMBERED_FOR);
    }
}
