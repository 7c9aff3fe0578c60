//! Live results over a real socket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use http::header;
use serde_json::{Value, json};
use tidemill::{Json, LoadMode};
use tidemill_server::serve::{Listening, serve};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::api_keys;
use crate::harness::{ACCESS, Server, Who};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Live {
    server: Server,
    address: std::net::SocketAddr,
}

impl Live {
    async fn start() -> Self {
        let server = Server::start().await;
        let mill = server.app.engine.tenant("acme").unwrap();
        mill.load("orders", Json::bytes("{\"city\":\"Rome\",\"amount\":2}\n{\"city\":\"Oslo\",\"amount\":3}\n")).await.unwrap();
        let listening = Listening::bind(&server.app).await.unwrap();
        let address = listening.address();
        let app = server.app.clone();
        tokio::spawn(async move { serve(app, listening).await.unwrap() });
        Self { server, address }
    }

    async fn connect(&self, origin: Option<&str>) -> Result<Socket, tungstenite::Error> {
        let mut request = format!("ws://{}/api/v1/live", self.address).into_client_request().unwrap();
        request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, "tidemill.v1".parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
        }
        Ok(tokio_tungstenite::connect_async(request).await?.0)
    }

    async fn greeted(&self, who: Who) -> Socket {
        let mut socket = self.connect(None).await.unwrap();
        say(&mut socket, json!({"type": "hello", "token": self.server.token(who)})).await;
        assert_eq!(hear(&mut socket).await, json!({"type": "welcome", "heartbeat_seconds": 15}));
        socket
    }

    async fn push(&self, city: &str, amount: i64) {
        let mill = self.server.app.engine.tenant("acme").unwrap();
        mill.load("orders", Json::bytes(json!({"city": city, "amount": amount}).to_string()).mode(LoadMode::Append)).await.unwrap();
    }
}

async fn say(socket: &mut Socket, frame: Value) {
    socket.send(Message::Text(frame.to_string().into())).await.unwrap();
}

