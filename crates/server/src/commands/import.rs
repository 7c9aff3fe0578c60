//! `tidemill import`: a file into a dataset, with a progress line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use chrono::{DateTime, Utc};
use clap::Args;
use tidemill::ingest::{Load, LoadMode, Progress};

use super::{ConfigArguments, open_engine, terminal};

const BAR_CHARS: u64 = 30;

/// Flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
    /// Tenant
    #[arg(long)]
    tenant: String,
    /// Dataset; made when it is not there
    #[arg(long)]
    dataset: String,
    /// Time column of a new dataset; inferred when left out
    #[arg(long)]
    time_column: Option<String>,
    /// The same key again does nothing
    #[arg(long)]
    idempotency_key: Option<String>,
    /// Put the rows in the place of all that the dataset has
    #[arg(long, conflicts_with_all = ["upsert_key", "replace_from"])]
    replace: bool,
    /// Put the rows in the place of those with the same values in these columns (repeat for several columns)
    #[arg(long, value_name = "COLUMN", conflicts_with = "replace_from")]
    upsert_key: Vec<String>,
    /// Put the rows in the place of those from this instant on, as in 2026-01-01T00:00:00Z
    #[arg(long, value_name = "INSTANT", requires = "replace_to")]
    replace_from: Option<DateTime<Utc>>,
    /// ... and before this one
    #[arg(long, value_name = "INSTANT", requires = "replace_from")]
    replace_to: Option<DateTime<Utc>>,
    /// CSV, TSV, JSON, NDJSON, Parquet, Arrow, Avro or Excel; text also packed by gzip, zstd, bzip2 or xz
    file: PathBuf,
}

impl Arguments {
    fn mode(&self) -> LoadMode {
        match (self.replace_from, self.replace_to) {
            (Some(from), Some(to)) => LoadMode::ReplaceRange { from, to },
            _ if self.replace => LoadMode::Replace,
            _ if !self.upsert_key.is_empty() => LoadMode::Upsert { key: self.upsert_key.clone() },
            _ => LoadMode::CreateOrAppend,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// The file cannot be loaded; then nothing of it is stored.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let settings = arguments.config.read(Vec::new())?;
    ensure!(arguments.file.is_file(), "{} is not a file", arguments.file.display());
    let engine = open_engine(&settings).await?;
    let progress = Progress::new();
    let mut load = Load::path(&arguments.file).mode(arguments.mode()).progress(progress.clone());
    if let Some(column) = &arguments.time_column {
        load = load.time_column(Some(column));
    }
    if let Some(key) = &arguments.idempotency_key {
        load = load.idempotency_key(key);
    }
    let mill = engine.tenant(&arguments.tenant)?;
    let loading = mill.load(&arguments.dataset, load);
    tokio::pin!(loading);
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let result = loop {
        tokio::select! {
            result = &mut loading => break result,
            _ = tick.tick() => terminal::redraw(&bar(&progress)),
            _ = tokio::signal::ctrl_c() => progress.cancel(),
        }
    };
    terminal::redraw("");
    let report = result.map_err(anyhow::Error::from)?;
    let again = if report.replayed { " (loaded before with this key)" } else { "" };
    let gone = if report.replaced > 0 { format!(" in the place of {}", report.replaced) } else { String::new() };
    let (rows, stored) = (report.rows, terminal::bytes(report.bytes));
    terminal::say(&format!("{}: {rows} rows{gone}, {} rejected, {stored} stored in {} ms{again}", report.dataset, report.rejected, report.duration_ms));
    for promotion in &report.promotions {
        terminal::complain(&format!("column {} became {} at line {}", promotion.column, promotion.to, promotion.line));
    }
    engine.close().await;
    Ok(())
}

fn bar(progress: &Progress) -> String {
    let (read, total) = (progress.bytes_read(), progress.bytes_total());
    let filled = (read.min(total) * BAR_CHARS).checked_div(total).unwrap_or(0) as usize;
    let empty = BAR_CHARS as usize - filled;
    format!("[{}{}] {} of {}, {} rows, {} rejected", "=".repeat(filled), " ".repeat(empty), terminal::bytes(read), terminal::bytes(total), progress.rows(), progress.rejected())
}
