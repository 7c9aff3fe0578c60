//! One live socket, from its hello to its bye.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use chrono::SecondsFormat;
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};
use uuid::Uuid;

use super::Seat;
use super::frames::{self, ClientFrame};
use super::subscriptions::{Happened, Subscriptions};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Code, Peer, Problem, body};
use crate::policy::Action;

const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// A client that does not take a frame for so long is gone.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
const HEARTBEAT_SECONDS: u64 = 15;
/// How often token and user are looked at again.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// A client that has been told to come back does so after this.
const RETRY_AFTER_MS: u64 = 1_000;

/// Why a socket ends.
enum End {
    /// The client has gone, or does not read.
    Gone,
    /// We say goodbye.
    Bye(&'static str, Option<u64>),
}

/// Serves a socket until it ends.
pub async fn run(app: App, mut socket: WebSocket, mut seat: Seat, peer: Peer) {
    let end = match greet(&app, &mut socket, &mut seat, peer).await {
        Ok((caller, token)) => Connection { app: &app, socket: &mut socket, peer, caller, token, subscriptions: Subscriptions::default() }.run().await,
        Err(end) => end,
    };
    if let End::Bye(reason, retry_after_ms) = end {
        tracing::debug!(reason, "live socket ends");
        let _ = send(&mut socket, &frames::bye(reason, retry_after_ms)).await;
        let close = Message::Close(Some(CloseFrame { code: close_code::NORMAL, reason: reason.into() }));
        let _ = timeout(WRITE_WITHIN, socket.send(close)).await;
    }
}

/// Waits for the token.
async fn greet(app: &App, socket: &mut WebSocket, seat: &mut Seat, peer: Peer) -> Result<(Caller, String), End> {
    let deadline = Instant::now() + HELLO_WITHIN;
    loop {
        let received = tokio::select! {
            received = timeout_at(deadline, socket.recv()) => received,
            () = app.closing.cancelled() => return Err(End::Bye("the server is stopping", Some(RETRY_AFTER_MS))),
        };
        let message = received.map_err(|_| End::Bye("no hello within 10 s", None))?.and_then(Result::ok).ok_or(End::Gone)?;
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Binary(_) | Message::Close(_) => return Err(End::Gone),
        };
        let Ok(ClientFrame::Hello { token, view_as }) = body::parse::<ClientFrame>(text.as_bytes()) else { return Err(End::Bye("the first frame is hello", None)) };
        let caller = known(app, &token, view_as, peer).await.map_err(|problem| unknown(&problem))?;
        if caller.allow(Action::Read).is_err() {
            return Err(End::Bye("the role does not allow this", None));
        }
        if seat.assign(caller.identity().id()).is_err() {
            return Err(End::Bye("too many live connections", Some(30_000)));
        }
        send(socket, &frames::welcome(HEARTBEAT_SECONDS)).await?;
        return Ok((caller, token));
    }
}

struct Connection<'a> {
    app: &'a App,
    socket: &'a mut WebSocket,
    peer: Peer,
    caller: Caller,
    token: String,
    subscriptions: Subscriptions,
}

