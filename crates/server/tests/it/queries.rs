//! Asking: semantic and SQL, three encodings, errors that name the field.

use http::{Method, header};
use serde_json::{Value, json};

use crate::harness::{Server, Who};

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_as_json_arrow_and_csv() {
    let server = Server::with_airports().await;
    let query = json!({"measures": ["airports.count"], "dimensions": ["airports.dst"], "order": [["airports.count", "desc"]]});
    let ask = async |accept: &str| {
        let request = server.request(Who::Viewer, Method::POST, "/queries").header(header::CONTENT_TYPE, "application/json").header(header::ACCEPT, accept);
        server.send(request.body(axum::body::Body::from(query.to_string())).unwrap()).await
    };
    let answer = ask("application/json").await.expect(200).json();
    assert_eq!(answer["columns"][1]["role"], "measure");
    assert_eq!(answer["provenance"]["dataset"], "airports");
    assert_eq!(answer["provenance"]["exact"], true);
    let csv = ask("text/csv").await.expect(200);
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert!(csv.text().starts_with("airports.dst,airports.count\r\nA,"), "{}", csv.text());
    let stream = ask("application/vnd.apache.arrow.stream").await.expect(200);
    let batches: Vec<_> = arrow::ipc::reader::StreamReader::try_new(stream.bytes.as_slice(), None).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(batches.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 3);
    ask("image/png").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_alone_say_in_a_header_until_when_they_are_complete() {
    let server = Server::with_airports().await;
    server.app.engine.tenant("acme").unwrap().load("orders", tidemill::Csv::bytes("at,amount\n2013-03-02,1\n2013-03-03,2\n")).await.unwrap();
    let question = json!({"measures": ["orders.sum_amount"], "timezone": "America/New_York"});
    for (path, body, expected) in [
        ("/queries", question, Some("2013-03-04T05:00:00Z")),
        ("/sql", json!({"sql": "select amount from orders"}), Some("2013-03-04T00:00:00Z")),
        ("/queries", json!({"measures": ["airports.count"]}), None),
    ] {
        for accept in ["text/csv", "application/vnd.apache.arrow.stream", "application/json"] {
            let request = server.request(Who::Viewer, Method::POST, path).header(header::CONTENT_TYPE, "application/json").header(header::ACCEPT, accept);
            let answer = server.send(request.body(axum::body::Body::from(body.to_string())).unwrap()).await.expect(200);
            let until = answer.headers.get("tidemill-complete-until").map(|until| until.to_str().unwrap());
            // JSON says it with everything else.
            assert_eq!(until, expected.filter(|_| accept != "application/json"), "{path} as {accept}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_json_says_how_it_was_to_be_answered_where_it_is_asked() {
    let server = Server::with_airports().await;
    let query = json!({"measures": ["airports.count"], "dimensions": ["airports.dst"], "explain": true});
    let first = server.post(Who::Viewer, "/queries", query.clone()).await.expect(200).json();
    assert_eq!(first["explanation"]["rows"], first["provenance"]["rows_scanned"]);
    assert!(first["explanation"]["rows"].as_u64().unwrap() > 0 && first["explanation"]["plan"].is_string(), "{first}");
    let again = server.post(Who::Viewer, "/queries", query.clone()).await.expect(200).json();
    assert_eq!((&again["explanation"]["rows"], &again["data"]), (&json!(0), &first["data"]));
    let plain = json!({"measures": query["measures"], "dimensions": query["dimensions"]});
    let without = server.post(Who::Viewer, "/queries", plain).await.expect(200).json();
    assert_eq!((without.get("explanation"), &without["data"]), (None, &first["data"]));
    // Where nothing is answered it is only explained.
    assert_eq!(server.post(Who::Viewer, "/queries/explain", query.clone()).await.expect(200).json()["dataset"], "airports");
    for accept in ["text/csv", "application/vnd.apache.arrow.stream"] {
        let request = server.request(Who::Viewer, Method::POST, "/queries").header(header::CONTENT_TYPE, "application/json").header(header::ACCEPT, accept);
        let refused = server.send(request.body(axum::body::Body::from(query.to_string())).unwrap()).await.expect(400).json();
        assert_eq!(refused["errors"][0]["field"], "explain", "{accept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_told_in_json_and_csv_and_totals_in_json() {
    let server = Server::with_airports().await;
    let query = json!({
        "measures": ["airports.count"], "dimensions": ["airports.dst"], "totals": true, "top": {"dimension": "airports.dst", "limit": 1, "others": true}
    });
    let answer = server.post(Who::Viewer, "/queries", query.clone()).await.expect(200).json();
    let number = |value: &serde_json::Value| value.as_i64().unwrap();
    let (greatest, others, total) = (&answer["data"][1][0], &answer["others"]["data"][0][0], &answer["totals"][0]["data"][0][0]);
    assert_eq!((number(greatest) + number(others), &answer["totals"][0]["by"]), (number(total), &json!([])));
    let ask = async |accept, query: &serde_json::Value| {
        let request = server.request(Who::Viewer, Method::POST, "/queries").header(header::CONTENT_TYPE, "application/json").header(header::ACCEPT, accept);
        server.send(request.body(axum::body::Body::from(query.to_string())).unwrap()).await
    };
    assert_eq!(ask("text/csv", &query).await.expect(400).json()["errors"][0]["field"], "totals");
    let rows = json!({"measures": query["measures"], "dimensions": query["dimensions"], "top": query["top"]});
    assert_eq!(ask("application/vnd.apache.arrow.stream", &rows).await.expect(400).json()["errors"][0]["field"], "top.others");
    let lines = format!("airports.dst,airports.count,is_other\r\n{},{greatest},false\r\nOther,{others},true\r\n", answer["data"][0][0].as_str().unwrap());
    assert_eq!(ask("text/csv", &rows).await.expect(200).text(), lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_that_are_compared_are_answered_one_by_one() {
    let server = Server::start().await;
    let rows = "at,city\n2024-01-05T23:30:00Z,Rome\n2024-02-05T10:00:00Z,Rome\n2024-02-06T10:00:00Z,Oslo\n";
    server.app.engine.tenant("acme").unwrap().load("orders", tidemill::Csv::bytes(rows)).await.unwrap();
    let asked = |time: serde_json::Value| json!({"measures": ["orders.count"], "timeDimensions": [time]});
    let ranges = json!([["2024-01-01", "2024-01-31"], ["2024-02-06"], "2024-02-05"]);
    let compared = asked(json!({"dimension": "orders.at", "compareDateRange": ranges}));
    let answer = server.post(Who::Viewer, "/queries", compared.clone()).await.expect(200).json();
    let results = answer["results"].as_array().unwrap();
    let counts: Vec<_> = results.iter().map(|result| result["data"][0][0].clone()).collect();
    assert_eq!(counts, [json!(1), json!(1), json!(1)]);
    let told: Vec<_> = results.iter().map(|result| result["dateRange"].clone()).collect();
    assert_eq!(told, [json!(["2024-01-01", "2024-01-31"]), json!("2024-02-06"), json!("2024-02-05")]);
    assert_eq!(results[0]["provenance"]["time_range"], json!({"from": "2024-01-01T00:00:00Z", "to": "2024-02-01T00:00:00Z"}));
    assert_eq!(results[0]["provenance"].get("relative_range"), None);
    let of_data = asked(json!({"dimension": "orders.at", "compareDateRange": ["today of data", ["2024-02-01", "now/d"], "2024-02-01 to now of data"]}));
    let answer = server.post(Who::Viewer, "/queries", of_data).await.expect(200).json();
    let relative: Vec<_> = answer["results"].as_array().unwrap().iter().map(|result| result["provenance"]["relative_range"].clone()).collect();
    assert_eq!(relative, [json!("last day of data"), json!("2024-02-01 to now/d"), json!("2024-02-01 to now of data")]);
    let latest = asked(json!({"dimension": "orders.at", "dateRange": "This  Day of data"}));
    let lineage = server.post(Who::Viewer, "/queries/lineage", latest).await.expect(200).json();
    assert_eq!(lineage["time_ranges"][0]["relative"], "last day of data");
    // A list of one date is that day, wherever it is asked.
    let day = asked(json!({"dimension": "orders.at", "dateRange": ["2024-02-06"]}));
    assert_eq!(server.post(Who::Viewer, "/queries", day.clone()).await.expect(200).json()["data"], json!([[1]]));
    for path in ["/queries/explain", "/queries/verify", "/queries/lineage"] {
        server.post(Who::Viewer, path, day.clone()).await.expect(200);
        let refused = server.post(Who::Viewer, path, compared.clone()).await.expect(400).json();
        assert_eq!(refused["errors"][0]["field"], "timeDimensions", "{path}");
    }
    for (time, field) in [
        (json!({"dimension": "orders.at", "compareDateRange": []}), "timeDimensions[0].compareDateRange"),
        (json!({"dimension": "orders.at", "compareDateRange": ["2024-01-01"], "dateRange": "today"}), "timeDimensions[0].compareDateRange"),
    ] {
        assert_eq!(server.post(Who::Viewer, "/queries", asked(time)).await.expect(400).json()["errors"][0]["field"], field);
    }
    let request = server.request(Who::Viewer, Method::POST, "/queries").header(header::CONTENT_TYPE, "application/json").header(header::ACCEPT, "text/csv");
    server.send(request.body(axum::body::Body::from(compared.to_string())).unwrap()).await.expect(400);
    // Another tenant compares nothing of these.
    server.post(Who::Stranger, "/queries", compared).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_questions_name_the_field() {
    let server = Server::with_airports().await;
    for (body, field, text) in [
        (json!({"mesures": []}), "mesures", "unknown field"),
        (json!({"measures": ["airports.count"], "limit": "ten"}), "limit", "invalid type"),
        (json!({"measures": ["airports.count"], "timeDimensions": [{"dimension": "a.b", "granularity": "2 fortnights"}]}), "timeDimensions[0].granularity", "15 minutes"),
        (json!({"measures": ["airports.count"], "filters": {}}), "filters", "sequence"),
    ] {
        let problem = server.post(Who::Viewer, "/queries", body.clone()).await.expect(400).json();
        assert_eq!(problem["code"], "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(text), "{problem}");
    }
    let problem = server.post(Who::Viewer, "/queries", json!({"measures": ["airports.cuont"]})).await.expect(400).json();
    assert!(problem["detail"].as_str().unwrap().contains("count"), "{problem}");
    for body in ["", "{", "[]", "null", "{\"measures\":[]} trailing"] {
        let request = server.request(Who::Viewer, Method::POST, "/queries").header(header::CONTENT_TYPE, "application/json");
        let answer = server.send(request.body(axum::body::Body::from(body)).unwrap()).await.expect(400);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{body}");
    }
    let deep = format!("{{\"filters\":{}", "[{\"or\":".repeat(10_000));
    let request = server.request(Who::Viewer, Method::POST, "/queries").header(header::CONTENT_TYPE, "application/json");
    server.send(request.body(axum::body::Body::from(deep)).unwrap()).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_reads_and_does_nothing_else() {
    let server = Server::with_airports().await;
    let answer = server.post(Who::Viewer, "/sql", json!({"sql": "select faa from airports order by faa", "limit": 2})).await.expect(200).json();
    assert_eq!(answer["data"], json!([["04G", "06A"]]));
    assert_eq!(answer["provenance"]["truncated"], true);
    for sql in [
        "drop table airports",
        "insert into airports select * from airports",
        "copy airports to '/tmp/x'",
        "select * from '/etc/passwd'",
        "create external table x stored as csv location '/etc/passwd'",
        "set a = 1",
        "select 1; select 2",
        "select",
        "",
    ] {
        let answer = server.post(Who::Editor, "/sql", json!({"sql": sql})).await;
        assert!(matches!(answer.status.as_u16(), 400 | 403 | 404), "{sql}: {} {}", answer.status, answer.text());
    }
    server.post(Who::Viewer, "/sql", json!({"sql": "select 1", "limit": 0})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_verified_as_it_is_answered() {
    let server = Server::with_airports().await;
    let verify = async |body: Value| server.post(Who::Viewer, "/sql/verify", body).await;
    let verified = verify(json!({"sql": "select faa, lat from airports order by faa", "limit": 3})).await.expect(200).json();
    assert_eq!((&verified["equal"], &verified["rows"], &verified["values"]), (&json!(true), &json!(3), &json!(6)), "{verified}");
    assert_eq!((&verified["recomputed"]["segments_reused"], &verified["versions"][0]["dataset"]), (&json!(0), &json!("airports")));
    assert_eq!(verify(json!({"sql": "select count(*) from airports", "asOf": 0})).await.expect(200).json()["versions"][0]["version"], 0);
    // Without an order, a page may have any rows.
    let problem = verify(json!({"sql": "select faa from airports", "limit": 3})).await.expect(400).json();
    assert!(problem["detail"].as_str().unwrap().contains("order by columns"), "{problem}");
    assert_eq!(problem["errors"][0]["field"], "sql", "{problem}");
    verify(json!({"sql": "select 1", "limit": 0})).await.expect(400);
    verify(json!({"sql": "drop table airports"})).await.expect(403);
    server.post(Who::Stranger, "/sql/verify", json!({"sql": "select faa from airports order by faa"})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_saved_over_the_version_that_was_read() {
    let server = Server::with_airports().await;
    let mut model = server.get(Who::Viewer, "/models/airports").await.expect(200).json();
    let version = model["version"].as_u64().unwrap();
    model["label"] = json!("Flugplätze");
    server.put(Who::Editor, "/models/airports", None, model.clone()).await.expect(428);
    let stale = server.put(Who::Editor, "/models/airports", Some(version + 7), model.clone()).await.expect(412).json();
    assert_eq!((&stale["code"], &stale["current_version"]), (&json!("precondition_failed"), &json!(version)));
    let saved = server.put(Who::Editor, "/models/airports", Some(version), model.clone()).await.expect(200).json();
    assert!(saved["version"].as_u64().unwrap() > version);
    assert_eq!(server.get(Who::Viewer, "/models/airports").await.json()["label"], "Flugplätze");
    server.put(Who::Editor, "/models/airports", Some(version), model.clone()).await.expect(412);
    let mut renamed = model.clone();
    renamed["name"] = json!("other");
    server.put(Who::Editor, "/models/airports", saved["version"].as_u64(), renamed).await.expect(400);
    let mut broken = model;
    broken["measures"][0]["kind"] = json!("median");
    let problem = server.put(Who::Editor, "/models/airports", saved["version"].as_u64(), broken).await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "measures[0].kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_read_and_saved_as_yaml() {
    let server = Server::with_airports().await;
    let read = async |who: Who, accept: &str| {
        let request = server.request(who, Method::GET, "/models/airports").header(header::ACCEPT, accept);
        server.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    let save = async |who: Who, version: u64, accept: &str, text: &str| {
        let request = server.request(who, Method::PUT, "/models/airports").header(header::CONTENT_TYPE, "application/yaml").header(header::ACCEPT, accept);
        let request = request.header(header::IF_MATCH, format!("\"{version}\""));
        server.send(request.body(axum::body::Body::from(text.to_owned())).unwrap()).await
    };
    let model = server.get(Who::Viewer, "/models/airports").await.expect(200).json();
    let version = model["version"].as_u64().unwrap();
    for accept in ["*/*", "application/json, application/yaml", "image/png"] {
        assert_eq!(read(Who::Viewer, accept).await.expect(200).json(), model, "{accept}");
    }
    let written = read(Who::Viewer, "application/yaml").await.expect(200);
    assert_eq!(written.headers[header::CONTENT_TYPE], "application/yaml");
    let known = tidemill::interchange::read_models("airports.yml", &written.text()).unwrap();
    assert_eq!(serde_json::to_value(&known[0]).unwrap(), model);

    let changed = written.text().replacen("label: Airports", "label: Flugplätze", 1);
    assert_ne!(changed, written.text());
    save(Who::Viewer, version, "*/*", &changed).await.expect(403);
    let saved = save(Who::Editor, version, "application/yaml", &changed).await.expect(200).text();
    assert!(saved.contains("label: Flugplätze"), "{saved}");
    let now = server.get(Who::Viewer, "/models/airports").await.json();
    assert_eq!((&now["label"], &now["measures"]), (&json!("Flugplätze"), &model["measures"]));
    save(Who::Editor, version, "*/*", &changed).await.expect(412);
    let version = now["version"].as_u64().unwrap();
    assert_eq!(save(Who::Editor, version, "*/*", &changed).await.expect(200).json()["label"], "Flugplätze");

    for (text, place) in [("name: airports\ndatset: airports\n", "body:2:1"), ("name: [airports]\n", "body:1:7"), ("models: []\n", "one is saved here")] {
        let problem = save(Who::Editor, version + 1, "application/yaml", text).await.expect(400).json();
        assert!(problem["detail"].as_str().unwrap().contains(place), "{problem}");
    }
    // What is found when the model is looked at beside its dataset has a line too.
    let lost = format!("{changed}hierarchies:\n  - name: place\n    label: Place\n    levels: [nowhere]\n");
    let problem = save(Who::Editor, version + 1, "application/yaml", &lost).await.expect(400).json();
    assert!(problem["detail"].as_str().unwrap().contains(&format!("body:{}:13: hierarchy place", lost.lines().count())), "{problem}");
    // Another tenant has no such model.
    read(Who::Stranger, "application/yaml").await.expect(404);
    save(Who::Stranger, version, "*/*", &changed).await.expect(404);
}
