//! What compaction and deletion share: rows of segments are streamed into one new segment, which is read back and held
//! against them, and one commit puts the new segments in the place of the old ones.
//!
//! ```text
//!   inputs ──read──► rows ──write──► output ──check──► the same rows? ──replace──► visible, in the place of the first input
//!     │                                                                               │
//!     '── stay in the store for queries of older versions (`garbage`)                 '── or `Conflict`: an input is gone
//! ```
//! Nothing is visible before the commit, so a rewrite may be dropped at any point: it leaves at most an object that no
//! version names. Memory holds a few batches and the encoded output, never all rows.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use futures::TryStreamExt;
use object_store::ObjectStore;
use tokio::sync::mpsc;

use super::bloom::Filtered;
use super::commit::Committed;
use super::encoder::{Encoded, Packing, SegmentEncoder};
use super::entry::{Entry, Rewrite};
use super::layout;
use super::log::{DatasetLog, Snapshot};
use super::rows::{self, Rows};
use super::rowsum::{RowSum, RowSummer};
use super::segment::Segment;
use super::writer::{INLINE_BYTES_MAX, INLINE_ROWS_MAX, blocking, remove};
use crate::clock::Clock;
use crate::error::{Error, Result};

/// Batches between reading and encoding.
const BATCHES_IN_FLIGHT: usize = 2;

/// What comes in the place of some segments.
#[derive(Debug)]
pub(crate) struct Replacement {
    /// Segments that go. The output takes the place of the first.
    pub inputs: Vec<Arc<Segment>>,
    /// What comes; `None` when no row is left.
    pub output: Option<Segment>,
}

/// Rewrites segments of one dataset.
#[derive(Clone, Copy)]
pub(crate) struct Rewriter<'a> {
    pub store: &'a Arc<dyn ObjectStore>,
    pub log: &'a DatasetLog,
    pub clock: &'a dyn Clock,
}

