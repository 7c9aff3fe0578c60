//! `tidemill import`: a file into a dataset, with a progress line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
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
    /// CSV, TSV, NDJSON or Parquet; plain, gzip or zstd
    file: PathBuf,
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
    let mut load = Load::path(&arguments.file).mode(LoadMode::Upsert).progress(progress.clone());
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
    terminal::say(&format!("{}: {} rows, {} rejected, {} stored in {} ms{again}", report.dataset, report.rows, report.rejected, terminal::bytes(report.bytes), report.duration_ms));
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