impl Connection<'_> {
    async fn run(mut self) -> End {
        let mut check = interval(CHECK_EVERY);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heartbeat = interval(Duration::from_secs(HEARTBEAT_SECONDS));
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.reset();
        loop {
            let step = tokio::select! {
                () = self.app.closing.cancelled() => Err(End::Bye("the server is stopping", Some(RETRY_AFTER_MS))),
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.receive(message).await,
                    Some(Err(_)) | None => Err(End::Gone),
                },
                happened = self.subscriptions.next() => self.tell(happened).await,
                _ = check.tick() => self.check().await,
                _ = heartbeat.tick() => {
                    let now = self.app.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true);
                    send(self.socket, &frames::heartbeat(&now)).await
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn receive(&mut self, message: Message) -> Result<(), End> {
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Binary(_) => return Err(End::Bye("frames are text", None)),
            Message::Close(_) => return Err(End::Gone),
        };
        match body::parse::<ClientFrame>(text.as_bytes()) {
            Ok(ClientFrame::Hello { .. }) => Err(End::Bye("hello comes once", None)),
            Ok(ClientFrame::Token { token }) => self.renew(token).await,
            Ok(ClientFrame::Subscribe { id, query }) => self.subscribe(id, *query).await,
            Ok(ClientFrame::Unsubscribe { id }) => {
                self.subscriptions.close(&id);
                Ok(())
            }
            Ok(ClientFrame::Ack { id, version }) => {
                self.subscriptions.acknowledge(&id, version);
                Ok(())
            }
            Err(problem) => send(self.socket, &frames::error(id_in(text.as_str()).as_deref(), problem)).await,
        }
    }

    async fn subscribe(&mut self, id: String, query: tidemill::SemanticQuery) -> Result<(), End> {
        let opened = match self.app.requests.take(self.caller.identity().id(), self.app.clock.now()).await {
            Ok(()) => self.subscriptions.open(id.clone(), self.caller.mill(self.app), self.caller.asks(query)),
            Err(problem) => Err(problem),
        };
        match opened {
            Ok(()) => Ok(()),
            Err(problem) => send(self.socket, &frames::error(Some(&id), problem)).await,
        }
    }

    async fn renew(&mut self, token: String) -> Result<(), End> {
        match self.again(&token).await {
            Ok(caller) if caller.identity().id() == self.caller.identity().id() => {
                (self.caller, self.token) = (caller, token);
                Ok(())
            }
            Err(end @ End::Bye(..)) => Err(end),
            _ => Err(End::Bye("the token does not hold", None)),
        }
    }

    /// Whether the token or key still holds and the user is still there.
    async fn check(&mut self) -> Result<(), End> {
        if self.caller.expires_at.is_some_and(|at| at <= self.app.clock.now()) {
            return Err(End::Bye("the token has expired", Some(RETRY_AFTER_MS)));
        }
        let token = self.token.clone();
        self.caller = self.again(&token).await?;
        Ok(())
    }

    /// The caller as they are now. Who may see something else than before comes back and asks anew.
    async fn again(&mut self, token: &str) -> Result<Caller, End> {
        let viewed = Some(self.caller.eyes().id()).filter(|id| *id != self.caller.identity().id());
        let caller = known(self.app, token, viewed, self.peer).await.map_err(|problem| unknown(&problem))?;
        if caller.identity().id() == self.caller.identity().id() && !caller.sees_as(&self.caller) {
            return Err(End::Bye("what you may see was changed", Some(RETRY_AFTER_MS)));
        }
        Ok(caller)
    }

    async fn tell(&mut self, happened: Happened) -> Result<(), End> {
        let frame = match happened {
            Happened::Changed(id, change) => frames::change(&id, &change),
            Happened::Failed(id, problem) => frames::error(Some(&id), problem),
        };
        send(self.socket, &frame).await
    }
}

/// The caller of a token or an API key, or who they look as.
async fn known(app: &App, token: &str, view_as: Option<Uuid>, peer: Peer) -> Result<Caller, Problem> {
    let caller = Caller::from_token(app, token, peer).await?;
    match view_as {
        Some(id) => caller.viewing_as(app, id).await,
        None => Ok(caller),
    }
}

/// Why somebody is not known. A client comes back where that may be otherwise a moment later.
fn unknown(problem: &Problem) -> End {
    match problem.code() {
        Code::Unauthenticated | Code::Denied | Code::NotFound => End::Bye("the token does not hold", None),
        _ => End::Bye("the token cannot be looked up now", Some(RETRY_AFTER_MS)),
    }
}

/// The id in a frame that did not parse, so that the client can tell which subscription it was.
fn id_in(text: &str) -> Option<String> {
    let frame: Value = serde_json::from_str(text).ok()?;
    frame.get("id")?.as_str().map(|id| id.chars().take(128).collect())
}

async fn send(socket: &mut WebSocket, frame: &Value) -> Result<(), End> {
    match timeout(WRITE_WITHIN, socket.send(Message::Text(frame.to_string().into()))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}

impl From<Problem> for End {
    fn from(_: Problem) -> Self {
        Self::Gone
    }
}
