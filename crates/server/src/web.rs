//! The web application, from inside the binary: hashed assets for ever, the page with its nonce, nothing below `/api`.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::Problem;
use crate::middleware::headers::StyleNonce;

const NONCE_MARK: &str = "__CSP_NONCE__";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Dist;

/// Answers everything that no route took.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    if ["/api", "/cubejs-api"].iter().any(|api| path.strip_prefix(api).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))) {
        return Problem::not_found("route").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let name = path.trim_start_matches('/');
    if !name.is_empty() && name != "index.html" && !is_hidden(name) && Dist::get(name).is_some() {
        return asset(name, request.headers());
    }
    // A missing file is missing; any other path is a place inside the application.
    if name.starts_with("assets/") || name.rsplit('/').next().is_some_and(|last| last.contains('.')) {
        return Problem::not_found("file").into_response();
    }
    page(request.extensions().get::<StyleNonce>())
}

/// What the build leaves beside the application for its own use.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name.ends_with(".br") || name.ends_with(".gz") || name.ends_with(".map")
}

fn asset(name: &str, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepts = |encoding: &str| accepted.split(',').any(|part| part.split(';').next().is_some_and(|token| token.trim() == encoding));
    let packed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(encoding))
        .find_map(|(encoding, ending)| Some((encoding, Dist::get(&format!("{name}.{ending}"))?)));
    let (encoding, file) = match packed {
        Some((encoding, file)) => (Some(encoding), file),
        None => match Dist::get(name) {
            Some(file) => (None, file),
            None => return Problem::not_found("file").into_response(),
        },
    };
    let etag = etag_of(&file);
    let unchanged = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { file.data.into_owned().into_response() };
    let cache = if name.starts_with("assets/") { FOR_EVER } else { ASK_AGAIN };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(kind) = HeaderValue::from_str(&content_type(name)) {
        answer.insert(header::CONTENT_TYPE, kind);
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.insert(header::ETAG, etag);
    }
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn etag_of(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    format!("\"{}\"", hex::encode(hash.get(..16).unwrap_or_default()))
}

fn content_type(name: &str) -> String {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let is_text = kind.type_() == "text" || kind.subtype() == "javascript" || kind.subtype() == "json";
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_string() }
}

fn page(nonce: Option<&StyleNonce>) -> Response {
    let Some(file) = Dist::get("index.html") else { return Problem::not_found("page").into_response() };
    let text = String::from_utf8_lossy(&file.data).replace(NONCE_MARK, nonce.map_or("", |nonce| &nonce.0));
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, text).into_response()
}
