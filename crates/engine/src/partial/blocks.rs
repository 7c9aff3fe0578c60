//! The segment in which a window begins: only some of its rows are inside, and other ones with each step of the window.
//! It is computed in blocks of rows, each of which is a little segment: blocks that lie inside of the window are partials
//! like others, computed once and merged in a binary tree; only the block at the edge is looked at again.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::Array;
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::tree_node::TreeNode;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::logical_expr::Expr;
use futures::future::{BoxFuture, FutureExt};
use sha2::{Digest, Sha256};

use super::columns::Column;
use super::compute::{Aggregation, Leaf};
use super::fragment::Fingerprint;
use super::held::Held;
use super::memory::Partial;
use super::simplify::{Verdict, judge};
use crate::error::{Error, Result};
use crate::partial::looked_up::LookedUp;
use crate::storage::segment::Segment;
use crate::storage::statistics::ColumnStatistics;

/// Rows of a block.
pub(super) const BLOCK_ROWS: usize = 16 << 10;

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
            // Of what is looked up the order of a key says nothing.
            let looks_up = filter
                .exists(|part| Ok(matches!(part, Expr::ScalarFunction(call) if call.func.inner().downcast_ref::<LookedUp>().is_some())))
                .unwrap_or(true);
            match known.filter(|_| !looks_up) {
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

    /// Computes a segment block by block. Blocks inside of the window are merged in pairs, pairs of pairs and so on, and all
    /// of that is kept: when the window has moved on by a block, what lies inside is a few of these, and none is new.
    ///
    /// # Errors
    /// As computing them; `Exhausted` where the pool has no room for states without a bound.
    pub(super) async fn by_blocks(&self, leaf: &Leaf, columns: &[Option<Column>], rows: usize, Blocks { blocks, open }: Blocks, pool: &Arc<dyn MemoryPool>) -> Result<Partial> {
        let inside = self.fingerprint(&open);
        let segment = Blockwise { leaf, columns, rows, open, inside, pool };
        let held = Held::of(&self.kernel.layout, pool);
        let mut states = Vec::new();
        let mut take = |state: Partial| {
            held.grow(state.bytes())?;
            states.push(state);
            Ok::<_, Error>(())
        };
        for run in blocks.chunk_by(|one, next| one.inside && next.inside && one.rows.end == next.rows.start) {
            match run {
                [block] if !block.inside => take(self.compute_rows(segment.part(&block.rows), block.rows.len(), Arc::clone(&leaf.filters)).await?)?,
                [first, ..] => {
                    let first = first.rows.start / BLOCK_ROWS;
                    for span in spans(first..first + run.len()) {
                        take(self.span(&segment, span).await?)?;
                    }
                }
                [] => {}
            }
        }
        self.merge(states, held).await
    }

    /// The state of some blocks inside of the window, as many as a power of two.
    fn span<'a>(&'a self, segment: &'a Blockwise<'_>, span: Range<usize>) -> BoxFuture<'a, Result<Partial>> {
        let rows = span.start * BLOCK_ROWS..segment.rows.min(span.end * BLOCK_ROWS);
        let key = key(segment.leaf, &segment.inside, &rows);
        let make = async move {
            if span.len() == 1 {
                return self.compute_rows(segment.part(&rows), rows.len(), Arc::clone(&segment.open)).await;
            }
            let middle = span.start + span.len() / 2;
            let held = Held::of(&self.kernel.layout, segment.pool);
            let mut halves = Vec::with_capacity(2);
            for half in [span.start..middle, middle..span.end] {
                let half = self.span(segment, half).await?;
                held.grow(half.bytes())?;
                halves.push(half);
            }
            self.merge(halves, held).await
        };
        // Of states that hold all values each level of the tree would hold all of them once more.
        self.source.partials.get_or_compute(key, |_| !self.kernel.layout.grows(), make).boxed()
    }
}

/// A segment that is computed in blocks.
struct Blockwise<'a> {
    leaf: &'a Leaf,
    columns: &'a [Option<Column>],
    rows: usize,
    /// Filters that are open inside of the window, and what that computes.
    open: Arc<[usize]>,
    inside: Fingerprint,
    /// Where memory for states without a bound comes from.
    pool: &'a Arc<dyn MemoryPool>,
}

impl Blockwise<'_> {
    fn part(&self, rows: &Range<usize>) -> Vec<Option<Column>> {
        self.columns.iter().map(|column| column.as_ref().map(|column| column.slice(rows.start, rows.len()))).collect()
    }
}

/// Blocks in as few spans as possible, each a power of two of them and beginning at a multiple of its length.
fn spans(blocks: Range<usize>) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut from = blocks.start;
    while from < blocks.end {
        let mut length = 1;
        while from.is_multiple_of(length * 2) && from + length * 2 <= blocks.end {
            length *= 2;
        }
        spans.push(from..from + length);
        from += length;
    }
    spans
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn spans_cover_blocks_once_and_are_those_of_a_tree() {
        for end in 0..70 {
            let mut known: HashSet<Range<usize>> = HashSet::new();
            for start in 0..=end {
                let found = spans(start..end);
                assert!(found.iter().flat_map(Clone::clone).eq(start..end), "{start}..{end}");
                assert!(found.len() <= 12, "{start}..{end}");
                // Once everything was asked for, a window that moves on asks for halves of what was merged before.
                let halves = |span: &Range<usize>| {
                    let mut all = vec![span.clone()];
                    let mut next = 0;
                    while let Some(span) = all.get(next).cloned() {
                        if span.len() > 1 {
                            let middle = span.start + span.len() / 2;
                            all.extend([span.start..middle, middle..span.end]);
                        }
                        next += 1;
                    }
                    all
                };
                let asked: Vec<Range<usize>> = found.iter().flat_map(halves).collect();
                assert!(start == 0 || asked.iter().all(|span| known.contains(span)), "{start}..{end}");
                known.extend(asked);
            }
        }
    }
}
