//! What is kept in memory: partials, merged runs and decoded columns, each inside a budget of bytes. Equal work that is
//! asked for at the same time runs once. Everything here can be lost at any time: it is only ever a saving.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use datafusion::logical_expr::Expr;
use moka::future::Cache;
use object_store::ObjectStore;
use object_store::path::Path;
use sha2::{Digest, Sha256};

use super::columns::{self, Column};
use super::dictionary::Dictionary;
use super::fragment::Fingerprint;
use crate::error::{Error, ErrorKind, Result};
use crate::settings::Settings;

/// Bytes that an entry costs beside its arrays: key, policy, allocation.
const ENTRY_BYTES: usize = 256;

/// The state of one fragment over one segment, or over a run of segments.
#[derive(Debug, Clone)]
pub(crate) struct Partial {
    pub state: RecordBatch,
}

/// The memory tier of an engine.
#[derive(Debug)]
pub(crate) struct Partials {
    pub store: Arc<dyn ObjectStore>,
    states: Cache<Fingerprint, Partial>,
    columns: Cache<(Path, Arc<str>), Arc<Column>>,
    dictionaries: Cache<Fingerprint, Arc<Dictionary>>,
}

impl Partials {
    pub(crate) fn new(settings: &Settings, store: Arc<dyn ObjectStore>) -> Self {
        Self {
            store,
            states: Cache::builder()
                .name("partials")
                .max_capacity(settings.partial_cache_bytes as u64)
                .weigher(|_, partial: &Partial| weight(partial.state.get_array_memory_size()))
                .build(),
            dictionaries: Cache::builder()
                .name("dictionaries")
                .max_capacity((settings.partial_cache_bytes / 4) as u64)
                .weigher(|_, dictionary: &Arc<Dictionary>| weight(dictionary.size_bytes()))
                .build(),
            columns: Cache::builder()
                .name("columns")
                .max_capacity(settings.column_cache_bytes as u64)
                .weigher(|_, column: &Arc<Column>| weight(column.size_bytes()))
                .build(),
        }
    }

    /// A state that is there already.
    pub(crate) async fn get(&self, key: &Fingerprint) -> Option<Partial> {
        self.states.get(key).await
    }

    /// A state, computed if it is not there and kept if it is `worth` it. Whoever asks for the same while it is computed
    /// waits for it.
    pub(crate) async fn get_or_compute(&self, key: Fingerprint, worth: impl Fn(&Partial) -> bool, compute: impl Future<Output = Result<Partial>>) -> Result<Partial> {
        let partial = self.states.try_get_with(key, compute).await.map_err(shared)?;
        if !worth(&partial) {
            self.states.invalidate(&key).await;
        }
        Ok(partial)
    }

    /// A decoded column of a segment of `bytes`. What had to be fetched is added to `fetched`.
    pub(crate) async fn column(&self, location: &Path, bytes: u64, field: &arrow::datatypes::Field, fetched: &AtomicU64) -> Result<Arc<Column>> {
        let key = (location.clone(), Arc::from(field.name().as_str()));
        let read = async {
            let (column, size) = columns::read(Arc::clone(&self.store), location.clone(), bytes, field).await?;
            fetched.fetch_add(size, Ordering::Relaxed);
            Ok(Arc::new(column))
        };
        self.columns.try_get_with(key, read).await.map_err(shared)
    }

    /// The dictionary of a text key of a dataset.
    pub(crate) async fn dictionary(&self, dataset: &Path, key: &Expr) -> Arc<Dictionary> {
        let mut hash = Sha256::new();
        hash.update(format!("{dataset}\n{key:?}"));
        let identity: Fingerprint = hash.finalize().into();
        let known = self.dictionaries.get_with(identity, async { Arc::new(Dictionary::new()) }).await;
        if known.is_full() {
            let new = Arc::new(Dictionary::new());
            self.dictionaries.insert(identity, Arc::clone(&new)).await;
            return new;
        }
        if known.has_outgrown_its_weight() {
            // What is put in again is weighed again.
            self.dictionaries.insert(identity, Arc::clone(&known)).await;
        }
        known
    }

    /// Bytes of partials and of columns that are kept.
    #[cfg(test)]
    pub(crate) async fn size_bytes(&self) -> (u64, u64) {
        self.states.run_pending_tasks().await;
        self.columns.run_pending_tasks().await;
        (self.states.weighted_size(), self.columns.weighted_size())
    }
}

fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes.saturating_add(ENTRY_BYTES)).unwrap_or(u32::MAX)
}

/// An error that several waiters got. The kind and the words are the same for all of them.
fn shared(error: Arc<Error>) -> Error {
    match Arc::try_unwrap(error) {
        Ok(error) => error,
        Err(error) => Error::new(if error.kind() == ErrorKind::Internal { ErrorKind::Internal } else { error.kind() }, error.to_string()),
    }
}
