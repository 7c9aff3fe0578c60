//! A server in memory with two tenants and callers of every kind.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use chrono::{DateTime, Utc};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tidemill::clock::ManualClock;
use tidemill_server::auth::{Tenancy, access_token, refresh_token};
use tidemill_server::policy::Role;
use tidemill_server::{App, Settings, router, tenants, users};
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const NOW: &str = "2026-06-01T12:00:00Z";

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Anonymous,
    Viewer,
    Editor,
    Admin,
    Owner,
    /// The owner of another tenant.
    Stranger,
}

pub(crate) const EVERYBODY: [Who; 6] = [Who::Anonymous, Who::Viewer, Who::Editor, Who::Admin, Who::Owner, Who::Stranger];

pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    router: Router,
    tokens: Vec<(Who, String)>,
    pub(crate) folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// The refresh cookie, as a browser would send it back.
    pub(crate) fn cookie(&self) -> Option<String> {
        let set = self.headers.get(header::SET_COOKIE)?.to_str().ok()?;
        Some(set.split(';').next()?.to_owned())
    }
}

pub(crate) fn settings(folder: &Path) -> Settings {
    let mut settings = Settings { data_dir: folder.to_owned(), ..Settings::default() };
    settings.http.address = ([127, 0, 0, 1], 0).into();
    settings.http.max_upload_bytes = 1 << 20;
    settings.engine.query_memory_bytes = 64 << 20;
    settings.engine.upkeep_seconds = 0;
    settings
}

impl Server {
    /// Nobody has set it up.
    pub(crate) async fn empty() -> Self {
        Self::empty_with(|_| {}).await
    }

    async fn empty_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
        let mut settings = settings(folder.path());
        change(&mut settings);
        let app = App::open(settings, Arc::clone(&clock) as _).await.unwrap();
        Self { router: router::build(app.clone()), app, clock, tokens: Vec::new(), folder }
    }

    /// Tenants `acme` (a user of each role) and `other` (an owner).
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same under other settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut server = Self::empty_with(change).await;
        let hash = server.app.passwords.hash("password", PASSWORD.into()).await.unwrap();
        let db = server.app.store.db();
        let acme = tenants::store::create(db, "acme", "Acme", server.now()).await.unwrap();
        let other = tenants::store::create(db, "other", "Other", server.now()).await.unwrap();
        for (who, tenant, role) in [
            (Who::Viewer, &acme, Role::Viewer),
            (Who::Editor, &acme, Role::Editor),
            (Who::Admin, &acme, Role::Admin),
            (Who::Owner, &acme, Role::Owner),
            (Who::Stranger, &other, Role::Owner),
        ] {
            let name = format!("{who:?}");
            let new = users::store::NewUser { email: email(who), name, role, password_hash: hash.clone(), attributes: Default::default() };
            let user = users::store::create(server.app.store.db(), &tenancy(tenant), new, server.now()).await.unwrap();
            let token = server.app.access_tokens.issue(user.id, tenant.id, server.now()).unwrap();
            server.tokens.push((who, token));
        }
        server
    }

    /// With the sample dataset `airports` in `acme`.
    pub(crate) async fn with_airports() -> Self {
        let server = Self::start().await;
        let mill = server.app.engine.tenant("acme").unwrap();
        mill.load("airports", tidemill::Load::path(example("airports.csv"))).await.unwrap();
        server
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        use tidemill::clock::Clock;
        self.clock.now()
    }

    pub(crate) fn token(&self, who: Who) -> &str {
        self.tokens.iter().find(|(other, _)| *other == who).map_or("", |(_, token)| token)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// A request below `/api/v1`.
    pub(crate) fn request(&self, who: Who, method: Method, path: &str) -> http::request::Builder {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}")).header(header::HOST, "localhost");
        if who != Who::Anonymous {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token(who)));
        }
        request
    }

    pub(crate) async fn get(&self, who: Who, path: &str) -> Answer {
        self.send(self.request(who, Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn delete(&self, who: Who, path: &str) -> Answer {
        self.send(self.request(who, Method::DELETE, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, who: Who, path: &str, body: Value) -> Answer {
        self.send(self.request(who, Method::POST, path).header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub(crate) async fn put(&self, who: Who, path: &str, version: Option<u64>, body: Value) -> Answer {
        let mut request = self.request(who, Method::PUT, path).header(header::CONTENT_TYPE, "application/json");
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn upload(&self, who: Who, file_name: &str, content: &[u8]) -> Answer {
        let (kind, body) = form(file_name, content);
        self.send(self.request(who, Method::POST, "/uploads").header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()).await
    }

    /// Asks for a load until it has ended.
    pub(crate) async fn finished(&self, who: Who, load: &Value) -> Value {
        let id = load["id"].as_str().unwrap().to_owned();
        self.app.tasks.close();
        self.app.tasks.wait().await;
        self.app.tasks.reopen();
        let load = self.get(who, &format!("/loads/{id}")).await.expect(200).json();
        assert_ne!(load["state"], "running");
        load
    }

    pub(crate) async fn sign_in(&self, who: Who) -> Answer {
        self.post(Who::Anonymous, "/session", json!({"email": email(who), "password": PASSWORD})).await
    }

    pub(crate) async fn refresh(&self, cookie: &str) -> Answer {
        let request = self.request(Who::Anonymous, Method::POST, "/session/refresh").header(header::COOKIE, cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

pub(crate) fn email(who: Who) -> String {
    format!("{}@example.com", format!("{who:?}").to_lowercase())
}

pub(crate) fn tenancy(tenant: &tenants::model::Model) -> Tenancy {
    Tenancy::of(tenant).unwrap()
}

pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data").join(name)
}

/// A multipart form with one file.
pub(crate) fn form(file_name: &str, content: &[u8]) -> (String, Vec<u8>) {
    let boundary = "tidemill-test-boundary";
    let mut body =
        format!("--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\ncontent-type: application/octet-stream\r\n\r\n").into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

pub(crate) fn definition() -> Value {
    json!({
        "schema": 1, "timezone": null, "time": {"range": "all", "grain": null}, "time_dimension": null, "filters": [],
        "widgets": [{"id": "w1", "kind": "number", "title": "Airports", "layout": {"x": 0, "y": 0, "w": 3, "h": 2}, "query": {"measures": ["airports.count"]}, "options": {}}]
    })
}

/// The lifetimes that tests move the clock by.
pub(crate) const ACCESS: chrono::TimeDelta = access_token::LIFETIME;
pub(crate) const GRACE: chrono::TimeDelta = refresh_token::GRACE;
