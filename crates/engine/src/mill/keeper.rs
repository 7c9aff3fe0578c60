//! The keeper: builds rollups in the background, for segments that are worth it, one dataset after the other. Nobody ever
//! waits for it, and a failure is only logged: what it has not built is read from rows.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

use super::{Mill, Shared};
use crate::error::Result;
use crate::events::Event;
use crate::ids::{DatasetName, TenantId};
use crate::scope::Scope;

/// Smaller segments are read from rows in less time than an object takes to be fetched, and compaction makes larger ones.
const ROWS_MIN: u64 = 16_384;

/// Datasets that wait for the keeper.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keeper {
    waiting: Arc<Mutex<BTreeSet<(TenantId, DatasetName)>>>,
    notify: Arc<Notify>,
}

impl Keeper {
    /// Asks for a look at a dataset.
    pub(crate) fn wake(&self, tenant: &TenantId, dataset: &DatasetName) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert((tenant.clone(), dataset.clone()));
        self.notify.notify_one();
    }

    fn next(&self) -> Option<(TenantId, DatasetName)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_first()
    }
}

/// Works until the engine is gone.
pub(crate) async fn keep(shared: Weak<Shared>) {
    let Some((keeper, mut events)) = shared.upgrade().map(|shared| (shared.keeper.clone(), shared.events.listen())) else { return };
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(Event::SegmentCommitted(commit)) => keeper.wake(&commit.tenant, &commit.dataset),
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            () = keeper.notify.notified() => {}
        }
        while let Some((tenant, dataset)) = keeper.next() {
            let Some(shared) = shared.upgrade() else { return };
            if !*shared.open.read().await {
                return;
            }
            let mill = Mill::new(shared, Scope::of(tenant));
            if let Err(error) = look_after(&mill, &dataset).await {
                tracing::warn!(%dataset, %error, "rollups could not be kept; rows answer instead");
            }
        }
    }
}

async fn look_after(mill: &Mill, dataset: &DatasetName) -> Result<()> {
    let due = mill.advice_is_due(dataset);
    // Most datasets have no rollups: a commit to one of them must not cost a look at its model.
    if !due && mill.rollup_set(dataset).is_none_or(|set| set.rollups.is_empty()) {
        return Ok(());
    }
    let Some(snapshot) = mill.shared.datasets.get(mill.scope.tenant(), dataset).await? else { return Ok(()) };
    if due {
        mill.advise(dataset, &snapshot).await?;
    }
    mill.keep_rollups(dataset, &snapshot, ROWS_MIN).await
}
