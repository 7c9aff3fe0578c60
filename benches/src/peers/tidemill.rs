//! Tidemill, embedded.

use std::path::Path;

use anyhow::Result;
use tidemill::{Engine, Load, LoadReport, Mill};
use tokio::runtime::Runtime;

use super::Peer;
use crate::answer::Answer;
use crate::dashboard::Question;

/// An engine with the data of one tenant.
pub struct EmbeddedTidemill {
    runtime: Runtime,
    mill: Mill,
}

impl EmbeddedTidemill {
    /// An engine over a folder.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(folder: &Path) -> Result<Self> {
        let runtime = Runtime::new()?;
        let mill = runtime.block_on(async { Engine::open(folder).await?.tenant("bench") })?;
        Ok(Self { runtime, mill })
    }

    /// Loads a file; when this returns it can be asked.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn load(&self, dataset: &str, load: Load) -> Result<LoadReport> {
        Ok(self.runtime.block_on(self.mill.load(dataset, load))?)
    }

    /// An answer to SQL.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn sql(&self, sql: &str) -> Result<Answer> {
        let result = self.runtime.block_on(self.mill.sql(sql))?;
        Answer::from_batches(&[result.batch])
    }
}

impl Peer for EmbeddedTidemill {
    fn name(&self) -> &'static str {
        "tidemill"
    }

    fn ask(&mut self, question: &Question) -> Result<Answer> {
        let result = self.runtime.block_on(self.mill.query(&question.semantic))?;
        Answer::from_batches(&[result.batch])
    }
}
