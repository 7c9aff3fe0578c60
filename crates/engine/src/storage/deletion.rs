//! Rows are deleted by leaving them out: the segments that hold one are written anew without them, under new ids, so that
//! nothing that was kept of the old ones can be served. A segment of which every row goes is only taken out.
//!
//! A first pass counts, over the columns of the condition alone, so that a segment without a matching row is never written
//! and a dry run is the same work as the deletion. What replaces a segment must hold exactly the rows of the segment less
//! the deleted ones before it becomes visible, and all segments are replaced by one commit: the rows are there, or they
//! are gone. Rows that are appended meanwhile are not looked at.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter_record_batch, not, prep_null_mask_filter};
use arrow::datatypes::SchemaRef;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::collect_columns;
use futures::{StreamExt, TryStreamExt};

use super::entry::Rewrite;
use super::log::Snapshot;
use super::rewrite::{Replacement, Rewriter, chunk_of};
use super::rows::{self, Rows};
use super::rowsum::RowSummer;
use super::segment::Segment;
use crate::error::{Error, Result};

/// Segments that are looked at, or written, at the same time.
const CONCURRENCY: usize = 2;

/// Which rows go.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// The rows that the scope sees; all of them when there is none. What is not seen is never shown to the predicate, not
    /// even for it to fail on.
    pub visible: Option<Arc<dyn PhysicalExpr>>,
    /// True for the rows that go. A row for which it is null stays.
    pub predicate: Arc<dyn PhysicalExpr>,
}

impl Condition {
    /// Marks the rows that go. No mark is null.
    fn marks(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let Some(visible) = &self.visible else { return truth(&self.predicate, batch) };
        let visible = truth(visible, batch)?;
        let marks = truth(&self.predicate, &filter_record_batch(batch, &visible)?)?;
        let mut spread = vec![false; batch.num_rows()];
        for (index, goes) in visible.values().set_indices().zip(marks.values()) {
            if let Some(mark) = spread.get_mut(index) {
                *mark = goes;
            }
        }
        Ok(BooleanArray::new(BooleanBuffer::from(spread), None))
    }

    fn columns(&self) -> HashSet<usize> {
        let all = self.visible.iter().chain([&self.predicate]);
        all.flat_map(collect_columns).map(|column| column.index()).collect()
    }
}

/// Where an expression is true: not false, not null.
fn truth(expression: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<BooleanArray> {
    let values = expression.evaluate(batch)?.into_array(batch.num_rows())?;
    let values = values.as_boolean_opt().ok_or_else(|| Error::invalid(format!("the predicate gives a {}, not true or false", values.data_type())))?;
    Ok(if values.nulls().is_some() { prep_null_mask_filter(values) } else { values.clone() })
}

/// What a deletion did.
#[derive(Debug)]
pub(crate) struct Deleted {
    pub snapshot: Arc<Snapshot>,
    pub rows: u64,
    /// The segments that held these rows.
    pub removed: Vec<Arc<Segment>>,
    /// What replaces them.
    pub added: Vec<Segment>,
}

/// A segment that holds rows that go.
#[derive(Debug)]
pub(crate) struct Touched {
    pub segment: Arc<Segment>,
    /// Rows in it, as they were counted.
    rows: u64,
    /// Those that go.
    pub matching: u64,
}

/// The segments that hold rows that would go, and how many.
///
/// # Errors
/// `Invalid` when the predicate fails on a row that the scope sees; `Corrupt` when a segment cannot be read.
pub(crate) async fn count(rewriter: &Rewriter<'_>, schema: &SchemaRef, candidates: &[Arc<Segment>], condition: &Condition) -> Result<Vec<Touched>> {
    let columns = condition.columns();
    let counting: Vec<_> = candidates.iter().map(|segment| count_one(rewriter, schema, Arc::clone(segment), condition, columns.clone())).collect();
    futures::stream::iter(counting).buffered(CONCURRENCY).try_filter(|touched| std::future::ready(touched.matching > 0)).try_collect().await
}

async fn count_one(rewriter: &Rewriter<'_>, schema: &SchemaRef, segment: Arc<Segment>, condition: &Condition, columns: HashSet<usize>) -> Result<Touched> {
    let mut batches = rows::read(rewriter.store, rewriter.log.prefix(), &segment, schema, Some(columns));
    let (mut rows, mut matching) = (0, 0);
    while let Some(batch) = batches.try_next().await? {
        rows += batch.num_rows() as u64;
        matching += condition.marks(&batch)?.true_count() as u64;
    }
    Ok(Touched { segment, rows, matching })
}

/// Where a refusal of a count points, in the words of who ordered.
pub(crate) const EXPECTED: &str = "expected_rows";

/// What is ordered of a deletion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub kind: Rewrite,
    /// How many rows somebody has agreed to, where that was asked. No other number goes.
    pub expected: Option<u64>,
}

