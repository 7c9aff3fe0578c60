//! `tidemill query`: a question in JSON or SQL, the answer as a table, JSON or CSV.

use anyhow::{Context, bail};
use clap::Args;
use tidemill::{AsOf, QueryResult, SemanticQuery};

use super::{ConfigArguments, open_engine, table, terminal};
use crate::http::body;

/// Flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
    /// Tenant
    #[arg(long)]
    tenant: String,
    /// A SQL statement in place of a semantic query
    #[arg(long, conflicts_with = "query")]
    sql: Option<String>,
    /// With --sql: ask an older state, a version or an RFC 3339 time
    #[arg(long, requires = "sql")]
    as_of: Option<AsOf>,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV
    #[arg(long)]
    csv: bool,
    /// A semantic query in JSON
    query: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// The question cannot be answered.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let settings = arguments.config.read(Vec::new())?;
    let engine = open_engine(&settings).await?;
    let mill = engine.tenant(&arguments.tenant)?;
    let result = match (&arguments.sql, &arguments.query) {
        (Some(sql), None) => match arguments.as_of {
            Some(as_of) => mill.sql_as_of(sql, as_of).await?,
            None => mill.sql(sql).await?,
        },
        (None, Some(text)) => {
            let query: SemanticQuery = body::parse(text.as_bytes()).map_err(|problem| anyhow::anyhow!("query: {problem:?}"))?;
            mill.query(&query).await?
        }
        _ => bail!("give a semantic query in JSON, or --sql"),
    };
    print(&result, &arguments)?;
    engine.close().await;
    Ok(())
}

fn print(result: &QueryResult, arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.csv {
        terminal::say(result.to_csv()?.trim_end());
    } else if arguments.json {
        terminal::say(&serde_json::to_string_pretty(&result.to_json()).context("write JSON")?);
    } else {
        terminal::say(&table::draw(&result.to_json()));
        let provenance = &result.provenance;
        if let Some(explanation) = &result.explanation {
            terminal::complain(&explanation.to_string());
        }
        let cut = if provenance.truncated { ", cut by the limit" } else { "" };
        terminal::complain(&format!(
            "{} rows{cut}; {} rows scanned in {} of {} segments",
            result.batch.num_rows(),
            provenance.rows_scanned,
            provenance.segments_read,
            provenance.segments_total
        ));
    }
    Ok(())
}
