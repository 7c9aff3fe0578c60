//! Older states of a dataset: reading one, and what each commit did.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::Serialize;

use super::Mill;
use super::chores::UpkeepReport;
use crate::catalog::{AsOf, Promotion};
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::storage::entry::{Entry, Rewrite};
use crate::storage::history::Kept;
use crate::storage::log::Snapshot;

/// Versions that one call lists at most.
const VERSIONS_MAX: usize = 1_000;

/// What a commit was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Rows came in: a file, a push.
    Load,
    /// Rows came in, in the place of others: all of them, those of a time range or those of the same keys.
    Replacement,
    /// Small segments were merged. The rows are the same.
    Compaction,
    /// Rows were deleted; older versions have them.
    Deletion,
    /// Rows were erased, and older versions can no longer be read.
    Erasure,
    /// Time chunks went that are older than the dataset keeps rows.
    Retention,
    /// The settings of the dataset were changed.
    Settings,
    /// Something that another engine did.
    Other,
}

/// One version of a dataset, and the commit that made it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetVersion {
    /// Its number.
    pub version: u64,
    /// When it was made. Times never go back from one version to the next.
    pub committed_at: DateTime<Utc>,
    /// What the commit was for.
    pub operation: Operation,
    /// Rows that came in.
    pub rows_added: u64,
    /// Rows that went; `None` where another engine did not say.
    pub rows_removed: Option<u64>,
    /// New segments.
    pub segments_added: u64,
    /// Segments that are no longer part of the dataset.
    pub segments_removed: u64,
    /// The loads, where it was for some: small ones share a commit.
    pub loads: Vec<VersionLoad>,
    /// Whether it can be asked for.
    pub readable: bool,
}

/// A load that made a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionLoad {
    /// Its id.
    pub load_id: String,
    /// Name of the file or stream.
    pub source: String,
    /// The key under which it is done once.
    pub idempotency_key: Option<String>,
    /// Rows stored.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Bytes of its segments.
    pub bytes: u64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Columns whose inferred type had to give way.
    pub promotions: Vec<Promotion>,
}

/// Versions of a dataset, newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionPage {
    /// The latest version of the dataset.
    pub latest: u64,
    /// The first version that can be asked for.
    pub first_readable: u64,
    /// When that one was made.
    pub readable_since: DateTime<Utc>,
    /// Some versions.
    pub items: Vec<DatasetVersion>,
    /// Ask for versions before this one to go on; `None` at the end of the log.
    pub next: Option<u64>,
}

/// What happened between two versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetChanges {
    /// The older version; its own commit is not part of the changes.
    pub from: u64,
    /// The newer version; its commit is.
    pub to: u64,
    /// Rows that came in, those that went again included.
    pub rows_added: u64,
    /// Rows that went; `None` where another engine did not say.
    pub rows_removed: Option<u64>,
    /// The commits, oldest first.
    pub commits: Vec<DatasetVersion>,
}

/// What a checkpoint did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CheckpointReport {
    /// The version of the checkpoint; `None` when the latest version had one.
    pub version: Option<u64>,
    /// Its bytes.
    pub bytes: u64,
    /// Log entries and older checkpoints that nobody needs any more and that are gone.
    pub objects_removed: u64,
}

