//! Which of some keys a dataset has: a semi-join that reads the key columns of those segments alone that can hold one. What
//! statistics or bloom filters rule out is never opened.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use object_store::path::Path;

use super::keys::{Key, KeyEncoder};
use crate::error::{Error, Result};
use crate::partial::memory::Partials;
use crate::storage::rows;
use crate::storage::segment::Segment;
use crate::storage::statistics::ColumnStatistics;
use crate::storage::writer::object_path;

/// Rows whose values are looked for in bloom filters. More of them hit some filter by chance, or in truth.
const FILTERED_ROWS_MAX: usize = 1_000;
/// Segments that are read at the same time.
const CONCURRENCY: usize = 4;

/// Where the rows of a dataset lie.
pub(crate) struct Existing<'a> {
    pub store: &'a Arc<dyn ObjectStore>,
    pub prefix: &'a Path,
    pub schema: &'a SchemaRef,
    pub partials: &'a Partials,
}

/// What the rows that come in say of one column of the key.
struct Incoming {
    place: usize,
    name: Arc<str>,
    bounds: Option<(ScalarValue, ScalarValue)>,
    /// All values, where there are few.
    values: Option<Vec<ScalarValue>>,
}

impl Existing<'_> {
    /// The keys among `wanted` that the segments have. `batches` are the rows that they were made of, where these are at
    /// hand: they tell which segments need not be read.
    pub(super) async fn find(&self, segments: &[Arc<Segment>], places: &[usize], encoder: &KeyEncoder, wanted: &HashSet<Key>, batches: &[&RecordBatch]) -> Result<HashSet<Key>> {
        if wanted.is_empty() {
            return Ok(HashSet::new());
        }
        let incoming = places.iter().map(|place| self.incoming(*place, batches)).collect::<Result<Vec<_>>>()?;
        let candidates: Vec<Arc<Segment>> = segments.iter().filter(|segment| incoming.iter().all(|column| may_overlap(segment, column))).map(Arc::clone).collect();
        let incoming = &incoming;
        let searched = futures::stream::iter(candidates).map(|segment| async move {
            let mut found = HashSet::new();
            if !self.filters_allow(&segment, incoming).await? {
                return Ok(found);
            }
            let mut rows = rows::read(self.store, self.prefix, &segment, self.schema, Some(places.iter().copied().collect()));
            while let Some(batch) = rows.try_next().await? {
                found.extend(encoder.keys(&batch)?.into_iter().flatten().filter(|key| wanted.contains(key)));
            }
            Ok::<_, Error>(found)
        });
        searched.buffer_unordered(CONCURRENCY).try_concat().await
    }

    fn incoming(&self, place: usize, batches: &[&RecordBatch]) -> Result<Incoming> {
        let name = self.schema.fields().get(place).map_or_else(|| Arc::from(""), |field| Arc::from(field.name().as_str()));
        let columns: Vec<_> = batches.iter().filter_map(|batch| batch.columns().get(place)).collect();
        let mut known: Option<(u64, ColumnStatistics)> = None;
        for column in &columns {
            let (rows, more) = (column.len() as u64, ColumnStatistics::of(column));
            known = Some(match known {
                None => (rows, more),
                Some((before, known)) => (before + rows, known.with(before, more, rows)),
            });
        }
        // Floats have two zeros, which are one key and not one bound.
        let bounds = known.and_then(|(_, known)| known.min.zip(known.max)).filter(|(min, _)| !matches!(min, ScalarValue::Float64(_)));
        let rows: usize = columns.iter().map(|column| column.len()).sum();
        let values = if !columns.is_empty() && rows <= FILTERED_ROWS_MAX {
            let valid = columns
                .iter()
                .flat_map(|column| (0..column.len()).filter(move |row| column.is_valid(*row)).map(move |row| ScalarValue::try_from_array(column, row)));
            Some(valid.collect::<Result<Vec<_>, _>>()?)
        } else {
            None
        };
        Ok(Incoming { place, name, bounds, values })
    }

    async fn filters_allow(&self, segment: &Segment, incoming: &[Incoming]) -> Result<bool> {
        for column in incoming {
            let Some(values) = column.values.as_ref().filter(|_| segment.statistics.get(column.place).is_some_and(|known| known.filtered)) else { continue };
            let location = object_path(self.prefix, &segment.path);
            let filter = self.partials.filter(&location, segment.bytes, &column.name, &AtomicU64::default()).await?;
            if filter.is_some_and(|filter| !values.iter().any(|value| filter.may_contain(value))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether the bounds of a column of a segment and of the rows that come in have anything in common.
fn may_overlap(segment: &Segment, column: &Incoming) -> bool {
    let Some(known) = segment.statistics.get(column.place) else { return true };
    if known.nulls == Some(segment.rows) {
        return false;
    }
    match (&column.bounds, &known.min, &known.max) {
        (Some((low, high)), Some(min), Some(max)) => low.partial_cmp(max).is_none_or(|order| order.is_le()) && high.partial_cmp(min).is_none_or(|order| order.is_ge()),
        _ => true,
    }
}
