//! Every request has an id: in its span, in its problems and in its answer. And every request has one span.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use tracing::Instrument;

const HEADER: &str = "x-request-id";
const LONGEST: usize = 64;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that this task serves.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Work that goes on behind a request, under its id and in its span.
pub fn behind<W: Future>(work: W) -> impl Future<Output = W::Output> {
    let (id, span) = (current(), tracing::Span::current());
    let under = async move {
        match id {
            Some(id) => CURRENT.scope(id, work).await,
            None => work.await,
        }
    };
    under.instrument(span)
}

/// Takes the client's id or makes one, opens the span, and sends the id back.
pub async fn carry(request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_valid(id))
        .map_or_else(|| uuid::Uuid::now_v7().simple().to_string(), str::to_owned);
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path = %request.uri().path(), route = %route, status = tracing::field::Empty);
    let header = HeaderValue::from_str(&id).ok();
    let started = std::time::Instant::now();
    let mut response = CURRENT.scope(id, next.run(request).instrument(span.clone())).await;
    let status = response.status().as_u16();
    span.record("status", status);
    span.in_scope(|| tracing::debug!(status, duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX), "answered"));
    if let Some(header) = header {
        response.headers_mut().insert(HEADER, header);
    }
    response
}

fn is_valid(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_goes_on_behind_a_request_has_its_id() {
        let told = CURRENT.scope("one".to_owned(), async { tokio::spawn(behind(async { current() })).await.unwrap() }).await;
        assert_eq!(told.as_deref(), Some("one"));
        // Without a request there is none, and the work is done.
        assert_eq!(tokio::spawn(behind(async { current() })).await.unwrap(), None);
    }

    #[test]
    fn foreign_ids_are_checked() {
        for (id, expected) in [("abc-1_2", true), ("", false), ("a b", false), ("a\u{1b}[31m", false), (&*"a".repeat(65), false)] {
            assert_eq!(is_valid(id), expected, "{id:?}");
        }
    }
}
