//! The rows of a batch on their way through a treatment. Each remembers which decoded row it came from, so that one that
//! does not fit can be kept with its line, as it was decoded.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringViewArray, UInt32Array};
use arrow::compute::{filter_record_batch, prep_null_mask_filter, take_record_batch};
use arrow::datatypes::{FieldRef, Schema};
use arrow::record_batch::RecordBatchOptions;
use serde_json::{Map, Value};

use crate::catalog::Column;
use crate::catalog::json::column_to_json;
use crate::error::{Error, Result};
use crate::ingest::decode::Decoded;
use crate::ingest::decode::tally::shorten_value;
use crate::ingest::reject::Reject;

/// Bytes of text that one column of a batch may hold: a few steps that double a text each would fill any memory.
const TEXT_MAX_BYTES: u64 = 128 << 20;
/// And all columns together.
const BATCH_TEXT_MAX_BYTES: u64 = 512 << 20;
/// Text of a column that is worth a look at all others.
const MUCH_TEXT_BYTES: u64 = 8 << 20;
/// The same for rows as they are decoded: there are fewer rows in a batch where there is more.
const DECODED_TEXT_BYTES: u64 = 32 << 20;

/// Rows at hand.
#[derive(Debug)]
pub(crate) struct Rows {
    /// As they are now.
    pub batch: RecordBatch,
    /// As they were decoded.
    source: RecordBatch,
    /// Lines of the decoded rows; empty where they are not known.
    lines: Vec<u64>,
    /// For each row at hand, which decoded one it was.
    origin: Vec<u32>,
    rejects: Vec<Reject>,
}

/// A row that does not fit, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Its place in the batch at hand.
    pub row: usize,
    pub column: Option<String>,
    pub value: Option<String>,
    pub reason: String,
}

impl Rows {
    pub(crate) fn of(decoded: Decoded) -> Self {
        let Decoded { batch, rejects, lines, source, .. } = decoded;
        let Some((source, origin)) = source else {
            let rows = u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
            return Self { source: batch.clone(), batch, lines, origin: (0..rows).collect(), rejects };
        };
        let mut of_source = vec![0; if lines.is_empty() { 0 } else { source.num_rows() }];
        for (origin, line) in origin.iter().zip(lines) {
            if let Some(slot) = of_source.get_mut(*origin as usize) {
                *slot = line;
            }
        }
        Self { batch, source, lines: of_source, origin, rejects }
    }

    /// The line of a row at hand; 0 where it is not known.
    pub(crate) fn line(&self, row: usize) -> u64 {
        self.origin.get(row).and_then(|origin| self.lines.get(*origin as usize)).copied().unwrap_or_default()
    }

    /// Why a load fails, of which the last row was rejected.
    pub(crate) fn failed(&self) -> Error {
        self.rejects.last().map_or_else(|| Error::internal("a load failed without a row that does not fit"), super::failed)
    }

    /// The name of a column, for faults.
    pub(crate) fn name(&self, place: usize) -> Option<String> {
        self.batch.schema_ref().fields().get(place).map(|field| field.name().clone())
    }

    pub(crate) fn rejects(&self) -> &[Reject] {
        &self.rejects
    }

    /// Puts an array in the place of a column, or behind the last one.
    ///
    /// # Errors
    /// `Exhausted` for more text than is held at a time.
    pub(crate) fn put(&mut self, place: usize, column: &Column, array: ArrayRef) -> Result<()> {
        check_text(&column.name, &array)?;
        let (mut fields, mut arrays) = (self.batch.schema_ref().fields().to_vec(), self.batch.columns().to_vec());
        match (fields.get_mut(place), arrays.get_mut(place)) {
            (Some(field), Some(slot)) => (*field, *slot) = (column.field(), array),
            _ => {
                fields.push(column.field());
                arrays.push(array);
            }
        }
        self.set_text(place, fields, arrays)
    }

    fn set_text(&mut self, place: usize, fields: Vec<FieldRef>, arrays: Vec<ArrayRef>) -> Result<()> {
        let much = arrays.get(place).or(arrays.last()).and_then(|array| array.as_string_view_opt()).is_some_and(|texts| text_bytes(texts) > MUCH_TEXT_BYTES);
        self.set(fields, arrays)?;
        if much { check_all(&self.batch) } else { Ok(()) }
    }

    /// Gives a column other values of its type.
    pub(crate) fn replace(&mut self, place: usize, array: ArrayRef) -> Result<()> {
        check_text(&self.name(place).unwrap_or_default(), &array)?;
        let mut arrays = self.batch.columns().to_vec();
        if let Some(slot) = arrays.get_mut(place) {
            *slot = array;
        }
        self.set_text(place, self.batch.schema_ref().fields().to_vec(), arrays)
    }

    /// Gives the rows other columns.
    pub(crate) fn set(&mut self, fields: Vec<FieldRef>, arrays: Vec<ArrayRef>) -> Result<()> {
        let options = RecordBatchOptions::new().with_row_count(Some(self.batch.num_rows()));
        self.batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?;
        Ok(())
    }

