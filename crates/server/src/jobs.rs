//! What runs in the background of this process for its tenants: so many of one tenant at a time, remembered for an hour after their end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tidemill::TenantId;
use uuid::Uuid;

use crate::auth::Tenancy;
use crate::http::{Answer, Problem};

/// Of one kind and one tenant at a time: each takes a core, or the memory of its segments.
const RUNNING_MAX: usize = 4;
const REMEMBERED_MAX: usize = 200;
const REMEMBERED_FOR: TimeDelta = TimeDelta::hours(1);

/// Work that was begun and has an end.
pub trait Job {
    /// What it is called in messages.
    const NAME: &'static str;

    /// Its id; later ones are greater.
    fn id(&self) -> Uuid;

    /// Whose it is.
    fn tenant(&self) -> &TenantId;

    /// When it ended; nothing while it runs.
    fn ended_at(&self) -> Option<DateTime<Utc>>;
}

/// All jobs of one kind.
#[derive(Debug)]
pub struct Jobs<J> {
    jobs: Mutex<HashMap<Uuid, Arc<J>>>,
}

impl<J> Default for Jobs<J> {
    fn default() -> Self {
        Self { jobs: Mutex::default() }
    }
}

impl<J: Job> Jobs<J> {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<J>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether a job of a tenant could begin now.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn check_room(&self, tenancy: &Tenancy) -> Answer<()> {
        room_beside(&jobs_of(&self.lock(), tenancy.slug()))
    }

    /// Adds a job that begins.
    ///
    /// # Errors
    /// `Exhausted` when its tenant has as many as run at a time.
    pub fn begin(&self, job: J) -> Answer<Arc<J>> {
        let mut jobs = self.lock();
        let of_tenant = jobs_of(&jobs, job.tenant());
        room_beside(&of_tenant)?;
        if of_tenant.len() >= REMEMBERED_MAX
            && let Some(oldest) = of_tenant.iter().filter(|job| job.ended_at().is_some()).map(|job| job.id()).min()
        {
            jobs.remove(&oldest);
        }
        let job = Arc::new(job);
        jobs.insert(job.id(), Arc::clone(&job));
        Ok(job)
    }

    /// A job of this tenant that is meant.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn find(&self, tenancy: &Tenancy, id: &str, is_meant: impl FnOnce(&J) -> bool) -> Answer<Arc<J>> {
        let found = id.parse().ok().and_then(|id: Uuid| self.lock().get(&id).cloned());
        found.filter(|job| job.tenant() == tenancy.slug() && is_meant(job)).ok_or_else(|| Problem::not_found(J::NAME))
    }

    /// The jobs of this tenant that are meant, newest first.
    pub fn list(&self, tenancy: &Tenancy, is_meant: impl Fn(&J) -> bool) -> Vec<Arc<J>> {
        let mut found = jobs_of(&self.lock(), tenancy.slug());
        found.retain(|job| is_meant(job));
        found.sort_by_key(|job| std::cmp::Reverse(job.id()));
        found
    }

    /// Forgets jobs that ended an hour ago.
    pub fn sweep(&self, now: DateTime<Utc>) {
        self.lock().retain(|_, job| job.ended_at().is_none_or(|ended_at| now - ended_at < REMEMBERED_FOR));
    }
}

fn jobs_of<J: Job>(jobs: &HashMap<Uuid, Arc<J>>, tenant: &TenantId) -> Vec<Arc<J>> {
    jobs.values().filter(|job| job.tenant() == tenant).cloned().collect()
}

fn room_beside<J: Job>(of_tenant: &[Arc<J>]) -> Answer<()> {
    if of_tenant.iter().filter(|job| job.ended_at().is_none()).count() >= RUNNING_MAX {
        return Err(Problem::exhausted(format!("{RUNNING_MAX} {}s are running already; wait for one to end", J::NAME), 5));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Turn {
        id: Uuid,
        tenant: TenantId,
        ended_at: Mutex<Option<DateTime<Utc>>>,
    }

    impl Turn {
        fn of(tenant: &str) -> Self {
            Self { id: Uuid::now_v7(), tenant: TenantId::parse(tenant).unwrap(), ended_at: Mutex::new(None) }
        }
    }

    impl Job for Turn {
        const NAME: &'static str = "turn";

        fn id(&self) -> Uuid {
            self.id
        }

        fn tenant(&self) -> &TenantId {
            &self.tenant
        }

        fn ended_at(&self) -> Option<DateTime<Utc>> {
            *self.ended_at.lock().unwrap()
        }
    }

    #[test]
    fn a_tenant_runs_so_many_at_a_time_whatever_others_run() {
        let jobs = Jobs::default();
        let running: Vec<Arc<Turn>> = (0..RUNNING_MAX).map(|_| jobs.begin(Turn::of("acme")).unwrap()).collect();
        assert!(jobs.begin(Turn::of("acme")).is_err());
        assert!(jobs.begin(Turn::of("other")).is_ok());
        *running[0].ended_at.lock().unwrap() = Some(DateTime::UNIX_EPOCH);
        assert!(jobs.begin(Turn::of("acme")).is_ok());
    }

    #[test]
    fn what_has_ended_is_forgotten_an_hour_later_and_what_runs_is_not() {
        let jobs = Jobs::default();
        let (ended, running) = (jobs.begin(Turn::of("acme")).unwrap(), jobs.begin(Turn::of("acme")).unwrap());
        *ended.ended_at.lock().unwrap() = Some(DateTime::UNIX_EPOCH);
        let knows = |job: &Turn| jobs.lock().contains_key(&job.id);
        jobs.sweep(DateTime::UNIX_EPOCH + TimeDelta::minutes(59));
        assert!(knows(&ended) && knows(&running));
        jobs.sweep(DateTime::UNIX_EPOCH + TimeDelta::minutes(60));
        assert!(!knows(&ended) && knows(&running));
    }

    #[test]
    fn of_very_many_the_oldest_that_has_ended_is_forgotten() {
        let jobs = Jobs::default();
        let first = jobs.begin(Turn::of("acme")).unwrap();
        let ended: Vec<Uuid> = (0..REMEMBERED_MAX)
            .map(|_| {
                let job = jobs.begin(Turn::of("acme")).unwrap();
                *job.ended_at.lock().unwrap() = Some(DateTime::UNIX_EPOCH);
                job.id
            })
            .collect();
        let kept = jobs.lock();
        assert_eq!(kept.len(), REMEMBERED_MAX);
        assert!(kept.contains_key(&first.id) && !kept.contains_key(&ended[0]));
    }
}
