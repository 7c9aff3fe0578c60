//! The route of live results.

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::Response;
use tracing::Instrument;

use super::connection;
use crate::app::App;
use crate::http::origin::check_same_origin;
use crate::http::{Answer, Peer, Problem};

const PROTOCOL: &str = "tidemill.v1";
/// Bytes of one frame of a client.
const FRAME_MAX_BYTES: usize = 1 << 20;

/// Open the live socket. The token comes in its first frame, so that it stands in no URL and no log.
#[utoipa::path(get, path = "/live", tag = "live", security(()), responses((status = 101, description = "A WebSocket of the subprotocol tidemill.v1")))]
pub async fn open_live(State(app): State<App>, request: Request) -> Answer<Response> {
    let (mut parts, _) = request.into_parts();
    check_same_origin(&parts.headers, app.settings.http.public_origin.as_deref())?;
    let upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection> = WebSocketUpgrade::from_request_parts(&mut parts, &app).await;
    let upgrade = upgrade.map_err(|_| Problem::invalid(format!("this route opens a WebSocket of the subprotocol {PROTOCOL}")))?;
    let peer = Peer::of(&parts.extensions);
    let seat = app.sockets.take_seat()?;
    let span = tracing::info_span!("live");
    let token = app.tasks.token();
    Ok(upgrade.protocols([PROTOCOL]).max_message_size(FRAME_MAX_BYTES).max_frame_size(FRAME_MAX_BYTES).on_upgrade(move |socket| {
        async move {
            connection::run(app, socket, seat, peer).await;
            drop(token);
        }
        .instrument(span)
    }))
}
