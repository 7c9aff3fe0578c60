//! From declared steps to compiled ones, over the columns of a source: each step is checked against the columns that those
//! before it leave behind.

use super::frame::Frame;
use super::op::{Op, Site};
use super::provisions::Provisions;
use super::{Step, Steps, cast, deduplicate, expression, look_up, number, secret, shape, split, text, time};
use crate::catalog::Column;
use crate::error::{Error, Result};
use crate::ingest::treatment::rows::Rows;

/// Bytes of a key for hashes.
const SALT_BYTES: std::ops::RangeInclusive<usize> = 16..=200;

/// Steps that rows can be put through.
#[derive(Debug)]
pub(crate) struct CompiledSteps {
    steps: Vec<Compiled>,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Compiled {
    site: Site,
    op: Box<dyn Op>,
    counts: Counts,
}

/// Rows that came to a step, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub rows_in: u64,
    pub rows_out: u64,
    pub rejected: u64,
}

impl Steps {
    /// Compiles the steps for a source.
    ///
    /// # Errors
    /// `Invalid`, naming the step and what is wrong, with near names.
    pub(crate) fn compile(&self, source: &[Column], provisions: &Provisions) -> Result<CompiledSteps> {
        let mut frame = Frame { columns: source.to_vec() };
        let mut steps: Vec<Compiled> = Vec::new();
        for (index, step) in self.iter().enumerate() {
            let site = Site { number: index + 1, op: step.op() };
            let op = compile(step, &mut frame, provisions).map_err(|error| site.name(error))?;
            if op.looks_ahead()
                && let Some(other) = steps.iter().find(|earlier| earlier.op.looks_ahead())
            {
                return Err(site.name(Error::invalid(format!(
                    "step {} keeps the last rows already, and each such step reads the whole source once more; keep the first here",
                    other.site.number
                ))));
            }
            steps.push(Compiled { site, op, counts: Counts::default() });
        }
        Ok(CompiledSteps { steps, columns: frame.columns })
    }
}

fn compile(step: &Step, frame: &mut Frame, provisions: &Provisions) -> Result<Box<dyn Op>> {
    match step {
        Step::Trim { columns, collapse } => text::trim(frame, columns, *collapse),
        Step::Case { columns, to } => text::case(frame, columns, *to),
        Step::NullTokens { columns, tokens, ignore_case } => text::null_tokens(frame, columns, tokens, *ignore_case),
        Step::Replace { columns, find, with, regex, ignore_case } => text::replace(frame, columns, find, with, *regex, *ignore_case),
        Step::ParseDate { column, formats, zone, to, into, on_error } => {
            time::parse_date(frame, &time::Order { column, formats, zone: zone.as_deref(), to: *to, into: into.as_deref(), on_error: *on_error })
        }
        Step::ParseNumber { column, decimal, group, strip, to, into, on_error } => {
            number::parse_number(frame, &number::Order { column, decimal: *decimal, group: *group, strip, to: *to, into: into.as_deref(), on_error: *on_error })
        }
        Step::Unit { column, factor, offset, into, on_error } => cast::unit(frame, column, *factor, *offset, into.as_deref(), *on_error),
        Step::Cast { columns, to, on_error } => cast::cast(frame, columns, *to, *on_error),
        Step::Derive { column, expression, on_error } => expression::derive(frame, column, expression, provisions.session(), *on_error),
        Step::Filter { condition, on_error } => expression::filter(frame, condition, provisions.session(), *on_error),
        Step::Split { column, separator, into } => split::split(frame, column, separator, into),
        Step::Rename { columns } => shape::rename(frame, columns),
        Step::Drop { columns } => shape::drop(frame, columns),
        Step::Flatten { column, prefix } => shape::flatten(frame, column, prefix.as_deref()),
        Step::Deduplicate { key, keep } => deduplicate::deduplicate(frame, key, *keep),
        Step::Mask { columns, keep_first, keep_last, with } => secret::mask(frame, columns, *keep_first, *keep_last, *with),
        Step::Hash { columns, salt } => {
            let key = match salt {
                Some(salt) if SALT_BYTES.contains(&salt.len()) => salt.as_bytes(),
                Some(salt) => return Err(Error::invalid(format!("\"salt\" has {} bytes; give {} to {}, or leave it out", salt.len(), SALT_BYTES.start(), SALT_BYTES.end()))),
                None => provisions.salt()?,
            };
            secret::hash(frame, columns, key)
        }
        Step::LookUp { dataset, on, take, missing } => {
            let found = provisions.lookups.get(dataset).ok_or_else(|| Error::internal(format!("dataset {dataset} was not looked up")))?;
            look_up::look_up(frame, &look_up::Order { dataset, on, take, missing: *missing }, found)
        }
    }
}

impl CompiledSteps {
    /// The columns of what comes out.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Puts rows through all steps.
    pub(crate) fn apply(&mut self, rows: &mut Rows) -> Result<()> {
        self.apply_to(rows, self.steps.len())
    }

    /// Whether all rows must be seen once before they are treated.
    pub(crate) fn looks_ahead(&self) -> bool {
        self.steps.iter().any(|step| step.op.looks_ahead())
    }

    /// Shows rows to the step that looks ahead.
    pub(crate) fn look(&mut self, rows: &mut Rows) -> Result<()> {
        let until = self.steps.iter().position(|step| step.op.looks_ahead()).map_or(0, |place| place + 1);
        self.apply_to(rows, until)
    }

    /// All rows were shown: the same come again.
    pub(crate) fn rewind(&mut self) {
        for step in &mut self.steps {
            step.op.rewind();
            step.counts = Counts::default();
        }
    }

    fn apply_to(&mut self, rows: &mut Rows, until: usize) -> Result<()> {
        for step in self.steps.iter_mut().take(until) {
            let (before, rejected) = (rows.batch.num_rows(), rows.rejects().len());
            step.op.apply(rows, &step.site).map_err(|error| if error.field().is_some() { error } else { step.site.name(error) })?;
            step.counts.rows_in += before as u64;
            step.counts.rows_out += rows.batch.num_rows() as u64;
            step.counts.rejected += (rows.rejects().len() - rejected) as u64;
        }
        Ok(())
    }

    /// What became of the rows, step by step.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (Site, Counts)> {
        self.steps.iter().map(|step| (step.site, step.counts))
    }

    /// Rows that were left out for no fault of theirs.
    pub(crate) fn left_out(&self) -> u64 {
        self.steps.iter().map(|step| step.counts.rows_in.saturating_sub(step.counts.rows_out + step.counts.rejected)).sum()
    }
}
