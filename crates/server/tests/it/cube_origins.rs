//! Pages of other origins: those that the settings name ask in Cube's dialect, and nowhere else; all others nowhere.

use axum::body::Body;
use http::{Method, Request, header};

use crate::harness::{Answer, Server, Who};

const SHOP: &str = "https://shop.example";
const OTHER: &str = "https://other.example";
const META: &str = "/cubejs-api/v1/meta";
const RESOURCE_POLICY: &str = "cross-origin-resource-policy";

async fn open_to(origins: &[&str]) -> Server {
    let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    Server::start_with(|settings| settings.http.cube_origins = origins).await
}

/// What a browser asks before a page sends a token.
async fn preflight(server: &Server, path: &str, origin: &str) -> Answer {
    let request = Request::builder().method(Method::OPTIONS).uri(path).header(header::HOST, "localhost").header(header::ORIGIN, origin);
    let request = request
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type,x-request-id");
    server.send(request.body(Body::empty()).unwrap()).await
}

async fn get(server: &Server, path: &str, origin: &str, token: &str) -> Answer {
    let request = Request::builder().uri(path).header(header::HOST, "localhost").header(header::ORIGIN, origin).header(header::AUTHORIZATION, token);
    server.send(request.body(Body::empty()).unwrap()).await
}

fn allowed(answer: &Answer) -> Option<&str> {
    answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_named_origins_ask() {
    let server = open_to(&[SHOP, "https://more.example:8443"]).await;
    let token = server.token(Who::Viewer);
    for path in [META, "/cubejs-api/v1/load", "/cubejs-api/v1/sql", "/cubejs-api/v1/dry-run", "/cubejs-api/v1/subscribe"] {
        let answer = preflight(&server, path, SHOP).await.expect(200);
        assert_eq!(allowed(&answer), Some(SHOP), "{path}");
        let text = |name: header::HeaderName| answer.headers[name].to_str().unwrap().to_ascii_lowercase();
        for needed in ["authorization", "content-type", "x-request-id"] {
            assert!(text(header::ACCESS_CONTROL_ALLOW_HEADERS).contains(needed), "{path}");
        }
        assert!(text(header::ACCESS_CONTROL_ALLOW_METHODS).contains("post"), "{path}");
        // Requests carry a token, and never a cookie.
        assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "{path}");
        assert_eq!(allowed(&preflight(&server, path, OTHER).await), None, "{path}");
    }
    let answer = get(&server, META, SHOP, token).await.expect(200);
    assert_eq!((allowed(&answer), &answer.headers[RESOURCE_POLICY]), (Some(SHOP), &header::HeaderValue::from_static("cross-origin")));
    assert_eq!(answer.headers.get_all(RESOURCE_POLICY).iter().count(), 1);
    // A page reads what is wrong, too.
    assert_eq!(allowed(&get(&server, META, SHOP, "nobody").await.expect(401)), Some(SHOP));
    assert_eq!(allowed(&get(&server, META, OTHER, token).await), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_open_to_them() {
    let server = open_to(&["*"]).await;
    let token = server.token(Who::Viewer);
    let answer = get(&server, META, OTHER, token).await.expect(200);
    assert_eq!((allowed(&answer), answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS)), (Some("*"), false));
    for path in ["/api/v1/me", "/api/v1/queries", "/api/v1/session", "/healthz", "/"] {
        assert_eq!(allowed(&preflight(&server, path, SHOP).await), None, "{path}");
        let answer = get(&server, path, SHOP, &format!("Bearer {token}")).await;
        assert_eq!((allowed(&answer), answer.headers[RESOURCE_POLICY].to_str().unwrap()), (None, "same-origin"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_no_other_page_asks() {
    let server = Server::start().await;
    assert_eq!(allowed(&preflight(&server, META, SHOP).await), None);
    let answer = get(&server, META, SHOP, server.token(Who::Viewer)).await.expect(200);
    assert_eq!((allowed(&answer), answer.headers[RESOURCE_POLICY].to_str().unwrap()), (None, "same-origin"));
}
