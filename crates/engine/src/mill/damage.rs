//! Answers despite damage: who says so gets the rows of all segments that can be read, and is told which cannot. Without
//! being told to, nothing is ever left out.

use std::collections::HashSet;
use std::sync::Arc;

use object_store::ObjectStoreExt;

use super::Mill;
use super::change::time_range;
use super::seen::Seen;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::DatasetName;
use crate::query::result::{DamagedSegment, QueryResult, TimeRange};
use crate::storage::log::Snapshot;
use crate::storage::writer::object_path;
use crate::storage::{checksum, layout};

/// Segments that one answer leaves out at most. With more there is no use in asking: restore them first.
const DAMAGED_MAX: usize = 100;

/// What one answer leaves out.
#[derive(Debug, Default)]
pub(super) struct Damage {
    paths: HashSet<String>,
    segments: Vec<DamagedSegment>,
}

impl Mill {
    /// The same data, read despite damage: queries leave out the segments that cannot be read, log a warning, and name
    /// what is missing in [`Provenance::damaged`](crate::Provenance::damaged). Their numbers are those of the other
    /// segments, and are not called exact. Without this, a query that needs a damaged segment is an error that names it.
    /// Changes of rows, live questions and explanations are not affected.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let engine = Engine::open(folder.path()).await?;
    /// let mill = engine.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// let answer = mill.skipping_damaged().sql("select sum(amount) as total from orders").await?;
    /// // Nothing is damaged here.
    /// assert!(answer.provenance.damaged.is_empty() && answer.provenance.exact);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn skipping_damaged(&self) -> Self {
        Self { skips_damaged: true, ..self.clone() }
    }

    /// Takes note of the segment that an error names, so that the question can be asked again without it.
    ///
    /// # Errors
    /// The error itself, where it is of another kind, names no segment, or nothing is to be skipped.
    pub(super) async fn skip(&self, damage: &mut Damage, error: Error, asked: &[(DatasetName, Seen)]) -> Result<()> {
        let error = match error.kind() {
            // A path tells of when rows are.
            ErrorKind::Corrupt if asked.iter().any(|(_, seen)| seen.access().restricts()) && (!self.skips_damaged || damage.segments.len() >= DAMAGED_MAX) => {
                Error::corrupt("a segment cannot be read").because(error)
            }
            _ => error,
        };
        let error = if asked.iter().any(|(_, seen)| seen.access().restricts()) { error.without_values() } else { error };
        if !self.skips_damaged || error.kind() != ErrorKind::Corrupt || damage.segments.len() >= DAMAGED_MAX {
            return Err(error);
        }
        let error = self.named(error, asked).await;
        let named = asked.iter().find_map(|(dataset, snapshot)| {
            let segment = snapshot.segments.iter().find(|segment| !damage.paths.contains(&segment.path) && error.message().contains(&segment.path));
            segment.map(|segment| (dataset, snapshot, Arc::clone(segment)))
        });
        let Some((dataset, snapshot, segment)) = named else { return Err(error) };
        tracing::warn!(%dataset, segment = segment.path, rows = segment.rows, %error, "a damaged segment is left out of an answer");
        // How many rows there are, and of when, which its path says too, is not for a scope that does not see them all.
        let whole = !snapshot.access().restricts();
        let range = time_range(std::slice::from_ref(&segment), snapshot).filter(|_| whole);
        damage.segments.push(DamagedSegment {
            dataset: dataset.to_string(),
            segment: if whole { segment.path.clone() } else { String::new() },
            rows: whole.then_some(segment.rows),
            time_range: range.map(|(from, last)| TimeRange { from, to: last + chrono::TimeDelta::microseconds(1) }),
            error: if whole { error.message().to_owned() } else { "a segment cannot be read".to_owned() },
        });
        damage.paths.insert(segment.path.clone());
        Ok(())
    }

    /// An error of damage with the name of the segment. The decoder does not know which file it reads, so the segments that
    /// were asked are read as wholes until one is not what was stored, for who wants to go on without it.
    async fn named(&self, error: Error, asked: &[(DatasetName, Seen)]) -> Error {
        let mut locations = Vec::new();
        for (dataset, snapshot) in asked {
            if error.kind() != ErrorKind::Corrupt || snapshot.segments.iter().any(|segment| error.message().contains(&segment.path)) {
                return error;
            }
            let prefix = layout::dataset(self.scope.tenant(), dataset);
            locations.extend(snapshot.segments.iter().map(|segment| object_path(&prefix, &segment.path)));
        }
        for location in locations {
            let read = async { self.shared.store.get(&location).await?.bytes().await };
            let checked = match read.await {
                Ok(bytes) => tokio::task::spawn_blocking(move || checksum::verify_file(&bytes)).await,
                Err(_) => continue,
            };
            if let Ok(Err(damage)) = checked {
                return Error::corrupt(format!("segment {location}: {damage}")).because(error);
            }
        }
        error
    }
}

/// An error as it is told to who sees a part of what was read.
pub(super) fn of_part(error: Error) -> Error {
    let error = match error.kind() {
        // A path tells of when rows are.
        ErrorKind::Corrupt => Error::corrupt("a segment cannot be read").because(error),
        _ => error,
    };
    error.without_values()
}

/// An error as it is told to who sees these.
pub(super) fn told_to<'s>(error: Error, asked: impl IntoIterator<Item = &'s Seen>) -> Error {
    if asked.into_iter().any(|seen| seen.access().restricts()) { of_part(error) } else { error }
}

impl Damage {
    /// A version without what is left out.
    pub(super) fn out_of(&self, snapshot: Seen) -> Seen {
        if !snapshot.segments.iter().any(|segment| self.paths.contains(&segment.path)) {
            return snapshot;
        }
        let mut rest = Snapshot::clone(&snapshot);
        rest.segments.retain(|segment| !self.paths.contains(&segment.path));
        rest.rows = rest.segments.iter().map(|segment| segment.rows).sum();
        rest.bytes = rest.segments.iter().map(|segment| segment.bytes).sum();
        snapshot.of(Arc::new(rest))
    }

    /// An answer that says what is missing in it.
    pub(super) fn told(self, mut answer: QueryResult) -> QueryResult {
        answer.provenance.exact &= self.segments.is_empty();
        answer.provenance.damaged = self.segments;
        answer
    }
}
