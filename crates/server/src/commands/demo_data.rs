//! The data of the demo: five files, a stream of orders that begins in the past and goes on, a dashboard for each.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use serde::Deserialize;
use tidemill::ingest::{Load, LoadMode};
use tidemill::{Join, Measure, Mill, Model, NamedFilter, Scope};
use tidemill_connectors::orders::{OrderBatch, OrderStream, OrdersConfig, Position};

use super::terminal;
use crate::app::App;
use crate::auth::Tenancy;
use crate::dashboards::generate::{Facts, generate};
use crate::dashboards::{handlers as dashboards, store};
use crate::store::audit::Actor;

/// File, dataset, what people read, time column.
const FILES: [(&str, &str, &str, Option<&str>); 5] = [
    ("flights.csv.gz", "flights", "Flights", Some("time_hour")),
    ("weather.csv", "weather", "Weather", Some("time_hour")),
    ("planes.csv", "planes", "Planes", None),
    ("airports.csv", "airports", "Airports", None),
    ("airlines.csv", "airlines", "Airlines", None),
];
/// What is added to generated models: joins, measures, and dimensions that are the same as one of another model.
const MODELS: [(&str, &str); 2] = [("flights", include_str!("../../../../examples/models/flights.json")), ("weather", include_str!("../../../../examples/models/weather.json"))];
const ORDERS: &str = "orders";
const DASHBOARDS_FOR: [&str; 2] = ["flights", ORDERS];
/// History comes in large batches, so that it becomes few segments.
const BATCH_ROWS: usize = 250_000;
const TICK: Duration = Duration::from_secs(1);

fn mill(app: &App, tenancy: &Tenancy) -> Mill {
    app.engine.mill(Scope::of(tenancy.slug().clone()))
}

/// Loads the sample files that are not there yet.
///
/// # Errors
/// A file is missing or broken.
pub async fn load_files(app: &App, tenancy: &Tenancy, folder: &Path) -> anyhow::Result<()> {
    let mill = mill(app, tenancy);
    let known: Vec<String> = mill.datasets().await?.into_iter().map(|dataset| dataset.name).collect();
    for (file, dataset, label, time_column) in FILES {
        if known.iter().any(|name| name == dataset) {
            continue;
        }
        let path = folder.join(file);
        anyhow::ensure!(path.is_file(), "{} is not there; say with --examples where the sample files are", path.display());
        let load = Load::path(&path).mode(LoadMode::Create).label(label).time_column(time_column);
        let report = mill.load(dataset, load).await.with_context(|| format!("load {}", path.display()))?;
        terminal::say(&format!("{dataset}: {} rows in {} ms", report.rows, report.duration_ms));
    }
    for (dataset, parts) in MODELS {
        describe(&mill, dataset, parts).await.with_context(|| format!("describe {dataset}"))?;
    }
    Ok(())
}

/// Adds to a model that nobody has changed yet.
async fn describe(mill: &Mill, dataset: &str, parts: &str) -> anyhow::Result<()> {
    let model = mill.model(dataset).await?;
    if model.version > 1 {
        return Ok(());
    }
    let parts: Parts = serde_json::from_str(parts)?;
    let mut described = Model { joins: parts.joins, segments: parts.segments, ..model.clone() };
    described.measures.extend(parts.measures);
    for dimension in &mut described.dimensions {
        dimension.same_as = parts.same_as.get(&dimension.name).cloned();
    }
    mill.update_model(described, model.version).await?;
    Ok(())
}

/// A file of additions.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parts {
    joins: Vec<Join>,
    segments: Vec<NamedFilter>,
    measures: Vec<Measure>,
    same_as: BTreeMap<String, String>,
}

/// The stream, and what it has made but not yet stored.
pub struct Orders {
    stream: OrderStream,
    /// Up to where the dataset has the orders; nothing where it was loaded without a position, or is not there.
    stored: Option<Position>,
    mill: Mill,
}

