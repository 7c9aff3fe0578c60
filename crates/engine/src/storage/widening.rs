//! Columns of a dataset become wider: every segment is written anew with them converted, under a new id, so that nothing that
//! was kept of the old ones can be served, and other readers of the table find one type in all of its files. A conversion
//! that would change a value is refused before anything is written: whole numbers beyond 2^53 have no float of their own, and
//! days some 290,000 years away no instant.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::{max, min};
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, SchemaRef};
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, TryStreamExt};

use super::log::Snapshot;
use super::rewrite::{Replacement, Rewriter, chunk_of};
use super::rows::{self, Rows};
use super::rowsum::RowSummer;
use super::segment::Segment;
use crate::error::{Error, Result};

/// Segments that are written at the same time.
const CONCURRENCY: usize = 2;
/// Every whole number up to it is a float.
const EXACT_MAX: i64 = 1 << 53;
/// Days from 1970 on, and before it, that 64 bits hold in microseconds.
const DAYS_MAX: i64 = i64::MAX / 86_400_000_000 - 1;

/// Looks whether the statistics of all segments say that a column can become wider; `None` where some of them do not say.
///
/// # Errors
/// `Invalid`, naming the column and the way out, when a value would be changed.
pub(crate) fn is_exact(snapshot: &Snapshot, column: usize) -> Result<Option<bool>> {
    let Some(field) = snapshot.arrow.fields().get(column) else { return Ok(Some(true)) };
    let mut known = Some(true);
    for segment in &snapshot.segments {
        match says(segment, column) {
            Some((least, most)) => check(field, least, most)?,
            None => known = None,
        }
    }
    Ok(known)
}

/// Least and greatest value of a column of a segment; zeros where it has none.
fn says(segment: &Segment, column: usize) -> Option<(i64, i64)> {
    let statistics = segment.statistics.get(column)?;
    if statistics.nulls == Some(segment.rows) {
        return Some((0, 0));
    }
    let whole = |bound: &Option<ScalarValue>| match bound {
        Some(ScalarValue::Int64(value)) => *value,
        Some(ScalarValue::Date32(value)) => value.map(i64::from),
        _ => None,
    };
    Some((whole(&statistics.min)?, whole(&statistics.max)?))
}

fn check(field: &Field, least: i64, most: i64) -> Result<()> {
    let (limit, what, wider, first) = match field.data_type() {
        DataType::Date32 => (DAYS_MAX, "days that are no instants of 64 bits", "timestamp", "days after 1970-01-01"),
        _ => (EXACT_MAX, "whole numbers beyond 2^53, which a float would round", "float", "for one"),
    };
    let Some(beyond) = [least, most].into_iter().find(|value| value.unsigned_abs() > limit.unsigned_abs()) else { return Ok(()) };
    let name = field.name();
    Err(Error::invalid(format!(
        "column {name:?} holds {what} ({beyond} {first}), so it is not widened to {wider}: load the new values into a column of another name, replace all rows (mode replace) by ones that are {wider}, or load with widening \"never\" to reject the rows"
    ))
    .at(name.clone()))
}

/// The places of columns that have another type in a schema.
fn changed<'a>(snapshot: &'a Snapshot, schema: &'a SchemaRef) -> impl Iterator<Item = (usize, &'a Field)> {
    let pairs = snapshot.arrow.fields().iter().zip(schema.fields()).enumerate();
    pairs.filter(|(_, (old, new))| old.data_type() != new.data_type()).map(|(place, (old, _))| (place, old.as_ref()))
}

/// Makes sure that no value changes by a conversion. Only what statistics do not say is read.
///
/// # Errors
/// `Invalid`, naming the column and the way out, when one would; `Corrupt` when a segment cannot be read.
pub(crate) async fn prove(rewriter: &Rewriter<'_>, snapshot: &Snapshot, schema: &SchemaRef) -> Result<()> {
    for (place, field) in changed(snapshot, schema) {
        if is_exact(snapshot, place)?.is_some() {
            continue;
        }
        for segment in snapshot.segments.iter().filter(|segment| says(segment, place).is_none()) {
            let mut batches = rows::read(rewriter.store, rewriter.log.prefix(), segment, &snapshot.arrow, Some(HashSet::from([place])));
            while let Some(batch) = batches.try_next().await? {
                let (least, most) = batch.columns().get(place).map_or((0, 0), bounds);
                check(field, least, most)?;
            }
        }
    }
    Ok(())
}

fn bounds(values: &ArrayRef) -> (i64, i64) {
    match values.data_type() {
        DataType::Int64 => {
            let values = values.as_primitive::<Int64Type>();
            (min(values).unwrap_or(0), max(values).unwrap_or(0))
        }
        DataType::Date32 => {
            let values = values.as_primitive::<Date32Type>();
            (min(values).map_or(0, i64::from), max(values).map_or(0, i64::from))
        }
        _ => (0, 0),
    }
}

/// Writes segments anew with the columns of a schema. Nobody sees it yet. `go_on` is asked before each of them.
///
/// # Errors
/// `Corrupt` when one cannot be read, or what was written is not what was read; what `go_on` and the store say. Nothing of it
/// is left then.
pub(crate) async fn widen(rewriter: &Rewriter<'_>, schema: &SchemaRef, segments: Vec<Arc<Segment>>, go_on: &(dyn Fn() -> Result<()> + Sync)) -> Result<Vec<Replacement>> {
    let writing: Vec<_> = segments
        .into_iter()
        .map(|segment| async move {
            go_on()?;
            widen_one(rewriter, schema, segment).await
        })
        .collect();
    // All of them end before anything is given up, so that what was written can be removed.
    let written: Vec<Result<Replacement>> = futures::stream::iter(writing).buffered(CONCURRENCY).collect().await;
    let (written, failed): (Vec<_>, Vec<_>) = written.into_iter().partition(Result::is_ok);
    let replacements: Vec<Replacement> = written.into_iter().flatten().collect();
    match failed.into_iter().find_map(Result::err) {
        Some(error) => {
            rewriter.discard_all(&replacements).await;
            Err(error)
        }
        None => Ok(replacements),
    }
}

async fn widen_one(rewriter: &Rewriter<'_>, schema: &SchemaRef, segment: Arc<Segment>) -> Result<Replacement> {
    let chunk = chunk_of(&segment).unwrap_or("all").to_owned();
    let summer = Arc::new(Mutex::new(RowSummer::new(schema)?));
    let output = rewriter.write(&chunk, schema, &[Arc::clone(&segment)], summed(rewriter.rows(&segment, schema), &summer)).await?;
    let read = summer.lock().unwrap_or_else(PoisonError::into_inner).sum();
    // Rows are unknown where another writer left out statistics.
    if segment.rows > 0 && read.rows != segment.rows {
        if let Some(output) = &output {
            rewriter.discard(output).await;
        }
        return Err(Error::corrupt(format!("segment {} holds {} rows, but the log says {}; nothing was changed", segment.path, read.rows, segment.rows)));
    }
    if let Some(output) = &output {
        rewriter.check(output, schema, read).await?;
    }
    Ok(Replacement { inputs: vec![segment], output })
}

/// Adds up the rows that pass.
fn summed(rows: Rows, summer: &Arc<Mutex<RowSummer>>) -> Rows {
    let summer = Arc::clone(summer);
    rows.and_then(move |batch| {
        let added = summer.lock().unwrap_or_else(PoisonError::into_inner).add(&batch);
        std::future::ready(added.map(|()| batch))
    })
    .boxed()
}
