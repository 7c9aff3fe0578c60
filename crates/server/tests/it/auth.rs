//! First setup, sessions, tokens, roles that change.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use http::{Method, header};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tidemill_server::store::audit;

use crate::harness::{ACCESS, Answer, GRACE, PASSWORD, Server, Who, email};

fn setup(code: &str) -> Value {
    json!({"code": code, "tenant": {"slug": "acme", "name": "Acme"}, "owner": {"email": "Ann@example.com", "name": "Ann", "password": PASSWORD}})
}

#[tokio::test(flavor = "multi_thread")]
async fn setup_works_once_and_only_with_the_code() {
    let server = Server::empty().await;
    assert_eq!(server.get(Who::Anonymous, "/bootstrap").await.expect(200).json()["setup_required"], true);
    let code = std::fs::read_to_string(server.folder.path().join("setup-code")).unwrap();
    assert_eq!(code.replace('-', "").len(), 32);

    server.post(Who::Anonymous, "/setup", setup("wrong")).await.expect(403);
    server.post(Who::Anonymous, "/setup", setup("")).await.expect(403);
    let mut weak = setup(&code);
    weak["owner"]["password"] = json!("short");
    assert_eq!(server.post(Who::Anonymous, "/setup", weak).await.expect(400).json()["errors"][0]["field"], "owner.password");
    let mut bad_slug = setup(&code);
    bad_slug["tenant"]["slug"] = json!("../x");
    assert_eq!(server.post(Who::Anonymous, "/setup", bad_slug).await.expect(400).json()["errors"][0]["field"], "tenant.slug");

    let (first, second) = tokio::join!(server.post(Who::Anonymous, "/setup", setup(&code)), server.post(Who::Anonymous, "/setup", setup(&code)));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "of two at a time one wins");
    let session = if first.status.as_u16() == 201 { first } else { second };
    assert!(session.cookie().is_some());
    assert_eq!(session.json()["user"]["role"], "owner");
    assert_eq!(session.json()["expires_in_seconds"], 600);

    server.post(Who::Anonymous, "/setup", setup(&code)).await.expect(409);
    assert_eq!(server.get(Who::Anonymous, "/bootstrap").await.json()["setup_required"], false);
    assert!(!server.folder.path().join("setup-code").exists());
    server.post(Who::Anonymous, "/session", json!({"email": "ann@EXAMPLE.com", "password": PASSWORD})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_folder_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::empty().await;
    for name in ["access-token.key", "refresh-token.key", "setup-code", "metadata.sqlite"] {
        let mode = std::fs::metadata(server.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let server = Server::start().await;
    let wrong = server.post(Who::Anonymous, "/session", json!({"email": email(Who::Viewer), "password": "wrong horse battery"})).await.expect(401);
    let unknown = server.post(Who::Anonymous, "/session", json!({"email": "nobody@example.com", "password": PASSWORD})).await.expect(401);
    let without_id = |answer: &Answer| {
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    assert_eq!(without_id(&wrong), without_id(&unknown));
    assert!(wrong.cookie().is_none());
    let session = server.sign_in(Who::Viewer).await.expect(200);
    let set = session.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(set.starts_with("__Host-tidemill-refresh=") && set.contains("HttpOnly; Secure; SameSite=Strict") && set.contains("Path=/;"), "{set}");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down() {
    let server = Server::start().await;
    let guess = json!({"email": email(Who::Viewer), "password": "wrong horse battery"});
    for _ in 0..10 {
        server.post(Who::Anonymous, "/session", guess.clone()).await.expect(401);
    }
    let refused = server.post(Who::Anonymous, "/session", guess).await.expect(429);
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(refused.json()["code"], "exhausted");
    server.sign_in(Who::Editor).await.expect(200);
    server.clock.advance(TimeDelta::minutes(2));
    server.sign_in(Who::Viewer).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_rotate_and_reuse_ends_the_family() {
    let server = Server::start().await;
    let first = server.sign_in(Who::Viewer).await.expect(200).cookie().unwrap();
    let other_device = server.sign_in(Who::Viewer).await.expect(200).cookie().unwrap();

    let second = server.refresh(&first).await.expect(200).cookie().unwrap();
    assert_ne!(first, second);
    assert_eq!(server.refresh(&first).await.expect(200).cookie().unwrap(), second, "two at the same moment get the same");
    let third = server.refresh(&second).await.expect(200).cookie().unwrap();

    server.refresh(&first).await.expect(401);
    server.refresh(&third).await.expect(401);
    server.refresh(&other_device).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_is_noticed_after_the_grace() {
    let server = Server::start().await;
    let stolen = server.sign_in(Who::Viewer).await.expect(200).cookie().unwrap();
    let own = server.refresh(&stolen).await.expect(200).cookie().unwrap();
    server.clock.advance(GRACE + TimeDelta::seconds(1));
    server.refresh(&stolen).await.expect(401);
    let ended = server.refresh(&own).await.expect(401);
    assert!(ended.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_refreshes_at_once_give_one_successor() {
    let server = Server::start().await;
    let cookie = server.sign_in(Who::Viewer).await.expect(200).cookie().unwrap();
    let answers = futures::future::join_all((0..20).map(|_| server.refresh(&cookie))).await;
    let successors: std::collections::BTreeSet<String> = answers.into_iter().map(|answer| answer.expect(200).cookie().unwrap()).collect();
    assert_eq!(successors.len(), 1);
    server.refresh(successors.first().unwrap()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_family() {
    let server = Server::start().await;
    let cookie = server.sign_in(Who::Viewer).await.expect(200).cookie().unwrap();
    let request = server.request(Who::Anonymous, Method::DELETE, "/session").header(header::COOKIE, &cookie);
    server.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(204);
    server.refresh(&cookie).await.expect(401);
    server.delete(Who::Anonymous, "/session").await.expect(204);
}

const NEW: &str = "another horse battery";

async fn change_password(server: &Server, who: Who, cookie: Option<&str>, current: &str, new: &str) -> Answer {
    let mut request = server.request(who, Method::POST, "/me/password").header(header::CONTENT_TYPE, "application/json");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    server.send(request.body(axum::body::Body::from(json!({"current_password": current, "new_password": new}).to_string())).unwrap()).await
}

async fn signed_in(server: &Server, who: Who) -> String {
    server.sign_in(who).await.expect(200).cookie().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_their_password_stays_signed_in_there_and_nowhere_else() {
    let server = Server::start().await;
    let (here, elsewhere, of_another) = (signed_in(&server, Who::Viewer).await, signed_in(&server, Who::Viewer).await, signed_in(&server, Who::Editor).await);
    change_password(&server, Who::Viewer, Some(&here), PASSWORD, NEW).await.expect(204);
    server.refresh(&elsewhere).await.expect(401);
    server.refresh(&here).await.expect(200);
    server.refresh(&of_another).await.expect(200);
    server.get(Who::Viewer, "/me").await.expect(200);

    server.sign_in(Who::Viewer).await.expect(401);
    server.post(Who::Anonymous, "/session", json!({"email": email(Who::Viewer), "password": NEW})).await.expect(200);
    // It is nobody else's.
    for who in [Who::Editor, Who::Stranger] {
        server.sign_in(who).await.expect(200);
    }
    let log = audit::Entity::find().filter(audit::Column::Action.eq("user.password_changed")).all(server.app.store.db()).await.unwrap();
    assert!(log.len() == 1 && log[0].user_id.is_some_and(|id| id.to_string() == log[0].subject), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cookie_of_their_own_all_sessions_end() {
    let server = Server::start().await;
    let (own, of_a_stranger) = (signed_in(&server, Who::Viewer).await, signed_in(&server, Who::Stranger).await);
    change_password(&server, Who::Viewer, Some(&of_a_stranger), PASSWORD, NEW).await.expect(204);
    server.refresh(&own).await.expect(401);
    server.refresh(&of_a_stranger).await.expect(200);
    let own = signed_in(&server, Who::Editor).await;
    change_password(&server, Who::Editor, None, PASSWORD, NEW).await.expect(204);
    server.refresh(&own).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_who_knows_it_and_to_a_good_one() {
    let server = Server::start().await;
    let (here, elsewhere) = (signed_in(&server, Who::Viewer).await, signed_in(&server, Who::Viewer).await);
    change_password(&server, Who::Anonymous, Some(&here), PASSWORD, NEW).await.expect(401);
    let long = "ab1-".repeat(65);
    for (current, new, field) in [
        ("wrong horse battery", NEW, "current_password"),
        ("", NEW, "current_password"),
        (PASSWORD, "short", "new_password"),
        (PASSWORD, "aaaaaaaaaaaaaaaa", "new_password"),
        (PASSWORD, long.as_str(), "new_password"),
    ] {
        let refused = change_password(&server, Who::Viewer, Some(&here), current, new).await.expect(400).json();
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    for session in [here, elsewhere] {
        server.refresh(&session).await.expect(200);
    }
    server.sign_in(Who::Viewer).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_ones_own_password_are_counted_with_those_at_the_sign_in() {
    let server = Server::start().await;
    for _ in 0..5 {
        change_password(&server, Who::Viewer, None, "wrong horse battery", NEW).await.expect(400);
        server.post(Who::Anonymous, "/session", json!({"email": email(Who::Viewer), "password": "wrong horse battery"})).await.expect(401);
    }
    let refused = change_password(&server, Who::Viewer, None, PASSWORD, NEW).await.expect(429);
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    server.sign_in(Who::Viewer).await.expect(429);
    change_password(&server, Who::Editor, None, PASSWORD, NEW).await.expect(204);
    server.clock.advance(TimeDelta::minutes(2));
    change_password(&server, Who::Viewer, None, PASSWORD, NEW).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_use_the_cookie() {
    let server = Server::start().await;
    let cookie = server.sign_in(Who::Viewer).await.expect(200).cookie().unwrap();
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "null")] {
        for (method, path) in [(Method::POST, "/session/refresh"), (Method::DELETE, "/session")] {
            let request = server.request(Who::Anonymous, method, path).header(header::COOKIE, &cookie).header(name, value);
            server.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(403);
        }
    }
    let request = server
        .request(Who::Anonymous, Method::POST, "/session/refresh")
        .header(header::COOKIE, &cookie)
        .header("origin", "http://localhost")
        .header("sec-fetch-site", "same-origin");
    server.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_do_not_hold_all_look_the_same() {
    let server = Server::start().await;
    let good = server.token(Who::Viewer).to_owned();
    let mut parts = good.split('.');
    let (head, body, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
    let stranger = server.token(Who::Stranger).split('.').nth(1).unwrap();
    let other_key = tidemill_server::auth::AccessTokens::new(&[3; 32]).issue(uuid::Uuid::now_v7(), uuid::Uuid::now_v7(), server.now()).unwrap();
    let nobody = server.app.access_tokens.issue(uuid::Uuid::now_v7(), uuid::Uuid::now_v7(), server.now()).unwrap();
    let forged = [
        format!("{none}.{body}."),
        format!("{head}.{stranger}.{signature}"),
        format!("{head}.{body}."),
        format!("{head}.{body}.AAAA"),
        other_key,
        nobody,
        "x".into(),
        String::new(),
        "a".repeat(100_000),
    ];
    for token in forged {
        let request = server.request(Who::Anonymous, Method::GET, "/me").header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answer = server.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(401);
        assert_eq!(answer.json()["detail"], "send a valid access token");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    for scheme in ["Basic", "bearer"] {
        let request = server.request(Who::Anonymous, Method::GET, "/me").header(header::AUTHORIZATION, format!("{scheme} {good}"));
        server.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(if scheme == "bearer" { 200 } else { 401 });
    }
    server.clock.advance(ACCESS);
    server.get(Who::Viewer, "/me").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_role_and_a_removed_user_hold_at_once() {
    let server = Server::start().await;
    let users = server.get(Who::Owner, "/users").await.expect(200).json();
    let id = |who: Who| users["items"].as_array().unwrap().iter().find(|user| user["email"] == email(who)).unwrap()["id"].as_str().unwrap().to_owned();

    server.get(Who::Admin, "/users").await.expect(200);
    server.put(Who::Owner, &format!("/users/{}", id(Who::Admin)), None, json!({"name": "A", "role": "viewer"})).await.expect(200);
    server.get(Who::Admin, "/users").await.expect(403);
    server.get(Who::Editor, "/me").await.expect(200);
    let cookie = server.sign_in(Who::Editor).await.expect(200).cookie().unwrap();
    server.delete(Who::Owner, &format!("/users/{}", id(Who::Editor))).await.expect(204);
    server.get(Who::Editor, "/me").await.expect(401);
    server.refresh(&cookie).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_manage_users_but_not_admins_and_one_owner_stays() {
    let server = Server::start().await;
    let users = server.get(Who::Owner, "/users").await.expect(200).json();
    let id = |who: Who| users["items"].as_array().unwrap().iter().find(|user| user["email"] == email(who)).unwrap()["id"].as_str().unwrap().to_owned();
    let new = |name: &str, role: &str| json!({"email": format!("{name}@example.com"), "name": name, "role": role, "password": PASSWORD});

    server.post(Who::Admin, "/users", new("v", "viewer")).await.expect(201);
    server.post(Who::Admin, "/users", new("v", "viewer")).await.expect(409);
    server.post(Who::Admin, "/users", new("a", "admin")).await.expect(403);
    server.post(Who::Owner, "/users", new("a", "admin")).await.expect(201);
    server.put(Who::Admin, &format!("/users/{}", id(Who::Viewer)), None, json!({"name": "V", "role": "admin"})).await.expect(403);
    server.put(Who::Admin, &format!("/users/{}", id(Who::Owner)), None, json!({"name": "O", "role": "viewer"})).await.expect(403);
    server.delete(Who::Admin, &format!("/users/{}", id(Who::Owner))).await.expect(403);
    server.delete(Who::Owner, &format!("/users/{}", id(Who::Owner))).await.expect(409);
    server.put(Who::Owner, &format!("/users/{}", id(Who::Owner)), None, json!({"name": "O", "role": "viewer"})).await.expect(409);
    // Nothing but the documented fields is taken, and none comes back that says too much.
    server
        .post(Who::Owner, "/users", json!({"email": "x@example.com", "name": "x", "role": "viewer", "password": PASSWORD, "tenant_id": "1"}))
        .await
        .expect(400);
    let text = server.get(Who::Owner, "/users").await.text();
    assert!(!text.contains("argon2") && !text.contains("stranger@"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_only_grows() {
    use sea_orm::ConnectionTrait;
    let server = Server::start().await;
    server.sign_in(Who::Viewer).await.expect(200);
    let db = server.app.store.db();
    for statement in ["update audit_log set action = 'x'", "delete from audit_log"] {
        let error = db.execute_unprepared(statement).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}
