//! Watches batches on their way: nulls and bounds of every row, and a sample of the rows. Which rows are sampled depends on
//! their number alone, never on how they came in batches.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use serde_json::Value;

use super::column::{self, Sampled};
use super::{COLUMNS_MAX, FORMAT, LoadColumnProfile, LoadProfile, SAMPLE_ROWS};
use crate::catalog::Column;
use crate::error::Result;
use crate::ingest::decode::tally::shorten_value;

/// Bytes that sampled rows may take; of larger rows fewer are sampled.
const SAMPLE_BYTES: u64 = 64 << 20;
/// Rows that are sampled whatever they take.
const SAMPLE_ROWS_MIN: usize = 256;

/// Watches the rows of one load.
#[derive(Debug)]
pub(crate) struct Profiler {
    columns: Vec<Column>,
    rows: u64,
    nulls: Vec<u64>,
    extremes: Vec<Extremes>,
    sample: Vec<RecordBatch>,
    sampled: usize,
    sampled_bytes: u64,
    /// Every so many rows are sampled: a power of two.
    stride: u64,
}

/// A profile, and the numbers of the sample in order, for each column that has numbers: they are compared with the load
/// before.
pub(crate) struct Profiled {
    pub profile: LoadProfile,
    pub numbers: Vec<Option<Vec<f64>>>,
}

/// Least and greatest value.
#[derive(Debug, Clone, Default, PartialEq)]
enum Extremes {
    #[default]
    Nothing,
    Whole(i64, i64),
    Real(f64, f64),
    Text(String, String),
}

impl Extremes {
    fn of(array: &ArrayRef) -> Self {
        let whole = |bounds: Option<(i64, i64)>| bounds.map_or(Self::Nothing, |(min, max)| Self::Whole(min, max));
        match array.data_type() {
            DataType::Boolean => {
                let values = array.as_boolean();
                whole(compute::min_boolean(values).zip(compute::max_boolean(values)).map(|(min, max)| (i64::from(min), i64::from(max))))
            }
            DataType::Int64 => {
                let values = array.as_primitive::<Int64Type>();
                whole(compute::min(values).zip(compute::max(values)))
            }
            DataType::Date32 => {
                let values = array.as_primitive::<Date32Type>();
                whole(compute::min(values).zip(compute::max(values)).map(|(min, max)| (i64::from(min), i64::from(max))))
            }
            DataType::Timestamp(..) => match array.as_primitive_opt::<TimestampMicrosecondType>() {
                Some(values) => whole(compute::min(values).zip(compute::max(values))),
                None => Self::Nothing,
            },
            DataType::Float64 => {
                // What is not a number lies nowhere.
                let finite = array.as_primitive::<Float64Type>().iter().flatten().filter(|value| value.is_finite());
                finite.fold(Self::Nothing, |known, value| known.with(Self::Real(value, value)))
            }
            DataType::Utf8View => {
                let values = array.as_string_view();
                match compute::min_string_view(values).zip(compute::max_string_view(values)) {
                    Some((min, max)) => Self::Text(min.to_owned(), max.to_owned()),
                    None => Self::Nothing,
                }
            }
            _ => Self::Nothing,
        }
    }

    fn with(self, other: Self) -> Self {
        match (self, other) {
            (known, Self::Nothing) => known,
            (Self::Whole(min, max), Self::Whole(low, high)) => Self::Whole(min.min(low), max.max(high)),
            (Self::Real(min, max), Self::Real(low, high)) => Self::Real(min.min(low), max.max(high)),
            (Self::Text(min, max), Self::Text(low, high)) => Self::Text(min.min(low), max.max(high)),
            (_, other) => other,
        }
    }

    fn values(&self, column: &Column) -> (Value, Value) {
        match self {
            Self::Nothing => (Value::Null, Value::Null),
            Self::Whole(min, max) => (column::json_of(column.column_type, *min), column::json_of(column.column_type, *max)),
            // One zero, whichever came first.
            Self::Real(min, max) => (Value::from(min + 0.0), Value::from(max + 0.0)),
            Self::Text(min, max) => (Value::from(shorten_value(min.as_bytes())), Value::from(shorten_value(max.as_bytes()))),
        }
    }
}

impl Profiler {
    pub(crate) fn new(columns: &[Column]) -> Self {
        let columns: Vec<Column> = columns.iter().take(COLUMNS_MAX).cloned().collect();
        Self { rows: 0, nulls: vec![0; columns.len()], extremes: vec![Extremes::default(); columns.len()], sample: Vec::new(), sampled: 0, sampled_bytes: 0, stride: 1, columns }
    }

