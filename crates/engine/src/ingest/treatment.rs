//! What happens to rows between the decoder and the segment writer. One treatment is made for a pass over a source, once the
//! types of its columns are known; it sees every batch in the order of the file.
//!
//! ```text
//!  Decoded (batch, rejects, lines) --> Rows --> steps --> Decoded --> segment writer
//! ```

pub(crate) mod rows;

use self::rows::Rows;
use super::Progress;
use super::decode::{DecodeOutcome, DecodeTarget, Decoded, Spooled, decode};
use super::infer::Inference;
use super::reject::REJECTS_MAX;
use crate::catalog::Column;
use crate::error::{Error, Result};

/// What a load wants to have done to its rows, whatever the types of its source turn out to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Treatments {}

impl Treatments {
    /// The treatment of one pass over a source with these columns.
    pub(crate) fn begin(&self, source: &[Column]) -> Result<Treatment> {
        Ok(Treatment { columns: source.to_vec(), rejected: 0 })
    }
}

/// What is done to the rows of one pass.
#[derive(Debug)]
pub(crate) struct Treatment {
    columns: Vec<Column>,
    /// Rows that it has rejected.
    rejected: usize,
}

impl Treatment {
    /// The columns of what comes out.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether it does anything, so that it must know the line of each row.
    pub(crate) fn wants_lines(&self) -> bool {
        false
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
            let treated = self.treat(decoded)?;
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
        let rows = Rows::of(decoded);
        Ok(rows.into_decoded())
    }
}
