//! Who is measured: Tidemill and its peers, all in this process, all with as many threads as the machine has cores.

mod datafusion;
mod duckdb;
mod postgresql;
mod tidemill;

use std::time::Duration;

use anyhow::{Context, Result};

pub use self::datafusion::PlainDataFusion;
pub use self::duckdb::{DuckDb, literal};
pub use self::postgresql::{PostgreSql, copy};
pub use self::tidemill::EmbeddedTidemill;
use crate::answer::Answer;
use crate::dashboard::Question;
use crate::measure::{order_of_round, timed};

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

/// Asks everybody once, compares the answers, then times them in interleaved rounds.
///
/// # Errors
/// When somebody fails or two disagree.
pub fn compare_and_time(peers: &mut [Box<dyn Peer>], question: &Question, rounds: usize) -> Result<Vec<Vec<Duration>>> {
    let mut first: Option<Answer> = None;
    for peer in peers.iter_mut() {
        let answer = peer.ask(question).with_context(|| peer.name())?;
        match &first {
            None => first = Some(answer),
            Some(first) => first.clone().compare(answer).with_context(|| format!("tidemill and {} disagree", peer.name()))?,
        }
    }
    let mut times = vec![Vec::with_capacity(rounds); peers.len()];
    for round in 0..rounds {
        for place in order_of_round(peers.len(), round) {
            let (_, time) = timed(|| peers[place].ask(question))?;
            times[place].push(time);
        }
    }
    Ok(times)
}
