//! What is said of models and their members beside numbers, and what of them is offered to whom, through the service: in our
//! dialect, as a schema and in Cube's.

use http::header;
use serde_json::{Value, json};

use crate::cube::{post, with_orders};
use crate::harness::{Answer, Server, Who};

/// What is said of the model, of its cities and of the sum, and a named filter of which something is said.
async fn described() -> Server {
    let server = with_orders().await;
    change(&server, |model| {
        model["description"] = json!("One row an order");
        model["meta"] = json!({"owner": "shop"});
        let city = member(model, "dimensions", "city");
        city["description"] = json!("Where it went");
        city["meta"] = json!({"level": 2});
        member(model, "measures", "sum_amount")["description"] = json!("Of all orders");
        model["segments"] = json!([{
            "name": "rome", "label": "Of Rome", "description": "Sent to Rome", "meta": {"since": 2024},
            "filters": [{"member": "orders.city", "operator": "equals", "values": ["Rome"]}]
        }]);
    })
    .await;
    server
}

/// A member of a model that is there.
fn member<'m>(model: &'m mut Value, list: &str, name: &str) -> &'m mut Value {
    model[list].as_array_mut().unwrap().iter_mut().find(|member| member["name"] == name).unwrap()
}

/// Reads the model of the orders, edits it and saves it.
async fn change(server: &Server, edit: impl FnOnce(&mut Value)) {
    let mut model = server.get(Who::Editor, "/models/orders").await.expect(200).json();
    edit(&mut model);
    server.put(Who::Editor, "/models/orders", model["version"].as_u64(), model).await.expect(200);
}

/// What Cube's `meta` tells of the models.
async fn meta(server: &Server, who: Who) -> Vec<Value> {
    let request = http::Request::builder().uri("/cubejs-api/v1/meta").header(header::HOST, "localhost").header(header::AUTHORIZATION, server.token(who));
    let answer: Answer = server.send(request.body(axum::body::Body::empty()).unwrap()).await;
    answer.expect(200).json()["cubes"].as_array().unwrap().clone()
}

