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
    let flags = arguments.address.iter().map(|address| ("http.address", address.to_string())).collect();
    let settings = arguments.config.read(flags)?;
    telemetry::start(&settings.log)?;
    let app = App::open(settings, Arc::new(SystemClock)).await?;
    let listening = Listening::bind(&app).await?;
    let address = listening.address();
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "serving");
    if tenants::store::count(app.store.db()).await? == 0 {
        let code = app.setup_code.read_or_create()?;
        terminal::say(&format!("First start. Open http://{address}/ and set up with the code {code}"));
    }
    serve::serve(app, listening).await
}
