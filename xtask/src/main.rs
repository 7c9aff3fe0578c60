//! Automation of the project, in Rust, so that one toolchain is enough: `cargo xtask demo`, `cargo xtask test`,
//! `cargo xtask tidy`, `cargo xtask simulate`, `cargo xtask fuzz`, `cargo xtask bench`. It refuses to hide anything: every outside command is printed before it runs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program talks to its terminal")]

mod bench;
mod command;
mod demo;
mod fuzz;
mod simulate;
mod steps;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Automation of Tidemill.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    order: Order,
}

#[derive(Subcommand)]
enum Order {
    /// Build the web application and the server, load the sample data, feed a live stream and print the address.
    Demo(demo::Args),
    /// Install what the tests need and is missing, then run every check and every test.
    Test(test::Args),
    /// Check the rules of the house that a program can check.
    Tidy,
    /// Run the engine over storage that fails and forgets: more seeds and kills than the tests do.
    Simulate(simulate::Args),
    /// Run the fuzz targets: by cargo-fuzz where that and a nightly toolchain are installed, else by changes of the examples.
    Fuzz(fuzz::Args),
    /// Run benchmarks beside DuckDB and plain DataFusion.
    Bench(bench::Args),
}

fn run() -> Result<()> {
    let workspace = workspace::Workspace::find()?;
    match Cli::parse().order {
        Order::Demo(args) => demo::run(&workspace, &args),
        Order::Test(args) => test::run(&workspace, &args),
        Order::Tidy => tidy::run(&workspace.root),
        Order::Simulate(args) => simulate::run(&workspace, &args),
        Order::Fuzz(args) => fuzz::run(&workspace, &args),
        Order::Bench(args) => bench::run(&workspace, &args),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
