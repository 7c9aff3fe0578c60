//! The segment in which a window begins: only some of its rows are inside, and other ones with each step of the window.
//! It is computed in blocks of rows, each of which is a little segment: blocks that lie inside of the window are partials
//! like others, computed once; only the block at the edge is looked at again.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::runtime::SpawnedTask;
use sha2::{Digest, Sha256};

use super::aggregator::Aggregator;
use super::columns::Column;
use super::compute::{Aggregation, Leaf};
use super::fragment::Fingerprint;
use super::memory::Partial;
use super::simplify::{Verdict, judge};
use crate::error::{Error, Result};
use crate::storage::segment::Segment;
use crate::storage::statistics::ColumnStatistics;

/// Rows of a block.
const BLOCK_ROWS: usize = 32 << 10;

/// Rows of a segment, and whether all of them pass.
pub(super) struct Block {
    rows: Range<usize>,
    all: bool,
}

impl Aggregation {
    /// The blocks of a segment that hold rows that pass, if most of them lie wholly inside or outside of the filters.
    pub(super) fn blocks(&self, leaf: &Leaf, columns: &[Option<Column>], rows: usize) -> Option<Vec<Block>> {
        if leaf.filters.is_empty() || rows < 2 * BLOCK_ROWS {
            return None;
        }
        let schema = &self.source.snapshot.arrow;
        let mut ordered: Vec<(usize, &ArrayRef)> = Vec::new();
        let filters: Vec<_> = leaf.filters.iter().filter_map(|filter| self.fragment.filters.get(*filter)).collect();
        for name in filters.iter().flat_map(|filter| filter.column_refs()) {
            let index = schema.index_of(&name.name).ok()?;
            let place = self.kernel.columns.iter().position(|column| *column == index)?;
            match columns.get(place)?.as_ref()? {
                Column::Plain(array) if has_order(array.data_type()) => ordered.push((index, array)),
                _ => return None,
            }
        }
        let mut blocks = Vec::new();
        let mut mixed = 0;
        for from in (0..rows).step_by(BLOCK_ROWS) {
            let length = BLOCK_ROWS.min(rows - from);
            let mut statistics = vec![ColumnStatistics::default(); schema.fields().len()];
            for (index, array) in &ordered {
                if let Some(statistics) = statistics.get_mut(*index) {
                    *statistics = ColumnStatistics::of(&array.slice(from, length));
                }
            }
            let block = Segment { statistics, rows: length as u64, ..Segment::clone(&leaf.segment) };
            let verdicts = filters.iter().map(|filter| judge(filter, &block, schema));
            let verdict = verdicts.fold(Verdict::All, |all, one| match (all, one) {
                (Verdict::None, _) | (_, Verdict::None) => Verdict::None,
                (Verdict::All, Verdict::All) => Verdict::All,
                _ => Verdict::Some,
            });
            if verdict != Verdict::None {
                mixed += usize::from(verdict == Verdict::Some);
                blocks.push(Block { rows: from..from + length, all: verdict == Verdict::All });
            }
        }
        (mixed * 4 <= rows.div_ceil(BLOCK_ROWS)).then_some(blocks)
    }

    /// Computes a segment block by block.
    pub(super) async fn by_blocks(&self, leaf: &Leaf, columns: &[Option<Column>], blocks: Vec<Block>) -> Result<Partial> {
        let inside = self.fingerprint(&[]);
        let mut states = Vec::with_capacity(blocks.len());
        for Block { rows, all } in blocks {
            let part: Vec<Option<Column>> = columns.iter().map(|column| column.as_ref().map(|column| column.slice(rows.start, rows.len()))).collect();
            states.push(if all {
                let compute = self.compute_rows(part, rows.len(), Arc::from([]));
                self.source.partials.get_or_compute(key(leaf, &inside, &rows), |_| true, compute).await?
            } else {
                self.compute_rows(part, rows.len(), Arc::clone(&leaf.filters)).await?
            });
        }
        let kernel = Arc::clone(&self.kernel);
        let merged = SpawnedTask::spawn_blocking(move || -> Result<Partial> {
            let mut aggregator = Aggregator::new(&kernel.layout)?;
            for partial in &states {
                aggregator.merge(&partial.state)?;
            }
            Ok(Partial { state: aggregator.into_state()? })
        });
        merged.join().await.map_err(|error| Error::internal(format!("merging blocks failed: {error}")))?
    }
}

fn has_order(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int64 | DataType::Date32 | DataType::Timestamp(TimeUnit::Microsecond, _))
}

fn key(leaf: &Leaf, fragment: &Fingerprint, rows: &Range<usize>) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update(b"block");
    hash.update(fragment);
    hash.update(leaf.identity);
    hash.update((rows.start as u64).to_le_bytes());
    hash.update((rows.end as u64).to_le_bytes());
    hash.finalize().into()
}
