//! DataFusion as it comes, over the Parquet file.

use std::path::Path;

use anyhow::{Context, Result};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use tokio::runtime::Runtime;

use super::Peer;
use crate::answer::Answer;
use crate::dashboard::Question;
use crate::machine;

/// A session with a table `events`.
pub struct PlainDataFusion {
    runtime: Runtime,
    session: SessionContext,
}

impl PlainDataFusion {
    /// A session over a Parquet file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn over(file: &Path) -> Result<Self> {
        let runtime = Runtime::new()?;
        let session = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(machine::cores()));
        let path = file.to_str().context("the path of the data is not UTF-8")?;
        runtime.block_on(session.register_parquet("events", path, ParquetReadOptions::default()))?;
        Ok(Self { runtime, session })
    }
}

impl Peer for PlainDataFusion {
    fn name(&self) -> &'static str {
        "datafusion_parquet"
    }

    fn ask(&mut self, question: &Question) -> Result<Answer> {
        self.sql(&question.sql)
    }

    fn sql(&mut self, sql: &str) -> Result<Answer> {
        let batches = self.runtime.block_on(async { self.session.sql(sql).await?.collect().await })?;
        Answer::from_batches(&batches)
    }
}
