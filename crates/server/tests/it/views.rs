//! Views through the service: who reads and saves them, what they show to whom, and how Cube's clients see them.

use http::header;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Who};

/// Orders and their customers in two tenants, with a join in both.
async fn server() -> Server {
    let server = Server::start().await;
    for tenant in ["acme", "other"] {
        let mill = server.app.engine.tenant(tenant).unwrap();
        mill.load("orders", tidemill::Csv::bytes("at,customer,city,amount\n2024-01-05T10:00:00Z,a,Rome,10\n2024-02-05T10:00:00Z,b,Rome,20\n2024-02-06T10:00:00Z,b,Oslo,30\n"))
            .await
            .unwrap();
        mill.load("customers", tidemill::Csv::bytes("id,country\na,IT\nb,NO\n")).await.unwrap();
        let mut model = serde_json::to_value(mill.model("orders").await.unwrap()).unwrap();
        model["joins"] = json!([{"name": "customers", "on": [{"column": "customer", "other": "id"}]}]);
        model["hierarchies"] = json!([{"name": "places", "label": "Places", "levels": ["customers.country", "city"]}]);
        model["segments"] = json!([{"name": "rome", "label": "Of Rome", "filters": [{"member": "orders.city", "operator": "equals", "values": ["Rome"]}]}]);
        mill.update_model(serde_json::from_value(model).unwrap(), 1).await.unwrap();
    }
    server
}

fn sales() -> Value {
    json!({"name": "sales", "label": "Sales", "description": "What was sold", "include": [
        {"path": "orders", "members": ["at", "city", {"name": "sum_amount", "alias": "revenue", "label": "Revenue"}, "rome"]},
        {"path": "orders.customers", "members": ["country"], "prefix": true}
    ]})
}

