//! What happens to rows between the decoder and the segment writer. One treatment is made for a pass over a source, once the
//! types of its columns are known; it sees every batch in the order of the file.
//!
//! ```text
//!  Decoded (batch, rejects, lines) --> Rows --> steps --> contract --> Decoded --> unique keys --> segment writer
//! ```

pub(crate) mod rows;

use std::sync::Arc;

use self::rows::Rows;
use super::contract::Checks;
use super::contract::reference::References;
use super::decode::{DecodeOutcome, DecodeTarget, Decoded, Spooled, decode};
use super::infer::Inference;
use super::reject::REJECTS_MAX;
use super::{Progress, Reject};
use crate::catalog::{Column, Contract, Reaction};
use crate::error::{Error, Result};

/// What a load wants to have done to its rows, whatever the types of its source turn out to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Treatments {
    /// What every row must hold to.
    pub contract: Arc<Contract>,
    /// What the contract refers to.
    pub references: References,
}

impl Treatments {
    /// The treatment of one pass over a source with these columns.
    pub(crate) fn begin(&self, source: &[Column]) -> Result<Treatment> {
        let columns = source.to_vec();
        let checks = Checks::new(&self.contract, &columns, &self.references)?;
        Ok(Treatment { columns, checks, contract: Arc::clone(&self.contract), rejected: 0, nulled: 0 })
    }
}

/// What is done to the rows of one pass.
#[derive(Debug)]
pub(crate) struct Treatment {
    columns: Vec<Column>,
    checks: Checks,
    contract: Arc<Contract>,
    /// Rows that it has rejected.
    rejected: usize,
    /// Values that were none of their type and are null now.
    nulled: u64,
}

impl Treatment {
    /// The columns of what comes out.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether it does anything, so that it must know the line of each row.
    pub(crate) fn wants_lines(&self) -> bool {
        !self.contract.is_empty()
    }

    /// Values that were made null because they did not hold to the contract.
    pub(crate) fn nulled(&self) -> u64 {
        self.nulled + self.checks.nulled()
    }

    /// For each of some columns, whether the contract makes values null that are not of its type.
    pub(crate) fn nulling(&self, columns: &[Column]) -> Vec<bool> {
        let nulled: Vec<&str> = self.contract.types().filter(|(.., reaction)| *reaction == Reaction::Null).map(|(_, column, ..)| column).collect();
        columns.iter().map(|column| nulled.contains(&column.name.as_str())).collect()
    }

    /// Decodes a whole source and hands on what comes of its rows; blocks. Types that do not hold end it as they end
    /// [`decode`]: then what was emitted is void, and so is this treatment.
    ///
    /// # Errors
    /// As `decode`, and what a row can be rejected for where that is to end the load.
    pub(crate) fn decode(
        &mut self,
        source: &Spooled,
        inference: &Inference,
        target: &DecodeTarget,
        progress: &Progress,
        emit: &mut dyn FnMut(Decoded) -> Result<()>,
    ) -> Result<DecodeOutcome> {
        let name = source.name();
        decode(source, inference, target, progress, &mut |decoded| {
            let before = decoded.rejects.len();
            let treated = self.treat(decoded).map_err(|error| error.context(name))?;
            let rejected = treated.rejects.len() - before;
            self.rejected += rejected;
            progress.reject_rows(rejected as u64);
            if self.rejected > REJECTS_MAX {
                let first = treated.rejects.last().map(super::Reject::describe).unwrap_or_default();
                return Err(Error::invalid(format!("{name}: more than {REJECTS_MAX} rows do not fit; one of them is {first}. Correct the file or what the dataset asks of its rows")));
            }
            emit(treated)
        })
    }

    /// What comes of a batch.
    fn treat(&mut self, decoded: Decoded) -> Result<Decoded> {
        if !self.wants_lines() {
            return Ok(decoded);
        }
        let mut decoded = decoded;
        self.nulled += decoded.nulled;
        self.number(&mut decoded.rejects)?;
        let mut rows = Rows::of(decoded);
        self.checks.apply(&mut rows)?;
        // Unique keys are looked at when the rows are about to be written.
        Ok(rows.into_decoded(self.contract.keys().next().is_some()))
    }

    /// Says of rows that the decoder has rejected for a type which the contract declares by which rule that is.
    fn number(&self, rejects: &mut [Reject]) -> Result<()> {
        for (rule, column, _, reaction) in self.contract.types() {
            for reject in rejects.iter_mut().filter(|reject| reject.column.as_deref() == Some(column) && reject.value.is_some()) {
                reject.rule = Some(rule);
                if reaction == Reaction::Fail {
                    return Err(failed(reject));
                }
            }
        }
        Ok(())
    }
}

/// Why a load fails by its contract.
pub(crate) fn failed(reject: &Reject) -> Error {
    Error::invalid(format!("{}; by the contract of the dataset the load fails. Correct the row, or change the contract", reject.describe()))
}