impl Order {
    fn agree(self, rows: u64) -> Result<()> {
        match self.expected {
            Some(expected) if expected != rows => Err(Error::conflict(format!("the condition picks {rows} rows by now, not {expected}; look at it again")).at(EXPECTED)),
            _ => Ok(()),
        }
    }
}

/// Deletes the rows of some segments that meet a condition; `None` when there is no such row: then nothing is committed.
///
/// # Errors
/// As [`count`]; `Conflict` when one of the segments was rewritten meanwhile: look again; `Conflict` at [`EXPECTED`] when there are more or
/// fewer such rows than were agreed to. All rows are there then.
pub(crate) async fn delete(rewriter: &Rewriter<'_>, snapshot: &Snapshot, candidates: &[Arc<Segment>], condition: &Condition, order: Order) -> Result<Option<Deleted>> {
    let touched = count(rewriter, &snapshot.arrow, candidates, condition).await?;
    order.agree(touched.iter().map(|touched| touched.matching).sum())?;
    let TakenOut { rows, replacements } = write_out(rewriter, &snapshot.arrow, touched, condition).await?;
    if replacements.is_empty() {
        return Ok(None);
    }
    let removed = replacements.iter().flat_map(|replacement| replacement.inputs.iter().map(Arc::clone)).collect();
    let added = replacements.iter().filter_map(|replacement| replacement.output.clone()).collect();
    let snapshot = rewriter.replace(order.kind, replacements).await?;
    Ok(Some(Deleted { snapshot, rows, removed, added }))
}

/// What is to take the place of segments so that some rows are gone. Nobody sees it yet.
#[derive(Debug, Default)]
pub(crate) struct TakenOut {
    /// Rows that go.
    pub rows: u64,
    pub replacements: Vec<Replacement>,
}

/// Writes what the segments that hold a row which meets a condition are without these rows.
///
/// # Errors
/// As [`count`]. Nothing of it is left then.
pub(crate) async fn take_out(rewriter: &Rewriter<'_>, schema: &SchemaRef, candidates: &[Arc<Segment>], condition: &Condition) -> Result<TakenOut> {
    let touched = count(rewriter, schema, candidates, condition).await?;
    write_out(rewriter, schema, touched, condition).await
}

async fn write_out(rewriter: &Rewriter<'_>, schema: &SchemaRef, touched: Vec<Touched>, condition: &Condition) -> Result<TakenOut> {
    let rows = touched.iter().map(|touched| touched.matching).sum();
    let writing: Vec<_> = touched.into_iter().map(|touched| without(rewriter, schema, touched, condition)).collect();
    // All of them end before anything is given up, so that what was written can be removed.
    let written: Vec<Result<Replacement>> = futures::stream::iter(writing).buffered(CONCURRENCY).collect().await;
    let (written, failed): (Vec<_>, Vec<_>) = written.into_iter().partition(Result::is_ok);
    let replacements: Vec<Replacement> = written.into_iter().flatten().collect();
    if let Some(error) = failed.into_iter().find_map(Result::err) {
        rewriter.discard_all(&replacements).await;
        return Err(error);
    }
    Ok(TakenOut { rows, replacements })
}

