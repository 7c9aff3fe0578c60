//! `cargo xtask bench`: fetches the peers and runs the scenarios of `benches/`, and the one of `web/e2e` that needs a browser;
//! results go to `benches/results/`.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::command::Command;
use crate::workspace::{BENCH_SPEED, SELECTION, Workspace};
use crate::{demo, tools};

const LONG: Duration = Duration::from_secs(4 * 3600);

/// Options of the benchmarks.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which scenario; all of them when none is given.
    scenario: Option<Scenario>,
    /// Options of the scenario, for instance `-- --rows 1000000`.
    #[arg(last = true)]
    rest: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// What an encrypted store, a contract and steps cost, beside the same work without them.
    Costs,
    /// Twelve queries of a dashboard over 10 million events, beside DuckDB and DataFusion.
    Dashboards,
    /// A day of ten commits a second in simulated time, and what opening and planning take then.
    Day,
    /// All rows grouped by keys of few values, one thread each, beside DuckDB and DataFusion in memory.
    Groupby,
    /// CSV files to tables that can be asked, their memory and size, beside DuckDB.
    Ingest,
    /// Memory that caches take, by the allocator, beside their budgets.
    Memory,
    /// The same dashboard after each 10,000 new rows, beside DuckDB.
    Refresh,
    /// A dashboard after a restart, from stored rollups and rows that just came, beside DuckDB.
    Rollups,
    /// Latest rows, look-ups and lists of values over events in many commits, beside DuckDB and DataFusion.
    Rows,
    /// Questions over two tables of events and five lookups, beside DuckDB; planning, and values that are searched.
    Semantic,
    /// Memory of the idle server and time from start to ready.
    Service,
    /// A dashboard of twelve widgets in Chromium, from signing in to drawn.
    Page,
    /// A thousand listeners of one dashboard while ten commits a second come in.
    Subscribers,
    /// Questions with joins over orders, items and events in the shape of RTABench, beside DuckDB and DataFusion.
    Star,
    /// Rows that come in all the time: durable batches, many clients, and how soon they show, beside DuckDB and PostgreSQL.
    Stream,
}

impl Scenario {
    fn as_str(self) -> &'static str {
        match self {
            Self::Costs => "costs",
            Self::Dashboards => "dashboards",
            Self::Day => "day",
            Self::Groupby => "groupby",
            Self::Ingest => "ingest",
            Self::Memory => "memory",
            Self::Refresh => "refresh",
            Self::Rollups => "rollups",
            Self::Rows => "rows",
            Self::Stream => "stream",
            Self::Semantic => "semantic",
            Self::Service => "service",
            Self::Page => "page",
            Self::Subscribers => "subscribers",
            Self::Star => "star",
        }
    }
}

/// Runs one scenario or all.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let all = || Scenario::value_variants().to_vec();
    for scenario in args.scenario.map_or_else(all, |one| vec![one]) {
        match scenario {
            Scenario::Page => page(workspace, &args.rest)?,
            _ => engine(workspace, scenario, &args.rest)?,
        }
    }
    Ok(())
}

/// A scenario of `benches/`.
fn engine(workspace: &Workspace, scenario: Scenario, rest: &[String]) -> Result<()> {
    tools::fetch_duckdb(workspace)?;
    let mut bench = Command::cargo(["bench", "--bench", scenario.as_str()]).args(SELECTION).args(BENCH_SPEED).args(["--"]).args(rest);
    if scenario == Scenario::Service {
        build_product(workspace)?;
        bench = bench.environment("TIDEMILL_BIN", workspace.binary("demo", "tidemill"));
    }
    bench.directory(&workspace.root).deadline(LONG).run()
}

/// The scenario that needs a browser stands beside the browser tests.
fn page(workspace: &Workspace, rest: &[String]) -> Result<()> {
    tools::install_chromium(workspace)?;
    let chromium = tools::chromium().context("find Chromium")?;
    build_product(workspace)?;
    Command::new("npx", ["playwright", "test", "--config", "playwright.bench.config.ts"])
        .args(rest)
        .environment("TIDEMILL_BIN", workspace.binary("demo", "tidemill"))
        .environment("CHROMIUM_PATH", chromium)
        .directory(workspace.web())
        .deadline(LONG)
        .run()
}

/// What people run is measured: the binary of the demo, with the web application inside.
fn build_product(workspace: &Workspace) -> Result<()> {
    tools::check_node(workspace)?;
    tools::install_npm_packages(workspace)?;
    tools::build_web(workspace)?;
    demo::build_server(workspace)
}
