//! `tidemill check-config`: the settings in effect, as TOML, secrets hidden.

use anyhow::Context;
use clap::Args;

use super::{ConfigArguments, terminal};

/// Flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
}

/// Runs the command.
///
/// # Errors
/// The settings are wrong.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let settings = arguments.config.read(Vec::new())?;
    terminal::say(toml::to_string_pretty(&settings).context("write the settings")?.trim_end());
    Ok(())
}
