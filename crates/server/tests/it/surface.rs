//! What every answer has: ids, security headers, problems; and what lies outside the API.

use http::{Method, Request, header};
use serde_json::json;

use crate::harness::{Server, Who};

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> crate::harness::Answer {
    let mut request = Request::builder().method(Method::GET).uri(path).header(header::HOST, "bi.example:8080");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(axum::body::Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    let server = Server::empty().await;
    for path in ["/", "/dashboards/1", "/api/v1/me", "/api/v1/bootstrap", "/api/docs", "/healthz", "/nothing.js", "/api/nothing"] {
        let answer = get(&server, path, &[]).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "style-src 'self' 'nonce-",
            "connect-src 'self' ws://bi.example:8080 wss://bi.example:8080",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("cross-origin-opener-policy", "same-origin"), ("x-frame-options", "DENY")]
        {
            assert_eq!(answer.headers[name], value, "{path}");
        }
        assert!(answer.headers.contains_key("permissions-policy") && answer.headers.contains_key("x-request-id"), "{path}");
        assert!(answer.headers.contains_key(header::CACHE_CONTROL), "{path}");
    }
    let nonce =
        |answer: &crate::harness::Answer| answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().split("nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let (one, two) = (get(&server, "/api/docs", &[]).await, get(&server, "/api/docs", &[]).await);
    assert_ne!(nonce(&one), nonce(&two));
    assert!(one.text().contains(&format!("<style nonce=\"{}\"", nonce(&one))));
    assert!(!one.text().contains("<script"));
}

#[tokio::test(flavor = "multi_thread")]
async fn request_ids_come_back() {
    let server = Server::empty().await;
    let answer = get(&server, "/api/v1/me", &[("x-request-id", "my-id_1")]).await;
    assert_eq!(answer.headers["x-request-id"], "my-id_1");
    assert_eq!(answer.json()["request_id"], "my-id_1");
    let answer = get(&server, "/api/v1/me", &[("x-request-id", "bad id")]).await;
    assert_ne!(answer.headers["x-request-id"], "bad id");
    assert_eq!(answer.json()["request_id"], answer.headers["x-request-id"].to_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_is_served_outside_the_api_only() {
    let server = Server::empty().await;
    let page = get(&server, "/", &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(!page.text().contains("__CSP_NONCE__"));
    assert_eq!(get(&server, "/dashboards/abc", &[]).await.status, 200);
    for path in ["/api", "/api/", "/api/v1/nothing", "/api/v2/me", "/assets/nothing.js", "/.vite/manifest.json", "/index.html.br", "/../Cargo.toml", "/%2e%2e/Cargo.toml"] {
        let answer = get(&server, path, &[]).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{path}: {}", answer.status);
    }
    let answer = get(&server, "/api/v1/nothing", &[]).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(answer.json()["code"], "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_and_typed() {
    let server = Server::start().await;
    let big = json!({"email": "a".repeat(2 << 20), "password": "x"});
    let answer = server.post(Who::Anonymous, "/session", big).await.expect(413);
    assert_eq!(answer.json()["code"], "too_large");
    let request = server.request(Who::Anonymous, Method::POST, "/session").header(header::CONTENT_TYPE, "text/plain");
    server.send(request.body(axum::body::Body::from("{\"email\":\"a\",\"password\":\"b\"}")).unwrap()).await.expect(400);
    // Other kinds of value where a text is meant.
    for wrong in [json!({}), json!([]), json!(0), json!(true), json!(null), json!(["a"])] {
        for field in ["email", "password"] {
            let mut body = json!({"email": "a@b.c", "password": "some password"});
            body[field] = wrong.clone();
            assert_eq!(server.post(Who::Anonymous, "/session", body).await.expect(400).json()["errors"][0]["field"], field);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_caller_cannot_take_it_all() {
    let server = Server::start().await;
    let burst = server.app.settings.http.requests_per_minute / 10;
    for _ in 0..burst {
        server.get(Who::Viewer, "/me").await.expect(200);
    }
    let refused = server.get(Who::Viewer, "/me").await.expect(429);
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    server.get(Who::Editor, "/me").await.expect(200);
    server.clock.advance(chrono::TimeDelta::seconds(1));
    server.get(Who::Viewer, "/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_without_a_token() {
    let server = Server::empty().await;
    assert_eq!(get(&server, "/healthz", &[]).await.json(), json!({"status": "ok"}));
    assert_eq!(get(&server, "/readyz", &[]).await.json(), json!({"status": "ready"}));
    server.app.closing.cancel();
    assert_eq!(get(&server, "/healthz", &[]).await.status, 200);
    assert_eq!(get(&server, "/readyz", &[]).await.status, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compressed_when_asked() {
    let server = Server::empty().await;
    let answer = get(&server, "/api/v1/openapi.json", &[("accept-encoding", "gzip")]).await;
    assert_eq!(answer.headers[header::CONTENT_ENCODING], "gzip");
}
