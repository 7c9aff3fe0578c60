//! Cube's dialect. That its own client works is shown in a browser test; here, that answers have the shape that it reads.

use http::header;
use serde_json::{Value, json};

use crate::access::{give, set_policies};
use crate::harness::{Answer, Server, Who};

pub(crate) async fn post_as(server: &Server, who: Who, path: &str, body: Value) -> Answer {
    // A token alone, as Cube's client sends it.
    let request = http::Request::builder().method("POST").uri(format!("/cubejs-api/v1{path}")).header(header::HOST, "localhost");
    let request = request.header(header::AUTHORIZATION, server.token(who)).header(header::CONTENT_TYPE, "application/json");
    server.send(request.body(axum::body::Body::from(body.to_string())).unwrap()).await
}

pub(crate) async fn post(server: &Server, path: &str, body: Value) -> Answer {
    post_as(server, Who::Viewer, path, body).await
}

pub(crate) async fn with_orders() -> Server {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    let rows = "at,city,amount\n2024-01-05T23:30:00Z,Rome,10\n2024-02-05T10:00:00Z,Rome,20\n2024-02-06T10:00:00Z,Oslo,30\n";
    mill.load("orders", tidemill::Csv::bytes(rows)).await.unwrap();
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_shape_that_clients_read() {
    let server = with_orders().await;
    let query = json!({
        "measures": ["orders.sum_amount"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day", "dateRange": ["2024-01-01", "2024-01-31"]}],
        "timezone": "Europe/Oslo", "total": true
    });
    let answer = post(&server, "/load", json!({"query": query, "queryType": "multi"})).await.expect(200).json();
    assert_eq!((&answer["queryType"], &answer["pivotQuery"]["queryType"]), (&json!("regularQuery"), &json!("regularQuery")));
    let result = &answer["results"][0];
    // By the clock of the zone, where that evening was the next day.
    assert_eq!(result["data"], json!([{"orders.at.day": "2024-01-06T00:00:00.000", "orders.at": "2024-01-06T00:00:00.000", "orders.sum_amount": 10}]));
    assert_eq!(result["query"]["timeDimensions"][0]["dateRange"], json!(["2024-01-01T00:00:00.000", "2024-01-31T23:59:59.999"]));
    assert_eq!(result["annotation"]["measures"]["orders.sum_amount"]["type"], "number");
    assert_eq!(result["annotation"]["timeDimensions"]["orders.at.day"]["granularity"]["name"], "day");
    assert_eq!(result["total"], 1);
    // A client of before gets the one answer itself.
    let answer = post(&server, "/load", json!({"query": {"measures": ["orders.count"], "dimensions": ["orders.city"], "responseFormat": "compact"}}))
        .await
        .expect(200)
        .json();
    assert_eq!(answer["data"], json!({"members": ["orders.city", "orders.count"], "dataset": [["Rome", 2], ["Oslo", 1]]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_are_compared_and_queries_are_blended() {
    let server = with_orders().await;
    let compare =
        json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "compareDateRange": [["2024-01-01", "2024-01-31"], ["2024-02-01", "2024-02-29"]]}]});
    let answer = post(&server, "/load", json!({"query": compare, "queryType": "multi"})).await.expect(200).json();
    assert_eq!(answer["queryType"], "compareDateRangeQuery");
    let counts: Vec<_> = answer["results"].as_array().unwrap().iter().map(|result| result["data"][0]["orders.count"].clone()).collect();
    assert_eq!(counts, [json!(1), json!(2)]);
    assert_eq!(answer["pivotQuery"]["dimensions"][0], "compareDateRange");
    let both = json!([{"measures": ["orders.count"]}, {"measures": ["orders.sum_amount"]}]);
    let answer = post(&server, "/load", json!({"query": both, "queryType": "multi"})).await.expect(200).json();
    assert_eq!((&answer["queryType"], answer["results"].as_array().unwrap().len()), (&json!("blendingQuery"), 2));
    assert_eq!(answer["pivotQuery"]["measures"], json!(["orders.count", "orders.sum_amount"]));
    let understood = post(&server, "/dry-run", json!({"query": {"measures": ["orders.count"], "order": {"orders.count": "desc"}}})).await.expect(200).json();
    assert_eq!(understood["normalizedQueries"][0]["order"], json!([{"id": "orders.count", "desc": true}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_of_several_units_and_with_names_are_told() {
    let server = with_orders().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    let mut model = mill.model("orders").await.unwrap();
    let version = model.version;
    let at = model.dimensions.iter_mut().find(|dimension| dimension.name == "at").unwrap();
    at.granularities = serde_json::from_value(json!([{"name": "sprint", "label": "Sprint of two weeks", "interval": "2 weeks", "origin": "2024-01-02"}])).unwrap();
    mill.update_model(model, version).await.unwrap();
    let asked = |granularity: &str| json!({"query": {"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "granularity": granularity}]}});
    let answer = post(&server, "/load", asked("12 hours")).await.expect(200).json();
    assert_eq!(answer["data"][0], json!({"orders.at.12 hours": "2024-01-05T12:00:00.000", "orders.at": "2024-01-05T12:00:00.000", "orders.count": 1}));
    assert_eq!(answer["annotation"]["timeDimensions"]["orders.at.12 hours"]["granularity"], json!({"name": "12 hours", "title": "12 hours", "interval": "12 hours"}));
    let answer = post(&server, "/load", asked("sprint")).await.expect(200).json();
    let starts: Vec<_> = answer["data"].as_array().unwrap().iter().map(|row| row["orders.at.sprint"].clone()).collect();
    assert_eq!(starts, [json!("2024-01-02T00:00:00.000"), json!("2024-01-30T00:00:00.000")]);
    let told = &answer["annotation"]["timeDimensions"]["orders.at.sprint"]["granularity"];
    assert_eq!(*told, json!({"name": "sprint", "title": "Sprint of two weeks", "interval": "2 weeks", "origin": "2024-01-02T00:00:00.000"}));
    let request = http::Request::builder()
        .uri("/cubejs-api/v1/meta")
        .header(header::HOST, "localhost")
        .header(header::AUTHORIZATION, server.token(Who::Viewer));
    let meta = server.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(200).json();
    let cube = meta["cubes"].as_array().unwrap().iter().find(|cube| cube["name"] == "orders").unwrap();
    let at = cube["dimensions"].as_array().unwrap().iter().find(|dimension| dimension["name"] == "orders.at").unwrap();
    let expected = json!([{"name": "sprint", "title": "Sprint of two weeks", "interval": "2 weeks", "origin": "2024-01-02T00:00:00.000"}]);
    assert_eq!(at["granularities"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dimensions_say_of_places_is_in_their_meta() {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    mill.load("stops", tidemill::Csv::bytes("name,lat,lon,country\na,41.9,12.5,IT\n")).await.unwrap();
    let view: tidemill::View = serde_json::from_value(json!({"name": "halts", "label": "Halts", "include": [{"path": "stops", "members": "*", "prefix": true}]})).unwrap();
    mill.update_view(view, 0).await.unwrap();
    let request = http::Request::builder()
        .uri("/cubejs-api/v1/meta")
        .header(header::HOST, "localhost")
        .header(header::AUTHORIZATION, server.token(Who::Viewer));
    let meta = server.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(200).json();
    let told = |cube: &str| -> Vec<Value> {
        let cube = meta["cubes"].as_array().unwrap().iter().find(|found| found["name"] == cube).unwrap();
        cube["dimensions"].as_array().unwrap().iter().map(|dimension| dimension["meta"].clone()).collect()
    };
    let expected = |latitude: &str| vec![Value::Null, json!({"geo": "latitude"}), json!({"geo": "longitude", "latitude": latitude}), json!({"geo": "country"})];
    assert_eq!(told("stops"), expected("stops.lat"));
    assert_eq!(told("halts"), expected("halts.stops_lat"));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_keep_their_names_and_ranges() {
    let server = with_orders().await;
    // Rows that are not grouped.
    let rows = json!({"measures": ["orders.count"], "dimensions": ["orders.city"], "ungrouped": true});
    let answer = post(&server, "/load", json!({"query": rows})).await.expect(200).json();
    let counts: Vec<&Value> = answer["data"].as_array().unwrap().iter().map(|row| &row["orders.count"]).collect();
    assert_eq!(counts, [&json!(1), &json!(1), &json!(1)]);
    // An open range is none.
    let open = json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "dateRange": "all"}]});
    let answer = post(&server, "/subscribe", json!({"query": open})).await.expect(200).json();
    assert_eq!((&answer["data"][0]["orders.count"], &answer["query"]["timeDimensions"][0]["dateRange"]), (&json!(3), &Value::Null));
    let plan = post(&server, "/sql", json!({"query": open})).await.expect(200).json();
    assert!(plan["sql"]["sql"][0].as_str().unwrap().contains("orders"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_sentences() {
    let server = with_orders().await;
    for (query, status, text) in [
        (json!({"measures": ["orders.cuont"]}), 400, "count"),
        (json!({"measures": ["ordres.count"]}), 404, "ordres"),
        (json!({"measures": ["orders.count"], "totals": true}), 400, "totals"),
        (json!({"measures": ["orders.count"], "explain": true}), 400, "explain"),
        (json!({"measures": ["orders.count"], "ungrouped": true, "filters": [{"member": "orders.count", "operator": "gt", "values": [1]}]}), 400, "acts on groups"),
        (json!({"mesures": []}), 400, "mesures"),
    ] {
        let answer = post(&server, "/load", json!({"query": query})).await.expect(status).json();
        assert!(answer["error"].as_str().unwrap().contains(text), "{answer}");
    }
    for path in ["/cubejs-api/v1/nothing", "/cubejs-api"] {
        let request = http::Request::builder().uri(path).header(header::HOST, "localhost").body(axum::body::Body::empty()).unwrap();
        server.send(request).await.expect(404);
    }
    let anonymous = http::Request::builder().uri("/cubejs-api/v1/meta").header(header::HOST, "localhost").body(axum::body::Body::empty()).unwrap();
    assert!(server.send(anonymous).await.expect(401).json()["error"].is_string());
}

/// A server on which no request waits, with orders that take a while to count.
async fn where_nobody_waits() -> Server {
    let server = Server::start_with(|settings| {
        settings.http.continue_wait_ms = 0;
        // A client that asks again at once asks often.
        settings.http.requests_per_minute = 1_000_000;
    })
    .await;
    let mut rows = String::from("country,customer\n");
    for number in 0..100_000_u32 {
        rows.push_str(&format!("{},customer {}\n", if number % 4 == 0 { "DE" } else { "FR" }, number.wrapping_mul(2_654_435_761)));
    }
    server.app.engine.tenant("acme").unwrap().load("orders", tidemill::Csv::bytes(rows)).await.unwrap();
    server
}

fn long_question() -> Value {
    json!({"query": {"measures": ["orders.count"], "dimensions": ["orders.customer"], "order": {"orders.customer": "asc"}, "limit": 1, "total": true}})
}

fn is_waiting(answer: &Value) -> bool {
    answer["error"] == "Continue wait"
}

/// Asks until there is an answer, as Cube's clients do.
async fn answered(server: &Server, who: Who) -> Value {
    loop {
        let answer = post_as(server, who, "/load", long_question()).await.expect(200).json();
        if !is_waiting(&answer) {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_question_is_told_to_go_on_waiting_and_answered_later() {
    let server = where_nobody_waits().await;
    let first = post(&server, "/load", long_question()).await.expect(200).json();
    assert!(is_waiting(&first) && first["stage"].is_string() && first["timeElapsed"].is_number(), "{first}");
    assert_eq!(answered(&server, Who::Viewer).await["total"], 100_000);
    // Somebody of another tenant joins no question of these.
    let other = server.app.engine.tenant("other").unwrap();
    other.load("orders", tidemill::Csv::bytes("country,customer\nIT,a\n")).await.unwrap();
    post(&server, "/load", long_question()).await.expect(200);
    assert_eq!(answered(&server, Who::Stranger).await["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_waits_is_not_handed_out_under_other_policies() {
    let server = where_nobody_waits().await;
    give(&server, Who::Viewer, json!({"country": ["DE"]})).await.expect(200);
    let first = post(&server, "/load", long_question()).await.expect(200).json();
    assert!(is_waiting(&first), "{first}");
    // The same question is asked by an admin until it is answered, so that of the viewer is most likely answered as well, and not fetched.
    assert_eq!(answered(&server, Who::Admin).await["total"], 100_000);
    set_policies(&server, Who::Admin, json!([{"name": "own", "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.country}"]}]}]))
        .await
        .expect(200);
    assert_eq!(answered(&server, Who::Viewer).await["total"], 25_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_looks_at_the_models_as_a_question_does() {
    let server = with_orders().await;
    let wrong = [
        json!({"measures": ["orders.cuont"]}),
        json!({"measures": ["ordres.count"]}),
        json!({}),
        json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "dateRange": "next blue moon"}]}),
        json!({"measures": ["orders.count"], "filters": [{"member": "orders.town", "operator": "set"}]}),
    ];
    for query in wrong {
        let (asked, dry) = (post(&server, "/load", json!({"query": query})).await, post(&server, "/dry-run", json!({"query": query})).await);
        assert!(asked.status.is_client_error(), "{query}");
        assert_eq!((asked.status, &asked.json()["error"]), (dry.status, &dry.json()["error"]), "{query}");
    }
    let stranger = post_as(&server, Who::Stranger, "/dry-run", json!({"query": {"measures": ["orders.count"]}})).await;
    stranger.expect(404);
    // The clock of the tests stands at noon of 2026-06-01.
    let query = json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "dateRange": "last month"}], "timezone": "Europe/Oslo"});
    let told = post(&server, "/dry-run", json!({"query": query})).await.expect(200).json();
    let range = json!(["2026-05-01T00:00:00.000", "2026-05-31T23:59:59.999"]);
    assert_eq!(told["normalizedQueries"][0]["timeDimensions"][0]["dateRange"], range);
    assert_eq!(told["pivotQuery"]["timeDimensions"][0]["dateRange"], range);
    let compare =
        json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "compareDateRange": ["this month", "last month"]}], "timezone": "Europe/Oslo"});
    let told = post(&server, "/dry-run", json!({"query": compare})).await.expect(200).json();
    assert_eq!((&told["queryType"], &told["normalizedQueries"][1]["timeDimensions"][0]["dateRange"]), (&json!("compareDateRangeQuery"), &range));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_limit_is_a_limit() {
    let server = with_orders().await;
    let query = json!({"measures": ["orders.count"], "dimensions": ["orders.city"], "rowLimit": 1});
    let answer = post(&server, "/load", json!({"query": query})).await.expect(200).json();
    assert_eq!((&answer["data"], &answer["query"]["rowLimit"]), (&json!([{"orders.city": "Rome", "orders.count": 2}]), &json!(1)));
    let wrong = json!({"measures": ["orders.count"], "rowLimit": "all"});
    assert!(post(&server, "/load", json!({"query": wrong})).await.expect(400).json()["error"].as_str().unwrap().contains("rowLimit"));
}