impl Rewriter<'_> {
    /// The rows of a segment, all columns.
    pub(crate) fn rows(&self, segment: &Segment, schema: &SchemaRef) -> Rows {
        rows::read(self.store, self.log.prefix(), segment, schema, None)
    }

    /// Stores rows that come from some segments as one segment of a chunk; `None` when there are none. Nobody sees it yet.
    pub(crate) async fn write(&self, chunk: &str, schema: &SchemaRef, inputs: &[Arc<Segment>], mut rows: Rows) -> Result<Option<Segment>> {
        let (schema, filtered) = (Arc::clone(schema), filtered(inputs, schema));
        let (few, bytes) = inputs.iter().fold((0, 0), |(rows, bytes), input| (rows + input.rows, bytes + input.bytes));
        if few <= INLINE_ROWS_MAX && bytes <= INLINE_BYTES_MAX {
            let mut encoder = SegmentEncoder::new(&schema, 0, Packing::Small, filtered);
            while let Some(batch) = rows.try_next().await? {
                encoder.write(&batch)?;
            }
            return self.store(chunk, encoder.finish()?).await;
        }
        let (sender, mut receiver) = mpsc::channel(BATCHES_IN_FLIGHT);
        let encoding = blocking(move || {
            let mut encoder = SegmentEncoder::new(&schema, 0, Packing::Small, filtered);
            while let Some(batch) = receiver.blocking_recv() {
                encoder.write(&batch)?;
            }
            encoder.finish()
        });
        let feeding = async move {
            while let Some(batch) = rows.try_next().await? {
                if sender.send(batch).await.is_err() {
                    // The encoder has failed and says why.
                    break;
                }
            }
            Ok::<(), Error>(())
        };
        let (encoded, fed) = futures::join!(encoding, feeding);
        fed?;
        self.store(chunk, encoded?).await
    }

    async fn store(&self, chunk: &str, encoded: Encoded) -> Result<Option<Segment>> {
        if encoded.rows == 0 {
            return Ok(None);
        }
        encoded.put(&**self.store, self.log.prefix(), layout::segment(chunk), self.clock.now()).await.map(Some)
    }

    /// Reads back what was written; it must be the rows that it was made from. What is not is removed.
    ///
    /// # Errors
    /// `Corrupt` when it is not. Nothing was changed then.
    pub(crate) async fn check(&self, output: &Segment, schema: &SchemaRef, expected: RowSum) -> Result<()> {
        let found = self.sum(output, schema).await;
        if matches!(found, Ok(found) if found == expected) {
            return Ok(());
        }
        self.discard(output).await;
        Err(Error::corrupt(format!(
            "rewrite segment: {} has {} rows that are not the {} rows that it was made from; nothing was changed, but check the storage",
            output.path, found?.rows, expected.rows
        )))
    }

    async fn sum(&self, segment: &Segment, schema: &SchemaRef) -> Result<RowSum> {
        let mut summer = RowSummer::new(schema)?;
        let mut rows = self.rows(segment, schema);
        while let Some(batch) = rows.try_next().await? {
            summer.add(&batch)?;
        }
        Ok(summer.sum())
    }

    /// Puts outputs in the place of inputs, all at once.
    ///
    /// # Errors
    /// `Conflict` when one of the inputs is not in the latest version any more; `Unavailable` when it is not known
    /// whether the commit was made. In all other cases the outputs are gone again.
    pub(crate) async fn replace(&self, kind: Rewrite, replacements: Vec<Replacement>) -> Result<Arc<Snapshot>> {
        match self.log.commit(self.entry(kind, &replacements)).await {
            Ok(Committed::Version(snapshot)) => Ok(snapshot),
            Ok(Committed::Unknown(error)) => Err(error),
            Ok(Committed::Before(..)) => Err(Error::internal("a rewrite was taken for a load")),
            Err(error) => {
                self.discard_all(&replacements).await;
                Err(error)
            }
        }
    }

    /// The entry that puts outputs in the place of inputs.
    pub(crate) fn entry(&self, kind: Rewrite, replacements: &[Replacement]) -> Entry {
        let mut entry = Entry { rewrite: Some(kind), committed_at: self.clock.now(), ..Entry::default() };
        for Replacement { inputs, output } in replacements {
            entry.removed.extend(inputs.iter().map(|input| input.path.clone()));
            if let (Some(output), Some(first)) = (output, inputs.first()) {
                entry.places.insert(output.path.clone(), first.path.clone());
                entry.added.push(output.clone());
            }
        }
        entry
    }

    /// Removes outputs that no version names.
    pub(crate) async fn discard_all(&self, replacements: &[Replacement]) {
        for output in replacements.iter().filter_map(|replacement| replacement.output.as_ref()) {
            self.discard(output).await;
        }
    }

    /// Removes an output that no version names.
    pub(crate) async fn discard(&self, output: &Segment) {
        remove(self.store, self.log.prefix(), &output.path).await;
    }
}

/// The chunk of a segment: the folder it lies in. `None`: not a segment that this engine has named.
pub(crate) fn chunk_of(segment: &Segment) -> Option<&str> {
    segment.path.rsplit_once('/').map(|(chunk, _)| chunk)
}

/// The columns of which all inputs have bloom filters: the output has them too. Rows are streamed, so their distinct
/// values are not counted anew; a filter that turns out too large is folded when it is written. Floats have none, also where
/// they were whole numbers before.
fn filtered(inputs: &[Arc<Segment>], schema: &SchemaRef) -> Vec<Filtered> {
    let distinct = inputs.iter().map(|input| input.rows).sum();
    let has = |column: usize| inputs.iter().all(|input| input.statistics.get(column).is_some_and(|statistics| statistics.filtered));
    let is_float = |column: &usize| schema.fields().get(*column).is_some_and(|field| field.data_type().is_floating());
    let columns = inputs.first().map_or(0, |input| input.statistics.len());
    (0..columns).filter(|column| has(*column) && !is_float(column)).map(|column| Filtered { column, distinct }).collect()
}
