//! How far a load has come, what did not fit, and the way to stop it. Shared between the load and whoever watches.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::error::{Error, ErrorKind, Result};

/// Counters of one load. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    counters: Arc<Counters>,
    cancelled: CancellationToken,
}

#[derive(Debug, Default)]
struct Counters {
    bytes_read: AtomicU64,
    bytes_total: AtomicU64,
    rows: AtomicU64,
    rejected: AtomicU64,
    /// Columns with values that did not fit their type.
    misfits: Mutex<BTreeSet<String>>,
}

impl Progress {
    /// Counters at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of the input consumed so far, as stored (compressed).
    pub fn bytes_read(&self) -> u64 {
        self.counters.bytes_read.load(Ordering::Relaxed)
    }

    /// Bytes of the whole input; 0 while unknown.
    pub fn bytes_total(&self) -> u64 {
        self.counters.bytes_total.load(Ordering::Relaxed)
    }

    /// Rows decoded.
    pub fn rows(&self) -> u64 {
        self.counters.rows.load(Ordering::Relaxed)
    }

    /// Rows rejected.
    pub fn rejected(&self) -> u64 {
        self.counters.rejected.load(Ordering::Relaxed)
    }

    /// Asks the load to stop; it ends with an error of kind `Cancelled` and leaves nothing behind.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::new(ErrorKind::Cancelled, "the load was cancelled; nothing was stored")) } else { Ok(()) }
    }

    pub(crate) fn set_bytes_total(&self, bytes: u64) {
        self.counters.bytes_total.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn set_bytes_read(&self, bytes: u64) {
        self.counters.bytes_read.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn add_rows(&self, rows: u64, rejected: u64) {
        self.counters.rows.fetch_add(rows, Ordering::Relaxed);
        self.counters.rejected.fetch_add(rejected, Ordering::Relaxed);
    }

    /// Rows that were decoded turn out not to fit.
    pub(crate) fn reject_rows(&self, rows: u64) {
        self.counters.rows.fetch_sub(rows, Ordering::Relaxed);
        self.counters.rejected.fetch_add(rows, Ordering::Relaxed);
    }

    /// Notes a column with values that do not fit its type; also what is never handed on, because the load ends there, counts.
    pub(crate) fn note_misfit(&self, column: &str) {
        let mut misfits = self.counters.misfits.lock().unwrap_or_else(PoisonError::into_inner);
        if !misfits.contains(column) {
            misfits.insert(column.to_owned());
        }
    }

    /// The columns of which some value did not fit, in the pass that runs or ran last.
    pub(crate) fn misfits(&self) -> BTreeSet<String> {
        self.counters.misfits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A second pass begins (a column was promoted): rows are counted anew.
    pub(crate) fn restart(&self) {
        self.counters.misfits.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.counters.bytes_read.store(0, Ordering::Relaxed);
        self.counters.rows.store(0, Ordering::Relaxed);
        self.counters.rejected.store(0, Ordering::Relaxed);
    }
}
