//! Every route with every kind of caller. The routes are taken from the OpenAPI document, so a new one without a row here
//! fails, and so does a row without a route.

use std::collections::BTreeMap;

use http::{Method, header};
use serde_json::{Value, json};

use crate::harness::{Answer, EVERYBODY, NOW, PASSWORD, Server, Who, definition, email};

/// The least caller that is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Least {
    Anybody,
    Viewer,
    Editor,
    Admin,
}

/// `method path`, who, a body that is fine.
pub(crate) fn table() -> BTreeMap<&'static str, (Least, Value)> {
    let dashboard = json!({"title": "T", "definition": definition()});
    let widget = definition()["widgets"][0].clone();
    BTreeMap::from([
        ("get /healthz", (Least::Anybody, Value::Null)),
        ("get /readyz", (Least::Anybody, Value::Null)),
        ("get /api/docs", (Least::Anybody, Value::Null)),
        ("get /api/v1/openapi.json", (Least::Anybody, Value::Null)),
        ("get /api/v1/schemas/{name}", (Least::Anybody, Value::Null)),
        ("get /api/v1/bootstrap", (Least::Anybody, Value::Null)),
        ("post /api/v1/setup", (Least::Anybody, json!({}))),
        ("post /api/v1/session", (Least::Anybody, json!({}))),
        ("post /api/v1/session/refresh", (Least::Anybody, Value::Null)),
        ("delete /api/v1/session", (Least::Anybody, Value::Null)),
        ("get /api/v1/live", (Least::Anybody, Value::Null)),
        ("get /api/v1/me", (Least::Viewer, Value::Null)),
        ("put /api/v1/me", (Least::Viewer, json!({"calendar": null}))),
        ("post /api/v1/me/password", (Least::Viewer, json!({"current_password": "wrong horse battery", "new_password": PASSWORD}))),
        ("get /api/v1/users", (Least::Admin, Value::Null)),
        ("post /api/v1/users", (Least::Admin, json!({"email": "", "name": "n", "role": "viewer", "password": PASSWORD}))),
        ("put /api/v1/users/{id}", (Least::Admin, json!({"name": "n", "role": "viewer"}))),
        ("delete /api/v1/users/{id}", (Least::Admin, Value::Null)),
        ("get /api/v1/api-keys", (Least::Admin, Value::Null)),
        ("post /api/v1/api-keys", (Least::Admin, json!({"name": "n", "role": "viewer"}))),
        ("put /api/v1/api-keys/{id}", (Least::Admin, json!({"name": "n"}))),
        ("delete /api/v1/api-keys/{id}", (Least::Admin, Value::Null)),
        ("put /api/v1/tenant", (Least::Admin, json!({"calendar": {"yearStart": 13}}))),
        ("get /api/v1/datasets", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/preview", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/profile", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/rejects", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/contract", (Least::Viewer, Value::Null)),
        ("put /api/v1/datasets/{name}/contract", (Least::Admin, json!({"rules": []}))),
        ("get /api/v1/datasets/{name}/loads", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/loads/{load_id}/profile", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/loads/{load_id}/rejects", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/loads/{load_id}/rejects/export", (Least::Viewer, Value::Null)),
        ("post /api/v1/datasets/{name}/loads/{load_id}/rejects/replay", (Least::Editor, json!({"rows": [{"number": 0, "row": {}}]}))),
        ("post /api/v1/datasets/{name}/rows", (Least::Editor, json!([]))),
        ("get /api/v1/datasets/{name}/positions", (Least::Viewer, Value::Null)),
        ("post /api/v1/datasets/{name}/rows/count", (Least::Editor, json!({"predicate": "true"}))),
        ("post /api/v1/datasets/{name}/rows/delete", (Least::Editor, json!({"predicate": "true", "expected_rows": 0}))),
        ("post /api/v1/datasets/{name}/rows/erase", (Least::Admin, json!({"predicate": "true", "expected_rows": 0}))),
        ("post /api/v1/datasets/{name}/compaction", (Least::Admin, Value::Null)),
        ("post /api/v1/datasets/{name}/vacuum", (Least::Admin, Value::Null)),
        ("get /api/v1/datasets/{name}/jobs", (Least::Admin, Value::Null)),
        ("get /api/v1/datasets/{name}/jobs/{id}", (Least::Editor, Value::Null)),
        ("delete /api/v1/datasets/{name}/jobs/{id}", (Least::Admin, Value::Null)),
        ("delete /api/v1/datasets/{name}", (Least::Admin, Value::Null)),
        ("get /api/v1/datasets/{name}/versions", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/changes", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/settings", (Least::Viewer, Value::Null)),
        ("put /api/v1/datasets/{name}/settings", (Least::Admin, json!({"versions_kept_days": 1}))),
        ("get /api/v1/upkeep", (Least::Admin, Value::Null)),
        ("get /api/v1/uploads", (Least::Editor, Value::Null)),
        ("post /api/v1/uploads", (Least::Editor, json!({}))),
        ("delete /api/v1/uploads/{id}", (Least::Editor, Value::Null)),
        ("post /api/v1/uploads/{id}/inference", (Least::Editor, json!({}))),
        ("post /api/v1/uploads/{id}/preview", (Least::Editor, json!({"steps": [{"op": "trim"}]}))),
        ("get /api/v1/datasets/{name}/steps", (Least::Editor, Value::Null)),
        ("put /api/v1/datasets/{name}/steps", (Least::Editor, json!({"steps": [{"op": "trim"}]}))),
        ("get /api/v1/loads", (Least::Editor, Value::Null)),
        ("post /api/v1/loads", (Least::Editor, json!({"upload_id": "00000000-0000-0000-0000-000000000000", "dataset": "x", "mode": "create"}))),
        ("get /api/v1/loads/{id}", (Least::Editor, Value::Null)),
        ("delete /api/v1/loads/{id}", (Least::Editor, Value::Null)),
        ("get /api/v1/models", (Least::Viewer, Value::Null)),
        ("get /api/v1/models/{name}", (Least::Viewer, Value::Null)),
        ("get /api/v1/models/{name}/values", (Least::Viewer, Value::Null)),
        ("put /api/v1/models/{name}", (Least::Editor, json!({"name": "airports", "dataset": "airports", "label": "A", "dimensions": [], "measures": []}))),
        ("post /api/v1/models/{name}/check", (Least::Editor, json!({"name": "airports", "dataset": "airports", "label": "A", "dimensions": [], "measures": []}))),
        ("get /api/v1/model-files", (Least::Viewer, Value::Null)),
        ("post /api/v1/model-files", (Least::Editor, json!({"format": "tidemill", "files": [{"name": "a.yml", "text": ""}]}))),
        ("post /api/v1/model-files/check", (Least::Editor, json!({"format": "tidemill", "files": [{"name": "a.yml", "text": ""}]}))),
        ("get /api/v1/views", (Least::Viewer, Value::Null)),
        ("get /api/v1/views/{name}", (Least::Viewer, Value::Null)),
        ("put /api/v1/views/{name}", (Least::Editor, json!({"name": "airports", "label": "A", "include": [{"path": "airports", "members": "*"}]}))),
        ("delete /api/v1/views/{name}", (Least::Editor, Value::Null)),
        ("get /api/v1/views/{name}/values", (Least::Viewer, Value::Null)),
        ("post /api/v1/queries", (Least::Viewer, json!({"measures": ["airports.count"]}))),
        ("post /api/v1/sql/explain", (Least::Viewer, json!({"sql": "select count(*) as n from airports"}))),
        ("post /api/v1/sql/verify", (Least::Viewer, json!({"sql": "select count(*) as n from airports"}))),
        ("post /api/v1/sql/lineage", (Least::Viewer, json!({"sql": "select count(*) as n from airports"}))),
        ("post /api/v1/sql", (Least::Viewer, json!({"sql": "select count(*) as n from airports"}))),
        ("get /cubejs-api/v1/load", (Least::Viewer, Value::Null)),
        ("post /cubejs-api/v1/load", (Least::Viewer, json!({"query": {"measures": ["airports.count"]}}))),
        ("get /cubejs-api/v1/dry-run", (Least::Viewer, Value::Null)),
        ("post /cubejs-api/v1/dry-run", (Least::Viewer, json!({"query": {"measures": ["airports.count"]}}))),
        ("get /cubejs-api/v1/subscribe", (Least::Viewer, Value::Null)),
        ("post /cubejs-api/v1/subscribe", (Least::Viewer, json!({"query": {"measures": ["airports.count"]}}))),
        ("get /cubejs-api/v1/sql", (Least::Viewer, Value::Null)),
        ("post /cubejs-api/v1/sql", (Least::Viewer, json!({"query": {"measures": ["airports.count"]}}))),
        ("get /cubejs-api/v1/meta", (Least::Viewer, Value::Null)),
        ("post /api/v1/queries/explain", (Least::Viewer, json!({"measures": ["airports.count"]}))),
        ("post /api/v1/queries/verify", (Least::Viewer, json!({"measures": ["airports.count"]}))),
        ("post /api/v1/queries/lineage", (Least::Viewer, json!({"measures": ["airports.count"]}))),
        ("get /api/v1/datasets/{name}/rollups", (Least::Viewer, Value::Null)),
        ("get /api/v1/datasets/{name}/advice", (Least::Viewer, Value::Null)),
        ("put /api/v1/datasets/{name}/advice/{rollup}", (Least::Editor, json!({"state": "vetoed"}))),
        ("get /api/v1/dashboards", (Least::Viewer, Value::Null)),
        ("post /api/v1/dashboards", (Least::Editor, dashboard.clone())),
        ("post /api/v1/dashboards/generate", (Least::Editor, json!({"dataset": "airports"}))),
        ("get /api/v1/dashboards/{id}", (Least::Viewer, Value::Null)),
        ("put /api/v1/dashboards/{id}", (Least::Editor, dashboard)),
        ("delete /api/v1/dashboards/{id}", (Least::Editor, Value::Null)),
        ("post /api/v1/dashboards/{id}/widgets", (Least::Editor, widget.clone())),
        ("put /api/v1/dashboards/{id}/widgets/{widget_id}", (Least::Editor, widget)),
        ("delete /api/v1/dashboards/{id}/widgets/{widget_id}", (Least::Editor, Value::Null)),
    ])
}

