//! The rows of a batch on their way through a treatment. Each remembers which decoded row it came from, so that one that
//! does not fit can be kept with its line, as it was decoded.

use arrow::array::{Array, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{filter_record_batch, prep_null_mask_filter, take_record_batch};
use serde_json::{Map, Value};

use crate::catalog::json::column_to_json;
use crate::error::Result;
use crate::ingest::decode::Decoded;
use crate::ingest::decode::tally::shorten_value;
use crate::ingest::reject::Reject;

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
        let Decoded { batch, rejects, lines } = decoded;
        let rows = u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
        Self { source: batch.clone(), batch, lines, origin: (0..rows).collect(), rejects }
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
    pub(crate) fn reject(&mut self, mut faults: Vec<Fault>) -> Result<()> {
        if faults.is_empty() {
            return Ok(());
        }
        faults.sort_by_key(|fault| fault.row);
        faults.dedup_by_key(|fault| fault.row);
        let origins: Vec<u32> = faults.iter().map(|fault| self.origin.get(fault.row).copied().unwrap_or_default()).collect();
        let raws = objects(&take_record_batch(&self.source, &UInt32Array::from(origins.clone()))?);
        let mut keep = vec![true; self.batch.num_rows()];
        for ((fault, origin), raw) in faults.into_iter().zip(origins).zip(raws) {
            if let Some(keep) = keep.get_mut(fault.row) {
                *keep = false;
            }
            let line = self.lines.get(origin as usize).copied().unwrap_or_default();
            let value = fault.value.map(|value| shorten_value(value.as_bytes()));
            self.rejects.push(Reject { line, column: fault.column, value, reason: fault.reason, raw: Value::Object(raw).to_string() });
        }
        self.keep(&BooleanArray::from(keep))
    }

    /// Those that are left, with the rejects in the order of the file.
    pub(crate) fn into_decoded(mut self) -> Decoded {
        self.rejects.sort_by_key(|reject| reject.line);
        let lines = self.origin.iter().filter_map(|origin| self.lines.get(*origin as usize).copied()).collect();
        Decoded { batch: self.batch, rejects: self.rejects, lines }
    }
}

/// Each row as an object of what is not null.
pub(crate) fn objects(batch: &RecordBatch) -> Vec<Map<String, Value>> {
    let mut objects = vec![Map::new(); batch.num_rows()];
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        for (object, value) in objects.iter_mut().zip(column_to_json(column)) {
            if !value.is_null() {
                object.insert(field.name().clone(), value);
            }
        }
    }
    objects
}
