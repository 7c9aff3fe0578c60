//! Dashboards: saving, conflicts, widgets, the generated one.

use http::{Method, header};
use serde_json::{Value, json};

use crate::harness::{Server, Who, definition};

fn path(dashboard: &Value) -> String {
    format!("/dashboards/{}", dashboard["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_is_saved_over_the_version_that_was_read() {
    let server = Server::start().await;
    let made = server.post(Who::Editor, "/dashboards", json!({"title": "First", "description": null, "definition": definition()})).await.expect(201).json();
    assert_eq!((&made["version"], &made["updated_by"], &made["title"]), (&json!(1), &json!("Editor"), &json!("First")));
    assert_eq!(made["updated_at"], "2026-06-01T12:00:00.000Z");
    assert_eq!(made["definition"], definition());

    let change = json!({"title": "Second", "definition": definition()});
    server.put(Who::Editor, &path(&made), None, change.clone()).await.expect(428);
    let saved = server.put(Who::Admin, &path(&made), Some(1), change.clone()).await.expect(200).json();
    assert_eq!((&saved["version"], &saved["updated_by"], &saved["description"]), (&json!(2), &json!("Admin"), &Value::Null));
    let stale = server.put(Who::Editor, &path(&made), Some(1), change.clone()).await.expect(412).json();
    assert_eq!((&stale["code"], &stale["current_version"]), (&json!("precondition_failed"), &json!(2)));

    let list = server.get(Who::Viewer, "/dashboards").await.expect(200).json();
    assert_eq!((&list["items"][0]["widgets"], &list["items"][0]["models"]), (&json!(1), &json!(["airports"])));
    assert!(list["items"][0].get("definition").is_none());
    let place = path(&made);
    let (left, right) = tokio::join!(server.put(Who::Editor, &place, Some(2), change.clone()), server.put(Who::Admin, &place, Some(2), change));
    let mut statuses = [left.status.as_u16(), right.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "of two at a time one wins");

    server.delete(Who::Editor, &path(&made)).await.expect(204);
    server.get(Who::Viewer, &path(&made)).await.expect(404);
    server.delete(Who::Editor, &path(&made)).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn widgets_come_and_go_under_the_same_version() {
    let server = Server::start().await;
    let made = server.post(Who::Editor, "/dashboards", json!({"title": "D", "definition": definition()})).await.expect(201).json();
    let send = async |method: Method, path: String, version: u64, body: Value| {
        let request = server
            .request(Who::Editor, method, &path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, format!("\"{version}\""));
        server.send(request.body(axum::body::Body::from(body.to_string())).unwrap()).await
    };
    let mut widget = definition()["widgets"][0].clone();
    let widgets = format!("{}/widgets", path(&made));
    send(Method::POST, widgets.clone(), 1, widget.clone()).await.expect(400);
    widget["id"] = json!("w2");
    let added = send(Method::POST, widgets.clone(), 1, widget.clone()).await.expect(201).json();
    assert_eq!((&added["version"], &added["definition"]["widgets"][1]["id"]), (&json!(2), &json!("w2")));
    send(Method::POST, widgets.clone(), 1, widget.clone()).await.expect(412);
    widget["title"] = json!("Renamed");
    let changed = send(Method::PUT, format!("{widgets}/w2"), 2, widget.clone()).await.expect(200).json();
    assert_eq!(changed["definition"]["widgets"][1]["title"], "Renamed");
    send(Method::PUT, format!("{widgets}/w1"), 3, widget.clone()).await.expect(400);
    send(Method::DELETE, format!("{widgets}/w9"), 3, Value::Null).await.expect(404);
    let removed = send(Method::DELETE, format!("{widgets}/w1"), 3, Value::Null).await.expect(200).json();
    assert_eq!(removed["definition"]["widgets"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_checked() {
    let server = Server::start().await;
    let mut cases = Vec::new();
    let mut add = |field: &str, change: &dyn Fn(&mut Value)| {
        let mut new = json!({"title": "D", "definition": definition()});
        change(&mut new);
        cases.push((field.to_owned(), new));
    };
    add("title", &|new| new["title"] = json!(" "));
    add("title", &|new| new["title"] = json!("a\nb"));
    add("title", &|new| new["title"] = json!({}));
    add("definition.schema", &|new| new["definition"]["schema"] = json!(2));
    add("definition.widgets[0].id", &|new| new["definition"]["widgets"][0]["id"] = json!("a b"));
    add("definition.widgets[0].kind", &|new| new["definition"]["widgets"][0]["kind"] = json!("pie"));
    add("definition.widgets[0].layout", &|new| new["definition"]["widgets"][0]["layout"]["w"] = json!(13));
    add("definition.widgets[0].layout.x", &|new| new["definition"]["widgets"][0]["layout"]["x"] = json!(-1));
    add("definition.widgets[1].id", &|new| {
        let copy = new["definition"]["widgets"][0].clone();
        new["definition"]["widgets"].as_array_mut().unwrap().push(copy);
    });
    add("tenant_id", &|new| new["tenant_id"] = json!("x"));
    for (field, new) in cases {
        let problem = server.post(Who::Editor, "/dashboards", new).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    assert_eq!(server.get(Who::Viewer, "/dashboards").await.json(), json!({"items": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_widget_of_a_generated_dashboard_answers() {
    let server = Server::with_airports().await;
    let made = server.post(Who::Editor, "/dashboards/generate", json!({"dataset": "airports"})).await.expect(201).json();
    let widgets = made["definition"]["widgets"].as_array().unwrap();
    assert!(widgets.len() >= 3, "{made}");
    for widget in widgets {
        let answer = server.post(Who::Viewer, "/queries", widget["query"].clone()).await;
        assert_eq!(answer.status.as_u16(), 200, "{widget}: {}", answer.text());
        assert!(answer.json()["row_count"].as_u64().unwrap() > 0, "{widget}");
    }
    server.post(Who::Editor, "/dashboards/generate", json!({"dataset": "airprots"})).await.expect(404);
}
