//! Access policies through the service: users with attributes, who may change what, looking through the eyes of others.

use http::{Method, header};
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Server, Who};

const VIEW_AS: &str = "Tidemill-View-As";

/// Orders of two countries; a viewer and an editor of Germany.
pub(crate) async fn server() -> Server {
    let server = Server::start().await;
    for tenant in ["acme", "other"] {
        let mill = server.app.engine.tenant(tenant).unwrap();
        mill.load("orders", tidemill::Csv::bytes("country,amount,margin\nDE,1,10\nFR,2,20\nDE,4,40\n")).await.unwrap();
    }
    for who in [Who::Viewer, Who::Editor] {
        give(&server, who, json!({"country": ["DE"]})).await.expect(200);
    }
    set_policies(&server, Who::Admin, own_country()).await.expect(200);
    server
}

fn own_country() -> Value {
    json!([{"name": "own_country", "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.country}"]}], "hidden": ["margin"]}])
}

async fn user_of(server: &Server, who: Who) -> Value {
    let users = server.get(Who::Owner, "/users").await.expect(200).json();
    users["items"].as_array().unwrap().iter().find(|user| user["name"] == json!(format!("{who:?}"))).unwrap().clone()
}

pub(crate) async fn give(server: &Server, who: Who, attributes: Value) -> Answer {
    let user = user_of(server, who).await;
    let body = json!({"name": user["name"], "role": user["role"], "attributes": attributes});
    server.put(Who::Owner, &format!("/users/{}", user["id"].as_str().unwrap()), None, body).await
}

pub(crate) async fn set_policies(server: &Server, who: Who, policies: Value) -> Answer {
    let mut model = server.get(Who::Owner, "/models/orders").await.expect(200).json();
    model["access_policies"] = policies;
    server.put(who, "/models/orders", model["version"].as_u64(), model).await
}

pub(crate) async fn count(server: &Server, who: Who) -> Value {
    let answer = server.post(who, "/queries", json!({"measures": ["orders.count", "orders.sum_amount"]})).await.expect(200).json();
    answer["data"].clone()
}

