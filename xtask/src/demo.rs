//! `cargo xtask demo`: from a checkout to a running product with data in it, and nothing else to set up.

use anyhow::Result;

use crate::command::Command;
use crate::steps::{self, Step};
use crate::tools;
use crate::workspace::{SELECTION, Workspace};

/// Options of the demo. Everything is handed to `tidemill demo`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Options of `tidemill demo`, for instance `--address 127.0.0.1:9000` or `--data-dir ./my-data`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Builds, then becomes the server.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    steps::run(
        workspace,
        &[
            Step { name: "check node", work: tools::check_node },
            Step { name: "install npm packages", work: tools::install_npm_packages },
            Step { name: "build the web application", work: tools::build_web },
            Step { name: "build the server (the first time takes a while: about half an hour on 2 cores)", work: build_server },
        ],
    )?;
    println!("\nstarting Tidemill; Ctrl-C stops it");
    Command::new(workspace.binary("demo", "tidemill"), ["demo", "--examples", "examples/data"])
        .args(&args.rest)
        .directory(&workspace.root)
        .replace()
}

/// Builds the server.
pub(crate) fn build_server(workspace: &Workspace) -> Result<()> {
    Command::cargo(["build", "--bin", "tidemill"])
        .args(SELECTION)
        .directory(&workspace.root)
        .deadline(std::time::Duration::from_secs(3600))
        .run()
}