async fn hear(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.expect("nothing came").expect("the socket has ended").unwrap();
        if let Message::Text(text) = message {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

fn by_city() -> Value {
    json!({"measures": ["orders.count", "orders.sum_amount"], "dimensions": ["orders.city"], "order": [["orders.city", "asc"]]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_arrives_as_a_patch() {
    let live = Live::start().await;
    let mut socket = live.greeted(Who::Viewer).await;
    say(&mut socket, json!({"type": "subscribe", "id": "w1", "query": by_city()})).await;
    let snapshot = hear(&mut socket).await;
    assert_eq!((&snapshot["type"], &snapshot["id"]), (&json!("snapshot"), &json!("w1")));
    assert_eq!(snapshot["result"]["data"], json!([["Oslo", "Rome"], [1, 1], [3, 2]]));
    say(&mut socket, json!({"type": "ack", "id": "w1", "version": snapshot["version"]})).await;

    live.push("Rome", 5).await;
    let patch = hear(&mut socket).await;
    assert_eq!((&patch["type"], &patch["id"], &patch["from"]), (&json!("patch"), &json!("w1"), &snapshot["version"]), "{patch}");
    assert_eq!((&patch["row_count"], &patch["changed"]), (&json!(2), &json!({"indices": [1], "data": [["Rome"], [2], [7]]})));
    assert!(patch["to"].as_u64() > patch["from"].as_u64());
    assert_eq!(patch["provenance"]["dataset"], "orders");

    // What does not touch the answer says so.
    let only_oslo = json!({"measures": ["orders.count"], "filters": [{"member": "orders.city", "operator": "equals", "values": ["Oslo"]}]});
    say(&mut socket, json!({"type": "unsubscribe", "id": "w1"})).await;
    say(&mut socket, json!({"type": "subscribe", "id": "w2", "query": only_oslo})).await;
    assert_eq!(hear(&mut socket).await["result"]["data"], json!([[1]]));
    live.push("Rome", 1).await;
    let unchanged = hear(&mut socket).await;
    assert_eq!((&unchanged["type"], &unchanged["id"]), (&json!("unchanged"), &json!("w2")), "{unchanged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_gets_the_newest_state_and_no_queue() {
    let live = Live::start().await;
    let mut socket = live.greeted(Who::Viewer).await;
    say(&mut socket, json!({"type": "subscribe", "id": "w", "query": {"measures": ["orders.count"]}})).await;
    let mut count = hear(&mut socket).await["result"]["data"][0][0].as_i64().unwrap();
    assert_eq!(count, 2);
    // Without a single acknowledgement two frames may be under way: the snapshot and one change.
    live.push("Bonn", 1).await;
    let change = hear(&mut socket).await;
    count = newest(&change, count);
    for amount in 0..10 {
        live.push("Bonn", amount).await;
    }
    let version = change["to"].as_u64().or(change["version"].as_u64()).unwrap();
    let nothing = tokio::time::timeout(Duration::from_millis(500), socket.next()).await;
    assert!(nothing.is_err(), "no credit, no frame: {nothing:?}");
    say(&mut socket, json!({"type": "ack", "id": "w", "version": version})).await;
    let newest_change = hear(&mut socket).await;
    count = newest(&newest_change, count);
    assert_eq!(count, 13, "one frame brings the newest state: {newest_change}");
}

fn newest(change: &Value, before: i64) -> i64 {
    match change["type"].as_str().unwrap() {
        "patch" => change["changed"]["data"][0][0].as_i64().unwrap(),
        "snapshot" => change["result"]["data"][0][0].as_i64().unwrap(),
        _ => before,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_pages_and_our_tokens_come_in() {
    let live = Live::start().await;
    let refused = live.connect(Some("https://evil.example")).await.unwrap_err();
    assert!(matches!(refused, tungstenite::Error::Http(response) if response.status() == 403));
    assert!(live.connect(Some(&format!("http://{}", live.address))).await.is_ok());
    for first in [json!({"type": "hello", "token": "forged"}), json!({"type": "subscribe", "id": "w", "query": {}}), json!({"type": "dance"})] {
        let mut socket = live.connect(None).await.unwrap();
        say(&mut socket, first).await;
        assert_eq!(hear(&mut socket).await["type"], "bye");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_hears_nothing() {
    let live = Live::start().await;
    let mut socket = live.greeted(Who::Stranger).await;
    say(&mut socket, json!({"type": "subscribe", "id": "w", "query": by_city()})).await;
    let error = hear(&mut socket).await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("w")));
    assert!(!error.to_string().contains("Rome"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_and_bounded() {
    let live = Live::start().await;
    let mut socket = live.greeted(Who::Viewer).await;
    say(&mut socket, json!({"type": "subscribe", "id": "w", "query": {"mesures": []}})).await;
    let error = hear(&mut socket).await;
    assert_eq!((&error["type"], &error["id"], &error["problem"]["code"]), (&json!("error"), &json!("w"), &json!("invalid")), "{error}");
    say(&mut socket, json!({"type": "subscribe", "id": "w", "query": {"measures": ["orders.count"], "explain": true}})).await;
    let error = hear(&mut socket).await;
    assert_eq!((&error["type"], &error["problem"]["errors"][0]["field"]), (&json!("error"), &json!("explain")), "{error}");
    for number in 0..101 {
        say(&mut socket, json!({"type": "subscribe", "id": format!("s{number}"), "query": {"measures": ["orders.count"]}})).await;
    }
    let mut snapshots = 0;
    let mut errors = Vec::new();
    while snapshots + errors.len() < 101 {
        let frame = hear(&mut socket).await;
        match frame["type"].as_str().unwrap() {
            "snapshot" => snapshots += 1,
            "error" => errors.push(frame["id"].as_str().unwrap().to_owned()),
            other => panic!("{other}"),
        }
    }
    assert_eq!((snapshots, errors), (100, vec!["s100".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_ends_the_socket_and_a_new_one_keeps_it() {
    let live = Live::start().await;
    let mut kept = live.greeted(Who::Viewer).await;
    let mut left = live.greeted(Who::Viewer).await;
    live.server.clock.advance(ACCESS - chrono::TimeDelta::seconds(30));
    let token = live.server.sign_in(Who::Viewer).await.expect(200).json()["access_token"].clone();
    say(&mut kept, json!({"type": "token", "token": token})).await;
    say(&mut kept, json!({"type": "subscribe", "id": "w", "query": {"measures": ["orders.count"]}})).await;
    assert_eq!(hear(&mut kept).await["type"], "snapshot");
    live.server.clock.advance(chrono::TimeDelta::minutes(1));
    let bye = hear(&mut left).await;
    assert_eq!((&bye["type"], &bye["reason"]), (&json!("bye"), &json!("the token has expired")));
    live.push("Rome", 1).await;
    assert_eq!(hear(&mut kept).await["type"], "patch");
    // A token of somebody else does not renew it.
    let other = live.server.sign_in(Who::Editor).await.expect(200).json()["access_token"].clone();
    say(&mut kept, json!({"type": "token", "token": other})).await;
    assert_eq!(hear(&mut kept).await["type"], "bye");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_says_goodbye() {
    let live = Live::start().await;
    let mut socket = live.greeted(Who::Viewer).await;
    live.server.app.closing.cancel();
    let bye = hear(&mut socket).await;
    assert_eq!((&bye["type"], &bye["retry_after_ms"]), (&json!("bye"), &json!(1000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_see_something_else_now_is_told_to_ask_again() {
    let mut live = Live::start().await;
    live.server = crate::access::server().await;
    let listening = Listening::bind(&live.server.app).await.unwrap();
    live.address = listening.address();
    let app = live.server.app.clone();
    tokio::spawn(async move { serve(app, listening).await.unwrap() });
    let query = json!({"measures": ["orders.sum_amount"]});

    // Through the eyes of the viewer, and as the viewer: the same answer.
    let users = live.server.get(Who::Owner, "/users").await.json();
    let viewer = users["items"].as_array().unwrap().iter().find(|user| user["role"] == "viewer").unwrap()["id"].clone();
    let mut admin = live.connect(None).await.unwrap();
    say(&mut admin, json!({"type": "hello", "token": live.server.token(Who::Admin), "viewAs": viewer})).await;
    assert_eq!(hear(&mut admin).await["type"], "welcome");
    let mut socket = live.greeted(Who::Viewer).await;
    for socket in [&mut admin, &mut socket] {
        say(socket, json!({"type": "subscribe", "id": "w", "query": query})).await;
        assert_eq!(hear(socket).await["result"]["data"], json!([[5]]));
    }
    // Other policies end what is live; who subscribes again sees by the new ones.
    crate::access::set_policies(&live.server, Who::Admin, json!([{"name": "french", "rows": [{"member": "orders.country", "operator": "equals", "values": ["FR"]}]}]))
        .await
        .expect(200);
    let ended = hear(&mut socket).await;
    assert_eq!((&ended["type"], &ended["id"], &ended["problem"]["code"]), (&json!("error"), &json!("w"), &json!("conflict")), "{ended}");
    say(&mut socket, json!({"type": "subscribe", "id": "w", "query": query})).await;
    assert_eq!(hear(&mut socket).await["result"]["data"], json!([[2]]));
    // Other attributes end the socket.
    crate::access::give(&live.server, Who::Viewer, json!({"country": ["IT"]})).await.expect(200);
    let bye = hear(&mut socket).await;
    assert_eq!((&bye["type"], &bye["reason"]), (&json!("bye"), &json!("what you may see was changed")), "{bye}");
    // Who may not look through the eyes of others is not let in.
    let mut editor = live.connect(None).await.unwrap();
    say(&mut editor, json!({"type": "hello", "token": live.server.token(Who::Editor), "viewAs": viewer})).await;
    assert_eq!(hear(&mut editor).await["type"], "bye");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_a_socket_until_it_is_changed_or_revoked() {
    let live = Live::start().await;
    let key = api_keys::make(&live.server, Who::Admin, json!({"name": "Wall", "role": "viewer"})).await;
    let path = format!("/api-keys/{}", key["id"].as_str().unwrap());
    let greeted = async || {
        let mut socket = live.connect(None).await.unwrap();
        say(&mut socket, json!({"type": "hello", "token": key["token"]})).await;
        assert_eq!(hear(&mut socket).await["type"], "welcome");
        say(&mut socket, json!({"type": "subscribe", "id": "w1", "query": by_city()})).await;
        assert_eq!(hear(&mut socket).await["type"], "snapshot");
        socket
    };
    let mut socket = greeted().await;
    live.server.put(Who::Admin, &path, Some(1), json!({"attributes": {"city": ["Rome"]}})).await.expect(200);
    let bye = hear(&mut socket).await;
    assert_eq!((&bye["type"], &bye["reason"]), (&json!("bye"), &json!("what you may see was changed")));
    let mut socket = greeted().await;
    live.server.delete(Who::Admin, &path).await.expect(204);
    let bye = hear(&mut socket).await;
    assert_eq!((&bye["type"], &bye["reason"]), (&json!("bye"), &json!("the token does not hold")));
    let mut late = live.connect(None).await.unwrap();
    say(&mut late, json!({"type": "hello", "token": key["token"]})).await;
    assert_eq!(hear(&mut late).await["type"], "bye");
}