async fn as_viewed(server: &Server, who: Who, method: Method, path: &str, viewed: &str, body: Value) -> Answer {
    let request = server.request(who, method, path).header(VIEW_AS, viewed).header(header::CONTENT_TYPE, "application/json").header(header::IF_MATCH, "\"1\"");
    let body = if body.is_null() { axum::body::Body::empty() } else { axum::body::Body::from(body.to_string()) };
    server.send(request.body(body).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn users_see_what_policies_let_them_see_on_every_route() {
    let server = server().await;
    assert_eq!(count(&server, Who::Admin).await, json!([[3], [7]]));
    for who in [Who::Viewer, Who::Editor] {
        assert_eq!(count(&server, who).await, json!([[2], [5]]));
        let sql = server.post(who, "/sql", json!({"sql": "select * from orders order by amount"})).await.expect(200).json();
        assert_eq!(sql["data"], json!([["DE", "DE"], [1, 4]]));
        assert_eq!(sql["provenance"]["access"], json!([{"dataset": "orders", "policies": ["own_country"]}]));
        assert_eq!(server.get(who, "/models/orders/values?dimension=country").await.expect(200).json()["values"], json!(["DE"]));
        assert_eq!(server.get(who, "/datasets/orders").await.expect(200).json()["rows"], 2);
        assert_eq!(server.get(who, "/datasets").await.expect(200).json()["items"][0]["size_bytes"], Value::Null);
        assert_eq!(server.get(who, "/datasets/orders/preview").await.expect(200).json()["data"], json!([["DE", "DE"], [1, 4]]));
        let model = server.get(who, "/models/orders").await.expect(200).json();
        assert_eq!(model["access_policies"], Value::Null);
        assert!(!model.to_string().contains("margin"));
        server.get(who, "/datasets/orders/versions").await.expect(403);
        let cube = server.send(
            http::Request::builder()
                .uri("/cubejs-api/v1/load?query=%7B%22measures%22%3A%5B%22orders.count%22%5D%7D")
                .header(header::HOST, "localhost")
                .header(header::AUTHORIZATION, server.token(who))
                .body(axum::body::Body::empty())
                .unwrap(),
        );
        assert_eq!(cube.await.expect(200).json()["data"], json!([{"orders.count": 2}]));
    }
    let csv = server.send(
        server
            .request(Who::Viewer, Method::POST, "/queries")
            .header(header::ACCEPT, "text/csv")
            .header(header::CONTENT_TYPE, "application/json")
            .body(axum::body::Body::from(json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.country"]}).to_string()))
            .unwrap(),
    );
    assert!(!csv.await.expect(200).text().contains("FR"));
    // Attributes of others, and of other tenants, are theirs.
    assert_eq!(count(&server, Who::Stranger).await, json!([[3], [7]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_attributes_holds_with_the_next_question() {
    let server = server().await;
    assert_eq!(count(&server, Who::Viewer).await, json!([[2], [5]]));
    give(&server, Who::Viewer, json!({"country": ["FR"]})).await.expect(200);
    assert_eq!(count(&server, Who::Viewer).await, json!([[1], [2]]));
    let user = give(&server, Who::Viewer, json!({"country": []})).await.expect(200).json();
    assert_eq!(user["attributes"], json!({}));
    let answer = server.post(Who::Viewer, "/queries", json!({"measures": ["orders.count"]})).await.expect(200).json();
    assert_eq!(answer["data"], json!([[0]]));
    assert_eq!(answer["provenance"]["access"][0]["no_rows"], "your attribute country is not set");
    // What is not given stays.
    give(&server, Who::Viewer, json!({"country": ["DE"], "team": ["a", "b"]})).await.expect(200);
    let user = user_of(&server, Who::Viewer).await;
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    let changed = server.put(Who::Admin, &path, None, json!({"name": "Viewer", "role": "viewer"})).await.expect(200).json();
    assert_eq!(changed["attributes"], json!({"country": ["DE"], "team": ["a", "b"]}));
    let changed = server.put(Who::Admin, &path, None, json!({"attributes": {"country": ["DE"]}})).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["role"], &changed["attributes"]), (&json!("Viewer"), &json!("viewer"), &json!({"country": ["DE"]})));
    // What the service knows itself is no attribute that somebody gives.
    set_policies(&server, Who::Owner, json!([{"name": "editors", "when": [{"attribute": "role", "values": ["editor"]}]}])).await.expect(200);
    assert_eq!((count(&server, Who::Viewer).await, count(&server, Who::Editor).await), (json!([[0], [null]]), json!([[3], [7]])));
    for (attributes, field) in [
        (json!({"role": ["admin"]}), "attributes.role"),
        (json!({"Country": ["DE"]}), "attributes.Country"),
        (json!({"": ["DE"]}), "attributes."),
        (json!({"country": ["DE", ""]}), "attributes.country"),
        (json!({"country": ["x".repeat(257)]}), "attributes.country"),
        (json!({"country": (0..1_001).map(|number| number.to_string()).collect::<Vec<_>>()}), "attributes.country"),
        (json!((0..51).map(|number| (format!("a{number}"), json!(["x"]))).collect::<serde_json::Map<_, _>>()), "attributes"),
    ] {
        let problem = give(&server, Who::Viewer, attributes).await.expect(400).json();
        assert!(problem.to_string().contains(field), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_change_policies_and_nobody_saves_a_model_they_see_in_part() {
    let server = server().await;
    set_policies(&server, Who::Editor, json!([])).await.expect(403);
    let mut model = server.get(Who::Editor, "/models/orders").await.expect(200).json();
    model["label"] = json!("Mine");
    server.put(Who::Editor, "/models/orders", model["version"].as_u64(), model).await.expect(403);
    // An editor who sees everything edits the model, but not who sees what.
    set_policies(&server, Who::Admin, json!([{"name": "all"}])).await.expect(200);
    let mut model = server.get(Who::Editor, "/models/orders").await.expect(200).json();
    assert_eq!(model["access_policies"][0]["name"], "all");
    model["label"] = json!("Sales");
    let saved = server.put(Who::Editor, "/models/orders", model["version"].as_u64(), model.clone()).await.expect(200).json();
    assert_eq!((&saved["label"], &saved["access_policies"][0]["name"]), (&json!("Sales"), &json!("all")));
    // Nor what the conditions of a policy mean.
    set_policies(&server, Who::Admin, json!([{"name": "all", "when": [{"attribute": "role", "values": ["editor"]}]}, own_country()[0]]))
        .await
        .expect(200);
    let mut meant = server.get(Who::Editor, "/models/orders").await.expect(200).json();
    let country = meant["dimensions"].as_array().unwrap().iter().position(|dimension| dimension["name"] == "country").unwrap();
    meant["dimensions"][country] = json!({"name": "country", "label": "Land", "type": "string"});
    let renamed = server.put(Who::Editor, "/models/orders", meant["version"].as_u64(), meant.clone()).await.expect(200).json();
    meant["dimensions"][country] = json!({"name": "country", "label": "Land", "type": "string", "expression": "'DE'"});
    server.put(Who::Editor, "/models/orders", renamed["version"].as_u64(), meant).await.expect(403);
    let saved = set_policies(&server, Who::Admin, json!([{"name": "all"}])).await.expect(200).json();
    let mut model = server.get(Who::Editor, "/models/orders").await.expect(200).json();
    model["access_policies"] = Value::Null;
    model.as_object_mut().unwrap().remove("access_policies");
    server.put(Who::Editor, "/models/orders", saved["version"].as_u64(), model).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_looks_through_the_eyes_of_a_user_and_changes_nothing() {
    let server = server().await;
    let viewer = user_of(&server, Who::Viewer).await["id"].as_str().unwrap().to_owned();
    let query = json!({"measures": ["orders.count"]});
    for who in [Who::Admin, Who::Owner] {
        let answer = as_viewed(&server, who, Method::POST, "/queries", &viewer, query.clone()).await.expect(200).json();
        assert_eq!((&answer["data"], &answer["provenance"]["row_filter_applied"]), (&json!([[2]]), &json!(true)));
        for (method, path, body) in [
            (Method::PUT, "/models/orders", server.get(Who::Owner, "/models/orders").await.json()),
            (Method::GET, "/users", Value::Null),
            (Method::POST, "/me/password", json!({"current_password": PASSWORD, "new_password": "another horse battery"})),
            (Method::DELETE, "/datasets/orders", Value::Null),
            (Method::POST, "/datasets/orders/rows", json!([{"country": "DE", "amount": 1}])),
            (Method::POST, "/dashboards/generate", json!({"dataset": "orders"})),
        ] {
            let problem = as_viewed(&server, who, method, path, &viewer, body).await.expect(403).json();
            assert!(problem.to_string().contains("through the eyes of Viewer"), "{problem}");
        }
    }
    for who in [Who::Viewer, Who::Editor] {
        as_viewed(&server, who, Method::POST, "/queries", &viewer, query.clone()).await.expect(403);
    }
    // Nobody of another tenant is found, nor somebody who is not there.
    as_viewed(&server, Who::Stranger, Method::POST, "/queries", &viewer, query.clone()).await.expect(404);
    for nobody in ["00000000-0000-0000-0000-000000000000", "ann", ""] {
        as_viewed(&server, Who::Admin, Method::POST, "/queries", nobody, query.clone()).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_goes_by_what_a_join_leads_to_and_only_admins_change_what_that_is() {
    let server = server().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("lands", tidemill::Csv::bytes("code,zone\nDE,inner\nFR,outer\n")).await.unwrap();
    let with_join = async |who: Who, policies: Value| {
        let mut model = server.get(Who::Owner, "/models/orders").await.expect(200).json();
        model["joins"] = json!([{"name": "lands", "on": [{"column": "country", "other": "code"}]}]);
        model["access_policies"] = policies;
        server.put(who, "/models/orders", model["version"].as_u64(), model).await
    };
    let by_zone = |member: &str| json!([{"name": "all"}, {"name": "zone", "rows": [{"member": member, "operator": "equals", "values": ["{user.zone}"]}]}]);
    let problem = with_join(Who::Admin, by_zone("lands.zon")).await.expect(400).json().to_string();
    assert!(problem.contains("access_policies[1]") && problem.contains("did you mean zone?"), "{problem}");
    let zone = json!([by_zone("lands.zone")[1]]);
    with_join(Who::Admin, zone).await.expect(200);
    give(&server, Who::Viewer, json!({"zone": ["outer"]})).await.expect(200);
    give(&server, Who::Editor, json!({"zone": ["inner", "outer"]})).await.expect(200);
    assert_eq!((count(&server, Who::Viewer).await, count(&server, Who::Editor).await, count(&server, Who::Admin).await), (json!([[1], [2]]), json!([[3], [7]]), json!([[3], [7]])));
    let answer = server.post(Who::Viewer, "/sql", json!({"sql": "select country from orders"})).await.expect(200).json();
    assert_eq!((&answer["data"], &answer["provenance"]["access"][0]["lookups"]), (&json!([["FR"]]), &json!({"lands": 0})));
    // An editor edits lands, but not what the policy of orders looks up there.
    let mut lands = server.get(Who::Editor, "/models/lands").await.expect(200).json();
    lands["label"] = json!("Countries");
    let saved = server.put(Who::Editor, "/models/lands", lands["version"].as_u64(), lands.clone()).await.expect(200).json();
    let zone = lands["dimensions"].as_array().unwrap().iter().position(|dimension| dimension["name"] == "zone").unwrap();
    lands["dimensions"][zone] = json!({"name": "zone", "label": "Zone", "type": "string", "expression": "'outer'"});
    server.put(Who::Editor, "/models/lands", saved["version"].as_u64(), lands.clone()).await.expect(403);
    assert_eq!(count(&server, Who::Viewer).await, json!([[1], [2]]));
    server.put(Who::Admin, "/models/lands", saved["version"].as_u64(), lands).await.expect(200);
    assert_eq!(count(&server, Who::Viewer).await, json!([[3], [7]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_rows_do_not_decide_which_rows_are_sent_nor_their_order() {
    let servers = [server().await, server().await];
    // What is larger is read first, which is this in one of them.
    let others: String = (0..2_000).map(|number| format!("FR,{number},{number}\n")).collect();
    for (server, hidden) in servers.iter().zip([others.as_str(), ""]) {
        let mill = server.app.engine.tenant("acme").unwrap();
        mill.load("orders", tidemill::Csv::bytes(format!("country,amount,margin\n{hidden}DE,3,1\nDE,2,1\n"))).await.unwrap();
    }
    for server in &servers {
        for (sql, expected) in [
            ("select amount from orders", json!([[1, 2, 3, 4]])),
            ("select amount from orders limit 2", json!([[1, 2]])),
            ("select amount from orders order by country limit 1", json!([[1]])),
        ] {
            assert_eq!(server.post(Who::Viewer, "/sql", json!({"sql": sql})).await.expect(200).json()["data"], expected, "{sql}");
        }
        assert_eq!(server.get(Who::Viewer, "/datasets/orders/preview").await.expect(200).json()["data"][1], json!([1, 2, 3, 4]));
        let refused = server.post(Who::Viewer, "/sql", json!({"sql": "select amount, row_number() over () as n from orders"})).await.expect(400).json();
        assert_eq!(refused["errors"][0]["field"], "sql", "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_lists_its_columns_hides_what_is_pushed_later() {
    let server = server().await;
    let policies = json!([{"name": "plain", "columns": ["country", "amount"]}]);
    set_policies(&server, Who::Admin, policies.clone()).await.expect(200);
    assert_eq!(server.get(Who::Admin, "/models/orders").await.expect(200).json()["access_policies"], policies);
    server.app.engine.tenant("acme").unwrap().load("orders", tidemill::Csv::bytes("country,amount,margin,ssn\nDE,8,80,078\n")).await.unwrap();
    assert_eq!(count(&server, Who::Viewer).await, json!([[4], [15]]));
    let seen = server.post(Who::Viewer, "/sql", json!({"sql": "select * from orders"})).await.expect(200).json();
    assert_eq!(seen["data"].as_array().unwrap().len(), 2, "{seen}");
    assert!(server.get(Who::Admin, "/datasets/orders").await.expect(200).json().to_string().contains("ssn"));
    assert!(!server.get(Who::Viewer, "/datasets/orders").await.expect(200).json().to_string().contains("ssn"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_does_not_change_what_a_policy_finds_over_a_join_back_to_its_model() {
    let server = server().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("employees", tidemill::Csv::bytes("id,manager_id,region\n1,,EU\n2,1,US\n3,2,US\n")).await.unwrap();
    let mut model = server.get(Who::Owner, "/models/employees").await.expect(200).json();
    model["joins"] = json!([{"name": "manager", "model": "employees", "on": [{"column": "manager_id", "other": "id"}]}]);
    model["access_policies"] = json!([
        {"name": "staff", "when": [{"attribute": "role", "values": ["editor"]}]},
        {"name": "own", "rows": [{"member": "manager.region", "operator": "equals", "values": ["{user.region}"]}]},
    ]);
    server.put(Who::Admin, "/models/employees", model["version"].as_u64(), model).await.expect(200);
    give(&server, Who::Viewer, json!({"region": ["EU"]})).await.expect(200);
    let seen = async || server.post(Who::Viewer, "/sql", json!({"sql": "select id from employees order by 1"})).await.expect(200).json()["data"].clone();
    assert_eq!(seen().await, json!([[2]]));
    // An editor sees all rows, and edits all but what the policies look up in.
    let mut model = server.get(Who::Editor, "/models/employees").await.expect(200).json();
    model["label"] = json!("Staff");
    let saved = server.put(Who::Editor, "/models/employees", model["version"].as_u64(), model.clone()).await.expect(200).json();
    let region = model["dimensions"].as_array().unwrap().iter().position(|dimension| dimension["name"] == "region").unwrap();
    model["dimensions"][region] = json!({"name": "region", "label": "Region", "type": "string", "expression": "'EU'"});
    server.put(Who::Editor, "/models/employees", saved["version"].as_u64(), model.clone()).await.expect(403);
    assert_eq!(seen().await, json!([[2]]));
    server.put(Who::Admin, "/models/employees", saved["version"].as_u64(), model).await.expect(200);
    assert_eq!(seen().await, json!([[2, 3]]));
}
