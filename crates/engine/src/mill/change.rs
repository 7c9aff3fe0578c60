//! Changing what is stored: deleting rows, merging small segments, removing what nobody needs any more. Each leaves the
//! answers of queries that are under way as they are, because these read the version that they began with.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::common::DFSchema;
use datafusion::logical_expr::ExprSchemable;
use datafusion::logical_expr::utils::conjunction;
use futures::future::BoxFuture;
use serde::Serialize;
use tokio::sync::RwLockReadGuard;

use super::Mill;
use super::damage::told_to;
use super::seen::Seen;
use crate::error::{Error, ErrorKind, Result};
use crate::events::{Event, SegmentCommitted};
use crate::ids::DatasetName;
use crate::ingest::profile::kept;
use crate::query::alone;
use crate::query::pruning::Pruner;
use crate::semantic::member::Columns;
use crate::storage::compaction;
use crate::storage::deletion::{self, Condition, EXPECTED, Order};
use crate::storage::entry::Rewrite;
use crate::storage::log::{DatasetLog, Snapshot};
use crate::storage::rewrite::Rewriter;
use crate::storage::segment::Segment;

/// Times that a change begins anew because somebody else has rewritten the same segments.
pub(super) const ATTEMPTS: usize = 8;

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CompactionReport {
    /// The version of the dataset now.
    pub version: u64,
    /// Segments before.
    pub segments_before: u64,
    /// Segments now, with those that others added meanwhile.
    pub segments_after: u64,
    /// Rows that were written again; one that was written twice counts twice.
    pub rows: u64,
    /// Bytes of the segments that were merged.
    pub bytes_read: u64,
    /// Bytes of the segments that came of it.
    pub bytes_written: u64,
}

/// What a deletion did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DeleteReport {
    /// The version that it made, or the latest one when there was nothing to delete.
    pub version: u64,
    /// Rows that are gone.
    pub rows: u64,
    /// Segments that held one of them. Each was replaced by one without these rows, or taken out when no row was left.
    pub segments_rewritten: u64,
    /// Loads whose rejected rows went with an erasure.
    pub rejects_removed: u64,
}

