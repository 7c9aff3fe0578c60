//! What steps would do, shown on the sample of a file: nothing is stored, and no more of the file is read than one batch.

use serde::Serialize;
use serde_json::{Map, Value};

use super::compile::CompiledSteps;
use crate::catalog::Column;
use crate::catalog::exact::Rounds;
use crate::error::{Error, ErrorKind, Result};
use crate::ingest::decode::{DecodeTarget, Decoded, Spooled, decode};
use crate::ingest::treatment::rows::{Rows, objects};
use crate::ingest::{Inference, Progress, Reject};

/// Rows that are looked at, at most.
const SAMPLE_ROWS: usize = 10_000;

/// What a load would make of the beginning of its input.
#[derive(Debug, Clone, Serialize)]
pub struct StepsPreview {
    /// What the input seems to be.
    pub inference: Inference,
    /// The columns before the first step: inferred, declared, or asked for by a step.
    pub source: Vec<Column>,
    /// The columns after the last step.
    pub columns: Vec<Column>,
    /// Rows that were looked at. Everything here is about them.
    pub rows: u64,
    /// Rows that come out of the last step.
    pub rows_out: u64,
    /// Rows that are rejected.
    pub rejected: u64,
    /// The first rows before the first step.
    pub before: Vec<Map<String, Value>>,
    /// The first rows after the last step.
    pub after: Vec<Map<String, Value>>,
    /// The first rejected rows, with their reasons.
    pub rejects: Vec<Reject>,
    /// What became of the rows, step by step.
    pub steps: Vec<StepRows>,
}

/// What became of the rows that came to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepRows {
    /// The step, from 1.
    pub step: usize,
    /// What it does.
    pub op: &'static str,
    /// Rows that came to it.
    pub rows_in: u64,
    /// Rows that went on.
    pub rows_out: u64,
    /// Rows that it rejected. Others that did not go on were left out by a filter, or because others have the same key.
    pub rejected: u64,
}

/// Puts the sample of a source through steps; blocks.
pub(crate) fn preview(source: &Spooled, inference: Inference, columns: Vec<Column>, rounding: Vec<Rounds>, mut steps: CompiledSteps, shown: usize) -> Result<StepsPreview> {
    let sample = usize::try_from(inference.sample_rows).unwrap_or(SAMPLE_ROWS).clamp(1, SAMPLE_ROWS);
    // Types that later rows of the batch do not fit are no matter here: only rows of the sample are shown.
    let target = DecodeTarget { declared: vec![true; columns.len()], columns, lines: true, nulling: Vec::new(), rounding };
    let decoded = first_batch(source, &inference, &target)?;
    let (batch, mut rejects) = (decoded.batch.slice(0, sample.min(decoded.batch.num_rows())), decoded.rejects);
    let lines: Vec<u64> = decoded.lines.into_iter().take(batch.num_rows()).collect();
    if batch.num_rows() == sample {
        rejects.retain(|reject| lines.last().is_none_or(|last| reject.line <= *last));
    }
    let rows = || Rows::of(Decoded { batch: batch.clone(), rejects: rejects.clone(), lines: lines.clone(), source: None, nulled: 0 });
    if steps.looks_ahead() {
        steps.look(&mut rows())?;
        steps.rewind();
    }
    let mut treated = rows();
    steps.apply(&mut treated)?;
    let treated = treated.into_decoded(false);
    Ok(StepsPreview {
        rows: (batch.num_rows() + rejects.len()) as u64,
        rows_out: treated.batch.num_rows() as u64,
        rejected: treated.rejects.len() as u64,
        before: objects(&batch.slice(0, shown.min(batch.num_rows())), true),
        after: objects(&treated.batch.slice(0, shown.min(treated.batch.num_rows())), true),
        rejects: treated.rejects.into_iter().take(shown).collect(),
        steps: steps
            .counts()
            .map(|(site, counts)| StepRows { step: site.number, op: site.op, rows_in: counts.rows_in, rows_out: counts.rows_out, rejected: counts.rejected })
            .collect(),
        columns: steps.columns().to_vec(),
        source: target.columns,
        inference,
    })
}

/// The first rows of a source, and no more.
fn first_batch(source: &Spooled, inference: &Inference, target: &DecodeTarget) -> Result<Decoded> {
    let mut first = None;
    let ended = decode(source, inference, target, &Progress::new(), &mut |decoded| {
        first = Some(decoded);
        Err(Error::new(ErrorKind::Cancelled, "enough was seen"))
    });
    match (first, ended) {
        (Some(first), _) => Ok(first),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => {
            let batch = arrow::array::RecordBatch::new_empty(crate::ingest::decode::batch::schema_of(&target.columns));
            Ok(Decoded { batch, rejects: Vec::new(), lines: Vec::new(), source: None, nulled: 0 })
        }
    }
}
