//! The command line, one file a command.

pub mod admin;
pub mod admin_keys;
pub mod check_config;
pub mod demo;
pub mod demo_data;
pub mod import;
pub mod models;
pub mod query;
pub mod serve;
pub mod table;
pub mod terminal;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use tidemill::Engine;
use tidemill::clock::SystemClock;

use crate::config::{Settings, layers};
use crate::engine;

/// Live dashboards over your own data.
#[derive(Debug, Parser)]
#[command(name = "tidemill", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web application and the API
    Serve(serve::Arguments),
    /// Serve sample data with a live stream of orders, ready to sign in
    Demo(demo::Arguments),
    /// Load a file into a dataset (stop the server first: a data folder has one owner)
    Import(import::Arguments),
    /// Ask a question and print the answer
    Query(query::Arguments),
    /// Models as files: write them out, check them, store them; also from Cube and Open Semantic Interchange
    Models(models::Arguments),
    /// Manage tenants and users
    Admin(admin::Arguments),
    /// Print the settings in effect, without secrets, and check that the store opens with them
    CheckConfig(check_config::Arguments),
}

/// Where the settings come from. Later ones win: file, `TIDEMILL_*` variables, flags.
#[derive(Debug, Clone, Args)]
pub struct ConfigArguments {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of all stored things
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Bucket for stored data, `s3://bucket/prefix`; the data folder when left out
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
}

impl ConfigArguments {
    /// Reads the settings, with more flags laid over them.
    ///
    /// # Errors
    /// See [`layers::read`].
    pub fn read(&self, mut flags: Vec<layers::Flag>) -> anyhow::Result<Settings> {
        if let Some(folder) = &self.data_dir {
            flags.push(("data_dir", folder.to_str().context("--data-dir is not valid text")?.to_owned()));
        }
        if let Some(url) = &self.store {
            flags.push(("store.url", url.clone()));
        }
        layers::read(self.config.as_deref(), std::env::vars(), &flags)
    }
}

/// Runs the command of a command line.
///
/// # Errors
/// Whatever the command could not do.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")?;
    let result = runtime.block_on(async move {
        match cli.command {
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Import(arguments) => import::run(arguments).await,
            Command::Query(arguments) => query::run(arguments).await,
            Command::Models(arguments) => models::run(arguments).await,
            Command::Admin(arguments) => admin::run(arguments).await,
            Command::CheckConfig(arguments) => check_config::run(&arguments).await,
        }
    });
    // Blocking work that outlived its command (a sign-in being hashed) must not hold the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}

/// Opens the engine of a data folder, without accounts or sockets.
///
/// # Errors
/// The folder cannot be opened.
pub async fn open_engine(settings: &Settings) -> anyhow::Result<Engine> {
    crate::auth::private_file::create_folder(&settings.data_dir)?;
    engine::builder(settings, Arc::new(SystemClock))?.open().await.context("open the engine")
}
