//! No request runs for ever. Routes that stream (uploads, live) have deadlines of their own.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::{Code, Problem};

/// Longer than the engine's own deadline of a query, so that its message is the one that is seen.
const DEADLINE: Duration = Duration::from_secs(75);

/// Ends a request that takes too long.
pub async fn bound(request: Request, next: Next) -> Response {
    match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Code::Unavailable, "the request took too long and was stopped; try again or ask for less").into_response(),
    }
}
