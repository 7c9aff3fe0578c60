//! Pages of other origins that may ask in Cube's dialect. Its client runs in them and sends a token in a header, no cookie, so that
//! even `*` lets nobody ask in the name of somebody else.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::config::ANY_ORIGIN;

/// How long a browser need not ask again what it may send.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(3_600);

/// Opens routes to pages of these origins. Without any they stay as they are: browsers keep other pages out.
pub fn open(routes: OpenApiRouter<App>, origins: &[String]) -> OpenApiRouter<App> {
    if origins.is_empty() {
        return routes;
    }
    let allowed = if origins.iter().any(|origin| origin == ANY_ORIGIN) {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let request_id = HeaderName::from_static("x-request-id");
    let cors = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, request_id.clone()])
        .expose_headers([request_id, header::RETRY_AFTER])
        .max_age(ASKED_AGAIN_AFTER);
    let resource = SetResponseHeaderLayer::overriding(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    routes.layer(resource).layer(cors)
}
