//! `tidemill check-config`: the settings in effect, as TOML, secrets hidden; then whether the store opens with them.

use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use tidemill::clock::SystemClock;

use super::{ConfigArguments, terminal};
use crate::engine;

/// Flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
}

/// Runs the command. It changes nothing.
///
/// # Errors
/// The settings are wrong, or the store does not open with their keys.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let settings = arguments.config.read(Vec::new())?;
    terminal::say(toml::to_string_pretty(&settings).context("write the settings")?.trim_end());
    if let Some(keys) = settings.encryption.keys()? {
        terminal::say(&format!("# encrypted with master key {}", keys.ids().join(", older: ")));
    }
    // A folder that is not there yet will be made; nothing is made here.
    if settings.store.url.is_some() || engine::folder(&settings).is_dir() {
        engine::builder(&settings, Arc::new(SystemClock))?.check().await.context("the store does not open with these settings")?;
        terminal::say("# the store opens with these settings");
    }
    Ok(())
}
