//! DataFusion as it comes, over the Parquet file or over its rows in memory.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use datafusion::datasource::MemTable;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use tokio::runtime::Runtime;

use super::Peer;
use crate::answer::Answer;
use crate::dashboard::Question;
use crate::machine;

/// A session over Parquet files.
pub struct PlainDataFusion {
    name: &'static str,
    runtime: Runtime,
    session: SessionContext,
}

impl PlainDataFusion {
    /// A session over a Parquet file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn over(file: &Path) -> Result<Self> {
        Self::over_tables(&[("events", file)])
    }

    /// A session over Parquet files with names.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn over_tables(tables: &[(&str, &Path)]) -> Result<Self> {
        let (runtime, session) = (Runtime::new()?, session(machine::cores()));
        for (name, file) in tables {
            let path = file.to_str().context("the path of the data is not UTF-8")?;
            runtime.block_on(session.register_parquet(*name, path, ParquetReadOptions::default()))?;
        }
        Ok(Self { name: "datafusion_parquet", runtime, session })
    }

    /// An answer to SQL.
    ///
    /// # Errors
    /// Whatever DataFusion says.
    pub fn sql(&self, sql: &str) -> Result<Answer> {
        let batches = self.runtime.block_on(async { self.session.sql(sql).await?.collect().await })?;
        Answer::from_batches(&batches)
    }

    /// A session of one partition over the rows of a Parquet file, decoded into memory.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn in_memory(file: &Path) -> Result<Self> {
        let (runtime, session) = (Runtime::new()?, session(1));
        let path = file.to_str().context("the path of the data is not UTF-8")?;
        let (schema, batches) = runtime.block_on(async {
            let rows = session.read_parquet(path, ParquetReadOptions::default()).await?;
            let schema = Arc::clone(rows.schema().inner());
            Ok::<_, datafusion::error::DataFusionError>((schema, rows.collect().await?))
        })?;
        session.register_table("events", Arc::new(MemTable::try_new(schema, vec![batches])?))?;
        Ok(Self { name: "datafusion_memory", runtime, session })
    }
}

fn session(partitions: usize) -> SessionContext {
    SessionContext::new_with_config(SessionConfig::new().with_target_partitions(partitions))
}

impl Peer for PlainDataFusion {
    fn name(&self) -> &'static str {
        self.name
    }

    fn ask(&mut self, question: &Question) -> Result<Answer> {
        self.sql(&question.sql)
    }

    fn sql(&mut self, sql: &str) -> Result<Answer> {
        Self::sql(self, sql)
    }
}
