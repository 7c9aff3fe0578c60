//! Pages of other origins that may ask in Cube's dialect, by the rules of the Fetch standard. Its client runs in them and sends a token
//! in a header, no cookie, so that even `*` lets nobody ask in the name of somebody else.

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::config::ANY_ORIGIN;

/// Seconds for which a browser need not ask again what it may send.
const ASKED_AGAIN_AFTER: HeaderValue = HeaderValue::from_static("3600");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// What an answer depends on, for caches between.
const DEPENDS_ON: HeaderValue = HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers");

/// Opens routes to pages of these origins. Without any they stay as they are: browsers keep other pages out.
pub fn open(routes: OpenApiRouter<App>, origins: &[String]) -> OpenApiRouter<App> {
    let origins: Arc<[HeaderValue]> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    if origins.is_empty() {
        return routes;
    }
    routes.layer(from_fn(move |request: Request, next: Next| answer(Arc::clone(&origins), request, next)))
}

async fn answer(origins: Arc<[HeaderValue]>, request: Request, next: Next) -> Response {
    let allowed = allowed(&origins, request.headers().get(header::ORIGIN));
    let asks_first = request.method() == Method::OPTIONS;
    let mut answer = if asks_first { StatusCode::OK.into_response() } else { next.run(request).await };
    let headers: &mut HeaderMap = answer.headers_mut();
    headers.append(header::VARY, DEPENDS_ON);
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-request-id, retry-after"));
        if asks_first {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type, x-request-id"));
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, ASKED_AGAIN_AFTER);
        }
    }
    answer
}

/// What a page of an origin is told that it may do; nothing where it may not.
fn allowed(origins: &[HeaderValue], origin: Option<&HeaderValue>) -> Option<HeaderValue> {
    let any = HeaderValue::from_static(ANY_ORIGIN);
    if origins.contains(&any) {
        return Some(any);
    }
    origin.filter(|origin| origins.contains(origin)).cloned()
}