    /// Leaves the rows out for which the mask is not true.
    pub(crate) fn keep(&mut self, mask: &BooleanArray) -> Result<()> {
        let mask = if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() };
        if mask.true_count() < self.batch.num_rows() {
            self.batch = filter_record_batch(&self.batch, &mask)?;
            let mut kept = mask.values().iter();
            self.origin.retain(|_| kept.next().unwrap_or(true));
        }
        Ok(())
    }

    /// Takes rows out and keeps them as rejects: the first fault of each counts. What is kept of a row is what was decoded,
    /// as a JSON object that can be corrected and loaded again.
    pub(crate) fn reject(&mut self, faults: Vec<Fault>) -> Result<()> {
        self.reject_by(faults.into_iter().map(|fault| (None, fault)).collect())
    }

    /// The same by rules of the contract, with their numbers.
    pub(crate) fn reject_by(&mut self, mut faults: Vec<(Option<u32>, Fault)>) -> Result<()> {
        if faults.is_empty() {
            return Ok(());
        }
        faults.sort_by_key(|(_, fault)| fault.row);
        faults.dedup_by_key(|(_, fault)| fault.row);
        let origins: Vec<u32> = faults.iter().map(|(_, fault)| self.origin.get(fault.row).copied().unwrap_or_default()).collect();
        let raws = objects(&take_record_batch(&self.source, &UInt32Array::from(origins.clone()))?, false);
        let mut keep = vec![true; self.batch.num_rows()];
        for (((rule, fault), origin), raw) in faults.into_iter().zip(origins).zip(raws) {
            if let Some(keep) = keep.get_mut(fault.row) {
                *keep = false;
            }
            let line = self.lines.get(origin as usize).copied().unwrap_or_default();
            let value = fault.value.map(|value| shorten_value(value.as_bytes()));
            self.rejects.push(Reject { line, column: fault.column, value, reason: fault.reason, rule, raw: Value::Object(raw).to_string() });
        }
        self.keep(&BooleanArray::from(keep))
    }

    /// Those that are left, with the rejects in the order of the file; and what they were decoded from, for who may have to
    /// reject some of them later.
    pub(crate) fn into_decoded(mut self, with_source: bool) -> Decoded {
        self.rejects.sort_by_key(|reject| reject.line);
        let lines = self.origin.iter().filter_map(|origin| self.lines.get(*origin as usize).copied()).collect();
        let source = with_source.then_some((self.source, self.origin));
        Decoded { batch: self.batch, rejects: self.rejects, lines, source, nulled: 0 }
    }
}

/// Bytes of all texts of an array.
pub(crate) fn text_bytes(texts: &StringViewArray) -> u64 {
    texts.lengths().map(u64::from).sum()
}

/// A batch with very long texts as several, so that steps have room.
pub(crate) fn pieces(decoded: Decoded) -> Vec<Decoded> {
    let rows = decoded.batch.num_rows();
    let longest = decoded.batch.columns().iter().filter_map(|column| column.as_string_view_opt()).map(text_bytes).max().unwrap_or_default();
    let several = usize::try_from(longest / DECODED_TEXT_BYTES + 1).unwrap_or(rows);
    let step = rows.div_ceil(several).max(1);
    if step >= rows {
        return vec![decoded];
    }
    let Decoded { batch, mut rejects, lines, mut nulled, .. } = decoded;
    let piece = |start: usize| {
        let batch = batch.slice(start, step.min(rows - start));
        let lines = lines.iter().skip(start).take(batch.num_rows()).copied().collect();
        Decoded { batch, lines, rejects: std::mem::take(&mut rejects), source: None, nulled: std::mem::take(&mut nulled) }
    };
    (0..rows).step_by(step).map(piece).collect()
}

/// What is left of the text that a column of a batch may hold, for those who make it: they stop before it is too much.
#[derive(Debug, Default)]
pub(crate) struct Room(u64);

impl Room {
    /// # Errors
    /// `Exhausted` for more text than is held at a time.
    pub(crate) fn take(&mut self, bytes: usize, column: &str) -> Result<()> {
        self.0 += bytes as u64;
        if self.0 > TEXT_MAX_BYTES {
            let most = TEXT_MAX_BYTES >> 20;
            return Err(Error::exhausted(format!("column {column:?} would hold more than {most} MB of text in one batch; that is what is held at a time")));
        }
        Ok(())
    }
}

fn check_text(column: &str, array: &ArrayRef) -> Result<()> {
    let bytes = array.as_string_view_opt().map_or(0, text_bytes);
    Room::default().take(usize::try_from(bytes).unwrap_or(usize::MAX), column)
}

/// The same for all columns together. Looked at only where one of them has much.
fn check_all(batch: &RecordBatch) -> Result<()> {
    let bytes = || batch.columns().iter().filter_map(|column| column.as_string_view_opt()).map(text_bytes);
    if bytes().sum::<u64>() > BATCH_TEXT_MAX_BYTES {
        return Err(Error::exhausted(format!("the columns of a batch would hold more than {} MB of text together; drop what is not needed before", BATCH_TEXT_MAX_BYTES >> 20)));
    }
    Ok(())
}

/// Each row as an object, with what is null or without it.
pub(crate) fn objects(batch: &RecordBatch, nulls: bool) -> Vec<Map<String, Value>> {
    let mut objects = vec![Map::new(); batch.num_rows()];
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        for (object, value) in objects.iter_mut().zip(column_to_json(column)) {
            if nulls || !value.is_null() {
                object.insert(field.name().clone(), value);
            }
        }
    }
    objects
}