/// One of a list by its name.
fn named<'v>(list: &'v [Value], name: &str) -> &'v Value {
    list.iter().find(|found| found["name"] == name).unwrap_or_else(|| panic!("no {name} among {list:?}"))
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_model_is_kept_and_described() {
    let server = described().await;
    let model = server.get(Who::Viewer, "/models/orders").await.expect(200).json();
    assert_eq!((&model["description"], &model["meta"]), (&json!("One row an order"), &json!({"owner": "shop"})));
    let city = named(list(&model, "dimensions"), "city");
    assert_eq!((&city["description"], &city["meta"]), (&json!("Where it went"), &json!({"level": 2})));
    // What nothing is said of has no keys for it.
    assert!(named(list(&model, "dimensions"), "at").get("description").is_none());
    for (schema, value) in [("Model", &model), ("Dimension", city), ("Measure", named(list(&model, "measures"), "sum_amount")), ("NamedFilter", &model["segments"][0])] {
        let properties = server.get(Who::Viewer, &format!("/schemas/{schema}")).await.expect(200).json()["$defs"][schema]["properties"].clone();
        for field in value.as_object().unwrap().keys() {
            assert!(properties.get(field).is_some(), "the schema {schema} does not describe {field}");
        }
    }
    let mut long = model.clone();
    *member(&mut long, "dimensions", "city") = json!({"name": "city", "label": "City", "type": "string", "description": "x".repeat(10_001)});
    let problem = server.put(Who::Editor, "/models/orders", model["version"].as_u64(), long).await.expect(400).json();
    assert!(problem["errors"][0]["field"].as_str().unwrap().ends_with("].description"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_cube_are_told_what_is_said_of_a_model() {
    let server = described().await;
    let cubes = meta(&server, Who::Viewer).await;
    let cube = named(&cubes, "orders");
    assert_eq!((&cube["description"], &cube["meta"]), (&json!("One row an order"), &json!({"owner": "shop"})));
    // What is known of the place stays beside it.
    let city = named(list(cube, "dimensions"), "orders.city");
    assert_eq!((&city["description"], &city["meta"]), (&json!("Where it went"), &json!({"geo": "city", "level": 2})));
    assert_eq!(named(list(cube, "measures"), "orders.sum_amount")["description"], "Of all orders");
    let rome = named(list(cube, "segments"), "orders.rome");
    assert_eq!((&rome["description"], &rome["meta"]), (&json!("Sent to Rome"), &json!({"since": 2024})));
    assert!(named(list(cube, "dimensions"), "orders.at").get("description").is_none());

    let query = json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.city"], "segments": ["orders.rome"]});
    let answer = post(&server, "/load", json!({"query": query})).await.expect(200).json();
    let annotation = &answer["annotation"];
    assert_eq!(annotation["measures"]["orders.sum_amount"]["description"], "Of all orders");
    assert_eq!(annotation["dimensions"]["orders.city"]["meta"], json!({"geo": "city", "level": 2}));
    assert_eq!(annotation["segments"]["orders.rome"]["description"], "Sent to Rome");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_cube_are_told_what_is_shown_of_rows() {
    let server = with_orders().await;
    let view = json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": [{"name": "city", "alias": "town"}, "sum_amount"]}]});
    server.put(Who::Editor, "/views/sales", Some(0), view).await.expect(200);
    change(&server, |model| member(model, "measures", "sum_amount")["drill"] = json!(["city", "at"])).await;
    let cubes = meta(&server, Who::Viewer).await;
    let told = |owner: &str, measure: &str| {
        let found = named(list(named(&cubes, owner), "measures"), measure);
        (found["drillMembers"].clone(), found["drillMembersGrouped"].clone())
    };
    let of_model = json!(["orders.city", "orders.at"]);
    assert_eq!(told("orders", "orders.sum_amount"), (of_model.clone(), json!({"measures": [], "dimensions": of_model})));
    // A view shows what it has, under its names.
    assert_eq!(told("sales", "sales.sum_amount"), (json!(["sales.town"]), json!({"measures": [], "dimensions": ["sales.town"]})));
    assert_eq!(told("orders", "orders.count"), (json!([]), json!({"measures": [], "dimensions": []})));
    let detail = server.get(Who::Viewer, "/views/sales").await.expect(200).json();
    assert_eq!(detail["measures"][0]["drill"], json!(["town"]));
}

/// Names of a list of models.
async fn names(server: &Server, who: Who, path: &str) -> Vec<String> {
    let answer = server.get(who, path).await.expect(200).json();
    list(&answer, "items").iter().map(|model| model["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_offered_is_listed_for_who_edits_it() {
    let server = described().await;
    let view = json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["city", "sum_amount"]}]});
    server.put(Who::Editor, "/views/sales", Some(0), view).await.expect(200);
    change(&server, |model| model["public"] = json!(false)).await;
    assert_eq!(names(&server, Who::Viewer, "/models").await, Vec::<String>::new());
    assert_eq!(names(&server, Who::Editor, "/models").await, ["orders"]);
    // Who asks for them has them: this is no access.
    assert_eq!(names(&server, Who::Viewer, "/models?hidden=true").await, ["orders"]);
    assert_eq!(names(&server, Who::Editor, "/models?hidden=false").await, Vec::<String>::new());
    assert_eq!(server.get(Who::Viewer, "/models/orders").await.expect(200).json()["public"], false);

    let question = |owner: &str| json!({"measures": [format!("{owner}.sum_amount")], "dimensions": [format!("{owner}.city")], "order": {format!("{owner}.city"): "asc"}});
    let of_model = server.post(Who::Viewer, "/queries", question("orders")).await.expect(200).json();
    let of_view = server.post(Who::Viewer, "/queries", question("sales")).await.expect(200).json();
    assert_eq!(of_model["data"], of_view["data"]);

    let cubes = meta(&server, Who::Viewer).await;
    assert!(cubes.iter().all(|cube| cube["name"] != "orders"), "{cubes:?}");
    // The view tells what its members are all the same, and offers them.
    let sales = named(&cubes, "sales");
    assert_eq!((&sales["public"], &named(list(sales, "dimensions"), "sales.city")["isVisible"]), (&json!(true), &json!(true)));
    let cubes = meta(&server, Who::Editor).await;
    let orders = named(&cubes, "orders");
    assert_eq!((&orders["public"], &orders["isVisible"]), (&json!(false), &json!(false)));
    assert!(list(orders, "measures").iter().all(|measure| measure["isVisible"] == false && measure["public"] == false), "{orders}");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_are_not_offered_are_told_as_such() {
    let server = described().await;
    let untouched = server.get(Who::Viewer, "/models/orders").await.expect(200).json();
    assert!(untouched.get("public").is_none() && named(list(&untouched, "dimensions"), "city").get("public").is_none(), "{untouched}");
    change(&server, |model| {
        member(model, "dimensions", "city")["public"] = json!(false);
        member(model, "measures", "sum_amount")["public"] = json!(false);
    })
    .await;
    let model = server.get(Who::Viewer, "/models/orders").await.expect(200).json();
    assert_eq!(named(list(&model, "dimensions"), "city")["public"], false);
    let cubes = meta(&server, Who::Viewer).await;
    let orders = named(&cubes, "orders");
    let told = |list_of: &str, name: &str| {
        let member = named(list(orders, list_of), name);
        (member["public"].clone(), member["isVisible"].clone())
    };
    assert_eq!(orders["public"], true);
    assert_eq!(told("dimensions", "orders.city"), (json!(false), json!(false)));
    assert_eq!(told("measures", "orders.sum_amount"), (json!(false), json!(false)));
    assert_eq!(told("measures", "orders.count"), (json!(true), json!(true)));
    let answer = post(&server, "/load", json!({"query": {"measures": ["orders.sum_amount"], "dimensions": ["orders.city"]}})).await.expect(200).json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
}
