//! Rows that are older than their dataset keeps them go, a time chunk at a time.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::Serialize;

use super::Mill;
use super::change::{ATTEMPTS, time_range};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::commit::Committed;
use crate::storage::entry::{Entry, Rewrite};
use crate::storage::retention::expired;

/// Segments that one commit takes out at most, so that no log entry grows without bound.
const SEGMENTS_MAX: usize = 10_000;

/// What the retention of a dataset took out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RetentionReport {
    /// The version of the dataset now.
    pub version: u64,
    /// Rows that are gone.
    pub rows: u64,
    /// Segments that are gone.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The first instant of which rows are kept, where any ever went.
    pub retained_from: Option<DateTime<Utc>>,
}

impl Mill {
    /// Takes out the time chunks of a dataset that are older than
    /// [`DatasetSettings::keep_days`](crate::DatasetSettings::keep_days), by one commit for 10,000 segments. Without that
    /// setting, and where nothing is too old, nothing is committed. Older versions have the rows until these are no longer
    /// kept. Dropping the future stops it between two commits. With upkeep the engine does it by itself.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, DatasetSettings, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("at,amount\n2013-01-01,2\n2113-01-01,3\n")).await?;
    /// mill.update_dataset_settings("orders", DatasetSettings { keep_days: Some(90), ..Default::default() }).await?;
    /// assert_eq!(mill.apply_retention("orders").await?.rows, 1);
    /// let answer = mill.sql("select sum(amount) as total from orders").await?;
    /// assert_eq!(answer.to_csv()?, "total\r\n3\r\n");
    /// assert!(answer.provenance.retained_from.is_some());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names; `Denied` for a scope that does not see the whole dataset; `Conflict` when others rewrite
    /// the same segments again and again; `Unavailable` when the store does not answer or the engine is closing. What was
    /// committed before the error stays so.
    pub fn apply_retention<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<RetentionReport>> {
        Box::pin(async move {
            let (_open, name, log) = self.begin_change(dataset).await?;
            let (mut rows, mut segments, mut bytes, mut conflicts) = (0, 0, 0, 0);
            loop {
                let _turn = log.rewriting.lock().await;
                let snapshot = self.find_whole(&name, "apply the retention of").await?;
                let now = self.shared.clock.now();
                let oldest = snapshot.metadata.settings.keep_days.map(|days| now - TimeDelta::days(days.into()));
                let found = oldest.map(|oldest| expired(&snapshot, oldest, SEGMENTS_MAX)).unwrap_or_default();
                if found.segments.is_empty() {
                    // Another call may have taken them out just now, and not yet be sure of it.
                    log.rely_on(snapshot.version).await?;
                    return Ok(RetentionReport { version: snapshot.version, rows, segments, bytes, retained_from: snapshot.retained_from });
                }
                let removed = found.segments.iter().map(|segment| segment.path.clone()).collect();
                let entry = Entry { removed, rewrite: Some(Rewrite::Retention), retained_from: found.until, committed_at: now, ..Entry::default() };
                match log.commit(entry).await {
                    Ok(Committed::Version(after)) => {
                        rows += found.segments.iter().map(|segment| segment.rows).sum::<u64>();
                        bytes += found.segments.iter().map(|segment| segment.bytes).sum::<u64>();
                        segments += found.segments.len() as u64;
                        self.raise_rewritten(&name, &after, &[], &found.segments, time_range(&found.segments, &snapshot));
                    }
                    Ok(Committed::Unknown(error)) => return Err(error),
                    Ok(Committed::Before(..)) => return Err(Error::internal("a retention was taken for a load")),
                    // A compaction of another engine has rewritten some of them: look again.
                    Err(error) if error.kind() == ErrorKind::Conflict && conflicts < ATTEMPTS => conflicts += 1,
                    Err(error) => return Err(error.context(format!("apply the retention of {name}"))),
                }
            }
        })
    }
}