async fn cube(server: &Server, who: Who, path: &str, body: Option<Value>) -> Answer {
    let method = if body.is_some() { "POST" } else { "GET" };
    let request = http::Request::builder().method(method).uri(format!("/cubejs-api/v1{path}")).header(header::HOST, "localhost");
    let request = request.header(header::AUTHORIZATION, server.token(who)).header(header::CONTENT_TYPE, "application/json");
    let body = body.map_or_else(axum::body::Body::empty, |body| axum::body::Body::from(body.to_string()));
    server.send(request.body(body).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_saved_over_the_version_that_was_read() {
    let server = server().await;
    for (who, status) in [(Who::Anonymous, 401), (Who::Viewer, 403)] {
        server.put(who, "/views/sales", Some(0), sales()).await.expect(status);
        server.delete(who, "/views/sales").await.expect(status);
    }
    server.put(Who::Editor, "/views/sales", None, sales()).await.expect(428);
    server.put(Who::Editor, "/views/sales", Some(7), sales()).await.expect(404);
    server.put(Who::Editor, "/views/other", Some(0), sales()).await.expect(400);
    let saved = server.put(Who::Editor, "/views/sales", Some(0), sales()).await.expect(200).json();
    assert_eq!((&saved["version"], &saved["include"]), (&json!(1), &sales()["include"]));
    let stale = server.put(Who::Editor, "/views/sales", Some(0), sales()).await.expect(412).json();
    assert_eq!(stale["current_version"], 1);
    // What was read is what is sent back.
    let mut again = server.get(Who::Viewer, "/views/sales").await.expect(200).json()["definition"].clone();
    again["label"] = json!("Our sales");
    assert_eq!(server.put(Who::Admin, "/views/sales", Some(1), again).await.expect(200).json()["version"], 2);
    let mut wrong = sales();
    wrong["include"][1]["members"] = json!(["contry"]);
    let problem = server.put(Who::Editor, "/views/sales", Some(2), wrong).await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "include[1].members[0]");
    assert!(problem["detail"].as_str().unwrap().contains("did you mean country?"), "{problem}");
    let mut unknown = sales();
    unknown["includes"] = json!([]);
    server.put(Who::Editor, "/views/sales", Some(2), unknown).await.expect(400);
    // A model that would break it is not saved.
    let mut model = server.get(Who::Editor, "/models/customers").await.expect(200).json();
    model["dimensions"].as_array_mut().unwrap().retain(|dimension| dimension["name"] != "country");
    let problem = server.put(Who::Editor, "/models/customers", model["version"].as_u64(), model).await.expect(400).json();
    assert!(problem["detail"].as_str().unwrap().contains("the view sales would be broken at include[1].members[0]"), "{problem}");

    server.delete(Who::Editor, "/views/sales").await.expect(204);
    server.get(Who::Viewer, "/views/sales").await.expect(404);
    server.delete(Who::Editor, "/views/sales").await.expect(404);
    assert_eq!(server.put(Who::Editor, "/views/sales", Some(0), sales()).await.expect(200).json()["version"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_another_tenant_are_not_there() {
    let server = server().await;
    server.put(Who::Editor, "/views/sales", Some(0), sales()).await.expect(200);
    for who in [Who::Viewer, Who::Editor, Who::Admin, Who::Owner] {
        assert_eq!(server.get(who, "/views").await.expect(200).json()["items"][0]["definition"]["name"], "sales");
        server.get(who, "/views/sales").await.expect(200);
        assert_eq!(server.get(who, "/views/sales/values?dimension=customers_country&search=i").await.expect(200).json(), json!({"values": ["IT"], "more": false}));
        // Of the model by the name of its join.
        let page = server.get(who, "/models/orders/values?dimension=customers.country&limit=1").await.expect(200).json();
        assert_eq!(page, json!({"values": ["IT"], "more": true}));
    }
    let wrong = server.get(Who::Viewer, "/models/orders/values?dimension=customers.contry").await.expect(400).json();
    assert_eq!(wrong["errors"][0]["field"], "member");
    assert_eq!(server.get(Who::Stranger, "/views").await.expect(200).json(), json!({"items": []}));
    server.get(Who::Stranger, "/views/sales").await.expect(404);
    server.get(Who::Stranger, "/views/sales/values?dimension=city").await.expect(404);
    server.put(Who::Stranger, "/views/sales", Some(1), sales()).await.expect(404);
    server.delete(Who::Stranger, "/views/sales").await.expect(404);
    let question = json!({"measures": ["sales.revenue"]});
    for path in ["/queries", "/queries/explain", "/queries/verify", "/queries/lineage"] {
        server.post(Who::Stranger, path, question.clone()).await.expect(404);
        server.post(Who::Viewer, path, question.clone()).await.expect(200);
    }
    // Two tenants may have views of one name, each over its own models.
    let mut own = sales();
    own["label"] = json!("Theirs");
    server.put(Who::Stranger, "/views/sales", Some(0), own).await.expect(200);
    assert_eq!(server.get(Who::Viewer, "/views/sales").await.expect(200).json()["definition"]["label"], "Sales");
    server.delete(Who::Stranger, "/views/sales").await.expect(204);
    server.get(Who::Viewer, "/views/sales").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_descriptions_are_in_the_names_of_the_view() {
    let server = server().await;
    server.put(Who::Editor, "/views/sales", Some(0), sales()).await.expect(200);
    let question = json!({"measures": ["sales.revenue"], "dimensions": ["sales.customers_country"], "segments": ["sales.rome"], "totals": true});
    let answer = server.post(Who::Viewer, "/queries", question.clone()).await.expect(200).json();
    assert_eq!(answer["data"], json!([["NO", "IT"], [20, 10]]));
    assert_eq!(answer["columns"][1]["name"], "sales.revenue");
    assert_eq!((&answer["columns"][1]["label"], &answer["columns"][0]["name"]), (&json!("Revenue"), &json!("sales.customers_country")));
    assert_eq!((&answer["totals"][0]["columns"][0]["name"], &answer["totals"][0]["data"]), (&json!("sales.revenue"), &json!([[30]])));
    assert_eq!(answer["provenance"]["view"], json!({"name": "sales", "version": 1}));
    let csv = server.send(
        server
            .request(Who::Viewer, http::Method::POST, "/queries")
            .header(header::ACCEPT, "text/csv")
            .header(header::CONTENT_TYPE, "application/json")
            .body(axum::body::Body::from(json!({"measures": ["sales.revenue"]}).to_string()))
            .unwrap(),
    );
    assert_eq!(csv.await.expect(200).text(), "sales.revenue\r\n60\r\n");
    let lineage = server.post(Who::Viewer, "/queries/lineage", question).await.expect(200).json();
    assert_eq!(lineage["view"]["members"]["sales.revenue"], "orders.sum_amount");
    let mixed = server.post(Who::Viewer, "/queries", json!({"measures": ["sales.revenue"], "dimensions": ["orders.city"]})).await.expect(400).json();
    assert_eq!(mixed["errors"][0]["field"], "dimensions[0]");

    let detail = server.get(Who::Viewer, "/views/sales").await.expect(200).json();
    assert_eq!(detail["time_dimension"], "at");
    assert_eq!(detail["hierarchies"], json!([{"name": "places", "label": "Places", "levels": ["customers_country", "city"]}]));
    let country = &detail["dimensions"][2];
    assert_eq!((&country["name"], &country["type"], &country["member"]), (&json!("customers_country"), &json!("string"), &json!("customers.country")));
    assert_eq!(detail["measures"][0]["member"], "orders.sum_amount");
    // The parts have the fields that the document names.
    for (schema, value) in [
        ("ViewDetail", detail.clone()),
        ("View", detail["definition"].clone()),
        ("ViewInclude", detail["definition"]["include"][1].clone()),
        ("ViewDimension", detail["dimensions"][0].clone()),
        ("ViewMeasure", detail["measures"][0].clone()),
        ("ViewSegment", detail["segments"][0].clone()),
        ("Hierarchy", detail["hierarchies"][0].clone()),
        ("ViewLineage", lineage["view"].clone()),
        ("UsedView", answer["provenance"]["view"].clone()),
    ] {
        let described = &server.app.openapi["components"]["schemas"][schema];
        let properties = described["properties"].as_object().unwrap_or_else(|| panic!("{schema}: {described}"));
        for field in value.as_object().unwrap().keys() {
            assert!(properties.contains_key(field), "{schema} does not describe {field}");
        }
        for required in described["required"].as_array().into_iter().flatten() {
            assert!(value.get(required.as_str().unwrap()).is_some(), "{schema}: {required} is missing in {value}");
        }
    }
    let schema = server.get(Who::Anonymous, "/schemas/View").await.expect(200).json();
    assert!(["ViewMember", "MadeMember", "Folder", "FolderIncludes", "FolderItem", "FolderPart"].iter().all(|part| schema["$defs"][part].is_object()), "{schema}");
}

/// A view whose members have words of its own and lie in folders.
fn desk() -> Value {
    let revenue =
        json!({"name": "sum_amount", "alias": "revenue", "label": "Turnover", "description": "Of all orders", "format": "currency_eur", "meta": {"owner": {"team": "shop"}}});
    json!({"name": "desk", "label": "Desk", "include": [
        {"path": "orders", "members": ["at", {"name": "city", "description": "Where it went"}, revenue, {"name": "rome", "label": "To Rome", "meta": {"since": 2024}}]},
        {"path": "orders.customers", "members": ["country"], "prefix": true}
    ], "folders": [
        {"name": "Money", "includes": ["revenue", {"name": "Where", "includes": [{"path": "orders.customers"}, "city", "revenue"]}, "rome"]},
        {"name": "Everything", "includes": "*"}
    ]})
}

#[tokio::test(flavor = "multi_thread")]
async fn words_and_folders_of_a_view_are_told_in_both_dialects() {
    let server = server().await;
    let saved = server.put(Who::Editor, "/views/desk", Some(0), desk()).await.expect(200).json();
    assert_eq!((&saved["include"], &saved["folders"]), (&desk()["include"], &desk()["folders"]));
    let detail = server.get(Who::Viewer, "/views/desk").await.expect(200).json();
    assert_eq!(detail["definition"]["folders"], desk()["folders"]);
    assert_eq!(
        detail["folders"],
        json!([
            {"name": "Money", "members": ["revenue", {"name": "Where", "members": ["customers_country", "city", "revenue"]}, "rome"]},
            {"name": "Everything", "members": ["at", "city", "revenue", "rome", "customers_country"]}
        ])
    );
    let schemas = &server.app.openapi["components"]["schemas"];
    for (schema, value) in [
        ("View", &detail["definition"]),
        ("ViewDetail", &detail),
        ("ViewMeasure", &detail["measures"][0]),
        ("ViewDimension", &detail["dimensions"][1]),
        ("ViewSegment", &detail["segments"][0]),
        ("MadeMember", &detail["definition"]["include"][0]["members"][2]),
        ("Folder", &detail["definition"]["folders"][0]),
        ("FolderPart", &detail["definition"]["folders"][0]["includes"][1]["includes"][0]),
        ("ViewFolder", &detail["folders"][0]),
    ] {
        let described = schemas[schema]["properties"].as_object().unwrap_or_else(|| panic!("{schema}: {}", schemas[schema]));
        for field in value.as_object().unwrap_or_else(|| panic!("{schema}: {value}")).keys() {
            assert!(described.contains_key(field), "{schema} does not describe {field}");
        }
    }

    let meta = cube(&server, Who::Viewer, "/meta", None).await.expect(200).json();
    let view = meta["cubes"].as_array().unwrap().iter().find(|cube| cube["name"] == "desk").unwrap();
    assert_eq!(
        view["nestedFolders"],
        json!([
            {"name": "Money", "members": ["desk.revenue", {"name": "Where", "members": ["desk.customers_country", "desk.city", "desk.revenue"]}, "desk.rome"]},
            {"name": "Everything", "members": ["desk.at", "desk.city", "desk.revenue", "desk.rome", "desk.customers_country"]}
        ])
    );
    // As Cube does it, what lies in a folder within is in the outer one for clients that know no other.
    assert_eq!(
        view["folders"],
        json!([
            {"name": "Money", "members": ["desk.revenue", "desk.customers_country", "desk.city", "desk.rome"]},
            {"name": "Everything", "members": ["desk.at", "desk.city", "desk.revenue", "desk.rome", "desk.customers_country"]}
        ])
    );
    let revenue = &view["measures"][0];
    assert_eq!((&revenue["title"], &revenue["shortTitle"], &revenue["format"]), (&json!("Desk Turnover"), &json!("Turnover"), &json!("currency_eur")));
    assert_eq!((&revenue["description"], &revenue["meta"]), (&json!("Of all orders"), &json!({"owner": {"team": "shop"}})));
    assert_eq!((&view["dimensions"][1]["description"], &view["dimensions"][1].get("meta")), (&json!("Where it went"), &Some(&json!({"geo": "city"}))));
    assert_eq!((&view["segments"][0]["shortTitle"], &view["segments"][0]["meta"]), (&json!("To Rome"), &json!({"since": 2024})));
    // Those of a model are in none.
    assert!(
        meta["cubes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|cube| cube["type"] == "cube")
            .all(|cube| cube["folders"] == json!([]) && cube["nestedFolders"] == json!([]))
    );

    let answer = cube(&server, Who::Viewer, "/load", Some(json!({"query": {"measures": ["desk.revenue"], "dimensions": ["desk.city"]}})))
        .await
        .expect(200)
        .json();
    assert_eq!(
        answer["annotation"]["measures"]["desk.revenue"],
        json!({
            "title": "Desk Turnover", "shortTitle": "Turnover", "description": "Of all orders", "type": "number", "format": "currency_eur",
            "meta": {"owner": {"team": "shop"}}, "drillMembers": [], "drillMembersGrouped": {"measures": [], "dimensions": []}
        })
    );
    let answer = server.post(Who::Viewer, "/queries", json!({"measures": ["desk.revenue"]})).await.expect(200).json();
    assert_eq!((&answer["columns"][0]["label"], &answer["columns"][0]["format"]), (&json!("Turnover"), &json!("currency_eur")));

    let mut wrong = desk();
    wrong["folders"][0]["includes"][1]["includes"][1] = json!("ciyt");
    let problem = server.put(Who::Editor, "/views/desk", Some(1), wrong).await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "folders[0].includes[1].includes[1]");
    assert!(problem["detail"].as_str().unwrap().contains("did you mean city?"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_cube_see_views_beside_cubes() {
    let server = server().await;
    server.put(Who::Editor, "/views/sales", Some(0), sales()).await.expect(200);
    let meta = cube(&server, Who::Viewer, "/meta", None).await.expect(200).json();
    let cubes = meta["cubes"].as_array().unwrap();
    let kinds: Vec<(&Value, &Value)> = cubes.iter().map(|cube| (&cube["name"], &cube["type"])).collect();
    assert_eq!(kinds, [(&json!("customers"), &json!("cube")), (&json!("orders"), &json!("cube")), (&json!("sales"), &json!("view"))]);
    let (orders, view) = (&cubes[1], &cubes[2]);
    assert_eq!(orders["hierarchies"], json!([{"name": "orders.places", "title": "Places", "levels": ["customers.country", "orders.city"], "public": true}]));
    assert_eq!(view["hierarchies"], json!([{"name": "sales.places", "title": "Places", "levels": ["sales.customers_country", "sales.city"], "public": true}]));
    assert_eq!((&view["title"], &view["description"]), (&json!("Sales"), &json!("What was sold")));
    assert_eq!(
        (&view["measures"][0]["name"], &view["measures"][0]["aliasMember"], &view["measures"][0]["aggType"]),
        (&json!("sales.revenue"), &json!("orders.sum_amount"), &json!("sum"))
    );
    assert_eq!((&view["dimensions"][0]["name"], &view["dimensions"][0]["type"]), (&json!("sales.at"), &json!("time")));
    assert_eq!(view["segments"][0]["name"], "sales.rome");
    let query = json!({
        "measures": ["sales.revenue"], "timeDimensions": [{"dimension": "sales.at", "granularity": "month", "dateRange": ["2024-01-01", "2024-12-31"]}],
        "filters": [{"member": "sales.customers_country", "operator": "equals", "values": ["NO"]}]
    });
    let answer = cube(&server, Who::Viewer, "/load", Some(json!({"query": query}))).await.expect(200).json();
    assert_eq!(answer["data"], json!([{"sales.at.month": "2024-02-01T00:00:00.000", "sales.at": "2024-02-01T00:00:00.000", "sales.revenue": 50}]));
    assert_eq!(answer["annotation"]["measures"]["sales.revenue"]["title"], "Sales Revenue");
    let described = cube(&server, Who::Stranger, "/meta", None).await.expect(200).json();
    assert!(described["cubes"].as_array().unwrap().iter().all(|cube| cube["type"] == "cube"));
    cube(&server, Who::Stranger, "/load", Some(json!({"query": query}))).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_a_part_is_not_told_what_else_a_view_has() {
    let server = server().await;
    let view = json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["city", "count", "sum_amount"]}]});
    server.put(Who::Editor, "/views/sales", Some(0), view.clone()).await.expect(200);
    let policies = json!([{"name": "own", "rows": [{"member": "orders.city", "operator": "equals", "values": ["Oslo"]}], "hidden": ["amount"]}]);
    crate::access::set_policies(&server, Who::Admin, policies).await.expect(200);
    for who in [Who::Viewer, Who::Editor] {
        let detail = server.get(who, "/views/sales").await.expect(200);
        assert!(!detail.text().contains("amount"), "{}", detail.text());
        assert_eq!(server.post(who, "/queries", json!({"measures": ["sales.count"], "dimensions": ["sales.city"]})).await.expect(200).json()["data"], json!([["Oslo"], [1]]));
        assert_eq!(server.get(who, "/views/sales/values?dimension=city").await.expect(200).json()["values"], json!(["Oslo"]));
        server.post(who, "/queries", json!({"measures": ["sales.sum_amount"]})).await.expect(400);
    }
    server.put(Who::Editor, "/views/sales", Some(1), view).await.expect(403);
    server.delete(Who::Editor, "/views/sales").await.expect(403);
    assert_eq!(server.post(Who::Admin, "/queries", json!({"measures": ["sales.sum_amount"]})).await.expect(200).json()["data"], json!([[60]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_ask_views_of_their_own_tenant() {
    let server = server().await;
    server.put(Who::Editor, "/views/sales", Some(0), sales()).await.expect(200);
    let statement = json!({"sql": "select customers_country as country, measure(revenue) as revenue from sales where rome group by 1 order by 2"});
    let answer = server.post(Who::Viewer, "/sql", statement.clone()).await.expect(200).json();
    assert_eq!(answer["data"], json!([["IT", "NO"], [10, 20]]));
    assert_eq!(answer["provenance"]["view"], json!({"name": "sales", "version": 1}));
    let explained = server.post(Who::Viewer, "/sql/explain", statement.clone()).await.expect(200).json();
    assert_eq!(explained["within_budget"], true);
    let problem = server.post(Who::Viewer, "/sql", json!({"sql": "select * from sales"})).await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "sql");
    for path in ["/sql", "/sql/explain"] {
        let problem = server.post(Who::Stranger, path, statement.clone()).await.expect(404).json();
        assert!(!problem.to_string().contains("did you mean"), "{problem}");
    }
}
