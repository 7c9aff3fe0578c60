//! What the text formats share: columns that fill up to a batch, rows that fall out of it, and the turn from building to
//! checking once an inferred type has been contradicted.

use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::nulls::Nulls;
use super::sink::{Authority, Sink};
use super::split::Signs;
use super::tally::Tally;
use super::{DecodeOutcome, DecodeTarget, Decoded};
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result, near_names};
use crate::ingest::infer::Inference;
use crate::ingest::{Progress, Reject};

/// Rows of a batch, about.
pub(crate) const BATCH_ROWS: usize = 32 << 10;
/// Rows that room is made for at first: most loads are a few rows that a program sends, and many of them wait together.
const FIRST_ROWS: usize = 256;
/// Values of a batch, about: of many columns there are fewer rows, for each column has room for all of them.
const BATCH_VALUES: usize = 8 << 20;
/// Bytes of text after which a batch of long rows is emitted.
pub(crate) const BATCH_TEXT_BYTES: usize = 16 << 20;

type Emit<'a> = &'a mut dyn FnMut(Decoded) -> Result<()>;

/// The batch at hand.
pub(crate) struct BatchBuilder<'a> {
    pub sinks: Vec<Sink>,
    pub tally: Tally<'a>,
    /// Whether `lines` are asked for.
    pub wants_lines: bool,
    /// Lines of the rows that the sinks have got, bad ones among them.
    pub lines: Vec<u64>,
    /// Values that did not fit and are null now.
    pub nulled: u64,
    schema: SchemaRef,
    rows: usize,
    /// Rows after which a batch is emitted.
    rows_max: usize,
    text_bytes: usize,
    /// Rows of the batch that are rejected.
    bad: Vec<usize>,
    rejects: Vec<Reject>,
    checking: bool,
    progress: &'a Progress,
    emit: Emit<'a>,
}

/// The Arrow schema of columns.
pub(crate) fn schema_of(columns: &[Column]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(Column::field).collect::<Vec<_>>()))
}

/// The error of a file that has a column which the target lacks.
pub(crate) fn not_in_dataset(file: &str, column: &str, known: &[Column]) -> Error {
    let near = near_names(column, known.iter().map(|column| column.name.as_str()));
    Error::invalid(format!("{file}: column {column:?} is not in the dataset{near}; rename or drop it in the file, or load into a new dataset"))
}

impl<'a> BatchBuilder<'a> {
    pub(crate) fn new(name: &'a str, inference: &Inference, target: &DecodeTarget, progress: &'a Progress, emit: Emit<'a>) -> Self {
        let rows_max = (BATCH_VALUES / target.columns.len().max(1)).clamp(1, BATCH_ROWS);
        let (nulls, signs) = (Nulls::of(&inference.options), Signs::of(&inference.options));
        let undetermined = |name: &str| inference.columns.iter().any(|column| column.name == name && column.undetermined);
        let sinks = target.columns.iter().enumerate().map(|(index, column)| {
            let authority = if target.declared.get(index).copied().unwrap_or(true) {
                Authority::Declared
            } else if column.column_type == ColumnType::String && undetermined(&column.name) {
                Authority::Undetermined
            } else {
                Authority::Inferred
            };
            Sink::new(column.clone(), authority, rows_max.min(FIRST_ROWS))
                .reading(&nulls, signs)
                .rounding(target.rounding.get(index).cloned().unwrap_or_default())
                .nulling(target.nulling.get(index).copied().unwrap_or_default())
        });
        Self {
            sinks: sinks.collect(),
            tally: Tally::new(name, progress),
            wants_lines: target.lines,
            lines: Vec::new(),
            nulled: 0,
            schema: schema_of(&target.columns),
            rows: 0,
            rows_max,
            text_bytes: 0,
            bad: Vec::new(),
            rejects: Vec::new(),
            checking: false,
            progress,
            emit,
        }
    }

    /// Whether an inferred type was contradicted, so that arrays are void and values are only checked.
    pub(crate) fn is_checking(&self) -> bool {
        self.checking
    }

    /// From here on values are only checked.
    pub(crate) fn check_only(&mut self) {
        self.checking = true;
        self.rejects.clear();
        self.bad.clear();
        self.lines.clear();
        self.nulled = 0;
    }

    /// Takes in rows that every sink has just got, the rejects among and between them (`bad` are the places of the former),
    /// and emits the batch when it is full.
    pub(crate) fn advance(&mut self, appended: usize, bad: impl Iterator<Item = usize>, mut rejects: Vec<Reject>, seen: usize, text_bytes: usize) -> Result<()> {
        self.progress.check()?;
        if self.checking {
            return Ok(());
        }
        rejects.sort_by_key(|reject| reject.line);
        self.tally.add(seen, &rejects)?;
        self.bad.extend(bad.map(|row| self.rows + row));
        self.rejects.append(&mut rejects);
        self.rows += appended;
        self.text_bytes += text_bytes;
        if self.rows >= self.rows_max || self.text_bytes >= BATCH_TEXT_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        if self.rows == 0 && self.rejects.is_empty() {
            return Ok(());
        }
        let arrays = self.sinks.iter_mut().map(Sink::finish).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let mut batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?;
        let mut lines = std::mem::take(&mut self.lines);
        if !self.bad.is_empty() {
            let mut keep = vec![true; self.rows];
            for row in self.bad.drain(..) {
                if let Some(keep) = keep.get_mut(row) {
                    *keep = false;
                }
            }
            let mut kept = keep.iter();
            lines.retain(|_| kept.next().copied().unwrap_or(true));
            batch = filter_record_batch(&batch, &BooleanArray::from(keep))?;
        }
        self.rows = 0;
        self.text_bytes = 0;
        (self.emit)(Decoded { batch, rejects: std::mem::take(&mut self.rejects), lines, source: None, nulled: std::mem::take(&mut self.nulled) })
    }

    /// The file is over.
    pub(crate) fn finish(mut self) -> Result<DecodeOutcome> {
        let promotions: Vec<_> = self.sinks.iter().filter_map(Sink::promotion).collect();
        if !promotions.is_empty() {
            return Ok(DecodeOutcome::Promote(promotions));
        }
        if self.is_checking() {
            // Rows were left out for a wider type that nobody found: an error rather than a load without them.
            return Err(Error::internal("a value fits neither its inferred type nor a wider one; declare the types of the columns"));
        }
        self.tally.finish()?;
        self.flush()?;
        Ok(DecodeOutcome::Complete)
    }
}
