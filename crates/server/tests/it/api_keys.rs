//! API keys: what they open, what they never open, and how they end.

use axum::body::Body;
use chrono::TimeDelta;
use http::{Method, Request, header};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tidemill_server::store::audit;

use crate::access;
use crate::harness::{Answer, Server, Who, definition};

/// Makes a key; what the one answer with the secret says.
pub(crate) async fn make(server: &Server, who: Who, body: Value) -> Value {
    server.post(who, "/api-keys", body).await.expect(201).json()
}

fn path_of(key: &Value) -> String {
    format!("/api-keys/{}", key["id"].as_str().unwrap())
}

fn token_of(key: &Value) -> &str {
    key["token"].as_str().unwrap()
}

fn asking(token: &str, method: Method, path: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header(header::HOST, "localhost")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
}

async fn call(server: &Server, token: &str, method: Method, path: &str, body: Value) -> Answer {
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    server.send(asking(token, method, path).body(body).unwrap()).await
}

async fn get(server: &Server, token: &str, path: &str) -> Answer {
    call(server, token, Method::GET, path, Value::Null).await
}

async fn ask(server: &Server, token: &str, query: Value) -> Answer {
    call(server, token, Method::POST, "/queries", query).await
}

/// Until what goes on beside requests is done.
async fn settled(server: &Server) {
    server.app.tasks.close();
    server.app.tasks.wait().await;
    server.app.tasks.reopen();
}