/// A segment without the rows that go.
async fn without(rewriter: &Rewriter<'_>, schema: &SchemaRef, touched: Touched, condition: &Condition) -> Result<Replacement> {
    let Touched { segment, rows, matching } = touched;
    if matching == rows {
        return Ok(Replacement { inputs: vec![segment], output: None });
    }
    let chunk = chunk_of(&segment).unwrap_or("all").to_owned();
    let sums = Arc::new(Mutex::new(Sums { all: RowSummer::new(schema)?, gone: RowSummer::new(schema)? }));
    let kept = kept(rewriter.rows(&segment, schema), condition.clone(), Arc::clone(&sums));
    let output = rewriter
        .write(&chunk, schema, &[Arc::clone(&segment)], kept)
        .await?
        .ok_or_else(|| Error::internal(format!("no row of segment {} was left", segment.path)))?;
    let (all, gone) = {
        let sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
        (sums.all.sum(), sums.gone.sum())
    };
    if (all.rows, gone.rows) != (rows, matching) {
        rewriter.discard(&output).await;
        return Err(Error::internal(format!("{} of {} rows of segment {} matched, then {} of {}", matching, rows, segment.path, gone.rows, all.rows)));
    }
    rewriter.check(&output, schema, all.without(gone)).await?;
    Ok(Replacement { inputs: vec![segment], output: Some(output) })
}

/// What a segment holds, and what of it goes.
#[derive(Debug)]
struct Sums {
    all: RowSummer,
    gone: RowSummer,
}

/// The rows that stay.
fn kept(rows: Rows, condition: Condition, sums: Arc<Mutex<Sums>>) -> Rows {
    let keep = move |batch: RecordBatch| {
        let marks = condition.marks(&batch)?;
        let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.all.add(&batch)?;
        sums.gone.add(&filter_record_batch(&batch, &marks)?)?;
        Ok(filter_record_batch(&batch, &not(&marks)?)?)
    };
    rows.and_then(move |batch| std::future::ready(keep(batch))).boxed()
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::logical_expr::Operator;
    use datafusion::physical_expr::expressions::{binary, col, lit};

    use super::*;

    #[test]
    fn rows_that_are_not_seen_are_never_shown_to_the_predicate() {
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("d", DataType::Int64, true)]);
        let n = Int64Array::from(vec![Some(1), Some(2), None, Some(4), Some(5)]);
        let d = Int64Array::from(vec![1, 0, 1, 2, 1]);
        let batch = RecordBatch::try_new(Arc::new(schema.clone()), vec![Arc::new(n), Arc::new(d)]).unwrap();
        let op = |left, operator, right| binary(left, operator, right, &schema).unwrap();
        let [n, d] = ["n", "d"].map(|name| col(name, &schema).unwrap());
        // n / d > 1 fails where d is zero.
        let predicate = op(op(Arc::clone(&n), Operator::Divide, Arc::clone(&d)), Operator::Gt, lit(1_i64));
        let all = Condition { visible: None, predicate: Arc::clone(&predicate) };
        assert_eq!(all.marks(&batch).unwrap_err().kind(), crate::ErrorKind::Invalid);
        let some = Condition { visible: Some(op(d, Operator::NotEq, lit(0_i64))), predicate: Arc::clone(&predicate) };
        assert_eq!(some.marks(&batch).unwrap(), BooleanArray::from(vec![false, false, false, true, true]));
        assert_eq!(some.columns(), HashSet::from([0, 1]));
        let few = Condition { visible: Some(op(n, Operator::Gt, lit(4_i64))), predicate };
        assert_eq!(few.marks(&batch).unwrap(), BooleanArray::from(vec![false, false, false, false, true]));
    }
}
