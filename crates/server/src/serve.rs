//! A listening server: from a bound address to the last finished request.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;
use crate::router;

/// A bound address, and ears for the signals that end the process: from here on none of them is missed.
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    terminate: Signal,
    interrupt: Signal,
}

impl Listening {
    /// Binds the address of the settings.
    ///
    /// # Errors
    /// The address is taken or not ours.
    pub async fn bind(app: &App) -> anyhow::Result<Self> {
        let wanted = app.settings.http.address;
        let listener = TcpListener::bind(wanted).await.with_context(|| format!("listen on {wanted}"))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The address, with the port that was found for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves until the process is told to stop: then it takes no more requests, finishes those it has, says goodbye to live
/// sockets, waits for running commits, and closes the engine.
///
/// # Errors
/// The listener fails.
pub async fn serve(app: App, listening: Listening) -> anyhow::Result<()> {
    let Listening { listener, mut terminate, mut interrupt, .. } = listening;
    app.start_upkeep();
    let service = router::build(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let closing = app.closing.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move { closing.cancelled().await });
    let server = tokio::spawn(server.into_future());
    tokio::select! {
        _ = terminate.recv() => tracing::info!("terminated: stopping"),
        _ = interrupt.recv() => tracing::info!("interrupted: stopping"),
        () = app.closing.cancelled() => {}
    }
    app.closing.cancel();
    let bound = Duration::from_secs(app.settings.http.shutdown_seconds);
    match tokio::time::timeout(bound, server).await {
        Ok(ended) => ended.context("the server task")?.context("serve")?,
        Err(_) => tracing::warn!("some requests did not end in time and were cut"),
    }
    app.close().await;
    tracing::info!("stopped");
    Ok(())
}
