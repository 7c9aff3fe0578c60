//! The engine inside another program: load a file, ask in two languages, listen to an answer. Run it with
//! `cargo run --workspace --profile demo --bin embed`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::path::Path;

use anyhow::Context;
use futures::StreamExt;
use serde_json::json;
use tidemill::{Csv, Engine, Json, SemanticQuery};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(folder.path()).await?;
    let mill = engine.tenant("acme")?;

    // A file becomes a dataset and a model; types, separators and compression are found out.
    let flights = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/flights.csv.gz");
    let report = mill.load("flights", Csv::path(flights)).await?;
    println!("loaded {} rows, rejected {}, version {}", report.rows, report.rejected, report.version);

    // A question in the words of the model.
    let by_carrier: SemanticQuery = serde_json::from_value(json!({
        "measures": ["flights.count", "flights.avg_arr_delay"],
        "dimensions": ["flights.carrier"],
        "order": [["flights.count", "desc"]],
        "limit": 3
    }))?;
    let answer = mill.query(&by_carrier).await?;
    println!("busiest carriers {}", answer.to_json()["data"]);
    println!("read {} of {} segments, exact: {}", answer.provenance.segments_read, answer.provenance.segments_total, answer.provenance.exact);

    // The same data in SQL.
    let delays = mill.sql("select origin, count(*) as flights from flights group by origin order by origin").await?;
    println!("flights by origin {}", delays.to_json()["data"]);

    // A live answer: first the snapshot, then what each commit changes.
    let mut live = mill.subscribe(&by_carrier).await?;
    let snapshot = live.next().await.context("the subscription ended")??;
    println!("live at version {}", snapshot.version);
    mill.load("flights", Json::bytes(r#"{"carrier": "UA", "origin": "EWR", "arr_delay": 3, "time_hour": "2013-12-31T23:00:00Z"}"#)).await?;
    let change = live.next().await.context("the subscription ended")??;
    println!("live change {}", change.to_json());
    Ok(())
}
