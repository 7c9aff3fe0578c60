//! Work that is ordered for a dataset over HTTP: rows that are counted and go, segments that are merged, and what sources have brought.

use http::{Method, header};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tidemill_server::dataset_jobs::jobs::DatasetWork;
use tidemill_server::dataset_jobs::wire::Work;
use tidemill_server::store::audit;
use tidemill_server::tenants;

use crate::harness::{Answer, Server, Who, tenancy};

/// Six loads of one row each: `n` is 1 to 6.
async fn with_orders() -> Server {
    let server = Server::start().await;
    let mill = server.app.engine.tenant("acme").unwrap();
    for n in 1..=6 {
        mill.load("orders", tidemill::Json::bytes(format!(r#"{{"at": "2026-05-01T00:00:00Z", "n": {n}, "city": "c{}"}}"#, n % 2))).await.unwrap();
    }
    server
}

async fn ended(server: &Server, job: &Value) -> Value {
    server.app.tasks.close();
    server.app.tasks.wait().await;
    server.app.tasks.reopen();
    let path = format!("/datasets/{}/jobs/{}", job["dataset"].as_str().unwrap(), job["id"].as_str().unwrap());
    let job = server.get(Who::Editor, &path).await.expect(200).json();
    assert_ne!(job["state"], "running");
    assert!(job["ended_at"].is_string() && job["cancellable"] == false, "{job}");
    job
}

async fn numbers(server: &Server) -> Value {
    server.post(Who::Viewer, "/sql", json!({"sql": "select n from orders order by n"})).await.expect(200).json()["data"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_counted_and_then_as_many_go() {
    let server = with_orders().await;
    let even = "city = 'c0'";
    let counted = server.post(Who::Editor, "/datasets/orders/rows/count", json!({"predicate": even})).await.expect(200).json();
    assert_eq!(counted, json!({"rows": 3}));
    // Others have come in between, or somebody has not counted: nothing goes.
    let refused = server.post(Who::Editor, "/datasets/orders/rows/delete", json!({"predicate": even, "expected_rows": 2})).await.expect(409).json();
    assert_eq!((&refused["code"], &refused["errors"][0]["field"]), (&json!("conflict"), &json!("expected_rows")), "{refused}");
    assert_eq!(numbers(&server).await, json!([1, 2, 3, 4, 5, 6]));

    let job = server.post(Who::Editor, "/datasets/orders/rows/delete", json!({"predicate": even, "expected_rows": 3})).await.expect(202).json();
    assert_eq!((&job["dataset"], &job["work"], &job["cancellable"]), (&json!("orders"), &json!("deletion"), &json!(false)));
    let job = ended(&server, &job).await;
    assert_eq!((&job["state"], &job["report"]["rows"], &job["report"]["version"]), (&json!("done"), &json!(3), &json!(6)), "{job}");
    assert_eq!(numbers(&server).await, json!([1, 3, 5]));
    let before = server.post(Who::Viewer, "/sql", json!({"sql": "select count(*) from orders", "asOf": 5})).await.expect(200).json();
    assert_eq!(before["data"], json!([[6]]), "older versions have them");
    let cancelled = server.delete(Who::Admin, &format!("/datasets/orders/jobs/{}", job["id"].as_str().unwrap())).await.expect(409);
    assert!(cancelled.text().contains("not cancelled"), "{}", cancelled.text());

    for path in ["count", "delete"] {
        for predicate in ["no_such_column = 1", "n +", "n", "count(*) > 1", "n in (select n from orders)"] {
            let body = if path == "count" { json!({"predicate": predicate}) } else { json!({"predicate": predicate, "expected_rows": 0}) };
            let problem = server.post(Who::Editor, &format!("/datasets/orders/rows/{path}"), body).await.expect(400).json();
            assert_eq!(problem["errors"][0]["field"], "predicate", "{problem}");
        }
    }
    server.post(Who::Editor, "/datasets/orders/rows/delete", json!({"predicate": "true"})).await.expect(400);
    assert_eq!(numbers(&server).await, json!([1, 3, 5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn erased_rows_are_in_no_version() {
    let server = with_orders().await;
    let which = json!({"predicate": "n = 4", "expected_rows": 1});
    server.post(Who::Editor, "/datasets/orders/rows/erase", which.clone()).await.expect(403);
    let job = server.post(Who::Admin, "/datasets/orders/rows/erase", which).await.expect(202).json();
    assert_eq!(ended(&server, &job).await["report"]["rows"], 1);
    assert_eq!(numbers(&server).await, json!([1, 2, 3, 5, 6]));
    server.post(Who::Viewer, "/sql", json!({"sql": "select count(*) from orders", "asOf": 5})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_merged_and_removed_when_an_admin_says_so() {
    let server = with_orders().await;
    let segments = || async { server.get(Who::Viewer, "/datasets/orders").await.expect(200).json()["segments"].clone() };
    assert_eq!(segments().await, 6);
    let merging = server.post(Who::Admin, "/datasets/orders/compaction", Value::Null).await.expect(202).json();
    let merged = ended(&server, &merging).await;
    assert_eq!((&merged["state"], &merged["report"]["rows"], &merged["report"]["objects"]), (&json!("done"), &json!(6), &json!(5)), "{merged}");
    assert_eq!((segments().await, numbers(&server).await), (json!(1), json!([1, 2, 3, 4, 5, 6])));

    // What was merged is needed by versions that are kept for a week, and an hour longer by questions.
    server.clock.advance(chrono::TimeDelta::minutes(7 * 24 * 60 + 90));
    // Nor do tokens live so long.
    let token = server.sign_in(Who::Admin).await.expect(200).json()["access_token"].as_str().unwrap().to_owned();
    let call = async |method: Method, path: &str| -> Answer {
        let request = server.request(Who::Anonymous, method, path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        server.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    let removing = call(Method::POST, "/datasets/orders/vacuum").await.expect(202).json();
    server.app.tasks.close();
    server.app.tasks.wait().await;
    server.app.tasks.reopen();
    let id = removing["id"].as_str().unwrap();
    let removed = call(Method::GET, &format!("/datasets/orders/jobs/{id}")).await.expect(200).json();
    assert_eq!((&removed["work"], &removed["state"], &removed["report"]["objects"]), (&json!("vacuum"), &json!("done"), &json!(6)), "{removed}");
    // What has ended stays as it is.
    call(Method::DELETE, &format!("/datasets/orders/jobs/{id}")).await.expect(204);
    let listed = call(Method::GET, "/datasets/orders/jobs").await.expect(200).json();
    let told: Vec<(&Value, &Value)> = listed["items"].as_array().unwrap().iter().map(|job| (&job["work"], &job["state"])).collect();
    assert_eq!(told, [(&json!("vacuum"), &json!("done")), (&json!("compaction"), &json!("done"))]);
    server.app.dataset_jobs.sweep(server.now() + chrono::TimeDelta::minutes(61));
    assert_eq!(call(Method::GET, "/datasets/orders/jobs").await.expect(200).json(), json!({"items": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_not_audited_as_begun() {
    let server = with_orders().await;
    let acme = tenants::store::get_by_slug(server.app.store.db(), "acme").await.unwrap().unwrap();
    for _ in 0..4 {
        server.app.dataset_jobs.begin(DatasetWork::new(&tenancy(&acme), "orders", Work::Vacuum, server.now())).unwrap();
    }
    let refused = server.post(Who::Admin, "/datasets/orders/vacuum", Value::Null).await.expect(429).json();
    assert_eq!(refused["code"], "exhausted", "{refused}");
    let log = audit::Entity::find().all(server.app.store.db()).await.unwrap();
    assert!(log.iter().all(|row| row.action != "dataset.vacuum_started"), "{log:?}");
}

async fn push(server: &Server, headers: &[(&str, &str)], body: &'static str) -> Answer {
    let mut request = server.request(Who::Editor, Method::POST, "/datasets/orders/rows").header(header::CONTENT_TYPE, "application/x-ndjson");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(axum::body::Body::from(body)).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_goes_on_from_where_its_rows_were_stored() {
    let server = with_orders().await;
    let (begin, next) = ([("Tidemill-Source", "shop"), ("Tidemill-Position", "10")], [("tidemill-source", "shop"), ("tidemill-position-from", "10"), ("tidemill-position", "12")]);
    let first = push(&server, &begin, r#"{"n": 7}"#).await.expect(200).json();
    assert_eq!(first["replayed"], false);
    let again = push(&server, &begin, r#"{"n": 7}"#).await.expect(200).json();
    assert_eq!((&again["replayed"], &again["load_id"]), (&json!(true), &first["load_id"]));
    let second = push(&server, &next, r#"{"n": 8}"#).await.expect(200).json();
    let late = push(&server, &begin, r#"{"n": 7}"#).await.expect(409).json();
    assert!(late["detail"].as_str().unwrap().contains("at position 12"), "{late}");
    let told = server.get(Who::Viewer, "/datasets/orders/positions").await.expect(200).json();
    assert_eq!(told, json!({"items": [{"source": "shop", "position": 12, "version": second["version"], "load_id": second["load_id"]}]}));

    // A file goes the same way.
    let upload = server.upload(Who::Editor, "n.csv", b"n\n9\n").await.expect(201).json();
    let order = json!({"upload_id": upload["upload_id"], "dataset": "orders", "mode": "append", "position": {"source": "shop", "from": 12, "to": 13}});
    let load = server.post(Who::Editor, "/loads", order).await.expect(202).json();
    assert_eq!(server.finished(Who::Editor, &load).await["state"], "done");
    assert_eq!(server.get(Who::Viewer, "/datasets/orders/positions").await.expect(200).json()["items"][0]["position"], 13);
    assert_eq!(numbers(&server).await, json!([1, 2, 3, 4, 5, 6, 7, 8, 9]));

    for (headers, field) in [
        (vec![("Tidemill-Source", "shop")], "Tidemill-Position"),
        (vec![("Tidemill-Position", "14")], "Tidemill-Source"),
        (vec![("Tidemill-Position-From", "13")], "Tidemill-Source"),
        (vec![("Tidemill-Source", "shop"), ("Tidemill-Position", "-1")], "Tidemill-Position"),
        (vec![("Tidemill-Source", "shop"), ("Tidemill-Position-From", "14"), ("Tidemill-Position", "13")], "position.to"),
        (vec![("Tidemill-Source", "tidemill.x"), ("Tidemill-Position", "1")], "position.source"),
    ] {
        let problem = push(&server, &headers, r#"{"n": 10}"#).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}
