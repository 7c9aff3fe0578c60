//! Tidemill, embedded.

use std::path::Path;

use anyhow::Result;
use tidemill::{CompactionReport, DatasetDetail, Engine, Load, LoadReport, Mill, QueryResult, Rollup, RollupStatus, Settings};
use tokio::runtime::Runtime;

use super::Peer;
use crate::answer::Answer;
use crate::dashboard::Question;

/// An engine with the data of one tenant.
pub struct EmbeddedTidemill {
    name: &'static str,
    runtime: Runtime,
    mill: Mill,
}

impl EmbeddedTidemill {
    /// An engine over a folder.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(name: &'static str, folder: &Path, settings: Settings) -> Result<Self> {
        let runtime = Runtime::new()?;
        let mill = runtime.block_on(async { Engine::builder().path(folder).settings(settings).open().await?.tenant("bench") })?;
        Ok(Self { name, runtime, mill })
    }

    /// Loads a file; when this returns it can be asked.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn load(&self, dataset: &str, load: Load) -> Result<LoadReport> {
        Ok(self.runtime.block_on(self.mill.load(dataset, load))?)
    }

    /// What a dataset is by now.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn dataset(&self, dataset: &str) -> Result<DatasetDetail> {
        Ok(self.runtime.block_on(self.mill.dataset(dataset))?)
    }

    /// Merges small segments, as upkeep does in the background.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn compact(&self, dataset: &str) -> Result<CompactionReport> {
        Ok(self.runtime.block_on(self.mill.compact(dataset))?)
    }

    /// Declares rollups of a dataset and builds them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn declare(&self, dataset: &str, rollups: Vec<Rollup>) -> Result<Vec<RollupStatus>> {
        self.runtime.block_on(async {
            let mut model = self.mill.model(dataset).await?;
            model.rollups = rollups;
            let version = model.version;
            self.mill.update_model(model, version).await?;
            Ok(self.mill.build_rollups(dataset).await?)
        })
    }

    /// An answer to a question, with where it comes from.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn query(&self, question: &Question) -> Result<QueryResult> {
        Ok(self.runtime.block_on(self.mill.query(&question.semantic))?)
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
        self.name
    }

    fn ask(&mut self, question: &Question) -> Result<Answer> {
        Answer::from_batches(&[self.query(question)?.batch])
    }

    fn sql(&mut self, sql: &str) -> Result<Answer> {
        Self::sql(self, sql)
    }
}
