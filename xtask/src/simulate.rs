//! `cargo xtask simulate`: more seeds and more kills than an ordinary run of the tests has. It runs the same tests, told by
//! environment variables how many there are; what fails says how to repeat it.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::command::Command;
use crate::tools;
use crate::workspace::{SELECTION, Workspace};

/// The cap; 10,000 seeds take minutes.
const LONG: Duration = Duration::from_secs(6 * 3_600);

/// Options of the simulation.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Seeds of the simulated storage.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    first_seed: u64,
    /// Kills of a real process, after each of which log and rows are read without the engine. 0: none.
    #[arg(long, default_value_t = 0)]
    kills: u64,
    /// What decides when processes are killed.
    #[arg(long, default_value_t = 1)]
    kill_seed: u64,
    /// Repeats one seed and prints its trace.
    #[arg(long, conflicts_with_all = ["seeds", "kills"])]
    seed: Option<u64>,
}

/// Runs seeds, then kills.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let test = |filter: &str| {
        let order = [["test", "--test", "simulation"].as_slice(), &SELECTION, &["--", "--nocapture", filter]].concat();
        Command::cargo(order).directory(&workspace.root).deadline(LONG)
    };
    if let Some(seed) = args.seed {
        return test("seeds::share").environment("TIDEMILL_SEED", seed.to_string()).run();
    }
    if args.seeds > 0 {
        println!("{} seeds from {} on", args.seeds, args.first_seed);
        let seeds = test("seeds::share").environment("TIDEMILL_SEEDS", args.seeds.to_string()).environment("TIDEMILL_FIRST_SEED", args.first_seed.to_string());
        seeds.run().context("each seed that failed is named above; `cargo xtask simulate --seed N` repeats it and prints what happened")?;
    }
    if args.kills > 0 {
        println!("{} kills", args.kills);
        tools::install_pip(workspace)?;
        let kills = test("kills::share").environment("TIDEMILL_KILLS", args.kills.to_string()).environment("TIDEMILL_KILL_SEED", args.kill_seed.to_string());
        kills
            .run()
            .with_context(|| format!("`cargo xtask simulate --seeds 0 --kills {} --kill-seed {}` tries the same kills again", args.kills, args.kill_seed))?;
    }
    Ok(())
}