async fn last_used(server: &Server) -> Value {
    settled(server).await;
    server.get(Who::Admin, "/api-keys").await.expect(200).json()["items"][0]["last_used_at"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_used_and_revoked() {
    let server = Server::with_airports().await;
    let key = make(&server, Who::Admin, json!({"name": "Nightly", "role": "editor"})).await;
    let token = token_of(&key).to_owned();
    let prefix = key["prefix"].as_str().unwrap();
    assert_eq!((token.len(), prefix.len()), (81, 16));
    let secret = token.strip_prefix(&format!("{prefix}_")).unwrap();
    assert_eq!((&key["role"], &key["created_by"], &key["expires_at"], &key["last_used_at"]), (&json!("editor"), &json!("Admin"), &Value::Null, &Value::Null));
    let users = server.get(Who::Admin, "/users").await.expect(200).json();
    let admin = users["items"].as_array().unwrap().iter().find(|user| user["name"] == "Admin").unwrap().clone();
    assert_eq!(key["created_by_id"], admin["id"]);
    assert_eq!(last_used(&server).await, Value::Null);

    assert_eq!(ask(&server, &token, json!({"measures": ["airports.count"]})).await.expect(200).json()["row_count"], 1);
    assert_eq!(last_used(&server).await, "2026-06-01T12:00:00.000Z");
    // To the minute: not written with each request.
    server.clock.advance(TimeDelta::seconds(30));
    get(&server, &token, "/datasets").await.expect(200);
    assert_eq!(last_used(&server).await, "2026-06-01T12:00:00.000Z");
    server.clock.advance(TimeDelta::seconds(31));
    get(&server, &token, "/datasets").await.expect(200);
    assert_eq!(last_used(&server).await, "2026-06-01T12:01:01.000Z");

    // What it does is told as its own.
    let dashboard = call(&server, &token, Method::POST, "/dashboards", json!({"title": "Made by night", "definition": definition()})).await.expect(201).json();
    assert_eq!(dashboard["updated_by"], "Nightly (API key)");

    let list = server.get(Who::Owner, "/api-keys").await.expect(200);
    assert!(list.text().contains(prefix) && !list.text().contains(secret) && !list.text().contains("hash"), "{}", list.text());
    for file in std::fs::read_dir(server.folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        let raw = hex::decode(secret).unwrap();
        for needle in [secret.as_bytes(), raw.as_slice()] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "the secret stands in {}", file.display());
        }
    }

    let renamed = server.put(Who::Admin, &path_of(&key), Some(1), json!({"name": "Hourly"})).await.expect(200).json();
    assert_eq!((&renamed["name"], &renamed["role"], &renamed["expires_at"]), (&json!("Hourly"), &json!("editor"), &Value::Null));
    server.delete(Who::Admin, &path_of(&key)).await.expect(204);
    let refused = get(&server, &token, "/datasets").await.expect(401).json();
    assert_eq!(refused["detail"], "this API key was revoked");
    assert_eq!(server.get(Who::Admin, "/api-keys").await.expect(200).json(), json!({"items": []}));
    server.delete(Who::Admin, &path_of(&key)).await.expect(404);
    server.put(Who::Admin, &path_of(&key), Some(2), json!({"name": "Again"})).await.expect(404);

    let log = audit::Entity::find().order_by_asc(audit::Column::Id).all(server.app.store.db()).await.unwrap();
    let rows: Vec<(&str, bool, Option<String>)> = log.iter().map(|row| (row.action.as_str(), row.user_id.is_some(), row.api_key_id.map(|id| id.to_string()))).collect();
    let own = key["id"].as_str().map(str::to_owned);
    assert_eq!(rows, [("api_key.created", true, None), ("dashboard.created", false, own), ("api_key.updated", true, None), ("api_key.revoked", true, None)]);
    assert_eq!(log[0].subject, prefix);
    assert!(log.iter().all(|row| !format!("{row:?}").contains(secret)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_changed_over_the_version_that_was_read() {
    let server = Server::start().await;
    let key = make(&server, Who::Admin, json!({"name": "k", "role": "viewer", "budget": {"rows": 5}})).await;
    assert_eq!(key["version"], 1);
    let missing = server.put(Who::Admin, &path_of(&key), None, json!({"name": "n"})).await.expect(428).json();
    assert_eq!(missing["code"], "precondition_required");
    let narrowed = server.put(Who::Owner, &path_of(&key), Some(1), json!({"budget": {"rows": 1}})).await.expect(200).json();
    assert_eq!(narrowed["version"], 2);
    // Who has read what was before learns that there is something newer, and nothing is changed.
    let stale = server.put(Who::Admin, &path_of(&key), Some(1), json!({"budget": {"rows": 9}})).await.expect(412).json();
    assert_eq!((&stale["code"], &stale["current_version"]), (&json!("precondition_failed"), &json!(2)));
    let kept = server.get(Who::Admin, "/api-keys").await.expect(200).json()["items"][0].clone();
    assert_eq!((&kept["budget"], &kept["version"]), (&json!({"rows": 1}), &json!(2)));
    // Being used is no change.
    get(&server, token_of(&key), "/datasets").await.expect(200);
    settled(&server).await;
    server.put(Who::Admin, &path_of(&key), Some(2), json!({"budget": {"rows": 9}})).await.expect(200);
    // What must end ends, whoever has changed it meanwhile.
    server.delete(Who::Admin, &path_of(&key)).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_it_expires() {
    let server = Server::start().await;
    let problem = server.post(Who::Admin, "/api-keys", json!({"name": "k", "role": "viewer", "expires_at": "2026-06-01T12:00:00Z"})).await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "expires_at");
    let key = make(&server, Who::Admin, json!({"name": "k", "role": "viewer", "expires_at": "2026-06-01T14:05:00+02:00"})).await;
    assert_eq!(key["expires_at"], "2026-06-01T12:05:00.000Z");
    let token = token_of(&key);
    server.clock.advance(TimeDelta::seconds(299));
    get(&server, token, "/datasets").await.expect(200);
    server.clock.advance(TimeDelta::seconds(1));
    assert_eq!(get(&server, token, "/datasets").await.expect(401).json()["detail"], "this API key has expired");
    // What is not given stays; null takes the end away.
    let kept = server.put(Who::Admin, &path_of(&key), Some(1), json!({"name": "k2"})).await.expect(200).json();
    assert_eq!(kept["expires_at"], "2026-06-01T12:05:00.000Z");
    server.put(Who::Admin, &path_of(&key), Some(2), json!({"expires_at": "2026-06-01T12:05:00Z"})).await.expect(400);
    let freed = server.put(Who::Admin, &path_of(&key), Some(2), json!({"expires_at": null})).await.expect(200).json();
    assert_eq!(freed["expires_at"], Value::Null);
    get(&server, token, "/datasets").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_at_most_the_role_of_its_maker_and_is_never_a_person() {
    let server = access::server().await;
    for (who, role, status) in [
        (Who::Admin, "viewer", 201),
        (Who::Admin, "admin", 201),
        (Who::Admin, "owner", 403),
        (Who::Owner, "admin", 201),
        (Who::Owner, "owner", 403),
        (Who::Editor, "viewer", 403),
        (Who::Viewer, "viewer", 403),
    ] {
        server.post(who, "/api-keys", json!({"name": "k", "role": role})).await.expect(status);
    }
    let admin = make(&server, Who::Owner, json!({"name": "admin", "role": "admin"})).await;
    let viewer = make(&server, Who::Owner, json!({"name": "viewer", "role": "viewer"})).await;
    let user = server.get(Who::Owner, "/users").await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
    for key in [&admin, &viewer] {
        for (method, path, body) in [
            (Method::GET, "/me".to_owned(), Value::Null),
            (Method::PUT, "/me".to_owned(), json!({"calendar": null})),
            (Method::POST, "/me/password".to_owned(), json!({"current_password": "correct horse battery", "new_password": "another horse battery"})),
            (Method::PUT, "/tenant".to_owned(), json!({"budget": {}})),
            (Method::GET, "/users".to_owned(), Value::Null),
            (Method::POST, "/users".to_owned(), json!({"email": "a@b.c", "name": "n", "role": "viewer", "password": "correct horse battery"})),
            (Method::PUT, format!("/users/{user}"), json!({"name": "n"})),
            (Method::DELETE, format!("/users/{user}"), Value::Null),
            (Method::GET, "/api-keys".to_owned(), Value::Null),
            (Method::POST, "/api-keys".to_owned(), json!({"name": "k", "role": "viewer"})),
            (Method::PUT, path_of(&viewer), json!({"budget": {}})),
            (Method::DELETE, path_of(&viewer), Value::Null),
        ] {
            let problem = call(&server, token_of(key), method.clone(), &path, body).await.expect(403).json();
            assert!(problem["detail"].as_str().unwrap().contains("takes a person"), "{method} {path}: {problem}");
        }
        // Nobody is looked through by a key.
        let request = asking(token_of(key), Method::POST, "/queries").header("Tidemill-View-As", &user);
        server.send(request.body(Body::from(json!({"measures": ["orders.count"]}).to_string())).unwrap()).await.expect(403);
    }
    // Nor does one say who sees what, whatever its role; the rest of a model it may change.
    let mut model = server.get(Who::Owner, "/models/orders").await.expect(200).json();
    let version = format!("\"{}\"", model["version"]);
    let save = async |model: &Value| {
        let request = asking(token_of(&admin), Method::PUT, "/models/orders").header(header::IF_MATCH, &version);
        server.send(request.body(Body::from(model.to_string())).unwrap()).await
    };
    let policies = std::mem::replace(&mut model["access_policies"], json!([]));
    save(&model).await.expect(403);
    model["access_policies"] = policies;
    model["label"] = json!("Sales");
    save(&model).await.expect(200);
    // The role bounds what is left.
    call(&server, token_of(&viewer), Method::POST, "/datasets/orders/rows", json!([{"country": "DE", "amount": 1}])).await.expect(403);
    call(&server, token_of(&viewer), Method::DELETE, "/datasets/orders", Value::Null).await.expect(403);
    // With a dataset its policies would go, and what is loaded under its name afterwards has none.
    let problem = call(&server, token_of(&admin), Method::DELETE, "/datasets/orders", Value::Null).await.expect(403).json();
    assert!(problem["detail"].as_str().unwrap().contains("takes a person"), "{problem}");
    let mut model = server.get(Who::Owner, "/models/orders").await.expect(200).json();
    model["access_policies"] = json!([]);
    server.put(Who::Owner, "/models/orders", model["version"].as_u64(), model).await.expect(200);
    call(&server, token_of(&admin), Method::DELETE, "/datasets/orders", Value::Null).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attributes_of_a_key_are_those_that_count() {
    let server = access::server().await;
    let question = json!({"measures": ["orders.count", "orders.sum_amount"]});
    let seen = async |key: &Value| ask(&server, token_of(key), question.clone()).await.expect(200).json()["data"].clone();
    // Made by somebody who sees everything, and it does not.
    let german = make(&server, Who::Admin, json!({"name": "de", "role": "viewer", "attributes": {"country": ["DE"]}})).await;
    assert_eq!(seen(&german).await, json!([[2], [5]]));
    let nowhere = make(&server, Who::Admin, json!({"name": "none", "role": "editor"})).await;
    assert_eq!(seen(&nowhere).await, json!([[0], [null]]));
    let admin = make(&server, Who::Admin, json!({"name": "admin", "role": "admin"})).await;
    assert_eq!(seen(&admin).await, json!([[3], [7]]));

    // Cube's clients send it without a scheme.
    let cube = async |key: &Value| {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/cubejs-api/v1/load")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json");
        let body = json!({"query": {"measures": ["orders.count"]}}).to_string();
        server.send(request.header(header::AUTHORIZATION, token_of(key)).body(Body::from(body)).unwrap()).await.expect(200).json()["data"].clone()
    };
    assert_eq!(cube(&german).await, json!([{"orders.count": 2}]));

    let changed = server.put(Who::Admin, &path_of(&german), Some(1), json!({"attributes": {"country": ["FR"]}})).await.expect(200).json();
    assert_eq!(changed["attributes"], json!({"country": ["FR"]}));
    assert_eq!(seen(&german).await, json!([[1], [2]]));
    assert_eq!(cube(&german).await, json!([{"orders.count": 1}]));
    let problem = server.post(Who::Admin, "/api-keys", json!({"name": "k", "role": "viewer", "attributes": {"role": ["admin"]}})).await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "attributes.role");
    let problem = server.post(Who::Admin, "/api-keys", json!({"name": "k", "role": "viewer", "attributes": {"country": [""]}})).await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "attributes.country");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_a_budget_of_its_own() {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("orders", tidemill::Csv::bytes("at,amount\n2013-03-02,1\n2013-03-03,2\n")).await.unwrap();
    let key = make(&server, Who::Admin, json!({"name": "k", "role": "viewer", "budget": {"rows": 1}})).await;
    assert_eq!(key["budget"], json!({"rows": 1}));
    let question = json!({"measures": ["orders.sum_amount"]});
    let refused = ask(&server, token_of(&key), question.clone()).await.expect(429).json();
    assert!(refused["detail"].as_str().unwrap().ends_with("its budget is 1 rows"), "{refused}");
    // The tightest counts.
    let budget = async || call(&server, token_of(&key), Method::POST, "/queries/explain", question.clone()).await.expect(200).json()["budget"].clone();
    for (tenant, expected) in [(json!({"rows": 0}), json!({"rows": 0})), (json!({"rows": 5}), json!({"rows": 1})), (json!({}), json!({"rows": 1}))] {
        server.put(Who::Admin, "/tenant", None, json!({"budget": tenant})).await.expect(200);
        assert_eq!(budget().await, expected);
    }
    // It is the key's, and neither its maker's nor anybody else's.
    for who in [Who::Viewer, Who::Admin] {
        assert_eq!(server.post(who, "/queries/explain", question.clone()).await.expect(200).json()["budget"], json!({}));
    }
    ask(&server, token_of(&key), question.clone()).await.expect(429);
    assert_eq!(server.put(Who::Admin, &path_of(&key), Some(1), json!({"budget": {}})).await.expect(200).json()["budget"], json!({}));
    assert_eq!(ask(&server, token_of(&key), question).await.expect(200).json()["data"], json!([[3]]));
    server.post(Who::Admin, "/api-keys", json!({"name": "k", "role": "viewer", "budget": {"rows": -1}})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_its_own_tenant_and_no_other() {
    let server = Server::with_airports().await;
    let ours = make(&server, Who::Admin, json!({"name": "ours", "role": "admin"})).await;
    let theirs = make(&server, Who::Stranger, json!({"name": "theirs", "role": "admin"})).await;
    assert_eq!(get(&server, token_of(&theirs), "/datasets").await.expect(200).json(), json!({"items": []}));
    get(&server, token_of(&theirs), "/datasets/airports").await.expect(404);
    call(&server, token_of(&theirs), Method::DELETE, "/datasets/airports", Value::Null).await.expect(404);
    for (who, name) in [(Who::Stranger, "theirs"), (Who::Admin, "ours")] {
        let list = server.get(who, "/api-keys").await.expect(200).json();
        assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["name"]), (1, &json!(name)));
    }
    server.put(Who::Stranger, &path_of(&ours), Some(1), json!({"name": "mine"})).await.expect(404);
    server.delete(Who::Stranger, &path_of(&ours)).await.expect(404);
    assert_eq!(get(&server, token_of(&ours), "/datasets").await.expect(200).json()["items"][0]["name"], "airports");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_is_told_so_and_counted() {
    let server = Server::start().await;
    let (one, two) = (make(&server, Who::Admin, json!({"name": "1", "role": "viewer"})).await, make(&server, Who::Admin, json!({"name": "2", "role": "viewer"})).await);
    let good = token_of(&one);
    let mixed = format!("{}_{}", one["prefix"].as_str().unwrap(), token_of(&two).rsplit_once('_').unwrap().1);
    for (token, said) in [
        ("tmk_".to_owned(), "this is no API key"),
        (good[..80].to_owned(), "this is no API key"),
        (format!("{good}0"), "this is no API key"),
        (good.replace("tmk_", "tmk__"), "this is no API key"),
        (mixed, "this API key is not known"),
        (format!("tmk_000000000000_{}", "0".repeat(64)), "this API key is not known"),
        // Not meant to be one.
        (good.replace("tmk_", "TMK_"), "send a valid access token"),
    ] {
        let refused = get(&server, &token, "/datasets").await.expect(401);
        assert_eq!(refused.headers[header::WWW_AUTHENTICATE], "Bearer");
        let problem = refused.json();
        assert_eq!(problem["code"], "unauthenticated");
        assert!(problem["detail"].as_str().unwrap().starts_with(said), "{token}: {problem}");
        assert!(token.len() < 80 || !problem.to_string().contains(&token), "{problem}");
    }
    // Six of them were counted.
    for _ in 6..120 {
        get(&server, "tmk_x", "/datasets").await.expect(401);
    }
    let refused = get(&server, "tmk_x", "/datasets").await.expect(429);
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    // Whoever has a good one behind the same address is not locked out.
    get(&server, good, "/datasets").await.expect(200);
}