impl Mill {
    /// The latest version of a dataset and when it was committed, to whoever [`dataset`](Self::dataset) tells it. It is known from the log alone:
    /// neither statistics of columns nor rows are looked at, so that it may be asked beside every answer.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// mill.load("orders", Csv::bytes("city,amount\nOslo,4\n")).await?;
    /// let told = mill.dataset("orders").await?.summary;
    /// assert_eq!(mill.committed_at("orders").await?, (1, told.updated_at));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names.
    pub fn committed_at<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<(u64, DateTime<Utc>)>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let latest = self.find(&name).await?;
            Ok((latest.version, latest.updated_at))
        })
    }

    /// The versions of a dataset and what made them, newest first: at most `limit` (1 to 1,000) before a version.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, Operation};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// mill.delete_rows("orders", "city = 'Oslo'").await?;
    /// let versions = mill.versions("orders", None, 10).await?;
    /// assert_eq!((versions.latest, versions.first_readable, versions.next), (1, 0, None));
    /// let [deletion, load] = versions.items.as_slice() else { panic!() };
    /// assert_eq!((deletion.operation, deletion.rows_removed), (Operation::Deletion, Some(1)));
    /// assert_eq!((load.operation, load.rows_added), (Operation::Load, 2));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` for a limit out of range; `NotFound` with near names; `Denied` for a scope that does not see the whole
    /// dataset; `Corrupt` when the log cannot be read.
    pub fn versions<'a>(&'a self, dataset: &'a str, before: Option<u64>, limit: usize) -> BoxFuture<'a, Result<VersionPage>> {
        Box::pin(async move {
            if limit == 0 || limit > VERSIONS_MAX {
                return Err(Error::invalid(format!("between 1 and {VERSIONS_MAX} versions can be listed, not {limit}")).at("limit"));
            }
            let name = DatasetName::parse(dataset)?;
            let latest = self.find_whole(&name, "list versions of").await?;
            let log = self.shared.datasets.log(self.scope.tenant(), &name);
            let readable = log.first_readable(&latest, self.kept(&latest)).await?;
            let listed = log.first_entry().await?;
            let end = before.map_or(latest.version + 1, |before| before.min(latest.version + 1));
            let first = end.saturating_sub(limit as u64).max(listed);
            let entries = if first < end { log.entries(&latest, first, end - 1).await? } else { Vec::new() };
            let items = entries.into_iter().rev().map(|(version, entry)| described(version, entry, version >= readable.version)).collect();
            let next = (first < end && first > listed).then_some(first);
            Ok(VersionPage { latest: latest.version, first_readable: readable.version, readable_since: readable.committed_at, items, next })
        })
    }

    /// What happened to a dataset between two states: the commits after the first up to the second, at most 1,000. A
    /// compaction is among them and changes no row.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// for amount in 1..=5 {
    ///     mill.load("orders", Csv::bytes(format!("at,amount\n2013-01-01,{amount}\n"))).await?;
    /// }
    /// mill.compact("orders").await?;
    /// mill.delete_rows("orders", "amount = 1").await?;
    /// let changes = mill.changes("orders", 3, 6).await?;
    /// assert_eq!((changes.commits.len(), changes.rows_added, changes.rows_removed), (3, 1, Some(1)));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`versions`](Self::versions); `Invalid`, naming what there is, for states that never were or that the log has no
    /// entries of any more, for a first one after the second, and for too many commits between them.
    pub fn changes<'a>(&'a self, dataset: &'a str, from: impl Into<AsOf>, to: impl Into<AsOf>) -> BoxFuture<'a, Result<DatasetChanges>> {
        self.changed(dataset, from.into(), to.into())
    }

    fn changed<'a>(&'a self, dataset: &'a str, from: AsOf, to: AsOf) -> BoxFuture<'a, Result<DatasetChanges>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let latest = self.find_whole(&name, "list changes of").await?;
            let log = self.shared.datasets.log(self.scope.tenant(), &name);
            let (kept, listed) = (self.kept(&latest), log.first_entry().await?);
            let resolve = async |as_of: AsOf, field: &str| {
                let version = log.resolve(&latest, as_of, kept.now).await?.filter(|version| *version >= listed);
                version.ok_or_else(|| Error::invalid(format!("{as_of}: the log of {name} goes from version {listed} to version {}", latest.version)).at(field))
            };
            let (from, to) = (resolve(from, "from").await?, resolve(to, "to").await?);
            if from > to {
                return Err(Error::invalid(format!("version {from} came after version {to}; give the older one first")).at("from"));
            }
            if to - from > VERSIONS_MAX as u64 {
                return Err(Error::invalid(format!("{} commits lie between version {from} and version {to}; ask for at most {VERSIONS_MAX}", to - from)).at("from"));
            }
            let readable = log.first_readable(&latest, kept).await?.version;
            let entries = if from < to { log.entries(&latest, from + 1, to).await? } else { Vec::new() };
            let commits: Vec<_> = entries.into_iter().map(|(version, entry)| described(version, entry, version >= readable)).collect();
            Ok(DatasetChanges {
                from,
                to,
                rows_added: commits.iter().map(|commit| commit.rows_added).sum(),
                rows_removed: commits.iter().map(|commit| commit.rows_removed).sum(),
                commits,
            })
        })
    }

    /// Writes a checkpoint of the log of a dataset, so that opening it reads few objects, and removes log entries that are
    /// older than any version that is kept. With upkeep the engine does it by itself, every
    /// [`Settings::checkpoint_commits`](crate::Settings::checkpoint_commits) commits.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// assert_eq!(mill.checkpoint("orders").await?.version, Some(0));
    /// assert_eq!(mill.checkpoint("orders").await?.version, None);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names; `Denied` for a scope that does not see the whole dataset; `Corrupt` when the log cannot
    /// be read; `Unavailable` when the store does not answer or the engine is closing. Nothing of the dataset is changed.
    pub fn checkpoint<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<CheckpointReport>> {
        Box::pin(async move {
            let (_open, name, log) = self.begin_change(dataset).await?;
            let snapshot = self.find_whole(&name, "checkpoint").await?;
            let kept = self.kept(&snapshot);
            let context = |error: Error| error.context(format!("checkpoint {name}"));
            let written = log.write_checkpoint(kept.segments(), kept.now).await.map_err(context)?;
            let objects_removed = log.clean_log(kept.segments(), kept.now).await.map_err(context)?;
            Ok(CheckpointReport { version: written.map(|written| written.version), bytes: written.map_or(0, |written| written.bytes), objects_removed })
        })
    }

    /// Commits of a dataset since the last checkpoint that is known of.
    pub(crate) async fn commits_since_checkpoint(&self, dataset: &str) -> Result<u64> {
        let name = DatasetName::parse(dataset)?;
        self.find(&name).await?;
        Ok(self.shared.datasets.log(self.scope.tenant(), &name).commits_since_checkpoint())
    }

    /// What upkeep did last for each dataset of the tenant, how long it took and what failed.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let report = mill.upkeep_report().await?;
    /// assert!(report.enabled && report.records.iter().all(|record| record.error.is_none()));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Denied` for a scope that does not see the tenant's datasets as a whole.
    pub fn upkeep_report(&self) -> BoxFuture<'_, Result<UpkeepReport>> {
        Box::pin(async move {
            let report = self.shared.chores.report(self.shared.settings.upkeep_seconds > 0, Some(self.scope.tenant()));
            if self.scope.may_restrict() {
                for record in &report.records {
                    if self.access_to(&record.dataset).await?.restricts() {
                        return Err(Error::denied(format!("upkeep of {}: a scope with a row filter or hidden columns does not look after the whole dataset", record.dataset)));
                    }
                }
            }
            Ok(report)
        })
    }

    /// How long versions of a dataset are kept.
    pub(super) fn kept(&self, snapshot: &Snapshot) -> Kept {
        let settings = &self.shared.settings;
        let seconds = |seconds: u64| TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::from(u32::MAX)));
        let versions = snapshot.metadata.settings.versions_kept_days.map_or_else(|| seconds(settings.versions_kept_seconds), |days| TimeDelta::days(days.into()));
        Kept { versions, running: seconds(settings.replaced_kept_seconds), now: self.shared.clock.now() }
    }
}

