//! Rows whose values come one by one with types of their own, as JSON and Excel have them, on their way into the batch.

use super::batch::BatchBuilder;
use super::json_rows::Scalar;
use super::sink::reason;
use super::tally::{row_text, shorten_value};
use crate::error::Result;
use crate::ingest::Reject;

/// Rows after which counts and cancellation are looked at.
const STEP_ROWS: usize = 1_024;

/// Rows that the batch does not count yet.
#[derive(Default)]
pub(crate) struct ScalarRows {
    seen: usize,
    appended: usize,
    text_bytes: usize,
    bad: Vec<usize>,
    rejects: Vec<Reject>,
}

/// Where a row stands, and its text for who wants to see it.
pub(crate) struct Origin<'a> {
    pub line: u64,
    pub raw: &'a [u8],
}

impl Origin<'_> {
    pub(crate) fn reject(&self, column: Option<String>, value: Option<String>, reason: String) -> Reject {
        Reject { line: self.line, column, value, reason, rule: None, raw: row_text(self.raw) }
    }
}

impl ScalarRows {
    /// Counts a row that was seen, whether it is good or not.
    pub(crate) fn see(&mut self, bytes: usize) {
        self.seen += 1;
        self.text_bytes += bytes;
    }

    pub(crate) fn reject(&mut self, reject: Reject) {
        self.rejects.push(reject);
    }

    /// Hands rows over when it is time to count them.
    pub(crate) fn hand_over_if_due(&mut self, batch: &mut BatchBuilder<'_>) -> Result<()> {
        if self.seen >= batch.tally.step(STEP_ROWS) { self.hand_over(batch) } else { Ok(()) }
    }

    pub(crate) fn hand_over(&mut self, batch: &mut BatchBuilder<'_>) -> Result<()> {
        let taken = std::mem::take(self);
        batch.advance(taken.appended, taken.bad.into_iter(), taken.rejects, taken.seen, taken.text_bytes)
    }

    /// Appends a row of one value a column of the target.
    pub(crate) fn append(&mut self, scalars: &[Scalar<'_>], origin: &Origin<'_>, batch: &mut BatchBuilder<'_>) {
        if !batch.is_checking() {
            let mut fault = None;
            for (sink, scalar) in batch.sinks.iter_mut().zip(scalars) {
                if sink.is_open() {
                    sink.observe_scalar(scalar, origin.line);
                }
                let Err(misfit) = sink.append_scalar(scalar) else { continue };
                if sink.is_nulling() {
                    batch.nulled += 1;
                    continue;
                }
                // What would be rounded asks for no other type: its row is at fault.
                if !sink.is_declared() && !misfit.is_rounded {
                    batch.check_only();
                    break;
                }
                fault.get_or_insert_with(|| (sink.column.clone(), scalar, misfit));
            }
            if !batch.is_checking() {
                if let Some((column, scalar, misfit)) = fault {
                    self.bad.push(self.appended);
                    self.rejects.push(match misfit.inside {
                        Some(inside) => origin.reject(Some(format!("{}{}", column.name, inside.way)), Some(inside.value), inside.reason),
                        None => {
                            let text = scalar.text().unwrap_or_default();
                            origin.reject(Some(column.name), Some(shorten_value(text.as_bytes())), reason(column.column_type, scalar, &text))
                        }
                    });
                }
                if batch.wants_lines {
                    batch.lines.push(origin.line);
                }
                self.appended += 1;
                return;
            }
        }
        for (sink, scalar) in batch.sinks.iter_mut().zip(scalars) {
            sink.observe_scalar(scalar, origin.line);
        }
    }
}
