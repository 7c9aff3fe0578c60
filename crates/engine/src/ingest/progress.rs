//! How far a load has come, what did not fit, and the way to stop it. Shared between the load and whoever watches.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use futures::stream::BoxStream;
use serde::Serialize;
use tokio::sync::watch;
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
    /// Values that a float has rounded.
    rounded: AtomicU64,
    /// Columns with values that did not fit their type.
    misfits: Mutex<BTreeSet<String>>,
    /// Told of every change, and whether the load has ended.
    ended: watch::Sender<bool>,
}

/// How far a load has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ProgressState {
    /// Bytes of the input consumed so far, as stored (compressed).
    pub bytes_read: u64,
    /// Bytes of the whole input; 0 while unknown.
    pub bytes_total: u64,
    /// Rows decoded.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Whether the load has ended, in whatever way.
    pub ended: bool,
}

/// Says when a load has ended, also when it is dropped.
#[derive(Debug)]
pub(crate) struct Running(Progress);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.counters.ended.send_replace(true);
    }
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

    /// All of it at once.
    pub fn state(&self) -> ProgressState {
        let ended = *self.counters.ended.borrow();
        ProgressState { bytes_read: self.bytes_read(), bytes_total: self.bytes_total(), rows: self.rows(), rejected: self.rejected(), ended }
    }

    /// The states of the load: the present one, then one after each change, until it has ended. Who is slow gets the newest state and
    /// misses those before it. Numbers begin anew when a column turns out to need another type and the input is read once more.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use futures::StreamExt;
    /// # use tidemill::{Csv, Engine, Progress};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let progress = Progress::new();
    /// let mut changes = progress.changes();
    /// let watching = async {
    ///     let mut last = progress.state();
    ///     while let Some(state) = changes.next().await {
    ///         // Draw a bar with it: state.bytes_read of state.bytes_total.
    ///         last = state;
    ///     }
    ///     last
    /// };
    /// let load = Csv::bytes("city,amount\nRome,2\nOslo,4\n").progress(progress.clone());
    /// let (report, last) = futures::join!(mill.load("orders", load), watching);
    /// assert_eq!((report?.rows, last.rows, last.ended), (2, 2, true));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn changes(&self) -> BoxStream<'static, ProgressState> {
        let begin = (self.clone(), self.counters.ended.subscribe(), true);
        let states = futures::stream::unfold(Some(begin), |watched| async move {
            let (progress, mut changed, first) = watched?;
            if !first && changed.changed().await.is_err() {
                return None;
            }
            // Seen before the numbers are read, so that what changes meanwhile is told once more.
            let ended = *changed.borrow_and_update();
            let state = ProgressState { ended, ..progress.state() };
            Some((state, (!ended).then_some((progress, changed, false))))
        });
        states.boxed()
    }

    /// A load begins; it has ended when what this gives is dropped.
    pub(crate) fn begin(&self) -> Running {
        self.counters.ended.send_replace(false);
        Running(self.clone())
    }

    fn tell(&self) {
        // Mostly nobody listens.
        if self.counters.ended.receiver_count() > 0 {
            self.counters.ended.send_modify(|_| ());
        }
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
        self.tell();
    }

    pub(crate) fn set_bytes_read(&self, bytes: u64) {
        self.counters.bytes_read.store(bytes, Ordering::Relaxed);
        self.tell();
    }

    pub(crate) fn add_rows(&self, rows: u64, rejected: u64) {
        self.counters.rows.fetch_add(rows, Ordering::Relaxed);
        self.counters.rejected.fetch_add(rejected, Ordering::Relaxed);
        self.tell();
    }

    /// Rows that were decoded turn out not to fit.
    pub(crate) fn reject_rows(&self, rows: u64) {
        self.counters.rows.fetch_sub(rows, Ordering::Relaxed);
        self.counters.rejected.fetch_add(rows, Ordering::Relaxed);
        self.tell();
    }

    /// Counts values that a float has rounded, because somebody said that it may.
    pub(crate) fn add_rounded(&self, values: u64) {
        self.counters.rounded.fetch_add(values, Ordering::Relaxed);
    }

    /// How many there were, in the pass that runs or ran last.
    pub(crate) fn rounded(&self) -> u64 {
        self.counters.rounded.load(Ordering::Relaxed)
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
        self.counters.rounded.store(0, Ordering::Relaxed);
        self.counters.bytes_read.store(0, Ordering::Relaxed);
        self.counters.rows.store(0, Ordering::Relaxed);
        self.counters.rejected.store(0, Ordering::Relaxed);
        self.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_slow_gets_the_newest_state_and_then_the_end() {
        let progress = Progress::new();
        let mut changes = progress.changes();
        assert_eq!(changes.next().await, Some(ProgressState::default()));
        let running = progress.begin();
        progress.set_bytes_total(100);
        progress.set_bytes_read(40);
        progress.add_rows(5, 1);
        let state = ProgressState { bytes_read: 40, bytes_total: 100, rows: 5, rejected: 1, ended: false };
        assert_eq!(changes.next().await, Some(state));
        // One that comes later begins with what is there.
        assert_eq!(progress.changes().next().await, Some(state));
        progress.reject_rows(2);
        drop(running);
        assert_eq!(changes.next().await, Some(ProgressState { rows: 3, rejected: 3, ended: true, ..state }));
        assert_eq!(changes.next().await, None);
        assert_eq!(progress.changes().collect::<Vec<_>>().await.len(), 1);
    }
}
