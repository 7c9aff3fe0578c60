//! Security headers of every answer. The content policy allows our own files and one nonce for styles.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::{HeaderName, HeaderValue, header};
use rand::RngCore;

/// The nonce of this answer's styles; the page that is sent must carry it.
#[derive(Debug, Clone)]
pub struct StyleNonce(pub String);

/// Which pages may show what is answered. Routes that others than ours may read say so themselves.
const RESOURCE_POLICY: (&str, &str) = ("cross-origin-resource-policy", "same-origin");

const FIXED: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

/// Puts the headers on an answer.
pub async fn secure(mut request: Request, next: Next) -> Response {
    let mut random = [0u8; 16];
    rand::rng().fill_bytes(&mut random);
    let nonce = STANDARD_NO_PAD.encode(random);
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).filter(|host| is_host(host)).map(str::to_owned);
    request.extensions_mut().insert(StyleNonce(nonce.clone()));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let (name, value) = RESOURCE_POLICY;
    headers.entry(name).or_insert(HeaderValue::from_static(value));
    if let Ok(policy) = HeaderValue::from_str(&content_policy(&nonce, host.as_deref())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn content_policy(nonce: &str, host: Option<&str>) -> String {
    let sockets = host.map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'{sockets}; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
}

/// A host that may stand in a header: letters, digits, dots, dashes, a port, brackets of IPv6.
fn is_host(host: &str) -> bool {
    host.len() <= 255 && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_cannot_widen_the_policy() {
        assert!(is_host("bi.example:8080") && is_host("[::1]:80"));
        assert!(!is_host("a; script-src *") && !is_host("a b") && !is_host("*"));
        assert!(content_policy("n", Some("a:1")).contains("connect-src 'self' ws://a:1 wss://a:1;"));
    }
}
