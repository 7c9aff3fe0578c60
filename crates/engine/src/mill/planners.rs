//! Whose statement is planned now. Each is planned on a thread with a large stack, so there are only so many at a time, and
//! only a part of them for one tenant: whoever asks what takes long to plan keeps itself waiting, and nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};
use crate::ids::TenantId;

/// Statements of all tenants of an engine that may be planned at the same time.
const PLANNERS: usize = 64;

/// Who plans, of all tenants of an engine.
#[derive(Debug)]
pub(crate) struct Planners {
    all: Arc<Semaphore>,
    /// How many of them one tenant has at most.
    share: usize,
    /// Of tenants that plan or wait.
    shares: Mutex<HashMap<TenantId, Weak<Semaphore>>>,
}

/// The right to plan one statement, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _of_tenant: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Planners {
    /// With so many for one tenant at most.
    pub(crate) fn new(share: usize) -> Self {
        Self::among(PLANNERS, share)
    }

    fn among(all: usize, share: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), share, shares: Mutex::default() }
    }

    /// A turn of a tenant, once there is one: first in the share of the tenant, so that no more of its statements than that
    /// stand in the queue of all. Who no longer waits is in neither.
    ///
    /// # Errors
    /// `Exhausted` when there is none for so long.
    pub(crate) async fn turn(&self, tenant: &TenantId, wait: Duration) -> Result<Turn> {
        let share = self.share_of(tenant);
        let turn = async {
            let of_tenant = share.acquire_owned().await?;
            let of_all = Arc::clone(&self.all).acquire_owned().await?;
            Ok::<_, AcquireError>(Turn { _of_tenant: of_tenant, _of_all: of_all })
        };
        match tokio::time::timeout(wait, turn).await {
            Ok(turn) => turn.map_err(|_| Error::internal("nobody plans any more")),
            Err(_) => Err(Error::exhausted(format!(
                "the statement has waited for {} s for others to be planned: at most {} of one tenant and {PLANNERS} of all are planned at a time; ask again later, or fewer at once",
                wait.as_secs_f64(),
                self.share
            ))),
        }
    }

    fn share_of(&self, tenant: &TenantId) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(tenant).and_then(Weak::upgrade) {
            return share;
        }
        // Those that nobody plans or waits in.
        shares.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.share));
        shares.insert(tenant.clone(), Arc::downgrade(&share));
        share
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::error::ErrorKind;

    const LONG: Duration = Duration::from_secs(600);

    fn tenants() -> [TenantId; 2] {
        ["acme", "other"].map(|name| TenantId::parse(name).unwrap())
    }

    #[tokio::test]
    async fn a_tenant_with_its_share_used_up_waits_and_another_does_not() {
        let planners = Planners::new(2);
        let [acme, other] = tenants();
        let first = planners.turn(&acme, LONG).await.unwrap();
        let _second = planners.turn(&acme, LONG).await.unwrap();
        assert!(planners.turn(&acme, LONG).now_or_never().is_none());
        assert!(planners.turn(&other, LONG).now_or_never().is_some_and(|turn| turn.is_ok()));
        let error = planners.turn(&acme, Duration::ZERO).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        assert!(error.message().contains("at most 2 of one tenant and 64 of all"), "{error}");
        drop(first);
        assert!(planners.turn(&acme, LONG).now_or_never().is_some_and(|turn| turn.is_ok()));
    }

    #[tokio::test]
    async fn all_tenants_together_have_so_many_turns() {
        let planners = Planners::among(2, 2);
        let [acme, other] = tenants();
        let of_other = [planners.turn(&other, LONG).await.unwrap(), planners.turn(&other, LONG).await.unwrap()];
        assert!(planners.turn(&acme, LONG).now_or_never().is_none());
        drop(of_other);
        assert!(planners.turn(&acme, LONG).now_or_never().is_some_and(|turn| turn.is_ok()));
    }

    #[tokio::test]
    async fn who_stops_waiting_gives_back_what_it_had() {
        let planners = Planners::among(1, 1);
        let [acme, other] = tenants();
        let turn = planners.turn(&other, LONG).await.unwrap();
        {
            // In its own share, and in the queue of all.
            let mut waiting = Box::pin(planners.turn(&acme, LONG));
            assert!((&mut waiting).now_or_never().is_none());
            assert!(planners.turn(&acme, Duration::ZERO).await.is_err());
        }
        drop(turn);
        assert!(planners.turn(&acme, LONG).now_or_never().is_some_and(|turn| turn.is_ok()));
    }

    #[tokio::test]
    async fn tenants_that_plan_nothing_are_forgotten() {
        let planners = Planners::new(1);
        let [acme, other] = tenants();
        drop(planners.turn(&acme, LONG).await.unwrap());
        let _turn = planners.turn(&other, LONG).await.unwrap();
        assert_eq!(planners.shares.lock().unwrap().keys().collect::<Vec<_>>(), [&other]);
    }
}