/// Takes the stream up at the position that is stored with its orders, or some days ago; stores a first batch, so that there is a dataset.
///
/// # Errors
/// The orders cannot be stored.
pub async fn begin_orders(app: &App, tenancy: &Tenancy, orders_per_day: u32, history_days: u32) -> anyhow::Result<Orders> {
    let mill = mill(app, tenancy);
    let now = app.clock.now();
    let earliest = Position::at(now - TimeDelta::days(i64::from(history_days)));
    let config = OrdersConfig { orders_per_day, batch_rows: BATCH_ROWS, ..OrdersConfig::default() };
    let stream = OrderStream::new(config)?;
    let known = mill.datasets().await?.into_iter().find(|dataset| dataset.name == ORDERS);
    let stored = mill.position(ORDERS, &stream.source()).await?.map(Position::stored);
    // Orders that were stored before there were positions end with the latest of them.
    let after_latest = || known.as_ref().and_then(|dataset| dataset.time_max).map(Position::after);
    let position = stored.or_else(after_latest).map_or(earliest, |position| position.max(earliest));
    let mut orders = Orders { stream: stream.starting_at(position), stored, mill };
    if known.is_none()
        && let Some(batch) = orders.stream.next_batch(now)
    {
        orders.store(&batch).await.context("store the first orders")?;
    }
    Ok(orders)
}

impl Orders {
    async fn store(&mut self, batch: &OrderBatch) -> tidemill::Result<()> {
        let load = batch.load(self.stored).mode(LoadMode::CreateOrAppend).label("Orders").time_column(Some("ordered_at"));
        self.mill.load(ORDERS, load).await?;
        self.stored = Some(batch.position);
        Ok(())
    }

    /// Catches up with the clock, then stores each second's orders, until the process ends.
    pub fn start(mut self, app: &App) {
        let app = app.clone();
        app.tasks.clone().spawn(async move {
            while !app.closing.is_cancelled() {
                match self.stream.next_batch(app.clock.now()) {
                    Some(batch) => self.store_for_sure(&app, batch).await,
                    None => wait(&app, TICK).await,
                }
            }
        });
    }

    /// The position makes trying again harmless. Where somebody else has brought the stream further, or the dataset was made anew, it
    /// goes on from where the dataset is.
    async fn store_for_sure(&mut self, app: &App, batch: OrderBatch) {
        while let Err(error) = self.store(&batch).await {
            if let Some(conflict) = error.position_conflict() {
                tracing::warn!(%error, "the orders are elsewhere; going on from there");
                self.stored = conflict.position.map(Position::stored);
                let position = self.stored.unwrap_or(batch.from);
                self.stream = self.stream.clone().starting_at(position);
                return;
            }
            tracing::warn!(%error, "orders could not be stored; trying again");
            wait(app, TICK).await;
            if app.closing.is_cancelled() {
                return;
            }
        }
    }
}

async fn wait(app: &App, time: Duration) {
    let _ = app.closing.run_until_cancelled(tokio::time::sleep(time)).await;
}

/// Makes dashboards, if the tenant has none. The demo is worth seeing without one too, so a failure is only told.
///
/// # Errors
/// The metadata store does not answer.
pub async fn make_dashboards(app: &App, tenancy: &Tenancy) -> anyhow::Result<()> {
    if store::count(app.store.db(), tenancy).await? > 0 {
        return Ok(());
    }
    for dataset in DASHBOARDS_FOR {
        if let Err(error) = make_dashboard(app, tenancy, dataset).await {
            tracing::warn!("no dashboard of {dataset} was made: {error:#}");
        }
    }
    Ok(())
}

async fn make_dashboard(app: &App, tenancy: &Tenancy, dataset: &str) -> anyhow::Result<()> {
    let mill = mill(app, tenancy);
    let model = mill.model(dataset).await?;
    let facts = Facts::of(&mill.profile(dataset).await?);
    let actor = Actor::operator(Some(tenancy.id()));
    let made = dashboards::save_new(app, tenancy, actor, generate(&model, &facts), "Demo".to_owned()).await;
    made.map(drop).map_err(|problem| anyhow::anyhow!("{problem:?}"))
}
