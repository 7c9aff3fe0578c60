//! `tidemill serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use tidemill::clock::SystemClock;

use super::{ConfigArguments, terminal};
use crate::app::App;
use crate::serve::{self, Listening};
use crate::{telemetry, tenants};

/// Flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS")]
    address: Option<SocketAddr>,
}

/// Runs the command.
///
/// # Errors
/// Anything that keeps the server from starting or from stopping cleanly.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (app, listening) = open(&arguments.config, arguments.address).await?;
    let address = listening.address();
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "serving");
    if tenants::store::count(app.store.db()).await? == 0 {
        let code = app.setup_code.read_or_create()?;
        terminal::say(&format!("First start. Open http://{address}/ and set up with the code {code}"));
    }
    serve::serve(app, listening).await
}

/// Reads the settings, begins to log, opens what they name and binds the address: what every command does that serves.
///
/// # Errors
/// The settings are wrong, something that they name cannot be opened, or the address is taken.
pub async fn open(config: &ConfigArguments, address: Option<SocketAddr>) -> anyhow::Result<(App, Listening)> {
    let settings = config.read(address.iter().map(|address| ("http.address", address.to_string())).collect())?;
    telemetry::start(&settings.log)?;
    let app = App::open(settings, Arc::new(SystemClock)).await?;
    let listening = Listening::bind(&app).await?;
    Ok((app, listening))
}
