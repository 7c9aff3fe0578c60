//! Who is measured: Tidemill and its peers, all in this process, all with as many threads as the machine has cores.

mod datafusion;
mod duckdb;
mod tidemill;

use anyhow::Result;

pub use self::datafusion::PlainDataFusion;
pub use self::duckdb::{DuckDb, literal};
pub use self::tidemill::EmbeddedTidemill;
use crate::answer::Answer;
use crate::dashboard::Question;

/// Somebody who answers questions.
pub trait Peer {
    /// As in result files.
    fn name(&self) -> &'static str;

    /// The answer, completely read.
    ///
    /// # Errors
    /// Whatever the peer says.
    fn ask(&mut self, question: &Question) -> Result<Answer>;

    /// The answer to SQL over a table `events`, completely read.
    ///
    /// # Errors
    /// Whatever the peer says.
    fn sql(&mut self, sql: &str) -> Result<Answer>;
}
