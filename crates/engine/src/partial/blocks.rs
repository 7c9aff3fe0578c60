//! The segment in which a window begins: only some of its rows are inside, and other ones with each step of the window.
//! It is computed in blocks of rows, each of which is a little segment: blocks that lie inside of the window are partials
//! like others, computed once; only the block at the edge is looked at again.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::Array;
use arrow::datatypes::{DataType, TimeUnit};
use sha2::{Digest, Sha256};

use super::columns::Column;
use super::compute::{Aggregation, Leaf};
use super::fragment::Fingerprint;
use super::memory::Partial;
use super::simplify::{Verdict, judge};
use crate::error::Result;
use crate::storage::segment::Segment;
use crate::storage::statistics::ColumnStatistics;

/// Rows of a block.
const BLOCK_ROWS: usize = 32 << 10;

/// The blocks of a segment that hold rows that pass.
pub(super) struct Blocks {
    blocks: Vec<Block>,
    /// Filters that say nothing of blocks and are open in all of them.
    open: Arc<[usize]>,
}

/// Rows of a segment, and whether they lie wholly inside of the window.
struct Block {
    rows: Range<usize>,
    inside: bool,
}

impl Aggregation {
    /// The blocks of a segment, if some of its filters are about columns that have an order, and most blocks lie wholly
    /// inside or outside of these.
    pub(super) fn blocks(&self, leaf: &Leaf, columns: &[Option<Column>], rows: usize) -> Option<Blocks> {
        if rows < 2 * BLOCK_ROWS {
            return None;
        }
        let schema = &self.source.snapshot.arrow;
        let mut ordered: Vec<(usize, &[ColumnStatistics])> = Vec::new();
        let (mut window, mut open) = (Vec::new(), Vec::new());
        for number in leaf.filters.iter() {
            let filter = self.fragment.filters.get(*number)?;
            let known = filter.column_refs().into_iter().map(|column| self.known_blocks(&column.name, columns)).collect::<Option<Vec<_>>>();
            match known {
                Some(known) => {
                    ordered.extend(known);
                    window.push(filter);
                }
                None => open.push(*number),
            }
        }
        if window.is_empty() {
            return None;
        }
        let mut blocks = Vec::new();
        let mut mixed = 0;
        let mut block = Segment { statistics: vec![ColumnStatistics::default(); schema.fields().len()], ..Segment::clone(&leaf.segment) };
        for (number, from) in (0..rows).step_by(BLOCK_ROWS).enumerate() {
            let length = BLOCK_ROWS.min(rows - from);
            block.rows = length as u64;
            for (index, blocks) in &ordered {
                if let (Some(statistics), Some(known)) = (block.statistics.get_mut(*index), blocks.get(number)) {
                    *statistics = known.clone();
                }
            }
            let verdicts = window.iter().map(|filter| judge(filter, &block, schema));
            let verdict = verdicts.fold(Verdict::All, |all, one| match (all, one) {
                (Verdict::None, _) | (_, Verdict::None) => Verdict::None,
                (Verdict::All, Verdict::All) => Verdict::All,
                _ => Verdict::Some,
            });
            if verdict != Verdict::None {
                mixed += usize::from(verdict == Verdict::Some);
                blocks.push(Block { rows: from..from + length, inside: verdict == Verdict::All });
            }
        }
        (mixed * 4 <= rows.div_ceil(BLOCK_ROWS)).then(|| Blocks { blocks, open: open.into() })
    }

    /// The place of a column that has an order, and the statistics of its blocks.
    fn known_blocks<'a>(&self, name: &str, columns: &'a [Option<Column>]) -> Option<(usize, &'a [ColumnStatistics])> {
        let index = self.source.snapshot.arrow.index_of(name).ok()?;
        let place = self.kernel.columns.iter().position(|column| *column == index)?;
        match columns.get(place)?.as_ref()? {
            Column::Plain(plain) if has_order(plain.array.data_type()) => Some((index, plain.blocks(BLOCK_ROWS))),
            _ => None,
        }
    }

    /// Computes a segment block by block. Blocks inside of the window that lie side by side are merged once and kept,
    /// because a step of the window seldom passes the end of a block.
    pub(super) async fn by_blocks(&self, leaf: &Leaf, columns: &[Option<Column>], Blocks { blocks, open }: Blocks) -> Result<Partial> {
        let inside = self.fingerprint(&open);
        let mut states = Vec::new();
        for run in blocks.chunk_by(|one, next| one.inside && next.inside && one.rows.end == next.rows.start) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let rows = first.rows.start..last.rows.end;
            states.push(match run {
                [block] => self.block(leaf, columns, block, &open, &inside).await?,
                _ => {
                    let merge = async {
                        let mut states = Vec::with_capacity(run.len());
                        for block in run {
                            states.push(self.block(leaf, columns, block, &open, &inside).await?);
                        }
                        self.merge(states).await
                    };
                    self.source.partials.get_or_compute(key(leaf, &inside, &rows), |_| true, merge).await?
                }
            });
        }
        self.merge(states).await
    }

    async fn block(&self, leaf: &Leaf, columns: &[Option<Column>], block: &Block, open: &Arc<[usize]>, inside: &Fingerprint) -> Result<Partial> {
        let rows = &block.rows;
        let part: Vec<Option<Column>> = columns.iter().map(|column| column.as_ref().map(|column| column.slice(rows.start, rows.len()))).collect();
        if !block.inside {
            return self.compute_rows(part, rows.len(), Arc::clone(&leaf.filters)).await;
        }
        let compute = self.compute_rows(part, rows.len(), Arc::clone(open));
        self.source.partials.get_or_compute(key(leaf, inside, rows), |_| true, compute).await
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
