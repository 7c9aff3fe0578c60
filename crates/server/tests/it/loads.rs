//! Files come in: upload, inference, load; broken files and limits; pushing rows.

use std::io::Write;

use http::{Method, header};
use serde_json::{Value, json};
use tidemill_server::loads::jobs::LoadJob;
use tidemill_server::tenants;

use crate::harness::{Server, Who, example, form, tenancy};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

async fn upload_and_load(server: &Server, file: &str, content: &[u8], order: Value) -> Value {
    let upload = server.upload(Who::Editor, file, content).await.expect(201).json();
    let mut order = order;
    order["upload_id"] = upload["upload_id"].clone();
    let load = server.post(Who::Editor, "/loads", order).await.expect(202).json();
    server.finished(Who::Editor, &load).await
}

fn staged_files(server: &Server) -> usize {
    walk(&server.folder.path().join("staging"))
}

fn walk(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_confirmed_loaded_and_asked() {
    let server = Server::start().await;
    let content = std::fs::read(example("airports.csv")).unwrap();
    let upload = server.upload(Who::Editor, "airports.csv", &content).await.expect(201).json();
    assert_eq!(upload["size_bytes"], content.len());
    let inference = &upload["inference"];
    assert_eq!((&inference["format"], &inference["compression"], &inference["suggested_name"]), (&json!("csv"), &json!("none"), &json!("airports")));
    assert_eq!(inference["columns"][0]["name"], "faa");
    assert_eq!(inference["preview"]["columns"].as_array().unwrap().len(), 8);
    assert_eq!(server.get(Who::Viewer, "/datasets").await.json(), json!({"items": []}), "nothing is stored before it is confirmed");

    let order = json!({"upload_id": upload["upload_id"], "dataset": "airports", "label": "Airports", "mode": "create", "types": {"alt": "float"}, "time_column": null, "idempotency_key": null});
    let load = server.post(Who::Editor, "/loads", order.clone()).await.expect(202).json();
    let load = server.finished(Who::Editor, &load).await;
    assert_eq!(load["state"], "done", "{load}");
    assert_eq!(load["report"]["rows"], 1458);
    assert_eq!(load["report"]["dataset"], "airports");
    assert_eq!(staged_files(&server), 0, "a loaded file is gone");
    server.post(Who::Editor, "/loads", order).await.expect(404);

    let detail = server.get(Who::Viewer, "/datasets/airports").await.expect(200).json();
    assert_eq!((&detail["rows"], &detail["label"], &detail["time_column"]), (&json!(1458), &json!("Airports"), &Value::Null));
    let alt = detail["columns"].as_array().unwrap().iter().find(|column| column["name"] == "alt").unwrap();
    assert_eq!(alt["type"], "float");
    let answer = server.post(Who::Viewer, "/queries", json!({"measures": ["airports.count"], "dimensions": ["airports.dst"]})).await.expect(200).json();
    assert_eq!(answer["row_count"], 3);
    assert_eq!(answer["data"][1].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum::<u64>(), 1458);
    let preview = server.get(Who::Viewer, "/datasets/airports/preview?limit=2").await.expect(200).json();
    assert_eq!(preview["row_count"], 2);
    let profile = server.get(Who::Viewer, "/datasets/airports/profile").await.expect(200).json();
    assert_eq!(profile["rows"], 1458);
    let model = server.get(Who::Viewer, "/models/airports").await.expect(200).json();
    assert_eq!(model["dataset"], "airports");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_files_leave_nothing() {
    let server = Server::start().await;
    let rows: String = (0..5_000).map(|row| format!("{row},{}\n", row * 7)).collect();
    let packed = gzip(format!("a,b\n{rows}").as_bytes());
    let ragged = format!("a,b\n{rows}1,2,3,4,5\n");
    let unclosed = format!("a,b\n{rows}\"never closed,1\n");
    let truncated = &packed[..packed.len() / 2];
    for (name, content) in [
        ("cut.csv.gz", truncated),
        ("empty.csv", b"".as_slice()),
        ("not.parquet", b"PAR1 but not really".as_slice()),
        ("zeros.csv", &[0_u8; 4_096]),
        ("unclosed.csv", unclosed.as_bytes()),
    ] {
        let answer = server.upload(Who::Editor, name, content).await;
        match answer.status.as_u16() {
            400 => {}
            201 => {
                let order = json!({"upload_id": answer.json()["upload_id"], "dataset": "broken", "mode": "create"});
                let load = server.post(Who::Editor, "/loads", order).await.expect(202).json();
                let load = server.finished(Who::Editor, &load).await;
                assert_eq!(load["state"], "failed", "{name}: {load}");
                assert_eq!(load["problem"]["code"], "invalid", "{name}: {load}");
            }
            other => panic!("{name}: {other} {}", answer.text()),
        }
        assert_eq!(server.get(Who::Viewer, "/datasets").await.json(), json!({"items": []}), "{name}");
        server.get(Who::Viewer, "/datasets/broken").await.expect(404);
    }
    // A ragged line is a rejected row, told with line and reason.
    let load = upload_and_load(&server, "ragged.csv", ragged.as_bytes(), json!({"dataset": "ragged", "mode": "create"})).await;
    if load["state"] == "done" {
        assert!(load["report"]["rejected"].as_u64().unwrap() >= 1, "{load}");
        let rejects = server.get(Who::Viewer, "/datasets/ragged/rejects").await.expect(200).json();
        assert!(rejects["total"].as_u64().unwrap() >= 1 && rejects["items"][0]["line"].as_u64().unwrap() > 5_000, "{rejects}");
    } else {
        server.get(Who::Viewer, "/datasets/ragged").await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_types_reject_rows_and_say_why() {
    let server = Server::start().await;
    let load = upload_and_load(&server, "n.csv", b"a,b\n1,x\ntwo,y\n3,z\n", json!({"dataset": "n", "mode": "create", "types": {"a": "integer"}})).await;
    assert_eq!((&load["state"], &load["report"]["rows"], &load["report"]["rejected"]), (&json!("done"), &json!(2), &json!(1)), "{load}");
    let rejects = server.get(Who::Viewer, "/datasets/n/rejects").await.expect(200).json();
    assert_eq!(rejects["total"], 1);
    let reject = &rejects["items"][0];
    assert_eq!((&reject["line"], &reject["column"], &reject["value"], &reject["raw"]), (&json!(3), &json!("a"), &json!("two"), &json!("two,y")));
    let id = load["report"]["load_id"].as_str().unwrap();
    assert_eq!((&rejects["headers"][id], &reject["obstacle"]), (&json!({"columns": ["a", "b"], "delimiter": ","}), &json!(null)));
    assert_eq!(server.get(Who::Viewer, &format!("/datasets/n/rejects?load_id={id}")).await.expect(200).json(), rejects);
    // Another load has none of them, also where there are many newer ones.
    for key in 0..25 {
        let push = server
            .request(Who::Editor, Method::POST, "/datasets/n/rows")
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .header("idempotency-key", key.to_string());
        let pushed = server.send(push.body(axum::body::Body::from(r#"{"a": 4, "b": "v"}"#)).unwrap()).await.expect(200).json();
        let other = pushed["load_id"].as_str().unwrap();
        assert_eq!(server.get(Who::Viewer, &format!("/datasets/n/rejects?load_id={other}")).await.expect(200).json(), json!({"total": 0, "items": [], "headers": {}}));
    }
    assert_eq!(server.get(Who::Viewer, "/datasets/n/rejects").await.expect(200).json(), rejects);
    assert_eq!(server.get(Who::Viewer, &format!("/datasets/n/rejects?load_id={id}")).await.expect(200).json(), rejects);
    assert_eq!(server.get(Who::Viewer, &format!("/datasets/n/rejects?load_id={id}&offset=1")).await.expect(200).json()["items"], json!([]));
    server.get(Who::Stranger, &format!("/datasets/n/rejects?load_id={id}")).await.expect(404);
    for wrong in ["x", "..%2F..%2Fother", ""] {
        let problem = server.get(Who::Viewer, &format!("/datasets/n/rejects?load_id={wrong}")).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], "load_id", "{problem}");
    }
    server.get(Who::Viewer, "/datasets/n/rejects?limit=0").await.expect(400);
    server.get(Who::Viewer, "/datasets/n/rejects?page=1").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn create_and_append_say_what_they_expect() {
    let server = Server::start().await;
    let load = upload_and_load(&server, "a.csv", b"a\n1\n", json!({"dataset": "a", "mode": "append"})).await;
    assert_eq!((&load["state"], &load["problem"]["code"]), (&json!("failed"), &json!("not_found")));
    assert_eq!(upload_and_load(&server, "a.csv", b"a\n1\n", json!({"dataset": "a", "mode": "create"})).await["state"], "done");
    let load = upload_and_load(&server, "a.csv", b"a\n1\n", json!({"dataset": "a", "mode": "create"})).await;
    assert_eq!((&load["state"], &load["problem"]["code"]), (&json!("failed"), &json!("conflict")));
    assert_eq!(upload_and_load(&server, "a.csv", b"a\n2\n", json!({"dataset": "a", "mode": "append"})).await["state"], "done");
    assert_eq!(server.get(Who::Viewer, "/datasets/a").await.json()["rows"], 2);
    let upload = server.upload(Who::Editor, "a.csv", b"a\n1\n").await.expect(201).json();
    let problem = server.post(Who::Editor, "/loads", json!({"upload_id": upload["upload_id"], "dataset": "../x", "mode": "create"})).await.expect(400).json();
    assert_eq!(problem["errors"][0]["field"], "dataset");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_bounded_and_expire() {
    let server = Server::start().await;
    let limit = server.app.settings.http.max_upload_bytes as usize;
    let answer = server.upload(Who::Editor, "big.csv", &vec![b'1'; limit + 1]).await.expect(413);
    assert_eq!(answer.json()["code"], "too_large");
    assert_eq!(staged_files(&server), 0);

    // A client that goes away in the middle leaves nothing.
    let (kind, body) = form("half.csv", b"a,b\n1,2\n");
    let half = body[..body.len() - 10].to_vec();
    let request = server.request(Who::Editor, Method::POST, "/uploads").header(header::CONTENT_TYPE, kind);
    server.send(request.body(axum::body::Body::from(half)).unwrap()).await.expect(400);
    assert_eq!(staged_files(&server), 0);

    let max = server.app.settings.http.max_staged_uploads;
    let mut first = Value::Null;
    for number in 0..max {
        let upload = server.upload(Who::Editor, "../../a.csv", b"a\n1\n").await.expect(201).json();
        assert_eq!(upload["file_name"], "a.csv");
        if number == 0 {
            first = upload;
        }
    }
    assert_eq!(staged_files(&server), max);
    server.upload(Who::Editor, "a.csv", b"a\n1\n").await.expect(429);
    server.upload(Who::Stranger, "a.csv", b"a\n1\n").await.expect(201);
    server.clock.advance(chrono::TimeDelta::minutes(61));
    server.app.staging.sweep(server.now());
    assert_eq!(staged_files(&server), 0);
    let order = json!({"upload_id": first["upload_id"], "dataset": "a", "mode": "create"});
    let token = server.sign_in(Who::Editor).await.expect(200).json()["access_token"].as_str().unwrap().to_owned();
    let request = server
        .request(Who::Anonymous, Method::POST, "/loads")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    server.send(request.body(axum::body::Body::from(order.to_string())).unwrap()).await.expect(404);
}

fn path_of(upload: &Value) -> String {
    format!("/uploads/{}", upload["upload_id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_discarded_makes_place_for_another() {
    let server = Server::start_with(|settings| settings.http.max_staged_uploads = 2).await;
    let upload = async || server.upload(Who::Editor, "a.csv", b"a\n1\n").await;
    let (first, second) = (upload().await.expect(201).json(), upload().await.expect(201).json());
    let full = upload().await.expect(429);
    assert!(full.text().contains("load or discard one of them"), "{}", full.text());

    server.delete(Who::Viewer, &path_of(&first)).await.expect(403);
    server.delete(Who::Stranger, &path_of(&first)).await.expect(404);
    assert_eq!(staged_files(&server), 2);
    for _ in 0..2 {
        server.delete(Who::Editor, &path_of(&first)).await.expect(204);
        assert_eq!(staged_files(&server), 1);
    }
    // Neither is it told to others that it was there, nor is it there for anything else.
    server.delete(Who::Stranger, &path_of(&first)).await.expect(404);
    server.post(Who::Editor, &format!("{}/inference", path_of(&first)), json!({})).await.expect(404);
    server.post(Who::Editor, "/loads", json!({"upload_id": first["upload_id"], "dataset": "a", "mode": "create"})).await.expect(404);
    server.post(Who::Editor, &format!("{}/inference", path_of(&second)), json!({})).await.expect(200);
    upload().await.expect(201);
    upload().await.expect(429);

    server.app.staging.sweep(server.now() + chrono::TimeDelta::minutes(61));
    server.delete(Who::Editor, &path_of(&first)).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_wait_are_listed_for_those_who_load() {
    let server = Server::start().await;
    let listed = async |who: Who| server.get(who, "/uploads").await.expect(200).json()["items"].clone();
    assert_eq!(listed(Who::Editor).await, json!([]));
    let first = server.upload(Who::Editor, "a.csv", b"a\n1\n").await.expect(201).json();
    server.clock.advance(chrono::TimeDelta::minutes(1));
    let second = server.upload(Who::Admin, "b.csv", b"b\n10\n").await.expect(201).json();
    let told = |upload: &Value, created_at: &str, expires_at: &str| {
        let mut told = upload.clone();
        told.as_object_mut().unwrap().remove("inference");
        (told["created_at"], told["expires_at"]) = (json!(created_at), json!(expires_at));
        told
    };
    let first_told = told(&first, "2026-06-01T12:00:00Z", "2026-06-01T13:00:00Z");
    let second_told = told(&second, "2026-06-01T12:01:00Z", "2026-06-01T13:01:00Z");
    assert_eq!(listed(Who::Editor).await, json!([second_told, first_told]));
    assert_eq!(listed(Who::Stranger).await, json!([]));
    server.get(Who::Viewer, "/uploads").await.expect(403);

    // What a load reads waits for nobody, until the load has ended and has stored nothing.
    let id = first["upload_id"].as_str().unwrap().parse().unwrap();
    let acme = tenants::store::get_by_slug(server.app.store.db(), "acme").await.unwrap().unwrap();
    let load = server.app.loads.begin(LoadJob::new(&tenancy(&acme), id, "a", tidemill::Progress::new())).unwrap();
    assert_eq!(listed(Who::Editor).await, json!([second_told]));
    load.finish(Err(tidemill::Error::invalid("line 7: not a number")), server.now());
    assert_eq!(listed(Who::Editor).await, json!([second_told, first_told]));

    server.delete(Who::Editor, &path_of(&second)).await.expect(204);
    assert_eq!(listed(Who::Editor).await, json!([first_told]));
    // Its hour is over, also where nobody has swept.
    let acme = tenancy(&acme);
    let kept = |minutes: i64| server.app.staging.list(&acme, server.now() + chrono::TimeDelta::minutes(minutes)).len();
    assert_eq!((kept(58), kept(59)), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_being_loaded_is_not_discarded() {
    let server = Server::start().await;
    let upload = server.upload(Who::Editor, "a.csv", b"a\n1\n").await.expect(201).json();
    let id = upload["upload_id"].as_str().unwrap().parse().unwrap();
    let acme = tenants::store::get_by_slug(server.app.store.db(), "acme").await.unwrap().unwrap();
    // Nobody works on it, so it runs until it is told to have ended.
    let load = server.app.loads.begin(LoadJob::new(&tenancy(&acme), id, "a", tidemill::Progress::new())).unwrap();
    let refused = server.delete(Who::Editor, &path_of(&upload)).await.expect(409).json();
    let way = format!("DELETE /api/v1/loads/{}", load.to_wire().unwrap().id);
    assert!(refused["code"] == "conflict" && refused["detail"].as_str().unwrap().contains(&way), "{refused}");
    server.delete(Who::Stranger, &path_of(&upload)).await.expect(404);
    assert_eq!(staged_files(&server), 1);
    load.finish(Err(tidemill::Error::new(tidemill::ErrorKind::Cancelled, "cancelled")), server.now());
    server.delete(Who::Editor, &path_of(&upload)).await.expect(204);
    assert_eq!(staged_files(&server), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_are_listed_for_those_who_load_with_what_runs_by_itself() {
    let server = Server::start().await;
    let done = upload_and_load(&server, "a.csv", b"a\n1\n", json!({"dataset": "a", "mode": "create"})).await;
    let acme = tenants::store::get_by_slug(server.app.store.db(), "acme").await.unwrap().unwrap();
    let load = server.app.loads.begin(LoadJob::new(&tenancy(&acme), uuid::Uuid::now_v7(), "b", tidemill::Progress::new())).unwrap();
    let listed = async |who: Who, query: &str| {
        let list = server.get(who, &format!("/loads{query}")).await.expect(200).json();
        let told = |load: &Value| (load["id"].clone(), load["dataset"].clone(), load["state"].clone());
        list["items"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    let running = (json!(load.to_wire().unwrap().id), json!("b"), json!("running"));
    let ended = (done["id"].clone(), json!("a"), json!("done"));
    assert_eq!(listed(Who::Editor, "").await, [running.clone(), ended]);
    assert_eq!(listed(Who::Admin, "?state=running").await, [running]);
    assert!(listed(Who::Editor, "?state=failed").await.is_empty());
    assert!(listed(Who::Stranger, "").await.is_empty());
    server.get(Who::Viewer, "/loads").await.expect(403);
    load.finish(Err(tidemill::Error::invalid("line 7: not a number")), server.now());
    assert!(listed(Who::Editor, "?state=running").await.is_empty());
    assert_eq!(listed(Who::Editor, "?state=failed").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_are_not_one_file_are_refused() {
    let server = Server::start().await;
    for body in [
        "--b\r\ncontent-disposition: form-data; name=\"other\"; filename=\"a.csv\"\r\n\r\na\r\n--b--\r\n",
        "--b\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\na\r\n--b--\r\n",
        "--b--\r\n",
        "",
    ] {
        let request = server.request(Who::Editor, Method::POST, "/uploads").header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        server.send(request.body(axum::body::Body::from(body)).unwrap()).await.expect(400);
    }
    assert_eq!(staged_files(&server), 0);
}

async fn push(server: &Server, kind: &str, key: Option<&str>, body: impl Into<axum::body::Body>) -> crate::harness::Answer {
    let mut request = server.request(Who::Editor, Method::POST, "/datasets/orders/rows").header(header::CONTENT_TYPE, kind);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    server.send(request.body(body.into()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pushed_rows_count_once_a_key() {
    let server = Server::start().await;
    push(&server, "application/json", None, "[{\"city\":\"Oslo\",\"amount\":1}]").await.expect(404);
    assert_eq!(upload_and_load(&server, "orders.csv", b"city,amount\nRome,2\n", json!({"dataset": "orders", "mode": "create"})).await["state"], "done");

    let first = push(&server, "application/x-ndjson", Some("k1"), "{\"city\":\"Oslo\",\"amount\":4}\n{\"city\":\"Bonn\",\"amount\":5}\n")
        .await
        .expect(200)
        .json();
    assert_eq!((&first["rows"], &first["replayed"]), (&json!(2), &json!(false)));
    let again = push(&server, "application/x-ndjson", Some("k1"), "{\"city\":\"Oslo\",\"amount\":4}\n{\"city\":\"Bonn\",\"amount\":5}\n")
        .await
        .expect(200)
        .json();
    assert_eq!((&again["replayed"], &again["version"], &again["load_id"]), (&json!(true), &first["version"], &first["load_id"]));
    // Other rows under the same key are not the ones that were stored: nobody is told that they were.
    let other = push(&server, "application/x-ndjson", Some("k1"), "{\"city\":\"Lund\",\"amount\":100}\n").await.expect(409).json();
    assert_eq!((&other["code"], &other["errors"][0]["field"]), (&json!("conflict"), &json!("idempotency_key")));
    push(&server, "application/json", None, "[{\"city\":\"Kiel\",\"amount\":6}]").await.expect(200);
    let answer = server.post(Who::Viewer, "/sql", json!({"sql": "select count(*) as n, sum(amount) as total from orders"})).await.expect(200).json();
    assert_eq!(answer["data"], json!([[4], [17]]));

    push(&server, "text/csv", None, "a,b").await.expect(400);
    push(&server, "application/json", Some(&"k".repeat(129)), "[]").await.expect(400);
    let huge = vec![b' '; (16 << 20) + 1];
    assert_eq!(push(&server, "application/json", None, huge).await.expect(413).json()["code"], "too_large");
}

fn fixture(file: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/formats").join(file)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_file_is_written_can_be_said_at_every_step() {
    let server = Server::start().await;
    let upload = server.upload(Who::Editor, "orders.xlsx", &fixture("orders.xlsx")).await.expect(201).json();
    let inference = &upload["inference"];
    assert_eq!((&inference["format"], &inference["sheet"], inference["sheets"].as_array().unwrap().len()), (&json!("xlsx"), &json!("Orders"), 6));

    // Another sheet of the same upload, which then is loaded.
    let options = json!({"sheet": "Framed", "cell_range": "C4:E6", "header": true});
    let again = format!("/uploads/{}/inference", upload["upload_id"].as_str().unwrap());
    let framed = server.post(Who::Editor, &again, options.clone()).await.expect(200).json();
    assert_eq!(framed["upload_id"], upload["upload_id"]);
    assert_eq!(framed["inference"]["columns"][1]["name"], "2025");
    for (wrong, field) in [
        (json!({"sheet": "Nothing"}), "sheet"),
        (json!({"cell_range": "x"}), "cell_range"),
        (json!({"delimiter": ",,"}), "delimiter"),
        (json!({"sheet": "a", "sheet_number": 1}), "sheet_number"),
    ] {
        let refused = server.post(Who::Editor, &again, wrong).await.expect(400);
        assert!(refused.text().contains(field), "{}", refused.text());
    }
    server.post(Who::Editor, &again, json!({"no_such_option": 1})).await.expect(400);
    let order = json!({"upload_id": upload["upload_id"], "dataset": "framed", "mode": "create", "options": options});
    let load = server.post(Who::Editor, "/loads", order).await.expect(202).json();
    assert_eq!(server.finished(Who::Editor, &load).await["report"]["rows"], 2);

    // What cannot be found out is said with the upload.
    let (kind, body) = form("orders.csv", &fixture("orders-utf16le.csv")[..40]);
    let request = |path: &str| {
        server
            .request(Who::Editor, Method::POST, path)
            .header(header::CONTENT_TYPE, kind.clone())
            .body(axum::body::Body::from(body.clone()))
            .unwrap()
    };
    let upload = server.send(request("/uploads?encoding=utf-16le&delimiter=%3B&header=true")).await.expect(201).json();
    assert_eq!((&upload["inference"]["encoding"], &upload["inference"]["columns"][0]["name"]), (&json!("utf-16le"), &json!("id")));
    server.send(request("/uploads?encoding=klingon")).await.expect(400);

    // Nested data keeps its form up to the answer.
    let load = upload_and_load(
        &server,
        "orders.json",
        &fixture("orders.json"),
        json!({"dataset": "orders", "mode": "create", "options": {"json_path": "/data/items"}, "types": {"address.zip": "string"}}),
    )
    .await;
    assert_eq!(load["report"]["rows"], 5, "{load}");
    let answer = server.post(Who::Viewer, "/sql", json!({"sql": "select address, tags from orders where address.city = 'Bern'"})).await.expect(200).json();
    assert_eq!((&answer["columns"][0]["type"], &answer["data"]), (&json!("struct"), &json!([[{"city": "Bern", "zip": null}], [[]]])));
    let detail = server.get(Who::Viewer, "/datasets/orders").await.expect(200).json();
    let address = detail["columns"].as_array().unwrap().iter().find(|column| column["name"] == "address").unwrap();
    assert_eq!(address["fields"][0], json!({"name": "city", "type": "string"}));
    let answer = server.post(Who::Viewer, "/queries", json!({"measures": ["orders.count"], "dimensions": ["orders.address_city"]})).await.expect(200).json();
    assert_eq!(answer["row_count"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_file_is_quoted_and_what_means_no_value_can_be_said() {
    let server = Server::start().await;
    let (kind, body) = form("said.csv", b"# exported\nid;said\n1;'a; ''b'''\n2;n/a\n");
    let send = async |query: &str| {
        let request = server.request(Who::Editor, Method::POST, &format!("/uploads{query}")).header(header::CONTENT_TYPE, kind.clone());
        server.send(request.body(axum::body::Body::from(body.clone())).unwrap()).await
    };
    let upload = send("?quote=%27&comment=%23&null_tokens=n/a,-").await.expect(201).json();
    let inference = &upload["inference"];
    assert_eq!(inference["preview"]["rows"], json!([["1", "a; 'b'"], ["2", "n/a"]]));
    assert_eq!(inference["columns"][1]["null_tokens"], json!(["n/a"]));
    for (query, field) in [("?quote=ab", "quote"), ("?escape=", "escape"), ("?comment=%22", "comment"), ("?quote=x", "quote"), ("?null_tokens=%20x", "null_tokens")] {
        let problem = send(query).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let again = format!("/uploads/{}/inference", upload["upload_id"].as_str().unwrap());
    let again = server.post(Who::Editor, &again, json!({"quote": "none", "comment": "#", "delimiter": ";"})).await.expect(200).json();
    assert_eq!(again["inference"]["warnings"][0], "1 of the first 2 rows do not have 2 cells; they will be rejected");
    let options = json!({"quote": "'", "comment": "#", "null_tokens": ["n/a"]});
    let order = json!({"upload_id": upload["upload_id"], "dataset": "said", "mode": "create", "options": options});
    let load = server.post(Who::Editor, "/loads", order).await.expect(202).json();
    let load = server.finished(Who::Editor, &load).await;
    assert_eq!((&load["state"], &load["report"]["rows"], &load["report"]["rounded"]), (&json!("done"), &json!(2), &json!(0)), "{load}");
    let said = server.get(Who::Viewer, "/datasets/said/preview").await.expect(200).json()["data"][1].clone();
    assert!(said.as_array().is_some_and(|said| said.contains(&json!("a; 'b'")) && said.contains(&Value::Null)), "{said}");
}