    /// Rows seen so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Watches a batch.
    ///
    /// # Errors
    /// `Internal` when rows cannot be sampled.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        for ((array, nulls), extremes) in batch.columns().iter().zip(&mut self.nulls).zip(&mut self.extremes) {
            *nulls += array.null_count() as u64;
            *extremes = std::mem::take(extremes).with(Extremes::of(array));
        }
        let first = self.rows.next_multiple_of(self.stride) - self.rows;
        self.rows += batch.num_rows() as u64;
        let batch = batch.project(&(0..self.columns.len().min(batch.num_columns())).collect::<Vec<_>>())?;
        // Rows that a step has left over hold on to the text of all that came with them.
        let taken =
            if self.stride == 1 { compacted(&batch)? } else { every(&batch, usize::try_from(first).unwrap_or(usize::MAX), usize::try_from(self.stride).unwrap_or(usize::MAX))? };
        if taken.num_rows() > 0 {
            self.sampled += taken.num_rows();
            self.sampled_bytes += bytes_of(&taken);
            self.sample.push(taken);
        }
        while self.sampled > SAMPLE_ROWS || (self.sampled > SAMPLE_ROWS_MIN && self.sampled_bytes > SAMPLE_BYTES) {
            self.thin()?;
        }
        Ok(())
    }

    /// Leaves every other row of the sample out.
    fn thin(&mut self) -> Result<()> {
        let mut before = 0;
        let mut thinned = Vec::with_capacity(self.sample.len());
        for batch in std::mem::take(&mut self.sample) {
            let kept = every(&batch, before % 2, 2)?;
            before += batch.num_rows();
            if kept.num_rows() > 0 {
                thinned.push(kept);
            }
        }
        self.sampled = thinned.iter().map(RecordBatch::num_rows).sum();
        self.sampled_bytes = thinned.iter().map(bytes_of).sum();
        self.sample = thinned;
        self.stride *= 2;
        Ok(())
    }

    /// The profile of what was seen. Keeps a core busy for up to a tenth of a second.
    ///
    /// # Errors
    /// `Internal` when the sample cannot be read.
    pub(crate) fn finish(self, load_id: &str, dataset: &str) -> Result<Profiled> {
        let (mut columns, mut numbers) = (Vec::with_capacity(self.columns.len()), Vec::with_capacity(self.columns.len()));
        for (place, column) in self.columns.iter().enumerate() {
            let arrays: Vec<&dyn Array> = self.sample.iter().filter_map(|batch| batch.columns().get(place)).map(AsRef::as_ref).collect();
            let mut profile = LoadColumnProfile::of(column);
            profile.nulls = self.nulls.get(place).copied().unwrap_or_default();
            if let Some(extremes) = self.extremes.get(place) {
                (profile.min, profile.max) = extremes.values(column);
            }
            let sampled = if arrays.is_empty() || column.column_type.is_nested() { Sampled::default() } else { column::describe(&compute::concat(&arrays)?, column.column_type) };
            numbers.push(sampled.numbers.clone());
            sampled.tell(&mut profile);
            columns.push(profile);
        }
        let profile = LoadProfile {
            format: FORMAT,
            load_id: load_id.to_owned(),
            dataset: dataset.to_owned(),
            rows: self.rows,
            sampled_rows: self.sampled as u64,
            columns,
            compared_with: None,
            drift: Vec::new(),
            rows_before: Vec::new(),
        };
        Ok(Profiled { profile, numbers })
    }
}

/// About how many bytes rows take, whatever else the arrays hold on to.
fn bytes_of(rows: &RecordBatch) -> u64 {
    // The length of a text stands in the lower half of its view.
    let texts = rows.columns().iter().filter_map(|column| column.as_string_view_opt()).flat_map(|texts| texts.views().iter());
    let text = texts.map(|view| u64::try_from(*view & u128::from(u32::MAX)).unwrap_or_default()).sum::<u64>();
    (rows.num_rows() * rows.num_columns() * size_of::<u64>()) as u64 + text
}

/// Every n-th row from one on, without holding on to the others.
fn every(batch: &RecordBatch, first: usize, stride: usize) -> Result<RecordBatch> {
    let rows: UInt32Array = (first..batch.num_rows()).step_by(stride).filter_map(|row| u32::try_from(row).ok()).collect();
    compacted(&compute::take_record_batch(batch, &rows)?)
}

/// A batch whose texts are its own.
fn compacted(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter().map(|column| match column.as_string_view_opt() {
        Some(texts) => Arc::new(texts.gc()) as ArrayRef,
        None => Arc::clone(column),
    });
    Ok(RecordBatch::try_new(batch.schema(), columns.collect())?)
}