/// What a vacuum removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct VacuumReport {
    /// Objects that are gone.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Mill {
    /// Merges the small segments of each time chunk. The rows are the same before and after, and so are the answers, to
    /// the last digit. Nothing to merge is no commit, so it may be called at any time. With
    /// [`Settings::upkeep_seconds`](crate::Settings::upkeep_seconds) the engine does it by itself after commits.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// for amount in 1..=8 {
    ///     mill.load("orders", Csv::bytes(format!("at,amount\n2013-01-01,{amount}\n"))).await?;
    /// }
    /// let report = mill.compact("orders").await?;
    /// assert_eq!((report.segments_before, report.segments_after, report.rows), (8, 1, 8));
    /// assert_eq!(mill.sql("select sum(amount) as total from orders").await?.to_csv()?, "total\r\n36\r\n");
    /// // There is nothing left to do.
    /// assert_eq!(mill.compact("orders").await?.version, report.version);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names; `Denied` for a scope that does not see the whole dataset; `Corrupt` when a segment
    /// cannot be read (the others are merged all the same); `Conflict` when others rewrite the same segments again and
    /// again; `Exhausted` when queries leave no memory; `Unavailable` when the store does not answer or the engine is
    /// closing. What was merged before the error stays merged; no row is lost or doubled.
    pub fn compact<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<CompactionReport>> {
        Box::pin(async move {
            let (_open, name, log) = self.begin_change(dataset).await?;
            let mut snapshot = self.find_whole(&name, "compact").await?;
            self.open_rollups(&name, &snapshot).await?;
            let carry = self.carry_rollups(&name, &snapshot)?;
            let pool = Arc::clone(&self.shared.session.shared().runtime_env().memory_pool);
            let max_rows = self.shared.settings.segment_max_rows as u64;
            let segments_before = snapshot.segments.len() as u64;
            let (mut rows, mut bytes_read, mut bytes_written) = (0, 0, 0);
            let (mut conflicts, mut failed) = (0, None);
            loop {
                let works = compaction::choose(&snapshot.segments, max_rows);
                if works.is_empty() {
                    break;
                }
                for work in works {
                    // Nobody has the one while he waits for the other: room may be a merge of another tenant away.
                    let (_room, _turn) = loop {
                        let room = self.shared.merging.take(&work).await?;
                        if let Ok(turn) = log.rewriting.try_lock() {
                            break (room, turn);
                        }
                        drop(room);
                        drop(log.rewriting.lock().await);
                    };
                    match compaction::merge(&self.rewriter(&log), &snapshot, work, &pool, &carry).await {
                        Ok(merged) => {
                            rows += merged.output.rows;
                            bytes_read += merged.inputs.iter().map(|input| input.bytes).sum::<u64>();
                            bytes_written += merged.output.bytes;
                            self.raise_rewritten(&name, &merged.snapshot, &[merged.output], &merged.inputs, None);
                        }
                        // Somebody else has rewritten them: whoever it was, look again.
                        Err(error) if error.kind() == ErrorKind::Conflict && conflicts < ATTEMPTS => conflicts += 1,
                        Err(error) => failed = failed.or(Some(error)),
                    }
                }
                // One chunk that cannot be merged must not keep the others from it, nor be tried for ever.
                if let Some(error) = failed {
                    return Err(error.context(format!("compact {name}")));
                }
                snapshot = self.find(&name).await?;
            }
            Ok(CompactionReport { version: snapshot.version, segments_before, segments_after: snapshot.segments.len() as u64, rows, bytes_read, bytes_written })
        })
    }

    /// Deletes the rows for which a SQL predicate over the columns of the scope is true. Rows for which it is false or
    /// null stay, and so do rows that the scope does not see and rows that come in while it runs. All of them go by one
    /// commit. Older versions still have them until these are no longer kept, and then their bytes leave the store with
    /// [`vacuum`](Self::vacuum); [`erase_rows`](Self::erase_rows) does not wait for that. [`count_rows`](Self::count_rows)
    /// tells before what would go.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("customer_id,amount\n7,2\n8,3\n,4\n7,5\n")).await?;
    /// assert_eq!(mill.count_rows("orders", "customer_id = 7").await?, 2);
    /// let report = mill.delete_rows("orders", "customer_id = 7").await?;
    /// assert_eq!((report.version, report.rows, report.segments_rewritten), (1, 2, 1));
    /// assert_eq!(mill.sql("select sum(amount) as total from orders").await?.to_csv()?, "total\r\n7\r\n");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` for a predicate that is not one, that names a column which the scope does not have, or that fails on a
    /// row; `NotFound` with near names; `Denied` when every column is hidden; `Corrupt` when a segment cannot be read;
    /// `Conflict` when others rewrite the same segments again and again; `Unavailable` when the store does not answer or
    /// the engine is closing. All rows are there then, unless the message says that this is not known.
    pub fn delete_rows<'a>(&'a self, dataset: &'a str, predicate: &'a str) -> BoxFuture<'a, Result<DeleteReport>> {
        Box::pin(self.take_out(dataset, predicate, Order { kind: Rewrite::Deletion, expected: None }))
    }

    /// Deletes rows as [`delete_rows`](Self::delete_rows) does, if they are as many as [`count_rows`](Self::count_rows) has found: they are counted
    /// once more in the version that they are taken out of.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, ErrorKind};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("customer_id,amount\n7,2\n8,3\n7,5\n")).await?;
    /// let rows = mill.count_rows("orders", "customer_id = 7").await?;
    /// // One more comes in before somebody has agreed.
    /// mill.load("orders", Csv::bytes("customer_id,amount\n7,1\n")).await?;
    /// let refused = mill.delete_counted_rows("orders", "customer_id = 7", rows).await.unwrap_err();
    /// assert_eq!((refused.kind(), refused.field()), (ErrorKind::Conflict, Some("expected_rows")));
    /// assert_eq!(mill.delete_counted_rows("orders", "customer_id = 7", 3).await?.rows, 3);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As `delete_rows`; `Conflict` at `expected_rows` when the predicate picks more rows by now, or fewer.
    pub fn delete_counted_rows<'a>(&'a self, dataset: &'a str, predicate: &'a str, expected: u64) -> BoxFuture<'a, Result<DeleteReport>> {
        Box::pin(self.take_out(dataset, predicate, Order { kind: Rewrite::Deletion, expected: Some(expected) }))
    }

    /// Deletes rows as [`delete_rows`](Self::delete_rows) does, and ends every older version with it, whether it has such
    /// rows or not and whether there are any left now: from then on no question can reach them. Their bytes leave the store
    /// with the next [`vacuum`](Self::vacuum) that comes [`Settings::replaced_kept_seconds`](crate::Settings::replaced_kept_seconds)
    /// later. This is what a person's right to be forgotten takes. The profiles of all loads go with it, and so
    /// do the rows that any load before it rejected: they are text, of which nobody can say whether it tells of the person. What is to be
    /// corrected of them is exported before ([`export_rejects`](Self::export_rejects)).
    ///
    /// Entries of the log still say the least and the greatest value of each column of segments that are gone, of text up to 64 bytes.
    /// They go when the log is cleaned up: by a [`checkpoint`](Self::checkpoint), and by another one once the first is older than
    /// [`Settings::versions_kept_seconds`](crate::Settings::versions_kept_seconds) and `replaced_kept_seconds` together.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("customer_id,amount\n7,2\n8,3\n9,4\n")).await?;
    /// mill.delete_rows("orders", "customer_id = 7").await?;
    /// assert_eq!(mill.sql_as_of("select count(*) as n from orders", 0).await?.to_csv()?, "n\r\n3\r\n");
    /// mill.erase_rows("orders", "customer_id = 8").await?;
    /// assert!(mill.sql_as_of("select count(*) as n from orders", 0).await.is_err());
    /// assert_eq!(mill.sql("select customer_id from orders").await?.to_csv()?, "customer_id\r\n9\r\n");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As `delete_rows`; `Denied` for a scope that does not see the whole dataset, whose versions are not its own to end.
    pub fn erase_rows<'a>(&'a self, dataset: &'a str, predicate: &'a str) -> BoxFuture<'a, Result<DeleteReport>> {
        Box::pin(self.erase(dataset, predicate, None))
    }

    /// Erases rows as [`erase_rows`](Self::erase_rows) does, if they are as many as [`count_rows`](Self::count_rows) has found. If they are not, no
    /// older version ends either.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("customer_id,amount\n7,2\n8,3\n7,5\n")).await?;
    /// assert_eq!(mill.erase_counted_rows("orders", "customer_id = 7", 2).await?.rows, 2);
    /// assert!(mill.sql_as_of("select count(*) as n from orders", 0).await.is_err());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As `erase_rows`; `Conflict` at `expected_rows` when the predicate picks more rows by now, or fewer.
    pub fn erase_counted_rows<'a>(&'a self, dataset: &'a str, predicate: &'a str, expected: u64) -> BoxFuture<'a, Result<DeleteReport>> {
        Box::pin(self.erase(dataset, predicate, Some(expected)))
    }

    async fn erase(&self, dataset: &str, predicate: &str, expected: Option<u64>) -> Result<DeleteReport> {
        self.find_whole(&DatasetName::parse(dataset)?, "erase rows of").await?;
        let report = self.take_out(dataset, predicate, Order { kind: Rewrite::Erasure, expected }).await?;
        let left = |error: Error, what: &str| error.context(format!("the rows are gone, but {what} of loads are left; erase once more"));
        // Frequent values of a load may be of the rows that are gone. A load that comes later is compared with none of them.
        let log = self.shared.datasets.log(self.scope.tenant(), &DatasetName::parse(dataset)?);
        kept::remove_all(&self.shared.store, log.prefix()).await.map_err(|error| left(error, "profiles"))?;
        // Nobody is told of them any more; what a crash leaves of them here, a sweep takes.
        let rejects = log.erase_rejects(self.shared.clock.now()).await.map_err(|error| left(error, "rejected rows"))?;
        Ok(DeleteReport { rejects_removed: rejects.objects, ..report })
    }

    async fn take_out(&self, dataset: &str, predicate: &str, order: Order) -> Result<DeleteReport> {
        let (_open, name, log) = self.begin_change(dataset).await?;
        let mut last = Error::internal("no deletion was tried");
        for _ in 0..ATTEMPTS {
            let _turn = log.rewriting.lock().await;
            let snapshot = self.find(&name).await?;
            let (condition, candidates) = self.condition(&name, &snapshot, predicate)?;
            match deletion::delete(&self.rewriter(&log), &snapshot, &candidates, &condition, order).await {
                Ok(None) if order.kind == Rewrite::Erasure => {
                    // No row is left now, but older versions may have some.
                    let snapshot = self.rewriter(&log).replace(order.kind, Vec::new()).await?;
                    self.raise_rewritten(&name, &snapshot, &[], &[], None);
                    return Ok(DeleteReport { version: snapshot.version, rows: 0, segments_rewritten: 0, rejects_removed: 0 });
                }
                Ok(None) => {
                    // That there is no such row may be the doing of a deletion that is not durable yet.
                    log.rely_on(snapshot.version).await?;
                    return Ok(DeleteReport { version: snapshot.version, rows: 0, segments_rewritten: 0, rejects_removed: 0 });
                }
                Ok(Some(deleted)) => {
                    let range = time_range(&deleted.removed, &snapshot);
                    self.raise_rewritten(&name, &deleted.snapshot, &deleted.added, &deleted.removed, range);
                    return Ok(DeleteReport { version: deleted.snapshot.version, rows: deleted.rows, segments_rewritten: deleted.removed.len() as u64, rejects_removed: 0 });
                }
                Err(error) if error.kind() == ErrorKind::Conflict && error.field() != Some(EXPECTED) => last = error,
                Err(error) => return Err(told_to(error, [&snapshot]).context(format!("delete rows of {name}"))),
            }
        }
        Err(last.context(format!("delete rows of {name}")))
    }

    /// Counts the rows that [`delete_rows`](Self::delete_rows) would delete now, by the same code, and changes nothing.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("customer_id,amount\n7,2\n8,3\n,4\n")).await?;
    /// assert_eq!(mill.count_rows("orders", "customer_id <> 7").await?, 1);
    /// assert_eq!(mill.count_rows("orders", "amount > 2 or customer_id is null").await?, 2);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As `delete_rows`; `Exhausted` when it runs longer than a query of the scope may.
    pub fn count_rows<'a>(&'a self, dataset: &'a str, predicate: &'a str) -> BoxFuture<'a, Result<u64>> {
        Box::pin(self.in_class(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find(&name).await?;
            let (condition, candidates) = self.condition(&name, &snapshot, predicate)?;
            let log = self.shared.datasets.log(self.scope.tenant(), &name);
            let rewriter = self.rewriter(&log);
            let deadline = self.scope.limits().deadline;
            let touched = tokio::time::timeout(deadline, deletion::count(&rewriter, &snapshot.arrow, &candidates, &condition))
                .await
                .map_err(|_| Error::exhausted(format!("counting ran longer than the {} s of the scope; narrow the predicate by time", deadline.as_secs_f64())))?;
            let touched = touched.map_err(|error| told_to(error, [&snapshot]).context(format!("count rows of {name}")))?;
            Ok(touched.iter().map(|touched| touched.matching).sum())
        }))
    }

    /// Removes objects of a dataset that nothing needs any more: segments that were replaced so long ago that no version
    /// which is kept has them, nor a query of it that has begun
    /// ([`Settings::replaced_kept_seconds`](crate::Settings::replaced_kept_seconds)), segments of versions that an erasure
    /// ended, and leftovers of writes that ended early, after a day; rejected rows of loads whose versions the log does not have any more, unless
    /// they are among the latest 20. The log stays. With upkeep the engine does it by itself.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use std::sync::Arc;
    /// # use tidemill::clock::ManualClock;
    /// # use tidemill::{Csv, Engine, Settings};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let clock = Arc::new(ManualClock::at("2013-06-01T00:00:00Z".parse().unwrap()));
    /// let settings = Settings { versions_kept_seconds: 86_400, ..Settings::default() };
    /// let mill = Engine::builder().path(folder.path()).settings(settings).clock(clock.clone()).open().await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("customer_id,amount\n7,2\n8,3\n")).await?;
    /// mill.delete_rows("orders", "customer_id = 7").await?;
    /// // The version before the deletion is kept for a day.
    /// assert_eq!(mill.vacuum("orders").await?.objects, 0);
    /// clock.advance(chrono::TimeDelta::hours(26));
    /// assert_eq!(mill.vacuum("orders").await?.objects, 1);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names; `Denied` for a scope that does not see the whole dataset; `Unavailable` when the store
    /// does not answer. Some objects may be gone then; calling it again goes on.
    pub fn vacuum<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<VacuumReport>> {
        Box::pin(async move {
            let (_open, name, log) = self.begin_change(dataset).await?;
            let snapshot = self.find_whole(&name, "vacuum").await?;
            let swept = log.sweep(self.kept(&snapshot)).await.map_err(|error| error.context(format!("vacuum {name}")))?;
            Ok(VacuumReport { objects: swept.objects, bytes: swept.bytes })
        })
    }

    /// Holds the engine open for a change.
    pub(super) async fn begin_change(&self, dataset: &str) -> Result<(RwLockReadGuard<'_, bool>, DatasetName, Arc<DatasetLog>)> {
        let open = self.shared.open.read().await;
        if !*open {
            return Err(Error::new(ErrorKind::Unavailable, "the engine is closing; try again later"));
        }
        let name = DatasetName::parse(dataset)?;
        // A log is kept for what is there alone.
        self.find(&name).await?;
        let log = self.shared.datasets.log(self.scope.tenant(), &name);
        Ok((open, name, log))
    }

    /// The dataset, for work whose report tells of rows that a restricted scope does not see.
    pub(super) async fn find_whole(&self, dataset: &DatasetName, verb: &str) -> Result<Seen> {
        self.allow_whole(self.find(dataset).await?, dataset, verb)
    }

    /// The same of a dataset that was found.
    pub(super) fn allow_whole(&self, snapshot: Seen, dataset: &DatasetName, verb: &str) -> Result<Seen> {
        if snapshot.access().restricts() {
            return Err(Error::denied(format!("{verb} {dataset}: a scope with a row filter or hidden columns does not look after the whole dataset; ask somebody who sees it")));
        }
        Ok(snapshot)
    }

    fn rewriter<'a>(&'a self, log: &'a DatasetLog) -> Rewriter<'a> {
        Rewriter { store: &self.shared.store, log, clock: &*self.shared.clock }
    }

    /// What a predicate means under the scope, and the segments that may hold a row which it picks.
    fn condition(&self, dataset: &DatasetName, snapshot: &Seen, predicate: &str) -> Result<(Condition, Vec<Arc<Segment>>)> {
        let state = self.shared.session.shared();
        // Values that are masked must not be found out by counting either.
        let visible = snapshot.access().shown_schema(&snapshot.arrow, dataset)?;
        if visible.fields().is_empty() {
            return Err(Error::denied(format!("every column of dataset {dataset} is hidden from this scope")));
        }
        // Only the columns of the scope can be named; its row filter may name all of them.
        let at = |error: Error| error.at("predicate");
        let predicate = Columns { state, schema: &visible }.expression(predicate).map_err(at)?;
        let found = predicate.get_type(&visible).map_err(|error| at(error.into()))?;
        if found != arrow::datatypes::DataType::Boolean {
            return Err(at(Error::invalid(format!("the predicate gives a {found}; it must be true or false for each row"))));
        }
        let all = DFSchema::try_from_qualified_schema(dataset.as_str(), &snapshot.arrow)?;
        let filter = snapshot.access().row_filter(&all, dataset, state)?;
        let both = conjunction(filter.clone().into_iter().chain([predicate.clone()]));
        let physical = |expression| Ok::<_, Error>(alone::planned(expression, &all, state)?);
        let condition = Condition { visible: filter.map(physical).transpose()?, predicate: physical(predicate).map_err(at)? };
        let both = both.map(physical).transpose().map_err(at)?;
        let pruner = both.and_then(|both| Pruner::new(&both, &snapshot.arrow));
        let candidates = pruner.map_or_else(|| snapshot.segments.clone(), |pruner| pruner.prune(&snapshot.segments, &snapshot.arrow));
        Ok((condition, candidates))
    }

    pub(super) fn raise_rewritten(
        &self,
        dataset: &DatasetName,
        snapshot: &Snapshot,
        added: &[Segment],
        removed: &[Arc<Segment>],
        time_range: Option<(DateTime<Utc>, DateTime<Utc>)>,
    ) {
        self.shared.events.raise(Event::SegmentCommitted(SegmentCommitted {
            tenant: self.scope.tenant().clone(),
            dataset: dataset.clone(),
            version: snapshot.version,
            rows: 0,
            segments_added: added.iter().map(|segment| segment.path.clone()).collect(),
            segments_removed: removed.iter().map(|segment| segment.path.clone()).collect(),
            time_range,
        }));
    }
}

pub(super) fn time_range(segments: &[Arc<Segment>], snapshot: &Snapshot) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let column = snapshot.metadata.schema.time_column.as_deref()?;
    let ranges = segments.iter().filter_map(|segment| segment.time_range(&snapshot.arrow, column));
    ranges.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
}
