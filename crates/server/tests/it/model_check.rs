//! Checking a model without saving it: what `PUT` would refuse is told with its place, to whom may save, and nothing is changed.

use http::{Method, header};
use serde_json::{Value, json};

use crate::access::set_policies;
use crate::cube::with_orders;
use crate::harness::{Answer, Server, Who};

const PATH: &str = "/models/orders/check";

async fn check(server: &Server, who: Who, text: &str) -> Answer {
    let request = server.request(who, Method::POST, PATH).header(header::CONTENT_TYPE, "application/yaml");
    server.send(request.body(axum::body::Body::from(text.to_owned())).unwrap()).await
}

async fn stored(server: &Server) -> Value {
    server.get(Who::Editor, "/models/orders").await.expect(200).json()
}

/// The model as it is stored, as YAML.
async fn text(server: &Server) -> String {
    let request = server.request(Who::Editor, Method::GET, "/models/orders").header(header::ACCEPT, "application/yaml");
    server.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(200).text()
}

/// The one diagnostic of an answer.
fn only(answer: Answer) -> Value {
    let told = answer.expect(200).json();
    let [one] = told["diagnostics"].as_array().unwrap().as_slice() else { panic!("not one: {told}") };
    one.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_save_refuses_is_told_with_its_place() {
    let server = with_orders().await;
    let (before, text) = (stored(&server).await, text(&server).await);
    assert_eq!(check(&server, Who::Editor, &text).await.expect(200).json(), json!({"diagnostics": []}));

    // As a save says it, but for the place, which has fields of its own.
    let lost = format!("{text}hierarchies:\n  - name: place\n    label: Place\n    levels: [nowhere, city]\n");
    let found = only(check(&server, Who::Editor, &lost).await);
    let request = server
        .request(Who::Editor, Method::PUT, "/models/orders")
        .header(header::CONTENT_TYPE, "application/yaml")
        .header(header::IF_MATCH, format!("\"{}\"", before["version"]));
    let refused = server.send(request.body(axum::body::Body::from(lost.clone())).unwrap()).await.expect(400).json();
    assert_eq!(found["line"], json!(lost.lines().count()), "{found}");
    assert_eq!(found["field"], refused["errors"][0]["field"]);
    assert_eq!(refused["detail"], json!(format!("body:{}:{}: {}", found["line"], found["column"], found["detail"].as_str().unwrap())));

    // Text that is no model yet has a line, and near names.
    let found = only(check(&server, Who::Editor, "name: orders\ndatset: orders\n").await);
    assert_eq!((&found["field"], &found["line"], &found["column"]), (&json!(""), &json!(2), &json!(1)));
    assert!(found["detail"].as_str().unwrap().starts_with("unknown field `datset`") && found["detail"].as_str().unwrap().contains("did you mean dataset?"), "{found}");

    // JSON has fields and no lines.
    let mut model = before.clone();
    model["measures"][0]["kind"] = json!("median");
    let found = only(server.post(Who::Editor, PATH, model).await);
    assert_eq!((&found["field"], found.get("line")), (&json!("measures[0].kind"), None));
    let mut model = before.clone();
    model["name"] = json!("another");
    assert_eq!(only(server.post(Who::Editor, PATH, model).await)["field"], "name");
    let mut model = before.clone();
    model["dataset"] = json!("another");
    assert_eq!(only(server.post(Who::Editor, PATH, model).await)["field"], "dataset");

    // What a join leads to may not be there: that is wrong with the model, which is.
    let mut model = before.clone();
    model["joins"] = json!([{"name": "nowhere", "on": [{"column": "city", "other": "city"}]}]);
    let found = only(server.post(Who::Editor, PATH, model).await);
    assert!(found["field"] == "joins[0]" && found["detail"].as_str().unwrap().contains("nowhere"), "{found}");

    assert_eq!(stored(&server).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_would_be_broken_is_told_too() {
    let server = with_orders().await;
    let view = json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["city", "sum_amount"]}]});
    server.put(Who::Editor, "/views/sales", Some(0), view).await.expect(200);
    let mut model = stored(&server).await;
    model["measures"].as_array_mut().unwrap().retain(|measure| measure["name"] != "sum_amount");
    let found = only(server.post(Who::Editor, PATH, model).await);
    assert!(found["detail"].as_str().unwrap().contains("the view sales would be broken"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_save_is_told_nothing() {
    let server = with_orders().await;
    let broken = "name: orders\ndatset: orders\n";
    for (who, status) in [(Who::Anonymous, 401), (Who::Viewer, 403), (Who::Editor, 200), (Who::Owner, 200), (Who::Stranger, 404)] {
        check(&server, who, broken).await.expect(status);
    }
    let text = text(&server).await;
    check(&server, Who::Stranger, &text).await.expect(404);
    // Who sees what is for admins to say, checked or saved.
    let governed = format!("{text}access_policies:\n  - name: all\n");
    check(&server, Who::Editor, &governed).await.expect(403);
    assert_eq!(check(&server, Who::Admin, &governed).await.expect(200).json(), json!({"diagnostics": []}));
    // Who does not see the whole dataset learns nothing of it here.
    set_policies(&server, Who::Owner, json!([{"name": "owners", "when": [{"attribute": "role", "values": ["owner"]}]}])).await.expect(200);
    let answer = check(&server, Who::Editor, &text).await.expect(403);
    assert!(!answer.text().contains("diagnostics"), "{}", answer.text());
    // A body of another type is no model at all.
    let request = server.request(Who::Owner, Method::POST, PATH).header(header::CONTENT_TYPE, "text/plain");
    server.send(request.body(axum::body::Body::from("name: orders")).unwrap()).await.expect(400);
}