fn operations(document: &Value) -> Vec<String> {
    tidemill_server::openapi::page::operations(document).map(|(path, method, _)| format!("{method} {path}")).collect()
}

pub(crate) async fn call(server: &Server, who: Who, operation: &str, path: &str, body: &Value) -> Answer {
    call_with(server, who, operation, path, (!body.is_null()).then(|| body.to_string())).await
}

/// Calls with a body that says that it is JSON, whatever it is.
pub(crate) async fn call_with(server: &Server, who: Who, operation: &str, path: &str, body: Option<String>) -> Answer {
    let (method, _) = operation.split_once(' ').unwrap();
    let mut request = http::Request::builder()
        .method(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap())
        .uri(path)
        .header(header::IF_MATCH, "\"99\"")
        .header(header::HOST, "localhost");
    if who != Who::Anonymous {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", server.token(who)));
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    server.send(request.body(body.map_or_else(axum::body::Body::empty, axum::body::Body::from)).unwrap()).await
}

/// The id of nothing.
pub(crate) const NOTHING: &str = "00000000-0000-0000-0000-000000000000";

/// The address of a route about something, with the parameters that it needs.
pub(crate) fn address(path: &str, name: &str, id: &str) -> String {
    path.replace("{name}", name)
        .replace("{rollup}", "r")
        .replace("{load_id}", NOTHING)
        .replace("{widget_id}", "w1")
        .replace("{id}", id)
        .replace("/changes", "/changes?from=0")
        .replace("/values", "/values?dimension=faa")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_every_route_and_no_other() {
    let server = Server::empty().await;
    let mut routes = operations(&server.app.openapi);
    routes.sort();
    let mut rows: Vec<String> = table().into_keys().map(str::to_owned).collect();
    rows.sort();
    assert_eq!(routes, rows);
    // And the document has every route that the router page mounts.
    let page = include_str!("../../src/router.rs");
    assert!(!page.contains(".route(") && !page.contains(".nest_service(") && !page.contains(".route_service("), "mount routes with routes!, so that OpenAPI has them");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_asks_for_the_role_that_it_takes() {
    let server = Server::with_airports().await;
    let fill = |path: &str| {
        let path = address(path, "no_such_thing", NOTHING);
        if path.starts_with("/cubejs-api") && !path.ends_with("/meta") { path + "?query=%7B%7D" } else { path }
    };
    for (operation, (least, body)) in table() {
        let path = fill(operation.split_once(' ').unwrap().1);
        for who in EVERYBODY {
            let answer = call(&server, who, operation, &path, &body).await;
            let status = answer.status.as_u16();
            assert!(status < 500, "{operation} as {who:?}: {status} {}", answer.text());
            let rank = match who {
                Who::Anonymous => Least::Anybody,
                Who::Viewer => Least::Viewer,
                Who::Editor => Least::Editor,
                Who::Admin | Who::Owner | Who::Stranger => Least::Admin,
            };
            if least == Least::Anybody {
                assert_ne!(status, 403, "{operation} as {who:?}");
            } else if who == Who::Anonymous {
                assert_eq!(status, 401, "{operation} as {who:?}");
            } else {
                assert_eq!(status == 403, rank < least, "{operation} as {who:?}: {status} {}", answer.text());
                assert_ne!(status, 401, "{operation} as {who:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_others_is_not_there() {
    let server = Server::with_airports().await;
    let dashboard = server.post(Who::Editor, "/dashboards", json!({"title": "Mine", "definition": definition()})).await.expect(201).json();
    let users = server.get(Who::Owner, "/users").await.json();
    let user = users["items"][0]["id"].as_str().unwrap().to_owned();
    let key = server.post(Who::Owner, "/api-keys", json!({"name": "k", "role": "viewer"})).await.expect(201).json();
    let upload = server.upload(Who::Editor, "a.csv", b"a,b\n1,2\n").await.expect(201).json();
    let load = server.post(Who::Editor, "/loads", json!({"upload_id": upload["upload_id"], "dataset": "a", "mode": "create"})).await.expect(202).json();
    server.finished(Who::Editor, &load).await;
    let waiting = server.upload(Who::Editor, "b.csv", b"a,b\n1,2\n").await.expect(201).json();

    for (operation, (least, body)) in table() {
        let path = operation.split_once(' ').unwrap().1;
        if least == Least::Anybody || !path.contains('{') {
            continue;
        }
        let id = if path.contains("/users/") {
            &user
        } else if path.contains("/api-keys/") {
            key["id"].as_str().unwrap()
        } else if path.contains("/loads/") {
            load["id"].as_str().unwrap()
        } else if path.contains("/uploads/") {
            waiting["upload_id"].as_str().unwrap()
        } else {
            dashboard["id"].as_str().unwrap()
        };
        let path = address(path, "airports", id);
        let answer = call(&server, Who::Stranger, operation, &path, &body).await;
        assert_eq!(answer.status.as_u16(), 404, "{operation}: {}", answer.text());
    }
    server.post(Who::Stranger, "/loads", json!({"upload_id": waiting["upload_id"], "dataset": "stolen", "mode": "create"})).await.expect(404);
    server.post(Who::Stranger, "/dashboards/generate", json!({"dataset": "airports"})).await.expect(404);
    let body = json!({"query": {"measures": ["airports.count"]}});
    let asked = call(&server, Who::Stranger, "post /cubejs-api/v1/load", "/cubejs-api/v1/load", &body).await;
    assert_eq!(asked.status.as_u16(), 404, "{}", asked.text());
    let described = call(&server, Who::Stranger, "get /cubejs-api/v1/meta", "/cubejs-api/v1/meta", &Value::Null).await;
    assert_eq!(described.json()["cubes"], json!([]));
    for body in [json!({"measures": ["airports.count"], "asOf": 0}), json!({"measures": ["airports.count"], "asOf": NOW})] {
        let asked = server.post(Who::Stranger, "/queries", body).await;
        assert!(matches!(asked.status.as_u16(), 400 | 404), "{}", asked.text());
    }
    server.post(Who::Stranger, "/sql", json!({"sql": "select * from airports", "asOf": 0})).await.expect(404);
    assert_eq!(server.get(Who::Stranger, "/upkeep").await.expect(200).json()["records"], json!([]));
    let asked = server.post(Who::Stranger, "/queries", json!({"measures": ["airports.count"]})).await;
    assert!(matches!(asked.status.as_u16(), 400 | 404), "{}", asked.text());
    for path in ["/queries/explain", "/queries/verify", "/queries/lineage"] {
        let told = server.post(Who::Stranger, path, json!({"measures": ["airports.count"]})).await;
        assert!(matches!(told.status.as_u16(), 400 | 404), "{path}: {}", told.text());
    }
    for sql in ["select * from airports", "select * from acme.airports", "select table_name from information_schema.tables"] {
        let answer = server.post(Who::Stranger, "/sql", json!({"sql": sql})).await;
        assert!(!answer.text().contains("Lansdowne") && !answer.text().contains("\"airports\""), "{sql}: {}", answer.text());
        for path in ["/sql/verify", "/sql/lineage"] {
            let told = server.post(Who::Stranger, path, json!({"sql": sql})).await.expect(404);
            assert!(!told.text().contains("Lansdowne") && !told.text().contains("\"airports\""), "{path} {sql}: {}", told.text());
        }
    }
    for path in ["/datasets", "/models", "/views", "/dashboards"] {
        assert_eq!(server.get(Who::Stranger, path).await.expect(200).json(), json!({"items": []}), "{path}");
    }
    // Routes that name nothing in their address: of what is told or made there nothing is of another tenant.
    let others = [Who::Viewer, Who::Editor, Who::Admin, Who::Owner].map(email);
    let marks = ["Lansdowne", "\"Mine\"", user.as_str(), key["id"].as_str().unwrap(), load["id"].as_str().unwrap(), waiting["upload_id"].as_str().unwrap()];
    for (operation, (least, body)) in table() {
        let path = operation.split_once(' ').unwrap().1;
        if least == Least::Anybody || path.contains('{') {
            continue;
        }
        let query = if operation.starts_with("get /cubejs-api") && !path.ends_with("/meta") { "?query=%7B%22measures%22%3A%5B%22airports.count%22%5D%7D" } else { "" };
        let answer = call(&server, Who::Stranger, operation, &format!("{path}{query}"), &body).await;
        let (status, text) = (answer.status.as_u16(), answer.text());
        // What asks for the airports finds none.
        let asks = body.to_string().contains("airports") && !body.to_string().contains("widgets");
        if asks || !query.is_empty() {
            assert!(matches!(status, 400 | 404), "{operation}: {status} {text}");
        }
        let tells = marks.iter().copied().chain(others.iter().map(String::as_str)).any(|mark| text.contains(mark));
        assert!(status < 500 && !tells, "{operation}: {status} {text}");
    }
    let files = server.get(Who::Stranger, "/model-files").await.expect(200).json();
    assert_eq!((&files["files"], &files["left_out"]), (&json!([]), &json!([])));
    let text = "name: airports\ndataset: airports\nlabel: A\ndimensions: []\nmeasures:\n  - {name: count, label: C, kind: count}\n";
    let foreign = json!({"format": "tidemill", "files": [{"name": "a.yml", "text": text}]});
    let checked = server.post(Who::Stranger, "/model-files/check", foreign.clone()).await.expect(200).json();
    assert_eq!((&checked["outcomes"], &checked["problems"][0]["name"]), (&json!([]), &json!("airports")), "{checked}");
    server.post(Who::Stranger, "/model-files", foreign).await.expect(400);
    server.post(Who::Stranger, "/sql/explain", json!({"sql": "select count(*) from airports"})).await.expect(404);
    // And nothing was changed by trying.
    server.get(Who::Viewer, "/datasets/airports").await.expect(200);
    assert_eq!(server.get(Who::Viewer, &format!("/dashboards/{}", dashboard["id"].as_str().unwrap())).await.expect(200).json(), dashboard);
    assert_eq!(server.get(Who::Owner, "/users").await.json(), users);
}