pub(super) fn described(version: u64, entry: Entry, readable: bool) -> DatasetVersion {
    let operation = match (entry.rewrite, entry.loads.first(), &entry.metadata) {
        (Some(Rewrite::Compaction), ..) => Operation::Compaction,
        (Some(Rewrite::Deletion), ..) => Operation::Deletion,
        (Some(Rewrite::Erasure), ..) => Operation::Erasure,
        (Some(Rewrite::Retention), ..) => Operation::Retention,
        (Some(Rewrite::Replacement), ..) => Operation::Replacement,
        (Some(Rewrite::Widening), ..) | (None, Some(_), _) => Operation::Load,
        (None, None, Some(_)) => Operation::Settings,
        (None, None, None) => Operation::Other,
    };
    let loads = entry.loads.into_iter().map(|load| VersionLoad {
        load_id: load.load_id,
        source: load.source,
        idempotency_key: load.idempotency_key,
        rows: load.rows,
        rejected: load.rejected,
        bytes: load.bytes,
        duration_ms: load.duration_ms,
        promotions: load.promotions,
    });
    DatasetVersion {
        version,
        committed_at: entry.committed_at,
        operation,
        rows_added: match entry.rewrite {
            // What takes the place of another segment are rows that were there.
            None | Some(Rewrite::Replacement | Rewrite::Widening) => {
                entry.added.iter().filter(|segment| !entry.places.contains_key(&segment.path)).map(|segment| segment.rows).sum()
            }
            Some(_) => 0,
        },
        rows_removed: if entry.removed.is_empty() || operation == Operation::Compaction { Some(0) } else { entry.rows_removed },
        segments_added: entry.added.len() as u64,
        segments_removed: entry.removed.len() as u64,
        loads: loads.collect(),
        readable,
    }
}
