//! `cargo xtask bench`: fetches the peers and runs the scenarios of `benches/`; results go to `benches/results/`.

use std::time::Duration;

use anyhow::Result;

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

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Scenario {
    /// Twelve queries of a dashboard over 10 million events, beside DuckDB and DataFusion.
    Dashboards,
    /// A compressed CSV file to a table that can be asked, beside DuckDB.
    Ingest,
    /// The same dashboard after each 10,000 new rows, beside DuckDB.
    Refresh,
    /// A dashboard after a restart, from stored rollups and rows that just came, beside DuckDB.
    Rollups,
    /// Latest rows, look-ups and lists of values over events in many commits, beside DuckDB and DataFusion.
    Rows,
    /// Memory of the idle server and time from start to ready.
    Service,
}

impl Scenario {
    fn as_str(self) -> &'static str {
        match self {
            Self::Dashboards => "dashboards",
            Self::Ingest => "ingest",
            Self::Refresh => "refresh",
            Self::Rollups => "rollups",
            Self::Rows => "rows",
            Self::Service => "service",
        }
    }
}

/// Runs one scenario or all.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    tools::fetch_duckdb(workspace)?;
    let scenarios = args
        .scenario
        .map_or_else(|| vec![Scenario::Dashboards, Scenario::Ingest, Scenario::Refresh, Scenario::Rollups, Scenario::Rows, Scenario::Service], |one| vec![one]);
    for scenario in scenarios {
        let mut bench = Command::cargo(["bench", "--bench", scenario.as_str()]).args(SELECTION).args(BENCH_SPEED).args(["--"]).args(&args.rest);
        if scenario == Scenario::Service {
            // What people run is measured: the binary of the demo, with the web application inside.
            tools::check_node(workspace)?;
            tools::install_npm_packages(workspace)?;
            tools::build_web(workspace)?;
            demo::build_server(workspace)?;
            bench = bench.environment("TIDEMILL_BIN", workspace.binary("demo", "tidemill"));
        }
        bench.directory(&workspace.root).deadline(LONG).run()?;
    }
    Ok(())
}
