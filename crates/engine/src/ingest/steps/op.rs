//! What a step is once it is compiled: something that rows are put through, and what it does with a row that does not fit.

use std::fmt::Debug;

use super::step::OnError;
use crate::error::{Error, Result};
use crate::ingest::Reject;
use crate::ingest::treatment::rows::{Fault, Rows};

/// A compiled step. It sees every batch of a pass, in the order of the file.
pub(crate) trait Op: Send + Debug {
    /// Puts rows through it.
    ///
    /// # Errors
    /// What ends the load.
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()>;

    /// Whether it must see all rows before it can let the first one through. Then it is put through a pass of its own.
    fn looks_ahead(&self) -> bool {
        false
    }

    /// The next pass begins, with the same rows.
    fn rewind(&mut self) {}
}

/// Where a step stands in its list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    /// From 1.
    pub number: usize,
    pub op: &'static str,
}

impl Site {
    /// Names the step in an error.
    pub(crate) fn name(self, error: Error) -> Error {
        error.context(format!("step {} ({})", self.number, self.op)).at(format!("steps[{}]", self.number - 1))
    }

    /// Does with values that could not be read what the step says. Their places hold null by then.
    pub(crate) fn settle(self, rows: &mut Rows, mut faults: Vec<Fault>, on_error: OnError) -> Result<()> {
        if on_error == OnError::Null || faults.is_empty() {
            return Ok(());
        }
        for fault in &mut faults {
            fault.reason = format!("step {} ({}): {}", self.number, self.op, fault.reason);
        }
        let before = rows.rejects().len();
        rows.reject(faults)?;
        match rows.rejects().get(before) {
            Some(first) if on_error == OnError::Fail => {
                Err(Error::invalid(format!("{}. The step says that the load fails then; nothing was stored", Reject::describe(first))).at(format!("steps[{}]", self.number - 1)))
            }
            _ => Ok(()),
        }
    }
}
